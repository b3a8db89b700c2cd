// LeakSanitizer judges the proof. What is in the frame of a leaked goroutine may be used by nobody else: so no raw pointer may
// lead there, not from a global, a stack or a register, nor from the frame of somebody who is not leaked. LeakSanitizer looks for
// just that, knowing nothing of handles.
//
// Frames come from malloc here. Handles, objects and records lead nowhere, for it: links are stored inverted, and pools are not
// searched. All blocks that the proof has left alone are rooted on purpose. Then what LeakSanitizer calls leaked must be the
// frames and closures of those that are proven, each of them and no other. Objects that a global names (two locks taken in opposite
// order) are in order, as the names of objects lead to no frame. Who waits in one queue is led to by the others in it, which know it
// for the queue's sake only: here nobody who is leaked shares a queue with somebody who is not. What a channel or a lock allows whom is judged by other tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "lsan/malloc_arena.hpp"
#include "support/proven.hpp"
#include "support/stress.hpp"

// Asked by LeakSanitizer before main.
// NOLINTNEXTLINE(bugprone-reserved-identifier): its name is LeakSanitizer's
extern "C" const char* __lsan_default_options() {
  return "report_objects=1:leak_check_at_exit=0:malloc_context_size=2:max_leaks=0";
}

namespace leash {
namespace {

using namespace std::chrono_literals;

// Inverted addresses, so that the lists themselves lead nowhere.
using places = std::map<std::uintptr_t, std::string>;
std::uintptr_t inverted(const void* place) { return ~reinterpret_cast<std::uintptr_t>(place); }

// What is in one of them and not in the other.
std::vector<std::string> missing(const places& from, const places& in) {
  std::vector<std::string> found;
  for (const auto& [place, what] : in)
    if (!from.contains(place)) found.push_back(what);
  return found;
}

// What LeakSanitizer does not have to find by itself.
std::vector<detail::block_header*> rooted;

struct verdict {
  places proven;  // the blocks of those that are, and what they are
  places leaked;  // those that LeakSanitizer says nothing leads to
  std::size_t goroutines = 0;
};

std::string describe(const detail::block_header& block) {
  const auto* owner = static_cast<const detail::goroutine*>(block.owner.load());
  switch (block.kind.load()) {
    case detail::block_kind::frame:
      return "frame of " +
             (owner == nullptr ? std::string("nobody") : testing::what_is_proven::name_of(*owner));
    case detail::block_kind::closure:
      return "closure of " + testing::what_is_proven::name_of(*owner);
    default:
      return "buffer or traced block";
  }
}

// On a thread of its own, whose stack is gone when LeakSanitizer looks.
void prove(verdict& into) {
  std::thread([&into] {
    detail::prover prover;
    std::set<const void*> leaked;
    for (const detail::proven_goroutine& each : prover.prove()) leaked.insert(each.record);
    into.goroutines = leaked.size();
    std::vector<detail::block_header*> others;
    for (detail::block_header* each : testing::blocks_in_use()) {
      const detail::block_kind kind = each->kind.load();
      const bool of_a_goroutine =
          kind == detail::block_kind::frame || kind == detail::block_kind::closure;
      if (of_a_goroutine && leaked.contains(each->owner.load()))
        into.proven.emplace(inverted(each), describe(*each));
      else
        others.push_back(each);
    }
    rooted = std::move(others);
  }).join();
}

// Nothing is left of what was called before.
[[gnu::noinline]] void scrub_stack() {
  std::array<volatile std::byte, std::size_t{1} << 16> zeros;
  for (auto& each : zeros) each = std::byte{0};
}

void look(verdict& into) {
  std::FILE* report = std::tmpfile();
  __sanitizer_set_report_fd(reinterpret_cast<void*>(std::uintptr_t(fileno(report))));
  scrub_stack();
  __lsan_do_recoverable_leak_check();
  __sanitizer_set_report_fd(reinterpret_cast<void*>(std::uintptr_t(STDERR_FILENO)));
  if (std::fseek(report, 0, SEEK_SET) != 0) throw std::runtime_error("the report cannot be read");
  std::array<char, 4096> line;
  while (std::fgets(line.data(), line.size(), report) != nullptr) {
    std::uintptr_t address = 0;
    if (std::sscanf(line.data(), "0x%" SCNxPTR " (", &address) != 1) continue;
    const auto* header = reinterpret_cast<const detail::block_header*>(address);
    if (detail::find_block(header) == header && header->kind.load() != detail::block_kind::free)
      into.leaked.emplace(~address, describe(*header));
  }
  std::fclose(report);
}

// Some containers do not let a process be stopped by another one: there LeakSanitizer ends the program instead of looking. Asked
// once, before the first test.
bool leak_sanitizer_works = false;

class ask_leak_sanitizer final : public ::testing::Environment {
 public:
  void SetUp() override {
    const pid_t tries = fork();
    if (tries == 0) {
      __lsan_do_recoverable_leak_check();
      _exit(0);
    }
    int ended = 0;
    leak_sanitizer_works = tries > 0 && waitpid(tries, &ended, 0) == tries && WIFEXITED(ended) &&
                           WEXITSTATUS(ended) == 0;
  }
};

const ::testing::Environment* const environment =
    ::testing::AddGlobalTestEnvironment(new ask_leak_sanitizer);

class Judge : public ::testing::Test, public testing::what_is_proven {
 protected:
  void SetUp() override {
    if (!leak_sanitizer_works)
      GTEST_SKIP() << "LeakSanitizer cannot look here: it has to be allowed to use ptrace";
    forget_all();
  }

