// Where the only pointer may lie by which somebody can be woken: a proof looks at every such place. None of these tests can fail
// because of a word that something has left behind; each fails when its place is not looked at, see tests/mutations.txt.
#include <gtest/gtest.h>

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <leash/detail/base/sanitizer.hpp>
#include <leash/leash.hpp>

#include "base/world/gate.hpp"
#include "leak/proof/prove_all.hpp"
#include "support/proven.hpp"
#include "support/stress.hpp"

namespace leash {
namespace {

// What the pointer is to: it lies in the frame of a goroutine that waits for `over` itself.
struct held {
  channel<int> values;
  channel<> over;
};

std::uintptr_t inverted = 0;  // the pointer, so that it is none
std::uint8_t is_held = 0;     // the place has the pointer
std::uint8_t may_go_on = 0;   // it has been looked at

// The flags are plain bytes, for assembly.
void set(std::uint8_t& flag, std::uint8_t to = 1) noexcept {
  __atomic_store_n(&flag, to, __ATOMIC_SEQ_CST);
}
std::uint8_t get(const std::uint8_t& flag) noexcept {
  return __atomic_load_n(&flag, __ATOMIC_SEQ_CST);
}

void stay_here() {
  set(is_held);
  while (get(may_go_on) == 0) usleep(50);
}

using place = held* (*)();

task<> own_what_is_held() {
  held here;
  inverted = ~reinterpret_cast<std::uintptr_t>(&here);
  go([&here]() -> task<> {
    testing::what_is_proven::stays("reader");
    co_await here.values.receive();
  });
  testing::what_is_proven::stays("owner");
  co_await here.over.receive();
}

class Roots : public testing::ProvenOverWorkers {
 protected:
  void SetUp() override {
    ProvenOverWorkers::SetUp();
    set(is_held, 0);
    set(may_go_on, 0);
  }

