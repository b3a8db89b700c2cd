#include "environment.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include <leash/error.hpp>

namespace leash::detail {
namespace {

using namespace std::string_view_literals;

// Empty: it is not set.
std::string_view given_as(const char* name) noexcept {
  const char* text = std::getenv(name);
  return text == nullptr ? std::string_view() : text;
}

// As 30s or 500ms; none: it is no time.
std::optional<std::chrono::milliseconds> time_in(std::string_view given) noexcept {
  std::uint32_t number = 0;
  const auto [end, bad] = std::from_chars(given.data(), given.data() + given.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(given.data() + given.size() - end));
  if (bad == std::errc{} && unit == "ms") return std::chrono::milliseconds(number);
  if (bad == std::errc{} && unit == "s") return std::chrono::seconds(number);
  if (bad == std::errc{} && unit == "m") return std::chrono::minutes(number);
  if (given == "0") return std::chrono::milliseconds(0);
  return std::nullopt;
}

}  // namespace

std::uint32_t processors_here() {
  if (const std::string_view given = given_as("LEASH_MAXPROCS"); !given.empty()) {
    std::uint32_t number = 0;
    const auto [end, bad] = std::from_chars(given.data(), given.data() + given.size(), number);
    if (bad != std::errc{} || end != given.data() + given.size() || number == 0 ||
        number > most_processors)
      throw error(errc::bad_option,
                  fmt::format("LEASH_MAXPROCS={}: give a number from 1 to {}, or unset it", given,
                              most_processors));
    return number;
  }
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  return static_cast<std::uint32_t>(std::clamp(CPU_COUNT(&allowed), 1, int{most_processors}));
}

leak_policy policy_here() {
  const std::string_view given = given_as("LEASH_LEAKS");
  if (given.empty() || given == "report"sv) return leak_policy::report;
  if (given == "off"sv) return leak_policy::off;
  if (given == "unwind"sv) return leak_policy::unwind;
  if (given == "abort"sv) return leak_policy::abort;
  throw error(errc::bad_option,
              fmt::format("LEASH_LEAKS={}: give off, report, unwind or abort, or unset it", given));
}

std::optional<std::chrono::milliseconds> patrol_here() {
  const std::string_view given = given_as("LEASH_PATROL");
  if (given.empty()) return std::nullopt;
  if (const auto time = time_in(given)) return time;
  throw error(errc::bad_option,
              fmt::format("LEASH_PATROL={}: give a time as 30s or 500ms, or unset it", given));
}

const proof_option& proof_here() {
  static const proof_option only = [] {
    const std::string_view given = given_as("LEASH_PROOF");
    proof_option option;
    if (given.empty()) return option;
    if (given == "off"sv) {
      option.off = true;
    } else if (const auto time = time_in(given)) {
      option.budget = *time;
    } else {
      throw error(errc::bad_option,
                  fmt::format("LEASH_PROOF={}: give off, or for how long a proof may hold the "
                              "program up unasked, as 10ms, or unset it",
                              given));
    }
    return option;
  }();
  return only;
}

}  // namespace leash::detail
