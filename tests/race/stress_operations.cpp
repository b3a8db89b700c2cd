#include "race/stress_operations.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace leash::testing {
namespace {

std::chrono::microseconds short_while(actor& self) {
  return std::chrono::microseconds(self.random.below(100));
}

channel<token> any_channel(actor& self) { return self.where->channels.pick(self.random()); }

// What a racer does; false: in vain.
task<bool> attempt(world* where, std::uint64_t seed, bool fails) {
  actor self(*where, seed, true);
  const std::uint32_t dice = self.random.below(4);
  if (!where->take_step()) throw error(errc::canceled);
  if (dice == 0)
    co_await sleep(short_while(self));
  else if (dice == 1)
    co_await send_one(self, any_channel(self));
  else
    co_await receive_one(self, any_channel(self));
  if (fails) throw error(errc::timed_out);
  co_return true;
}

// Somebody whose answer comes by itself, so that a race is over some day.
task<bool> steady_attempt(std::chrono::microseconds after) {
  co_await sleep(after);
  co_return true;
}

task<> race_some(actor& self) {
  world& where = *self.where;
  const std::uint32_t dice = self.random.below(3);
  const bool fails = self.random.once_in(4);
  const std::uint64_t seed = self.random();
  const auto limit = short_while(self);
  try {
    if (dice == 0) {
      const auto won = co_await race(attempt(&where, seed, fails), attempt(&where, seed + 1, fails),
                                     steady_attempt(limit));
      std::size_t winners = 0;
      for (const receipt& each : won.receipts) winners += each.fate == fate::won;
      EXPECT_EQ(winners, 1u);
      EXPECT_TRUE(won.value);
    } else if (dice == 1) {
      std::vector<task<bool>> tasks;
      for (std::uint64_t i = 0; i < 3; ++i) tasks.push_back(attempt(&where, seed + i, fails));
      tasks.push_back(steady_attempt(limit));
      co_await race({.hedge_delay = limit / 8}, std::move(tasks));
    } else {
      co_await first(attempt(&where, seed, fails), steady_attempt(limit));
    }
    where.count(deed::won);
  } catch (const error&) {
    EXPECT_TRUE(fails || where.left <= 0);
  }
}

task<> limit_some(actor& self) {
  try {
    co_await timeout(short_while(self), attempt(self.where, self.random(), false));
  } catch (const error& ended) {
    if (ended.code() == errc::timed_out) self.where->count(deed::timed_out);
  }
}

task<> scope_some(actor& self) {
  world& where = *self.where;
  const std::uint64_t seed = self.random();
  const bool cancels = self.random.once_in(2);
  try {
    co_await with_scope([&](scope& children) -> task<> {
      for (std::uint64_t i = 0; i < 2; ++i)
        children.go(act, &where, seed + i, true, std::size_t{3});
      co_await send_one(self, any_channel(self));
      if (cancels) children.cancel();
      co_await receive_one(self, any_channel(self));
    });
    where.count(deed::scope_returned);
  } catch (const error& ended) {
    EXPECT_EQ(ended.code(), errc::canceled);
    EXPECT_TRUE(cancels);
    where.count(deed::scope_canceled);
  }
}

// Starts goroutines that somebody will cancel, or time.
void start_crew(actor& self) {
  constexpr int most = 40;
  world& where = *self.where;
  if (where.crews.load() > most) return;
  const context above = where.leashes.pick(self.random());
  cancelable_context owner =
      self.random.once_in(3)
          ? with_timeout(above, std::chrono::microseconds(self.random.below(500)))
          : with_cancel(above);
  for (std::uint32_t i = self.random.below(3) + 1; i-- > 0;)
    go(
        owner,
        [](membership, world* in, std::uint64_t seed, bool patient) -> task<> {
          co_await act(in, seed, patient, 40);
        },
        membership(where), &where, std::uint64_t{self.random()}, !self.random.once_in(4));
  where.count(deed::started);
  where.leashes.put(self.random(), std::move(owner));
}

// Half of the time what is left in the channel is taken out; otherwise it dies with it.
void close_one(actor& self) {
  const channel<token> closed = self.where->channels.close_one(self.random());
  self.where->count(deed::closed);
  if (self.random.once_in(2)) return;
  for (;;) {
    std::optional<token> rest;
    if (closed.try_receive(rest) != op_status::success) return;
    take_in(*self.where, true, rest);
  }
}

void cancel_one(actor& self) {
  if (self.where->leashes.cancel_one(self.random())) self.where->count(deed::canceled);
}

}  // namespace

