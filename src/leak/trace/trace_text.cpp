#include "leak/trace/trace_text.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>

#include <leash/leaks.hpp>

#include "leak/trace/place.hpp"
#include "leak/trace/stack_counts.hpp"

namespace leash {
namespace {

// Appends to a string. Many goroutines stand at few places, whose texts it therefore keeps.
class string_output {
 public:
  explicit string_output(std::string& into) noexcept : into_(&into) {}
  void direct_to(std::string& into) noexcept { into_ = &into; }
  void text(std::string_view more) { into_->append(more); }
  void frame(const std::source_location& place) {
    constexpr std::size_t most_kept = 1024;
    if (frames_.size() >= most_kept) frames_.clear();
    const auto [kept, is_new] = frames_.try_emplace(detail::address_of(place));
    if (is_new) {
      std::string* const into = std::exchange(into_, &kept->second);
      detail::write_frame(*this, place);
      into_ = into;
    }
    into_->append(kept->second);
  }

 private:
  std::string* into_;
  std::unordered_map<std::uintptr_t, std::string> frames_;
};

// How many tabs bring what is `length` wide to a column that is at least one wider than `widest`.
std::string tabs_after(std::size_t length, std::size_t widest) {
  constexpr std::size_t tab = 8;
  return std::string((widest / tab + 1) - length / tab, '\t');
}

// A line of the places' addresses, and one for each place, as Go's.
void append_group(std::string& into, const detail::stack_counts& counts,
                  const detail::stack_counts::entry& group) {
  struct line {
    std::string address;
    std::string function;
    const std::source_location* place;
  };
  std::vector<line> lines;
  std::size_t widest_address = 0;
  std::size_t widest_function = 0;
  fmt::format_to(std::back_inserter(into), "{} @", group.count);
  for (const std::source_location& place : counts.stack_of(group)) {
    const detail::function_name name(place.function_name());
    lines.push_back({fmt::format("{:#x}", detail::address_of(place)),
                     fmt::format("{}+0x0", name.view()), &place});
    widest_address = std::max(widest_address, lines.back().address.size());
    widest_function = std::max(widest_function, lines.back().function.size());
    fmt::format_to(std::back_inserter(into), " {}", lines.back().address);
  }
  into += '\n';
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (group.elided != 0 && i == detail::trace_batch::half_a_stack)
      fmt::format_to(std::back_inserter(into), "#\t...{} frames elided...\n", group.elided);
    const line& each = lines[i];
    fmt::format_to(std::back_inserter(into), "#\t{}{}{}{}{}:{}\n", each.address,
                   tabs_after(each.address.size(), widest_address), each.function,
                   tabs_after(each.function.size(), widest_function), each.place->file_name(),
                   each.place->line());
  }
  into += '\n';
}

}  // namespace

struct goroutine_text::state {
  state(trace_form wanted, goroutine_cursor all, bool of_leaks)
      : form(wanted), leaks(of_leaks), cursor(std::move(all)) {}

  const trace_form form;
  const bool leaks;
  goroutine_cursor cursor;
  std::string nothing;
  string_output output{nothing};
  // Of the grouped form.
  detail::stack_counts counts;
  bool counted = false;
  std::vector<detail::stack_counts::entry> groups;
  std::size_t next_group = 0;

  bool next_each(std::string& into) {
    const auto traces = cursor.next();
    output.direct_to(into);
    const auto mention = leaks ? detail::leak_mention::in_brackets : detail::leak_mention::none;
    for (const goroutine_trace& trace : traces) detail::write_trace(output, trace, mention);
    return !traces.empty();
  }

  // Counts for a while. True: all are counted.
  bool count() {
    constexpr int batches = 16;
    for (int i = 0; i < batches; ++i) {
      const auto traces = cursor.next();
      if (traces.empty()) return true;
      for (const goroutine_trace& trace : traces) counts.add(trace);
    }
    return false;
  }

  bool next_grouped(std::string& into) {
    if (!counted) {
      counted = count();
      if (!counted) return true;
      groups = counts.sorted();
      fmt::format_to(std::back_inserter(into), "goroutine{} profile: total {}\n",
                     leaks ? "leak" : "", counts.total());
      return true;
    }
    constexpr std::size_t groups_in_a_piece = 64;
    const std::size_t end = std::min(groups.size(), next_group + groups_in_a_piece);
    if (next_group == end) return false;
    while (next_group != end) append_group(into, counts, groups[next_group++]);
    return true;
  }
};

goroutine_text::goroutine_text(trace_form form)
    : state_(new state(form, goroutine_cursor(), false)) {}
goroutine_text::goroutine_text(trace_form form, const leak_report& leaked)
    : state_(new state(form, goroutine_cursor(leaked), true)) {}
goroutine_text::goroutine_text(goroutine_text&& other) noexcept = default;
goroutine_text& goroutine_text::operator=(goroutine_text&& other) noexcept = default;
goroutine_text::~goroutine_text() = default;

bool goroutine_text::next(std::string& into) {
  return state_->form == trace_form::each ? state_->next_each(into) : state_->next_grouped(into);
}

std::string dump_goroutines(trace_form form) {
  std::string all;
  goroutine_text text(form);
  while (text.next(all)) {
  }
  return all;
}

}  // namespace leash
