#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "race/stress_operations.hpp"
#include "support/watchdog.hpp"
#include "support/workers.hpp"

// Channels that stay open while goroutines at both ends come, are cancelled in the middle of whatever
// they wait for, and others come. Some only send and some only receive, and every channel has two who
// always come back to it: so a sender and a receiver that both wait at one channel, or a value that
// waits beside a receiver, would stop everything. Nothing may be lost here but what an unwound sender
// still had.

namespace {

using namespace leash;
using namespace leash::testing;

task<> produce(actor& self) {
  world& where = *self.where;
  const channel<token> to = where.channels.pick(self.random());
  const channel<token> also = where.channels.pick(self.random());
  const std::chrono::microseconds limit(self.random.below(50));
  const std::uint32_t dice = self.random.below(8);
  if (dice < 3) co_return co_await send_one(self, to);
  if (dice < 4) co_return try_to_send(self, to);
  offer left(where, to);
  offer right(where, also);
  std::size_t chosen = 0;
  if (dice < 6)
    chosen = co_await select(on_send(to, std::move(left.value())),
                             on_send(also, std::move(right.value())));
  else if (dice < 7)
    chosen = co_await select(on_send(to, std::move(left.value())),
                             on_send(also, std::move(right.value())), on_timeout(limit));
  else
    chosen = co_await select(on_send(to, std::move(left.value())),
                             on_send(also, std::move(right.value())), otherwise());
  left.settle(chosen == 0);
  right.settle(chosen == 1);
}

// Whatever it waits for, a value in `own` ends it.
task<> consume(actor& self, const channel<token>& own) {
  world& where = *self.where;
  const channel<token> other = where.channels.pick(self.random());
  const std::chrono::microseconds limit(self.random.below(50));
  const std::uint32_t dice = self.random.below(8);
  if (dice < 3) co_return co_await receive_one(self, own);
  if (dice < 4) co_return try_to_receive(self, other);
  std::optional<token> one;
  std::optional<token> two;
  std::size_t chosen = 0;
  if (dice < 5)
    chosen = co_await select(on_receive(own, one), on_receive(other, two));
  else if (dice < 6)
    chosen = co_await select(on_receive(own, one), on_receive(own.receiver(), two));
  else if (dice < 7)
    chosen = co_await select(on_receive(own, one), on_receive(other, two), on_timeout(limit));
  else
    chosen = co_await select(on_receive(own, one), on_receive(other, two), otherwise());
  take_in(where, chosen == 0, one);
  take_in(where, chosen == 1, two);
  if (chosen == 2) co_await this_goroutine::yield();
}

task<> produce_all(membership, world* where, std::uint64_t seed) {
  actor self(*where, seed, true);
  while (where->take_step()) co_await produce(self);
}

task<> consume_all(world* where, std::uint64_t seed, std::uint32_t at) {
  actor self(*where, seed, true);
  const channel<token> own = where->channels.pick(at);
  while (!own.is_closed() || own.size() != 0) co_await consume(self, own);
}

task<> flow(world* where, random_source seeds) {
  const std::uint64_t seed = seeds();
  for (std::uint32_t i = 0; i < 8; ++i) go(produce_all, membership(*where), where, seed + i);
  for (std::uint32_t i = 0; i < 2 * where->channels.size(); ++i)
    go(consume_all, where, seed + 100 + i, i);
  while (where->left > 0) {
    cancelable_context leash = with_cancel(background());
    go(leash, produce_all, membership(*where), where, std::uint64_t{seeds()});
    go(leash, consume_all, where, std::uint64_t{seeds()}, seeds());
    where->count(deed::started);
    where->leashes.put(seeds(), std::move(leash));
    for (std::uint32_t i = seeds.below(20); i-- > 0;) co_await this_goroutine::yield();
  }
  co_await until([where] { return where->crews == 0; });
  where->channels.finish();
  co_await until_alone();
}

class SteadyFlow : public OverWorkers {};
LEASH_OVER_WORKERS(SteadyFlow);

TEST_P(SteadyFlow, GoesOnWhileGoroutinesAtBothEndsAreCancelled) {
  SCOPED_TRACE("LEASH_STRESS_SEED=" + std::to_string(stress_seed()));
  random_source seeds(stress_seed() + GetParam());
  // One step sends a value, and another operation receives it.
  const std::size_t steps = std::max<std::size_t>(stress_operations() / 2, 1);
  const std::size_t rounds = std::clamp<std::size_t>(steps / 20'000, 1, 100);
  std::size_t received = 0;
  std::size_t unwound = 0;
  std::size_t started = 0;
  for (std::size_t round = 0; round < rounds && !HasFailure(); ++round) {
    const memory_usage before = memory();
    {
      world where(steps / rounds);
      const watchdog guard([&] { return where.book.issued() + num_goroutines(); });
      run([&]() -> task<> { co_await flow(&where, random_source(seeds())); });
      EXPECT_EQ(where.book.wrong(), 0u);
      EXPECT_EQ(where.book.count(fact::sent), where.book.count(fact::received));
      received += where.book.count(fact::received);
      unwound += where.book.count(fact::unwound);
      started += where.deeds[static_cast<std::size_t>(deed::started)];
    }
    EXPECT_EQ(num_goroutines(), 0u);
    EXPECT_EQ(memory().live_frames, before.live_frames);
    EXPECT_EQ(memory().live_blocks, before.live_blocks);
  }
  EXPECT_GE(received, steps / 4);
  EXPECT_GE(started, steps / 10'000);
  EXPECT_GE(unwound, steps / 100'000);
}

}  // namespace
