#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include <leash/detail/base/reserved_range.hpp>

namespace leash::detail {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20;

// Whether a core dump would have this byte: the kernel tells of each mapping by its flags, dd is "do not
// dump".
bool is_in_dumps(const std::byte* place) {
  std::ifstream mappings("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(place);
  bool here = false;
  for (std::string line; std::getline(mappings, line);) {
    std::istringstream words(line);
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    char dash = 0;
    if (words >> std::hex >> begin >> dash >> end && dash == '-')
      here = begin <= wanted && wanted < end;
    else if (here && line.starts_with("VmFlags:"))
      return line.find(" dd") == std::string::npos;
  }
  ADD_FAILURE() << "not mapped";
  return false;
}

TEST(ReservedRange, OnlyWhatIsInUseIsInCoreDumps) {
  reserved_range range;
  ASSERT_TRUE(range.reserve(std::size_t{1} << 30));
  EXPECT_FALSE(is_in_dumps(range.begin()));
  range.use(1);
  EXPECT_TRUE(is_in_dumps(range.begin()));
  EXPECT_FALSE(is_in_dumps(range.begin() + 2 * mebibyte));
  range.use(5 * mebibyte + 1);
  EXPECT_TRUE(is_in_dumps(range.begin() + 5 * mebibyte));
  EXPECT_FALSE(is_in_dumps(range.begin() + 7 * mebibyte));
}

TEST(ReservedRange, AllOfItCanBeUsed) {
  reserved_range range;
  ASSERT_TRUE(range.reserve(mebibyte + 4096));
  range.use(mebibyte + 4096);
  EXPECT_TRUE(is_in_dumps(range.begin() + mebibyte + 4095));
  range.begin()[mebibyte + 4095] = std::byte{1};
}

TEST(ReservedRange, WhatThereIsNoRoomForIsRefused) {
  reserved_range range;
  EXPECT_FALSE(range.reserve(std::size_t{1} << 50));
}

}  // namespace
}  // namespace leash::detail