  // When the body has returned and `count` goroutines stay. Main keeps what the body returns.
  template <class Body>
  static verdict judge(std::size_t count, Body body) {
    forget_all();
    verdict found;
    leash::run(
        [&]() -> task<> {
          [[maybe_unused]] const auto kept = co_await body();
          co_await settled(count);
          prove(found);
          // What the worker still has of the last ones that it ran is forgotten over these.
          for (int i = 0; i < 16; ++i) go([]() -> task<> { co_await this_goroutine::yield(); });
          co_await testing::until(
              [here = num_goroutines()] { return num_goroutines() + 16 == here; });
          look(found);
          rooted.clear();
        },
        {.processors = 1, .leaks = leak_policy::off, .watchdog = 0ms});
    return found;
  }

  static void agrees(const verdict& found, std::size_t goroutines) {
    EXPECT_EQ(found.goroutines, goroutines);
    EXPECT_GE(found.proven.size(), goroutines);
    EXPECT_THAT(missing(found.leaked, found.proven), ::testing::IsEmpty()) << "reached, yet proven";
    EXPECT_THAT(missing(found.proven, found.leaked), ::testing::IsEmpty()) << "never reached";
  }
};

struct nothing {};

TEST_F(Judge, TheLoserOfARace) {
  const auto race = []() -> task<nothing> {
    const channel<int> answers;
    for (int i = 0; i < 2; ++i)
      go([answers]() -> task<> {
        stays("racer");
        co_await answers.send(1);
      });
    co_await settled(2);
    co_await answers.receive();
    co_await testing::until([] { return num_goroutines() == 2; });
    co_return nothing();
  };
  agrees(judge(1, race), 1);
}

// A goroutine of several frames, each of which borrows from the one below.
task<> deeper(int depth, const channel<int>& values, int& below) {
  int here = depth;
  if (depth > 0) {
    co_await deeper(depth - 1, values, here);
  } else {
    testing::what_is_proven::stays("deep");
    co_await values.receive();
  }
  below = here;
}

TEST_F(Judge, DeepStacksOfTheLeakedAndOfTheLive) {
  agrees(judge(2,
               []() -> task<channel<int>> {
                 const channel<int> kept;
                 for (const channel<int>& values : {kept, channel<int>()})
                   go([values]() -> task<> {
                     int result = 0;
                     co_await deeper(7, values, result);
                   });
                 co_return kept;
               }),
         1);
}

TEST_F(Judge, CirclesOfChannelsAndLocks) {
  static const mutex a;
  static const mutex b;
  const auto take = [](mutex first, mutex second, channel<> here, channel<> there) -> task<> {
    const auto held = co_await first.lock();
    (void)here.try_send();
    co_await there.receive();
    stays("taker");
    const auto never = co_await second.lock();
  };
  agrees(judge(4,
               [&]() -> task<nothing> {
                 const channel<> one(1);
                 const channel<> two(1);
                 go(take, a, b, one, two);
                 go(take, b, a, two, one);
                 const channel<int> x;
                 const channel<int> y;
                 go([x, y]() -> task<> {
                   stays("x");
                   co_await x.receive();
                   co_await y.send(1);
                 });
                 go([x, y]() -> task<> {
                   stays("y");
                   co_await y.receive();
                   co_await x.send(1);
                 });
                 co_return nothing();
               }),
         4);
}

TEST_F(Judge, WaitersSomeOfWhomHaveAWayOut) {
  agrees(judge(8,
               []() -> task<cancelable_context> {
                 auto stop = with_cancel(background());
                 const channel<int> one;
                 const channel<int> other;
                 const auto wait = [](receive_channel<int> values) -> task<> {
                   stays("waiter");
                   co_await values.receive();
                 };
                 for (int i = 0; i < 4; ++i) {
                   go(wait, one.receiver());
                   go(stop, wait, other.receiver());
                 }
                 co_return stop;
               }),
         4);
}

struct server {
  channel<int> requests;
  std::array<int, 8> state{};
};

TEST_F(Judge, WhoLendsItsFrameToASleeperAndWhoLendsItToTheLeaked) {
  agrees(judge(4,
               []() -> task<nothing> {
                 go([]() -> task<> {
                   server here;
                   go([&here]() -> task<> {
                     stays("sleeper");
                     co_await sleep(1h);
                     co_await here.requests.send(here.state[3]);
                   });
                   stays("served");
                   co_await here.requests.receive();
                 });
                 go([]() -> task<> {
                   server here;
                   go([&here]() -> task<> {
                     stays("borrower");
                     co_await channel<int>().receive();
                     co_await here.requests.send(here.state[3]);
                   });
                   stays("stuck");
                   co_await here.requests.receive();
                 });
                 co_return nothing();
               }),
         2);
}

TEST_F(Judge, ScopesAndJoins) {
  const auto scoped = [](channel<int> values) -> task<> {
    co_await with_scope([&values](scope& children) -> task<> {
      children.go([&values]() -> task<> {
        stays("child");
        co_await values.receive();
      });
      co_return;
    });
  };
  agrees(judge(4,
               [&]() -> task<channel<int>> {
                 const channel<int> kept;
                 go(scoped, kept);
                 go(scoped, channel<int>());
                 go([]() -> task<> {
                   int shared = 0;
                   auto child = spawn([&shared]() -> task<int> {
                     stays("joined");
                     co_await channel<int>().receive();
                     co_return shared;
                   });
                   stays("joiner");
                   shared = co_await child;
                 });
                 co_return kept;
               }),
         // The scope that is leaked, its body's child, and the two of the join.
         4);
}

TEST_F(Judge, GroupsCondsAndReadersAndWriters) {
  agrees(judge(5,
               []() -> task<nothing> {
                 const wait_group all;
                 go([done = all.token()]() -> task<> {
                   stays("worker");
                   co_await channel<int>().send(1);
                 });
                 go([all]() -> task<> {
                   stays("waiter");
                   co_await all.wait();
                 });
                 go([]() -> task<> {
                   const mutex lock;
                   const cond changed(lock);
                   auto held = co_await lock.lock();
                   stays("unnotified");
                   co_await changed.wait(held);
                 });
                 const rw_mutex lock;
                 go([lock]() -> task<> {
                   const auto held = co_await lock.lock_shared();
                   stays("reader");
                   co_await select();
                 });
                 co_await settled(4);
                 go([lock]() -> task<> {
                   stays("writer");
                   const auto never = co_await lock.lock();
                 });
                 co_return nothing();
               }),
         5);
}

TEST_F(Judge, BuffersTracedBlocksAndTheHeap) {
  struct shelf {
    std::optional<send_channel<int>> sender;
  };
  agrees(judge(4,
               []() -> task<traced_ptr<shelf>> {
                 auto kept = make_traced<shelf>();
                 auto [sender, receiver] = make_channel<int>();
                 kept->sender = std::move(sender);
                 const auto wait = [](receive_channel<int> values) -> task<> {
                   stays("receiver");
                   co_await values.receive();
                 };
                 go(wait, std::move(receiver));
                 go([&wait]() -> task<> {
                   auto [here, there] = make_channel<int>();
                   auto mine = make_traced<shelf>();
                   mine->sender = std::move(here);
                   const channel<traced_ptr<shelf>> box(1);
                   co_await box.send(std::move(mine));
                   go(wait, std::move(there));
                   stays("keeper");
                   co_await channel<int>().receive();
                 });
                 go([]() -> task<> {
                   auto [here, there] = make_channel<int>();
                   const auto heap = std::make_unique<send_channel<int>>(std::move(here));
                   stays("heap");
                   co_await there.receive();
                 });
                 co_await settled(4);
                 co_return kept;
               }),
         2);
}

// The judge can tell: a pointer that breaks the rule, in a global or on the heap, leads to who is proven.
const channel<int>* stray = nullptr;

TEST_F(Judge, SeesAPointerInAGlobalThatLeashCannotSee) {
  const verdict found = judge(2, []() -> task<nothing> {
    for (const bool tells : {true, false})
      go([tells]() -> task<> {
        const channel<int> answers;
        if (tells) stray = &answers;
        stays("waiter");
        co_await answers.receive();
      });
    co_return nothing();
  });
  stray = nullptr;
  EXPECT_EQ(found.goroutines, 2u);
  EXPECT_LT(found.leaked.size(), found.proven.size());
  EXPECT_FALSE(found.leaked.empty());
}

TEST_F(Judge, SeesAPointerOnTheHeapThatLeashCannotSee) {
  static auto& table = *new std::map<int, const channel<int>*>;
  const verdict found = judge(1, []() -> task<nothing> {
    go([]() -> task<> {
      const channel<int> answers;
      table[7] = &answers;
      stays("waiter");
      co_await answers.receive();
    });
    co_return nothing();
  });
  table.clear();
  EXPECT_EQ(found.goroutines, 1u);
  EXPECT_LT(found.leaked.size(), found.proven.size());
}

}  // namespace
}  // namespace leash
