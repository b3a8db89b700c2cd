#include <gtest/gtest.h>

#include "race/stress_operations.hpp"

// Selects of all shapes, with several channels, with one channel twice, and with send and receive on one.

namespace leash::testing {
namespace {

// What every select of the stress starts from.
struct choice {
  explicit choice(actor& self)
      : where(*self.where),
        first(where.channels.pick(self.random())),
        second(self.random.once_in(3) ? first : where.channels.pick(self.random())),
        limit(self.random.below(100)),
        leash(where.leashes.any(self.random())) {}

  void received(bool chosen, const std::optional<token>& value) {
    take_in(where, chosen, value);
    if (!chosen) return;
    const bool parked = wait_epoch() != before;
    if (!value)
      where.count(deed::select_found_closed);
    else
      where.count(parked ? deed::select_received_parked : deed::select_received);
  }
  void sent(offer& value, bool chosen) {
    const bool parked = wait_epoch() != before;
    value.settle(chosen);
    if (chosen) where.count(parked ? deed::select_sent_parked : deed::select_sent);
  }
  void count_if(bool chosen, deed what) {
    if (chosen) where.count(what);
  }

  world& where;
  const channel<token> first;
  const channel<token> second;
  const std::chrono::microseconds limit;
  const context leash;
  const std::uint64_t before = wait_epoch();
};

constexpr std::size_t none = ~std::size_t{0};

// The case that happened; none when that was a send on a closed channel.
template <class Selecting>
task<std::size_t> chosen_of(world& where, Selecting selecting) {
  try {
    co_return co_await selecting();
  } catch (const error& ended) {
    EXPECT_EQ(ended.code(), errc::closed_channel);
    where.count(deed::select_found_closed);
    co_return none;
  }
}

task<> two_receives(choice& of) {
  std::optional<token> left;
  std::optional<token> right;
  const std::size_t chosen =
      co_await select(on_receive(of.first, left), on_receive(of.second, right));
  of.received(chosen == 0, left);
  of.received(chosen == 1, right);
}

task<> send_and_receive(choice& of) {
  offer out(of.where, of.first);
  std::optional<token> in;
  const std::size_t chosen = co_await chosen_of(of.where, [&]() -> task<std::size_t> {
    co_return co_await select(on_send(of.first, std::move(out.value())), on_receive(of.second, in));
  });
  of.sent(out, chosen == 0);
  of.received(chosen == 1, in);
}

task<> five_cases(choice& of) {
  offer left(of.where, of.first);
  offer right(of.where, of.second);
  std::optional<token> one;
  std::optional<token> other;
  const std::size_t chosen = co_await chosen_of(of.where, [&]() -> task<std::size_t> {
    co_return co_await select(on_send(of.first, std::move(left.value())),
                              on_receive(of.first.receiver(), one), on_done(of.leash),
                              on_send(of.second.sender(), std::move(right.value())),
                              on_receive(of.second, other));
  });
  of.sent(left, chosen == 0);
  of.received(chosen == 1, one);
  of.count_if(chosen == 2, deed::select_saw_done);
  of.sent(right, chosen == 3);
  of.received(chosen == 4, other);
}

task<> ring_the_bell(choice& of) {
  std::optional<token> in;
  bool open = false;
  const std::size_t chosen =
      co_await select(on_send(of.where.bell), on_receive(of.where.bell, open),
                      on_receive(of.first, in), on_done(of.leash));
  if (chosen == 0) ++of.where.rings;
  if (chosen == 1) ++of.where.heard;
  EXPECT_TRUE(chosen != 1 || open);
  of.count_if(chosen <= 1, deed::select_rang);
  of.received(chosen == 2, in);
  of.count_if(chosen == 3, deed::select_saw_done);
}

task<> handlers_with_a_limit(choice& of) {
  offer out(of.where, of.second);
  std::size_t handled = none;
  const std::size_t chosen = co_await chosen_of(of.where, [&]() -> task<std::size_t> {
    co_return co_await select(on_receive(of.first,
                                         [&](std::optional<token> in) {
                                           handled = 0;
                                           of.received(true, in);
                                         }),
                              on_send(of.second, std::move(out.value()), [&] { handled = 1; }),
                              on_timeout(of.limit, [&]() -> task<> {
                                handled = 2;
                                of.where.count(deed::select_timed_out);
                                co_await this_goroutine::yield();
                              }));
  });
  EXPECT_EQ(chosen, handled);
  of.sent(out, chosen == 1);
}

task<> otherwise_nothing(choice& of) {
  offer out(of.where, of.first);
  std::optional<token> in;
  const std::size_t chosen = co_await chosen_of(of.where, [&]() -> task<std::size_t> {
    co_return co_await select(on_send(of.first, std::move(out.value())), on_receive(of.second, in),
                              otherwise());
  });
  of.sent(out, chosen == 0);
  of.received(chosen == 1, in);
  of.count_if(chosen == 2, deed::select_did_otherwise);
}

task<> handlers_or_otherwise(choice& of) {
  std::size_t handled = none;
  const auto receive = [&](std::size_t at) {
    return [&, at](std::optional<token> in) -> task<> {
      handled = at;
      of.received(true, in);
      co_return;
    };
  };
  const std::size_t chosen =
      co_await select(on_receive(of.first, receive(0)), on_receive(of.second, receive(1)),
                      on_done(of.leash, [&] { handled = 2; }), otherwise([&] { handled = 3; }));
  EXPECT_EQ(chosen, handled);
  of.count_if(chosen == 2, deed::select_saw_done);
  of.count_if(chosen == 3, deed::select_did_otherwise);
}

task<> nothing_but_time(choice& of) {
  std::optional<token> never;
  const std::size_t chosen =
      of.first == of.second
          ? 1 + co_await select(on_timeout(of.limit))
          : co_await select(on_receive(channel<token>::nil(), never), on_timeout(of.limit));
  of.received(chosen == 0, never);
  of.count_if(chosen == 1, deed::select_timed_out);
}

}  // namespace

task<> select_one(actor& self) {
  using shape = task<> (*)(choice&);
  // The first of them wait for somebody else.
  constexpr shape shapes[] = {two_receives,          send_and_receive,      five_cases,
                              ring_the_bell,         handlers_with_a_limit, otherwise_nothing,
                              handlers_or_otherwise, nothing_but_time};
  constexpr std::uint32_t waiting = 4;
  constexpr std::uint32_t all = std::size(shapes);
  choice of(self);
  const std::uint32_t at =
      self.patient ? self.random.below(all) : waiting + self.random.below(all - waiting);
  co_await shapes[at](of);
}

}  // namespace leash::testing
