#pragma once

#include <cstdint>

namespace leash::detail {

// Mixes two numbers into one that looks like neither (the finalizer of SplitMix64; Steele, Lea, Flood, Fast Splittable
// Pseudorandom Number Generators, 2014).
constexpr std::uint64_t mixed(std::uint64_t a, std::uint64_t b) noexcept {
  std::uint64_t z = a + 0x9e3779b97f4a7c15 * (b + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// Random numbers that are the same everywhere for the same seed.
class dice {
 public:
  explicit dice(std::uint64_t seed) noexcept : seed_(seed) {}
  std::uint64_t next() noexcept { return mixed(seed_, count_++); }
  // Each of 0 … count - 1 as likely as any other.
  std::uint32_t below(std::uint32_t count) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32) * count) >> 32);
  }

 private:
  std::uint64_t seed_;
  std::uint64_t count_ = 0;
};

}  // namespace leash::detail
