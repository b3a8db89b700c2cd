#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "leak/profile/profile_tables.hpp"

#include <leash/profile.hpp>

namespace leash {

// What makes samples different: the numbers of their labels, then of their frames, leaf first.
struct sample_key {
  enum part : std::size_t { reason, age, waiting, created, leak, first_frame };
  // Of a label that the sample does not have. No number of seconds, and no string but the empty one.
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  std::vector<std::uint32_t> numbers;

  std::span<const std::uint32_t> frames() const noexcept {
    return std::span(numbers).subspan(first_frame);
  }
  bool operator==(const sample_key&) const = default;
};

struct sample_hash {
  std::size_t operator()(const sample_key& key) const noexcept {
    std::size_t hash = key.numbers.size();
    for (const std::uint32_t number : key.numbers) hash = detail::mix(hash, number);
    return hash;
  }
};

struct goroutine_profile::state {
  profile_labels labels = profile_labels::all;
  profile_type type = profile_type::goroutine;
  std::chrono::system_clock::time_point taken = std::chrono::system_clock::now();
  std::chrono::nanoseconds duration{0};
  std::int64_t goroutines = 0;
  detail::string_table strings;
  detail::place_table places{strings};
  std::unordered_map<sample_key, std::int64_t, sample_hash> samples;
  sample_key scratch;
};

}  // namespace leash
