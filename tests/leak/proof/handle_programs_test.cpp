// Random programs that pass handles about, under a prover that never rests: nothing that it has proven ever moves.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <leash/leash.hpp>
#include <leash/testing.hpp>

#include "leak/proof/prove_all.hpp"
#include "support/stress.hpp"
#include "support/workers.hpp"

namespace leash {
namespace {

using testing::random_source;

struct shelf;

// What goes through the channels: perhaps one more of them, perhaps a block that has some.
struct letter {
  channel<letter> enclosed = channel<letter>::nil();
  traced_ptr<shelf> box;
};

// A block that several goroutines use; its lock is never held over a suspension.
struct shelf {
  std::mutex lock;
  std::array<channel<letter>, 2> places{channel<letter>::nil(), channel<letter>::nil()};
};

// The heap: outside, for a proof.
class registry {
 public:
  void put(const channel<letter>& named) {
    const std::lock_guard guard(lock_);
    if (kept_.size() < 8) kept_.push_back(named);
  }
  channel<letter> take(random_source& random) {
    const std::lock_guard guard(lock_);
    if (kept_.empty()) return channel<letter>::nil();
    const std::size_t which = random.below(static_cast<std::uint32_t>(kept_.size()));
    channel<letter> taken = kept_[which];
    if (random.once_in(2)) {
      kept_[which] = kept_.back();
      kept_.pop_back();
    }
    return taken;
  }
  void clear() {
    const std::lock_guard guard(lock_);
    kept_.clear();
  }

 private:
  std::mutex lock_;
  std::vector<channel<letter>> kept_;
};

struct world {
  registry kept;
  std::atomic<std::size_t> steps{0};
  std::atomic<bool> over{false};
  std::size_t wanted;
};

// What one goroutine has. In its frame, or in its closure.
struct hands {
  std::array<channel<letter>, 3> named{channel<letter>::nil(), channel<letter>::nil(),
                                       channel<letter>::nil()};
  traced_ptr<shelf> box;
};

task<> wander(world& here, hands have, std::uint64_t seed);

class wanderer {
 public:
  wanderer(world& here, hands& have, std::uint64_t seed)
      : here_(&here), have_(&have), random_(seed) {}

  task<> step() {
    channel<letter>& some = any();
    switch (random_.below(16)) {
      case 0:
        some = channel<letter>(random_.below(3));
        break;
      case 1:
        some = any();
        break;
      case 2:
        some = channel<letter>::nil();
        break;
      case 3:
      case 4:
        (void)some.try_send(write());
        break;
      case 5:
      case 6: {
        std::optional<letter> got;
        (void)some.try_receive(got);
        if (got) read(std::move(*got));
        break;
      }
      case 7:
        if (worth_waiting_for(some)) co_await some.send(write());
        break;
      case 8:
        if (worth_waiting_for(some)) {
          std::optional<letter> got = co_await some.receive();
          if (got) read(std::move(*got));
        }
        break;
      case 9:
        if (random_.once_in(8)) here_->kept.put(some);
        break;
      case 10:
        if (random_.once_in(8)) some = here_->kept.take(random_);
        break;
      case 11:
        have_->box = random_.once_in(2) ? make_traced<shelf>() : traced_ptr<shelf>();
        break;
      case 12:
        if (have_->box) {
          const std::lock_guard guard(have_->box->lock);
          std::swap(have_->box->places[random_.below(2)], some);
        }
        break;
      case 13:
        if (random_.once_in(4)) {
          hands given = *have_;
          given.named[random_.below(3)] = channel<letter>::nil();
          go(wander, std::ref(*here_), std::move(given), std::uint64_t{random_()});
        }
        break;
      case 14: {
        channel<letter>& other = any();
        std::optional<letter> got;
        if (worth_waiting_for(some) && worth_waiting_for(other)) {
          const std::size_t chosen =
              co_await select(on_receive(some, got), on_send(other, write()));
          if (chosen == 0 && got) read(std::move(*got));
        }
        break;
      }
      default:
        co_await this_goroutine::yield();
    }
    here_->steps.fetch_add(1, std::memory_order_relaxed);
  }

