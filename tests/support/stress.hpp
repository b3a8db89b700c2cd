#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>

// What the stress tests share.
//   LEASH_STRESS_OPS: how many operations a test does; 300,000 unless told otherwise
//   LEASH_STRESS_SEED: what the random choices start from; every run takes another unless it is given

namespace leash::testing {

inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  if (const char* text = std::getenv(variable))
    std::from_chars(text, text + std::strlen(text), otherwise);
  return otherwise;
}

inline std::size_t stress_operations() { return number_from("LEASH_STRESS_OPS", 300'000); }

inline std::uint64_t stress_seed() {
  static const std::uint64_t seed = number_from("LEASH_STRESS_SEED", std::random_device()());
  return seed;
}

// Random numbers, the same for the same seed (splitmix64). One a goroutine.
class random_source {
 public:
  explicit random_source(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint32_t operator()() noexcept {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return static_cast<std::uint32_t>(mixed >> 32);
  }
  std::uint32_t below(std::uint32_t limit) noexcept { return (*this)() % limit; }
  bool once_in(std::uint32_t times) noexcept { return below(times) == 0; }

 private:
  std::uint64_t state_;
};

}  // namespace leash::testing
