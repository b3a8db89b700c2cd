#include <leash/leaks.hpp>

#include <vector>

#include <fmt/format.h>

#include "base/world/gate.hpp"
#include "leak/leak_access.hpp"
#include "leak/proof/prove_all.hpp"
#include "leak/report/trace_groups.hpp"

namespace leash {

std::size_t leak_report::size() const noexcept { return detail::in_list(proven_.get()).size(); }

std::string leak_report::text() const {
  detail::trace_groups groups;
  groups.add_all(goroutines());
  if (groups.empty()) return {};
  const std::size_t count = groups.total();
  std::string all =
      fmt::format("leash: {} goroutine{} can never run again:\n\n", count, count == 1 ? "" : "s");
  for (const detail::trace_groups::group* each : groups.sorted()) append_group(all, *each);
  return all;
}

goroutine_profile leak_report::profile() const {
  goroutine_profile made(profile_labels::all, profile_type::goroutineleak);
  goroutine_cursor cursor(*this);
  for (auto batch = cursor.next(); !batch.empty(); batch = cursor.next())
    for (const goroutine_trace& each : batch) made.add(each);
  return made;
}

leak_report leaks() {
  leak_report report;
  detail::ask_from_here([&report] {
    std::vector<detail::proven_goroutine> proven = detail::prove_all();
    detail::leave_out_mains_at_rest(proven);
    report = detail::leak_access::make(std::move(proven));
  });
  return report;
}

}  // namespace leash
