#include "base/world/memory_map.hpp"

#include <sys/ioctl.h>
#include <sys/uio.h>

#include <algorithm>

#include <leash/detail/base/mutation.hpp>
#include <leash/detail/base/sanitizer.hpp>

#include "base/world/gate.hpp"
#include "base/world/raw_system.hpp"
#include "base/world/standing.hpp"

// Built without sanitizers, see libraries.cmake.

namespace leash::detail {
namespace {

// Goes through the text of /proc/self/maps.
class maps_text {
 public:
  explicit maps_text(const char* text) noexcept : at_(text) {}

  bool at_end() const noexcept { return *at_ == 0; }
  std::uint64_t hexadecimal() noexcept {
    std::uint64_t value = 0;
    for (;; ++at_) {
      const char digit = *at_;
      if (digit >= '0' && digit <= '9')
        value = value << 4 | static_cast<std::uint64_t>(digit - '0');
      else if (digit >= 'a' && digit <= 'f')
        value = value << 4 | static_cast<std::uint64_t>(digit - 'a' + 10);
      else
        return value;
    }
  }
  char take() noexcept { return *at_ == 0 ? char{0} : *at_++; }
  void skip(char which) noexcept {
    while (*at_ == which) ++at_;
  }
  bool takes(const char* start) const noexcept {
    const char* at = at_;
    while (*start != 0 && *at == *start) ++at, ++start;
    return *start == 0;
  }
  void skip_line() noexcept {
    while (*at_ != 0 && *at_ != '\n') ++at_;
    if (*at_ == '\n') ++at_;
  }

