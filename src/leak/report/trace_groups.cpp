#include "leak/report/trace_groups.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "leak/report/cure.hpp"
#include "leak/trace/place.hpp"
#include "leak/trace/trace_text.hpp"

namespace leash::detail {
namespace {

class string_output {
 public:
  explicit string_output(std::string& into) noexcept : into_(&into) {}
  void text(std::string_view more) { into_->append(more); }
  void frame(const std::source_location& place) { write_frame(*this, place); }

 private:
  std::string* into_;
};

}  // namespace

void trace_groups::add_all(goroutine_cursor cursor) {
  for (auto batch = cursor.next(); !batch.empty(); batch = cursor.next())
    for (const goroutine_trace& each : batch) add(each);
}

void trace_groups::add(const goroutine_trace& seen) {
  ++total_;
  sought_.clear();
  sought_.push_back(reinterpret_cast<std::uintptr_t>(seen.reason));
  sought_.push_back(address_of(seen.created_at));
  sought_.push_back(seen.elided);
  for (const std::source_location& place : seen.stack) sought_.push_back(address_of(place));
  const auto [at, is_new] = numbers_.try_emplace(sought_, groups_.size());
  if (is_new) {
    group& fresh = groups_.emplace_back();
    fresh.stack_.assign(seen.stack.begin(), seen.stack.end());
    fresh.example_ = seen;
    fresh.example_.stack = fresh.stack_;
  }
  ++groups_[at->second].count;
}

std::vector<const trace_groups::group*> trace_groups::sorted() const {
  std::vector<const group*> all;
  all.reserve(groups_.size());
  for (const group& each : groups_) all.push_back(&each);
  // They stand in the order in which they were added.
  std::ranges::sort(all, [](const group* a, const group* b) {
    return a->count != b->count ? a->count > b->count : a < b;
  });
  return all;
}

void append_group(std::string& into, const trace_groups::group& shown) {
  if (shown.count > 1)
    fmt::format_to(std::back_inserter(into), "{} goroutines as this one:\n", shown.count);
  string_output out(into);
  write_trace(out, shown.example());
  const std::string_view cure = cure_for(shown.example().reason);
  if (cure.empty()) return;
  into.pop_back();  // the empty line after a trace
  fmt::format_to(std::back_inserter(into), "To cure it: {}\n\n", cure);
}

}  // namespace leash::detail
