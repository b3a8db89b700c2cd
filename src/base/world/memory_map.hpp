#pragma once

#include <cstddef>
#include <cstdint>

#include <leash/detail/base/reserved_range.hpp>

// What of this process's memory may hold pointers: every mapping that can be written to, and anonymous ones that can only be
// read, without leash's own region and what a sanitizer keeps. Read while the world stands; pages that are not there are never
// touched.

namespace leash::detail {

struct memory_range {
  std::uintptr_t begin;
  std::uintptr_t end;
  bool file;    // mapped from a file
  bool shared;  // with others, who may have written what this process has not seen yet
};

class memory_map {
 public:
  // Makes room; before the world is stopped. False: there is none.
  bool prepare() noexcept;

  // The mappings as they are now. False: there is no /proc to read them from, or there are very many.
  bool read() noexcept;
  // Takes out what lies below the stack pointers of threads that stand, where the bounds of their stacks are known, and of
  // the calling thread, whose stack begins at `own`.
  void cut_stacks(std::uintptr_t own) noexcept;

  const memory_range* begin() const noexcept { return ranges_; }
  const memory_range* end() const noexcept { return ranges_ + count_; }

 private:
  void add(const memory_range& found) noexcept;
  void cut(std::uintptr_t stack) noexcept;
  void cut_below(std::uintptr_t stack, std::uintptr_t stack_begin) noexcept;

  static constexpr std::size_t most_ranges = std::size_t{1} << 17;
  static constexpr std::size_t most_text = std::size_t{1} << 24;

  reserved_range range_room_;
  reserved_range text_room_;
  memory_range* ranges_ = nullptr;
  char* text_ = nullptr;
  std::size_t count_ = 0;
  bool full_ = false;
};

// Calls scan(begin, end) for the parts of a range that are there; addresses of whole words.
//
// Which pages are there the kernel says for a whole range at once (PAGEMAP_SCAN, Linux 6.7, Documentation/admin-guide/mm/
// pagemap.rst); older ones page by page, which takes long where a range is large and empty.
class page_reader {
 public:
  page_reader() noexcept;
  page_reader(page_reader&&) = delete;
  ~page_reader();

  template <class Scan>
  void go_through(const memory_range& range, Scan&& scan) noexcept {
    constexpr std::uintptr_t word = sizeof(std::uintptr_t) - 1;
    const std::uintptr_t begin = (range.begin + word) & ~word;
    const std::uintptr_t end = range.end & ~word;
    for (std::uintptr_t at = begin; at < end;) {
      const pages there = next_there(at, end);
      // What others have written there this process need not have seen yet.
      for (; range.file && range.shared && at < there.begin; at = (at & ~(page - 1)) + page) {
        const std::uintptr_t next = (at & ~(page - 1)) + page;
        const std::uintptr_t stop = next < there.begin ? next : there.begin;
        if (const std::uintptr_t copied = copy(at, stop); copied != 0)
          scan(copied, copied + (stop - at));
      }
      if (there.begin < there.end) scan(there.begin, there.end);
      at = there.end;
    }
  }

 private:
  static constexpr std::uintptr_t page = 4096;
  static constexpr std::size_t most_entries = 2048;

  struct pages {
    std::uintptr_t begin;
    std::uintptr_t end;
  };
  // The first pages from here on that are there; empty, at `end`: there are none.
  pages next_there(std::uintptr_t from, std::uintptr_t end) noexcept;
  bool ask(std::uintptr_t from, std::uintptr_t end) noexcept;
  pages next_by_entries(std::uintptr_t from, std::uintptr_t end) noexcept;
  bool is_there(std::uintptr_t address) noexcept {
    const std::uintptr_t number = address / page;
    if (number - first_ >= count_) look_up(number);
    return count_ == 0 || (entries_[number - first_] >> 62) != 0;
  }
  void look_up(std::uintptr_t number) noexcept;
  std::uintptr_t copy(std::uintptr_t begin, std::uintptr_t end) noexcept;

  // As the kernel gives it: `page_region` in its linux/fs.h.
  struct run {
    std::uint64_t begin;
    std::uint64_t end;
    std::uint64_t categories;
  };
  static constexpr std::size_t most_runs = 256;

  int file_ = -1;
  bool can_ask_ = true;
  // What was asked last: the runs that are there in asked_.
  pages asked_{0, 0};
  std::size_t run_count_ = 0;
  std::size_t next_run_ = 0;
  run runs_[most_runs];
  std::uintptr_t first_ = 0;
  std::uintptr_t count_ = 0;
  std::uint64_t entries_[most_entries];
  alignas(8) char copied_[page];
};

}  // namespace leash::detail
