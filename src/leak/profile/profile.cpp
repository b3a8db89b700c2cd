#include <leash/profile.hpp>

#include <algorithm>
#include <array>

#include "leak/profile/profile_state.hpp"

namespace leash {
namespace {

// Rounded down, so that time does not make a group of every goroutine.
std::uint32_t step_of(std::chrono::nanoseconds time) noexcept {
  constexpr std::array<std::uint32_t, 10> steps{0,    1,     10,    60,     600,
                                                3600, 21600, 86400, 604800, 2592000};
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  const auto above = std::upper_bound(steps.begin() + 1, steps.end(), seconds);
  return *(above - 1);
}

}  // namespace

goroutine_profile::goroutine_profile(profile_labels labels, profile_type type)
    : state_(std::make_unique<state>()) {
  state_->labels = labels;
  state_->type = type;
}
goroutine_profile::goroutine_profile(goroutine_profile&&) noexcept = default;
goroutine_profile& goroutine_profile::operator=(goroutine_profile&&) noexcept = default;
goroutine_profile::~goroutine_profile() = default;

void goroutine_profile::add(const goroutine_trace& seen, std::int64_t count) {
  const bool all = state_->labels == profile_labels::all;
  const bool waits = seen.state == goroutine_state::waiting;
  const bool has_birthplace = seen.created_at.line() != 0;
  detail::place_table& places = state_->places;
  std::vector<std::uint32_t>& numbers = state_->scratch.numbers;
  numbers.resize(sample_key::first_frame);
  numbers[sample_key::reason] = state_->strings.number_of(seen.reason);
  numbers[sample_key::age] = all ? step_of(seen.age) : sample_key::none;
  numbers[sample_key::waiting] = all && waits ? step_of(seen.since) : sample_key::none;
  numbers[sample_key::created] =
      has_birthplace ? places.birthplace(seen.created_at) : sample_key::none;
  numbers[sample_key::leak] =
      seen.leak == leak_state::unknown
          ? sample_key::none
          : state_->strings.number_of(seen.leak == leak_state::proven ? "proven" : "suspect");
  const std::size_t half = seen.stack.size() / 2;
  for (std::size_t i = 0; i < seen.stack.size(); ++i) {
    if (seen.elided != 0 && i == half) numbers.push_back(places.left_out());
    numbers.push_back(places.frame(seen.stack[i]));
  }
  if (has_birthplace) numbers.push_back(places.birth(seen.created_at));
  state_->samples[state_->scratch] += count;
  state_->goroutines += count;
}

void goroutine_profile::covers(std::chrono::nanoseconds duration) {
  state_->duration = duration;
  state_->taken = std::chrono::system_clock::now();
}

std::int64_t goroutine_profile::goroutines() const noexcept { return state_->goroutines; }
std::size_t goroutine_profile::groups() const noexcept { return state_->samples.size(); }

goroutine_profile profile_goroutines() {
  goroutine_profile made;
  goroutine_cursor cursor;
  for (auto batch = cursor.next(); !batch.empty(); batch = cursor.next())
    for (const goroutine_trace& each : batch) made.add(each);
  return made;
}

}  // namespace leash