std::uint64_t wait_epoch() {
  return detail::current_goroutine()->word.load(std::memory_order_relaxed) >> 2;
}

offer::offer(world& where, const channel<token>& to) : where_(&where), value_(where.book) {
  if (!to.is_nil() && to.capacity() != 0) where.book.note(value_.number(), fact::buffered);
}

void offer::settle(bool chosen) {
  EXPECT_NE(value_.whole(), chosen);
  where_->book.note(value_.number(), chosen ? fact::sent : fact::returned);
}

void take_in(world& where, bool chosen, const std::optional<token>& value) {
  EXPECT_TRUE(chosen || !value);
  if (!value) return;
  EXPECT_TRUE(value->whole());
  where.book.note(value->number(), fact::received);
}

task<> send_one(actor& self, channel<token> to) {
  world& where = *self.where;
  token value(where.book);
  const std::size_t number = value.number();
  if (to.capacity() != 0) where.book.note(number, fact::buffered);
  const std::uint64_t before = wait_epoch();
  try {
    co_await to.send(std::move(value));
    where.book.note(number, fact::sent);
    where.count(wait_epoch() == before ? deed::sent_at_once : deed::sent_parked);
  } catch (const error& ended) {
    EXPECT_EQ(ended.code(), errc::closed_channel);
    where.book.note(number, fact::returned);
    where.count(deed::send_found_closed);
  }
}

task<> receive_one(actor& self, channel<token> from) {
  world& where = *self.where;
  const std::uint64_t before = wait_epoch();
  const std::optional<token> value = co_await from.receive();
  take_in(where, true, value);
  if (!value)
    where.count(deed::receive_found_closed);
  else
    where.count(wait_epoch() == before ? deed::received_at_once : deed::received_parked);
}

void try_to_send(actor& self, const channel<token>& to) {
  offer value(*self.where, to);
  const bool sent = to.try_send(std::move(value.value())) == op_status::success;
  value.settle(sent);
  if (sent) self.where->count(deed::tried_to_send);
}

void try_to_receive(actor& self, const channel<token>& from) {
  std::optional<token> value;
  const bool received = from.try_receive(value) == op_status::success;
  EXPECT_EQ(value.has_value(), received);
  take_in(*self.where, received, value);
  if (received) self.where->count(deed::tried_to_receive);
}

task<> do_something(actor& self) {
  const std::uint32_t dice = self.random.below(256);
  if (dice < 40 && self.patient) {
    co_await send_one(self, any_channel(self));
  } else if (dice < 75) {
    try_to_send(self, any_channel(self));
  } else if (dice < 120 && self.patient) {
    co_await receive_one(self, any_channel(self));
  } else if (dice < 160) {
    try_to_receive(self, any_channel(self));
  } else if (dice < 236) {
    co_await select_one(self);
  } else if (dice < 238) {
    close_one(self);
  } else if (dice < 242) {
    start_crew(self);
  } else if (dice < 246) {
    cancel_one(self);
  } else if (dice < 249) {
    co_await race_some(self);
  } else if (dice < 251) {
    co_await limit_some(self);
  } else if (dice < 253 && self.patient) {
    co_await scope_some(self);
  } else {
    co_await this_goroutine::yield();
  }
}

task<> act(world* where, std::uint64_t seed, bool patient, std::size_t most) {
  actor self(*where, seed, patient);
  for (; most != 0 && where->take_step(); --most) co_await do_something(self);
}

void act_from_outside(world& where, std::uint64_t seed) {
  actor self(where, seed, false);
  while (where.take_step()) {
    const std::uint32_t dice = self.random.below(128);
    if (dice < 62)
      try_to_send(self, any_channel(self));
    else if (dice < 126)
      try_to_receive(self, any_channel(self));
    else if (dice == 126)
      close_one(self);
    else
      cancel_one(self);
    std::this_thread::yield();
  }
}

}  // namespace leash::testing
