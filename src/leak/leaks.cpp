#include <leash/leaks.hpp>

#include <mutex>

#include <fmt/format.h>

#include "leak/leak_access.hpp"

namespace leash {
namespace {

// One for the process: its buffers are large, and kept.
std::vector<detail::proven_goroutine> prove() {
  static std::mutex lock;
  static auto& prover = *new detail::prover;
  const std::lock_guard guard(lock);
  return prover.prove();
}

}  // namespace

std::size_t leak_report::size() const noexcept { return detail::in_list(proven_.get()).size(); }

std::string leak_report::text() const {
  if (empty()) return {};
  std::string all =
      fmt::format("leash: {} goroutine{} can never run again\n", size(), size() == 1 ? "" : "s");
  goroutine_text text(trace_form::grouped, *this);
  while (text.next(all)) {
  }
  return all;
}

goroutine_profile leak_report::profile() const {
  goroutine_profile made;
  goroutine_cursor cursor(*this);
  for (auto batch = cursor.next(); !batch.empty(); batch = cursor.next())
    for (const goroutine_trace& each : batch) made.add(each);
  return made;
}

leak_report leaks() { return detail::leak_access::make(prove()); }

}  // namespace leash