  // Proves while nothing but the place, which a plain thread has, leads to two goroutines that wait.
  static void is_looked_at(place which) {
    const std::uint64_t refuted = count_leaks().refuted;
    run([which]() -> task<> {
      go(own_what_is_held);
      co_await settled(2);
      std::thread holder([which] {
        detail::know_this_thread();
        held& got = *which();
        (void)got.values.try_send(1);
        got.over.close();
      });
      co_await testing::until([] { return get(is_held) != 0; });
      EXPECT_EQ(detail::prove_all().size(), 0u);
      set(may_go_on);
      co_await testing::until_alone();
      holder.join();
    });
    EXPECT_EQ(count_leaks().refuted, refuted);
  }
};

TEST_P(Roots, ARegister) {
  is_looked_at([] {
    std::uintptr_t word = inverted;
#if defined(__x86_64__)
    asm volatile(
        "notq %[word]\n\t"
        "movb $1, %[is_held]\n"
        "1:\tpause\n\t"
        "cmpb $0, %[may_go_on]\n\t"
        "je 1b"
        : [word] "+r"(word), [is_held] "=m"(is_held)
        : [may_go_on] "m"(may_go_on)
        : "cc", "memory");
#elif defined(__aarch64__)
    asm volatile(
        "mvn %[word], %[word]\n\t"
        "mov w9, #1\n\t"
        "strb w9, %[is_held]\n"
        "1:\tyield\n\t"
        "ldrb w9, %[may_go_on]\n\t"
        "cbz w9, 1b"
        : [word] "+r"(word), [is_held] "=Q"(is_held)
        : [may_go_on] "Q"(may_go_on)
        : "x9", "cc", "memory");
#endif
    return reinterpret_cast<held*>(word);
  });
}

TEST_P(Roots, AVectorRegister) {
#if defined(__x86_64__)
  is_looked_at([] {
    std::uintptr_t word = inverted;
    asm volatile(
        "notq %[word]\n\t"
        "movq %[word], %%xmm7\n\t"
        "xorq %[word], %[word]\n\t"
        "movb $1, %[is_held]\n"
        "1:\tpause\n\t"
        "cmpb $0, %[may_go_on]\n\t"
        "je 1b\n\t"
        "movq %%xmm7, %[word]"
        : [word] "+r"(word), [is_held] "=m"(is_held)
        : [may_go_on] "m"(may_go_on)
        : "xmm7", "cc", "memory");
    return reinterpret_cast<held*>(word);
  });
#else
  GTEST_SKIP() << "written for x86-64";
#endif
}

TEST_P(Roots, TheUpperHalfOfAVectorRegister) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx") == 0) GTEST_SKIP() << "needs AVX";
  is_looked_at([] {
    std::uintptr_t word = inverted;
    asm volatile(
        "notq %[word]\n\t"
        "vmovq %[word], %%xmm6\n\t"
        "vxorps %%ymm7, %%ymm7, %%ymm7\n\t"
        "vinsertf128 $1, %%xmm6, %%ymm7, %%ymm7\n\t"
        "vxorps %%xmm6, %%xmm6, %%xmm6\n\t"
        "xorq %[word], %[word]\n\t"
        "movb $1, %[is_held]\n"
        "1:\tpause\n\t"
        "cmpb $0, %[may_go_on]\n\t"
        "je 1b\n\t"
        "vextractf128 $1, %%ymm7, %%xmm6\n\t"
        "vmovq %%xmm6, %[word]\n\t"
        "vzeroupper"
        : [word] "+r"(word), [is_held] "=m"(is_held)
        : [may_go_on] "m"(may_go_on)
        : "xmm6", "xmm7", "cc", "memory");
    return reinterpret_cast<held*>(word);
  });
#else
  GTEST_SKIP() << "written for x86-64";
#endif
}

TEST_P(Roots, AStack) {
  is_looked_at([] {
    held* volatile here = reinterpret_cast<held*>(~inverted);
    stay_here();
    return static_cast<held*>(here);
  });
}

thread_local held* volatile of_this_thread = nullptr;

TEST_P(Roots, ThreadLocalMemory) {
  is_looked_at([] {
    of_this_thread = reinterpret_cast<held*>(~inverted);
    stay_here();
    return static_cast<held*>(of_this_thread);
  });
}

volatile std::uintptr_t in_static_memory = 0;

held* taken_from_static_memory() {
  const std::uintptr_t word = in_static_memory;
  in_static_memory = 0;
  return reinterpret_cast<held*>(word);
}

TEST_P(Roots, StaticMemory) {
  is_looked_at([] {
    in_static_memory = ~inverted;
    stay_here();
    return taken_from_static_memory();
  });
}

TEST_P(Roots, APointerWithATagAbove) {
  is_looked_at([] {
    constexpr int bits = 48;
    in_static_memory = ~inverted | std::uintptr_t{0xA5} << bits;
    stay_here();
    return reinterpret_cast<held*>(reinterpret_cast<std::uintptr_t>(taken_from_static_memory()) &
                                   ((std::uintptr_t{1} << bits) - 1));
  });
}

TEST_P(Roots, APointerWithATagBelow) {
  is_looked_at([] {
    static_assert(alignof(held) >= 8);
    in_static_memory = ~inverted | 7;
    stay_here();
    return reinterpret_cast<held*>(reinterpret_cast<std::uintptr_t>(taken_from_static_memory()) &
                                   ~std::uintptr_t{7});
  });
}

TEST_P(Roots, APointerToAMember) {
  is_looked_at([] {
    in_static_memory = ~inverted + offsetof(held, over);
    stay_here();
    return reinterpret_cast<held*>(reinterpret_cast<std::uintptr_t>(taken_from_static_memory()) -
                                   offsetof(held, over));
  });
}

TEST_P(Roots, TheHeap) {
  is_looked_at([] {
    const auto here = std::make_unique<held* volatile>(reinterpret_cast<held*>(~inverted));
    stay_here();
    return static_cast<held*>(std::exchange(*here, nullptr));
  });
}

TEST_P(Roots, APageThatIsReadOnlyByNow) {
  is_looked_at([] {
    constexpr std::size_t bytes = 4096;
    void* const page =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *static_cast<held* volatile*>(page) = reinterpret_cast<held*>(~inverted);
    mprotect(page, bytes, PROT_READ);
    stay_here();
    held* const got = *static_cast<held* volatile*>(page);
    munmap(page, bytes);
    return got;
  });
}

[[gnu::noinline]] void put_into(const channel<held*>& box) {
  (void)box.try_send(reinterpret_cast<held*>(~inverted));
}

TEST_P(Roots, ABufferOfAChannel) {
  is_looked_at([] {
    const channel<held*> box(1);
    put_into(box);
    stay_here();
    std::optional<held*> got;
    (void)box.try_receive(got);
    return *got;
  });
}

// Whoever sleeps has in a frame further up what others wait for.
TEST_P(Roots, AFrameFurtherUp) {
  run([]() -> task<> {
    go([]() -> task<> {
      const channel<int> here;
      go([&here]() -> task<> {
        testing::what_is_proven::stays("reader");
        co_await here.receive();
      });
      const auto deep = []() -> task<> {
        while (get(may_go_on) == 0) co_await sleep(std::chrono::milliseconds(1));
      };
      co_await deep();
      co_await here.send(1);
    });
    co_await settled(1);
    EXPECT_EQ(detail::prove_all().size(), 0u);
    set(may_go_on);
    co_await testing::until_alone();
  });
}

// A pointer that turns up later is one that nobody can use.
TEST_P(Roots, AreNotLookedForOnceALeakIsFound) {
  if (LEASH_SANITIZED) GTEST_SKIP() << "what a sanitizer keeps may hide it";
  run([]() -> task<> {
    go(own_what_is_held);
    co_await settled(2);
    co_await prove(2);
    in_static_memory = ~inverted;
    EXPECT_EQ(detail::prove_all().size(), 2u);
    in_static_memory = 0;
  });
}

LEASH_OVER_WORKERS(Roots);

// A sleeper's frame and a thread pass the only pointer to and fro: who looks at one after the other may see it in neither.
TEST(MovedWhileProven, ToASleepersFrameAndBack) {
#if defined(__x86_64__)
  testing::what_is_proven::forget_all();
  set(is_held, 0);
  set(may_go_on, 0);
  const std::uint64_t rounds =
      testing::number_from("LEASH_ROUNDS", LEASH_SANITIZED != 0 ? 20 : 500);
  leash::run(
      [rounds]() -> task<> {
        std::atomic<std::atomic<held*>*> slot{nullptr};
        go([&slot]() -> task<> {
          std::atomic<held*> here{nullptr};
          slot = &here;
          while (get(is_held) != 2) co_await sleep(std::chrono::milliseconds(1));
        });
        go(own_what_is_held);
        co_await testing::what_is_proven::settled(2);
        co_await testing::until([&slot] { return slot.load() != nullptr; });
        std::thread mover([to = slot.load()] {
          detail::know_this_thread();
          std::uintptr_t mine = inverted;
          asm volatile(
              "notq %[mine]\n\t"
              "movb $1, %[is_held]\n"
              "1:\txchgq %[mine], (%[to])\n\t"
              "movl $100, %%ecx\n"
              "2:\tpause\n\t"
              "decl %%ecx\n\t"
              "jnz 2b\n\t"
              "cmpb $0, %[may_go_on]\n\t"
              "je 1b\n\t"
              "testq %[mine], %[mine]\n\t"
              "jz 1b"
              : [mine] "+r"(mine), [is_held] "=m"(is_held)
              : [to] "r"(to), [may_go_on] "m"(may_go_on)
              : "ecx", "cc", "memory");
          (void)reinterpret_cast<held*>(mine)->values.try_send(1);
          reinterpret_cast<held*>(mine)->over.close();
        });
        co_await testing::until([] { return get(is_held) != 0; });
        std::size_t found = 0;
        for (std::uint64_t i = 0; i < rounds && found == 0; ++i) {
          found = detail::prove_all().size();
          co_await this_goroutine::yield();
        }
        EXPECT_EQ(found, 0u);
        set(may_go_on);
        mover.join();
        set(is_held, 2);
        co_await testing::until_alone();
      },
      {.processors = 2, .leaks = leak_policy::off});
#else
  GTEST_SKIP() << "written for x86-64";
#endif
}

}  // namespace
}  // namespace leash
