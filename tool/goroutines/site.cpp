#include "goroutines/site.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace leash::tool {
namespace {

// The package of a Go function: all before the first dot behind the last slash.
std::string_view package_of(std::string_view function) {
  const std::size_t slash = function.rfind('/');
  const std::size_t dot = function.find('.', slash == function.npos ? 0 : slash);
  return function.substr(0, dot);
}

bool is_in(std::string_view package, std::string_view folder) {
  return package == folder ||
         (package.starts_with(folder) && package.substr(folder.size()).starts_with('/'));
}

// What no programmer would look for the cause in.
bool is_of_go(std::string_view function) {
  const std::string_view package = package_of(function);
  return is_in(package, "runtime") || is_in(package, "sync") || is_in(package, "internal") ||
         package == "syscall" || function == "time.Sleep";
}

bool is_of_leash(std::string_view function) {
  return function.starts_with("leash::") && !function.starts_with("leash::http::");
}

using named_reason = std::pair<std::string_view, std::string_view>;

// The functions in which Go's goroutines park, and its words for why.
constexpr std::array reasons{
    named_reason{"runtime.gopark", "waiting"},
    named_reason{"runtime.chansend", "chan send"},
    named_reason{"runtime.chansend1", "chan send"},
    named_reason{"runtime.chanrecv", "chan receive"},
    named_reason{"runtime.chanrecv1", "chan receive"},
    named_reason{"runtime.chanrecv2", "chan receive"},
    named_reason{"runtime.selectgo", "select"},
    named_reason{"runtime.block", "select (no cases)"},
    named_reason{"runtime.netpollblock", "IO wait"},
    named_reason{"time.Sleep", "sleep"},
    named_reason{"runtime.semacquire", "semacquire"},
    named_reason{"runtime.semacquire1", "semacquire"},
    named_reason{"sync.(*Mutex).Lock", "sync.Mutex.Lock"},
    named_reason{"sync.(*RWMutex).Lock", "sync.RWMutex.Lock"},
    named_reason{"sync.(*RWMutex).RLock", "sync.RWMutex.RLock"},
    named_reason{"sync.(*WaitGroup).Wait", "sync.WaitGroup.Wait"},
    named_reason{"sync.(*Cond).Wait", "sync.Cond.Wait"},
    named_reason{"sync.(*Once).Do", "sync.Once.Do"},
    named_reason{"runtime.cgocall", "syscall"},
};

// Of the parking functions on top of the stack the outermost tells most: a WaitGroup's Wait is a
// semacquire too.
std::string_view reason_of(std::span<const profile_frame> top) {
  std::string_view reason = "running";
  for (const profile_frame& each : top) {
    const auto* const known =
        std::find_if(reasons.begin(), reasons.end(),
                     [&](const named_reason& named) { return named.first == each.function; });
    if (known != reasons.end())
      reason = known->second;
    else if (reason == "running" && package_of(each.function) == "syscall")
      reason = "syscall";
  }
  return reason;
}

std::size_t first_own(std::span<const profile_frame> stack, bool (*is_foreign)(std::string_view)) {
  const auto own = std::find_if_not(stack.begin(), stack.end(), [&](const profile_frame& each) {
    return is_foreign(each.function);
  });
  return static_cast<std::size_t>(own - stack.begin());
}

}  // namespace

std::string site::place() const {
  return file.empty() ? "an unknown place" : fmt::format("{}:{}", file, line);
}

site site_of(const profile_sample& sample) {
  site found{.function = "unknown",
             .file = {},
             .line = 0,
             .reason = std::string(sample.reason),
             .created = std::string(sample.created),
             .entry = "unknown"};
  std::span stack = sample.stack;
  // leash has the birthplace stand below the stack, as the function that called go.
  if (stack.size() > 1 && stack.back().function.starts_with("created by "))
    stack = stack.first(stack.size() - 1);
  if (stack.empty()) {
    // It has not run yet.
    if (found.reason.empty()) found.reason = "runnable";
    return found;
  }
  const auto is_foreign = sample.reason.empty() ? is_of_go : is_of_leash;
  const std::size_t own = first_own(stack, is_foreign);
  // A goroutine that runs a function of the runtime is known by that.
  const profile_frame& at = own < stack.size() ? stack[own] : stack.back();
  const auto outermost =
      std::find_if_not(stack.rbegin(), stack.rend(),
                       [&](const profile_frame& each) { return is_foreign(each.function); });
  const profile_frame& entry = outermost != stack.rend() ? *outermost : stack.back();
  found.function = at.function;
  found.file = at.file;
  found.line = at.line;
  found.entry = entry.function;
  if (found.reason.empty()) found.reason = reason_of(stack.first(own));
  return found;
}

site_tallies tally_profile(std::string_view bytes, std::size_t limit, site_tallies* suspects) {
  site_tallies tallies;
  read_profile(bytes, limit, [&](const profile_sample& sample) {
    const bool is_apart = suspects != nullptr && sample.leak == "suspect";
    site_tally& tally = (is_apart ? *suspects : tallies)[site_of(sample)];
    tally.count = saturated_sum(tally.count, sample.count);
    if (sample.count > 0) tally.waiting = std::max(tally.waiting, sample.waiting);
  });
  return tallies;
}

std::int64_t saturated_sum(std::int64_t a, std::int64_t b) noexcept {
  using limits = std::numeric_limits<std::int64_t>;
  if (b > 0) return a > limits::max() - b ? limits::max() : a + b;
  return a < limits::min() - b ? limits::min() : a + b;
}

}  // namespace leash::tool
