#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include <leash/detail/base/arena.hpp>
#include <leash/detail/base/exposure.hpp>
#include <leash/detail/base/object.hpp>

namespace leash::detail {
namespace {

const char* at(const void* block, std::size_t offset) {
  return static_cast<const char*>(block) + offset;
}

block_header* header_before(void* block) { return static_cast<block_header*>(block) - 1; }

void expect_found_at_every_offset(std::size_t bytes) {
  void* block = allocate_block(bytes, block_kind::traced, nullptr);
  std::size_t missed = 0;
  for (std::size_t offset = 0; offset < bytes; ++offset)
    if (find_block(at(block, offset)) != header_before(block)) ++missed;
  EXPECT_EQ(missed, 0u) << bytes << " bytes";
  EXPECT_EQ(find_block(header_before(block)), header_before(block));
  free_block(block);
}

TEST(Arena, BlocksOfEverySizeAreAlignedAndUsable) {
  for (std::size_t bytes = 0; bytes <= 20'000; bytes += bytes < 1100 ? 1 : 37) {
    void* block = allocate_block(bytes, block_kind::frame, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 16, 0u);
    EXPECT_TRUE(in_arena(block));
    std::memset(block, 0xa5, bytes);
    free_block(block);
  }
}

TEST(Arena, AnyAddressInsideABlockFindsIt) {
  for (std::size_t bytes = 1; bytes <= 600; bytes += 5) expect_found_at_every_offset(bytes);
  for (std::size_t bytes = 601; bytes <= 16'384; bytes += 311) expect_found_at_every_offset(bytes);
  expect_found_at_every_offset(16'384);
}

TEST(Arena, AnyAddressInsideALargeBlockFindsIt) {
  for (std::size_t bytes : {16'385u, 65'520u, 65'521u, 65'536u, 300'000u})
    expect_found_at_every_offset(bytes);
}

TEST(Arena, NeighboursAreToldApart) {
  for (std::size_t bytes : {1u, 48u, 200u, 1000u, 3000u}) {
    std::set<void*> headers;
    std::vector<void*> blocks;
    for (int i = 0; i < 1500; ++i) {
      blocks.push_back(allocate_block(bytes, block_kind::frame, nullptr));
      EXPECT_EQ(find_block(at(blocks.back(), bytes - 1)), header_before(blocks.back()));
      headers.insert(find_block(blocks.back()));
    }
    EXPECT_EQ(headers.size(), blocks.size());
    for (void* block : blocks) free_block(block);
  }
}

TEST(Arena, AddressesElsewhereFindNothing) {
  int local = 0;
  free_block(allocate_block(1, block_kind::frame, nullptr));
  EXPECT_EQ(find_block(&local), nullptr);
  EXPECT_EQ(find_block(nullptr), nullptr);
  EXPECT_EQ(find_block(reinterpret_cast<const void*>(arena_begin + arena_size - 1)), nullptr);
  EXPECT_EQ(find_block(reinterpret_cast<const void*>(arena_begin + arena_size)), nullptr);
}

TEST(Arena, AHeaderTellsKindAndOwnerUntilTheBlockIsFreed) {
  object* const owner = object_pool::instance().acquire();
  for (const block_kind kind :
       {block_kind::frame, block_kind::closure, block_kind::buffer, block_kind::traced}) {
    void* block = allocate_block(100, kind, owner);
    block_header* header = find_block(block);
    EXPECT_EQ(header->kind.load(), kind);
    EXPECT_EQ(header->owner.load(), owner);
    EXPECT_FALSE(is_exposed(*header));
    free_block(block);
    EXPECT_EQ(header->kind.load(), block_kind::free);
    EXPECT_EQ(header->owner.load(), nullptr);
  }
  object_pool::instance().release(owner);
}

TEST(Arena, AnExposureEndsWithTheBlockButItsVersionStays) {
  void* block = allocate_block(100'000, block_kind::frame, nullptr);
  block_header* header = find_block(block);
  header->marks.store(exposed_mark);
  header->version.fetch_add(1);
  const std::uint32_t version = header->version.load();
  free_block(block);
  void* again = allocate_block(100'000, block_kind::frame, nullptr);
  EXPECT_EQ(again, block);
  EXPECT_FALSE(is_exposed(*header));
  EXPECT_EQ(header->version.load(), version);
  free_block(again);
}

TEST(Arena, UsageCountsFramesBlocksAndBytes) {
  const arena_usage before = usage();
  void* frame = allocate_block(100, block_kind::frame, nullptr);
  void* closure = allocate_block(100, block_kind::closure, nullptr);
  void* large = allocate_block(1'000'000, block_kind::buffer, nullptr);
  const arena_usage during = usage();
  EXPECT_EQ(during.live_frames, before.live_frames + 1);
  EXPECT_EQ(during.live_blocks, before.live_blocks + 3);
  EXPECT_GE(during.live_bytes, before.live_bytes + 1'000'200);
  EXPECT_LE(during.live_bytes, before.live_bytes + 1'200'000);
  for (void* block : {frame, closure, large}) free_block(block);
  const arena_usage after = usage();
  EXPECT_EQ(after.live_frames, before.live_frames);
  EXPECT_EQ(after.live_blocks, before.live_blocks);
  EXPECT_EQ(after.live_bytes, before.live_bytes);
}

TEST(Arena, ABlockMayBeFreedByAnyThread) {
  const arena_usage before = usage();
  std::vector<void*> blocks;
  std::thread([&] {
    for (std::size_t i = 0; i < 5000; ++i)
      blocks.push_back(allocate_block(i * 7 % 20'000, block_kind::frame, nullptr));
  }).join();
  EXPECT_EQ(usage().live_frames, before.live_frames + 5000);
  std::thread([&] {
    for (void* block : blocks) free_block(block);
  }).join();
  EXPECT_EQ(usage().live_frames, before.live_frames);
  EXPECT_EQ(usage().live_bytes, before.live_bytes);
}

TEST(Arena, ThreadsNeverGetTheSameBlock) {
  std::vector<std::thread> threads;
  for (std::uint32_t number = 1; number <= 4; ++number)
    threads.emplace_back([number] {
      std::vector<std::uint32_t*> mine;
      for (int round = 0; round < 50; ++round) {
        for (int i = 0; i < 400; ++i) {
          mine.push_back(
              static_cast<std::uint32_t*>(allocate_block(64, block_kind::frame, nullptr)));
          *mine.back() = number;
        }
        for (std::uint32_t* block : mine) {
          EXPECT_EQ(*block, number);
          free_block(block);
        }
        mine.clear();
      }
    });
  for (std::thread& each : threads) each.join();
}

}  // namespace
}  // namespace leash::detail