  bool goes_on() {
    return here_->steps.load(std::memory_order_relaxed) < here_->wanted && !random_.once_in(300);
  }

 private:
  channel<letter>& any() { return have_->named[random_.below(3)]; }
  // A nil channel is waited for for ever: not too often.
  bool worth_waiting_for(const channel<letter>& named) {
    return !named.is_nil() || random_.once_in(50);
  }
  letter write() {
    letter written;
    if (random_.once_in(2)) written.enclosed = any();
    if (random_.once_in(4)) written.box = have_->box;
    return written;
  }
  void read(letter got) {
    if (!got.enclosed.is_nil()) any() = std::move(got.enclosed);
    if (got.box) have_->box = std::move(got.box);
  }

  world* here_;
  hands* have_;
  random_source random_;
};

task<> wander(world& here, hands have, std::uint64_t seed) {
  wanderer self(here, have, seed);
  while (self.goes_on()) co_await self.step();
}

// A thread of the program's own, which sends and receives what the heap has.
void foreign(world& here, std::uint64_t seed) {
  random_source random(seed);
  while (!here.over.load()) {
    const channel<letter> some = here.kept.take(random);
    std::optional<letter> got;
    if (random.once_in(2))
      (void)some.try_send({});
    else
      (void)some.try_receive(got);
    if (got && !got->enclosed.is_nil()) here.kept.put(got->enclosed);
    std::this_thread::yield();
  }
}

class HandlePrograms : public testing::OverWorkers {};

TEST_P(HandlePrograms, WhatIsProvenNeverMoves) {
  const std::size_t in_all = testing::stress_operations();
  constexpr std::size_t a_round = 100'000;
  std::size_t proofs = 0;
  std::size_t proven = 0;
  std::size_t moved = 0;
  for (std::size_t done = 0; done < in_all && moved == 0; done += a_round) {
    world here;
    here.wanted = std::min(a_round, in_all - done);
    const std::uint64_t seed = testing::stress_seed() + done;
    std::thread visitor(foreign, std::ref(here), seed);
    std::atomic<bool> proven_enough{false};
    std::vector<detail::proven_goroutine> known;
    const auto look_at_known = [&] {
      for (const detail::proven_goroutine& each : known)
        if (each.record->word.load() != each.word) ++moved;
    };
    std::thread proving([&] {
      std::size_t before = 0;
      while (!proven_enough.load()) {
        const auto found = detail::prove_all();
        if (detail::last_proof_effort().refused) continue;
        ++proofs;
        // Whoever was proven is proven again.
        if (found.size() < before) moved += before - found.size();
        before = found.size();
        look_at_known();
        known = found;
      }
    });
    leash::run(
        [&]() -> task<> {
          random_source random(seed);
          while (here.steps.load() < here.wanted) {
            for (int i = 0; i < 16; ++i)
              go(wander, std::ref(here), hands{}, std::uint64_t{random()});
            co_await sleep(std::chrono::microseconds(200));
          }
          co_await sleep(std::chrono::milliseconds(1));
          proven_enough = true;
          proving.join();
          look_at_known();
          proven += known.size();
          here.over = true;
          visitor.join();
          here.kept.clear();
        },
        {.processors = GetParam(),
         .leaks = leak_policy::off,
         .watchdog = std::chrono::milliseconds(0)});
  }
  EXPECT_EQ(moved, 0u) << "seed " << testing::stress_seed();
  EXPECT_GT(proven, 0u);
  std::printf("  %zu proofs, %zu proven\n", proofs, proven);
}
LEASH_OVER_WORKERS(HandlePrograms);

}  // namespace
}  // namespace leash