 private:
  const char* at_;
};

// What a sanitizer knows of memory, as large as the memory itself; by address, for it has no name.
bool is_shadow([[maybe_unused]] std::uintptr_t begin) noexcept {
#if LEASH_ASAN && defined(__x86_64__)
  return begin >= 0x7fff8000 && begin < 0x10007fff8000;
#elif LEASH_TSAN && defined(__x86_64__)
  const bool program =
      begin < 0x008000000000 || (begin >= 0x550000000000 && begin < 0x568000000000) ||
      (begin >= 0x720000000000 && begin < 0x730000000000) || begin >= 0x7e8000000000;
  return !program;
#else
  return false;
#endif
}

// Devices do things when they are read; shared memory and /dev/zero are memory.
bool is_device(const maps_text& name) noexcept {
  return name.takes("/dev/") && !name.takes("/dev/zero") && !name.takes("/dev/shm");
}

}  // namespace

bool memory_map::prepare() noexcept {
  if (ranges_ != nullptr) return true;
  if (!range_room_.reserve(most_ranges * sizeof(memory_range)) || !text_room_.reserve(most_text))
    return false;
  text_ = reinterpret_cast<char*>(text_room_.begin());
  ranges_ = reinterpret_cast<memory_range*>(range_room_.begin());
  return true;
}

bool memory_map::read() noexcept {
  count_ = 0;
  full_ = false;
  const int file = raw::open("/proc/self/maps", O_RDONLY);
  if (file < 0) return false;
  std::size_t length = 0;
  for (;;) {
    const long got = raw::read(file, text_ + length, most_text - 1 - length);
    if (got <= 0) break;
    length += static_cast<std::size_t>(got);
  }
  raw::close(file);
  text_[length] = 0;
  if (length == most_text - 1) return false;
  for (maps_text text(text_); !text.at_end(); text.skip_line()) {
    const auto begin = static_cast<std::uintptr_t>(text.hexadecimal());
    text.take();
    const auto end = static_cast<std::uintptr_t>(text.hexadecimal());
    text.take();
    const bool readable = text.take() == 'r';
    const bool writable = text.take() == 'w';
    text.take();
    const bool shared = text.take() == 's';
    text.take();
    text.hexadecimal();  // the offset
    text.take();
    text.hexadecimal();  // the device
    text.take();
    text.hexadecimal();
    text.take();
    const bool file_backed = text.hexadecimal() != 0;  // the inode; decimal, but 0 is 0
    text.skip(' ');
    // Anonymous memory that is read-only now may have been written to, and be made writable again.
    if (!readable || (!writable && file_backed)) continue;
    if (is_device(text) || text.takes("[v") || is_shadow(begin)) continue;
    add({begin, end, file_backed, shared});
  }
  return !full_;
}

// Without the region, which no mapping of others overlaps in part: the kernel gives out whole ones.
void memory_map::add(const memory_range& found) noexcept {
  constexpr std::uintptr_t region_end = region_begin + region_size;
  if (found.begin >= region_begin && found.end <= region_end) return;
  if (count_ == most_ranges)
    full_ = true;
  else
    ranges_[count_++] = found;
}

void memory_map::cut_stacks(std::uintptr_t own) noexcept {
  // Who stops the world while it is idle has no stack to speak of.
  const known_thread* self = this_known_thread();
  if (self != nullptr && self->idle_from != 0) own = self->idle_from;
  cut(own);
  const std::uint32_t arrived = __atomic_load_n(&arrived_threads, __ATOMIC_SEQ_CST);
  const std::uint32_t gate = __atomic_load_n(&world_gate, __ATOMIC_SEQ_CST);
  const std::uint32_t standing = std::min(arrived, most_standing_threads);
  for (std::uint32_t i = 0; i < standing; ++i)
    if (standing_threads[i].gate == gate) cut(standing_threads[i].stack);
  const auto is_on = [](std::uintptr_t stack, const known_thread& place) {
    return stack >= place.stack_begin && stack < place.stack_end;
  };
  const auto is_run_on = [&](const known_thread& place) {
    if (is_on(own, place)) return true;
    for (std::uint32_t i = 0; i < standing; ++i)
      if (standing_threads[i].gate == gate && is_on(standing_threads[i].stack, place)) return true;
    return false;
  };
  const known_threads known = all_known_threads();
  for (std::uint32_t i = 0; i < known.count; ++i) {
    const known_thread& each = known.first[i];
    const std::uint32_t thread = __atomic_load_n(&each.thread, __ATOMIC_SEQ_CST);
    const std::uintptr_t idle = __atomic_load_n(&each.idle_from, __ATOMIC_SEQ_CST);
    if (thread == 0 || idle == 0 || (thread == no_thread && is_run_on(each))) continue;
    cut_below(idle, each.stack_begin);
  }
}

void memory_map::cut(std::uintptr_t stack) noexcept {
  const known_threads known = all_known_threads();
  for (std::uint32_t i = 0; i < known.count; ++i) {
    const known_thread& each = known.first[i];
    if (__atomic_load_n(&each.thread, __ATOMIC_SEQ_CST) == 0) continue;
    if (stack < each.stack_begin || stack >= each.stack_end) continue;
    cut_below(stack, each.stack_begin);
    return;
  }
}

void memory_map::cut_below(std::uintptr_t stack, std::uintptr_t stack_begin) noexcept {
  const std::size_t before = count_;
  for (std::size_t i = 0; i < before; ++i) {
    memory_range& range = ranges_[i];
    if (stack <= range.begin || stack > range.end) continue;
    // What lies before the stack in the same mapping is somebody else's.
    const memory_range below{range.begin, stack_begin, range.file, range.shared};
    range.begin = mutated(rule::stacks_are_roots) ? range.end : stack;
    if (below.begin < below.end) add(below);
    return;
  }
}

page_reader::page_reader() noexcept : file_(raw::open("/proc/self/pagemap", O_RDONLY)) {}

page_reader::~page_reader() {
  if (file_ >= 0) raw::close(file_);
}

// Without a page map everything is taken to be there.
void page_reader::look_up(std::uintptr_t number) noexcept {
  first_ = number;
  count_ = 0;
  if (file_ < 0) return;
  const long got = raw::read_at(file_, entries_, sizeof(entries_), number * sizeof(std::uint64_t));
  if (got > 0) count_ = static_cast<std::uintptr_t>(got) / sizeof(std::uint64_t);
}

page_reader::pages page_reader::next_there(std::uintptr_t from, std::uintptr_t end) noexcept {
  if (file_ < 0) return {from, end};
  while (can_ask_) {
    if (from < asked_.begin || from >= asked_.end) {
      if (!ask(from, end)) break;
    }
    if (next_run_ > 0 && runs_[next_run_ - 1].end > from) next_run_ = 0;
    while (next_run_ < run_count_ && runs_[next_run_].end <= from) ++next_run_;
    if (next_run_ < run_count_) {
      const run& next = runs_[next_run_];
      const std::uintptr_t begin = next.begin < from ? from : next.begin;
      if (begin >= end) return {end, end};
      return {begin, next.end < end ? next.end : end};
    }
    if (asked_.end >= end) return {end, end};
    from = asked_.end;
  }
  return next_by_entries(from, end);
}

// False: this kernel cannot be asked.
bool page_reader::ask(std::uintptr_t from, std::uintptr_t end) noexcept {
  struct pm_scan_arg {
    std::uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    std::uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
  };
  static_assert(sizeof(pm_scan_arg) == 96);
  constexpr std::uint64_t present = 1 << 3;
  constexpr std::uint64_t swapped = 1 << 4;
  constexpr std::uint64_t is_zero_page = 1 << 5;
  const std::uintptr_t begin = from & ~(page - 1);
  pm_scan_arg asked{};
  asked.size = sizeof(asked);
  asked.start = begin;
  asked.end = (end + page - 1) & ~(page - 1);
  asked.vec = reinterpret_cast<std::uintptr_t>(runs_);
  asked.vec_len = most_runs;
  // Nothing was ever written to a page of zeros.
  asked.category_inverted = asked.category_mask = is_zero_page;
  asked.category_anyof_mask = present | swapped;
  asked.return_mask = present | swapped;
  const unsigned long request = _IOWR('f', 16, pm_scan_arg);
  const long got = ::syscall(SYS_ioctl, file_, request, &asked);
  if (got < 0 || asked.walk_end <= begin) return can_ask_ = false;
  run_count_ = static_cast<std::size_t>(got);
  next_run_ = 0;
  asked_ = {begin, asked.walk_end};
  return true;
}

page_reader::pages page_reader::next_by_entries(std::uintptr_t from, std::uintptr_t end) noexcept {
  const auto behind = [](std::uintptr_t at) { return (at & ~(page - 1)) + page; };
  std::uintptr_t begin = from;
  while (begin < end && !is_there(begin)) begin = behind(begin);
  if (begin >= end) return {end, end};
  std::uintptr_t last = behind(begin);
  while (last < end && is_there(last)) last += page;
  return {begin, last < end ? last : end};
}

// As the kernel reads it, which says so when there is nothing behind the mapping. 0: that is so.
std::uintptr_t page_reader::copy(std::uintptr_t begin, std::uintptr_t end) noexcept {
  const iovec into{copied_, end - begin};
  const iovec from{reinterpret_cast<void*>(begin), end - begin};
  const long got =
      ::syscall(SYS_process_vm_readv, raw::this_process(), &into, 1UL, &from, 1UL, 0UL);
  return got == static_cast<long>(end - begin) ? reinterpret_cast<std::uintptr_t>(copied_) : 0;
}

}  // namespace leash::detail
