#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

#include "support/workers.hpp"

#include <leash/channel.hpp>
#include <leash/select.hpp>

// A select means the same in all the forms in which it can be written: what tests/go_semantics.md names for
// test/chan/select5.go and select7.go.

namespace {

using namespace leash;
using leash::testing::until_alone;

class SelectForms : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(SelectForms);

// Every form of a select in which one case at most is ready: with the default before it, behind it or
// nowhere, and a send and a receive that cannot happen, or not.
enum class ready_case : std::uint8_t { none, send, receive };

template <ready_case Ready, unsigned Default, bool OtherSend, bool OtherReceive>
task<> chooses_what_is_ready(channel<int> one, channel<int> dead) {
  if constexpr (Ready == ready_case::receive) co_await one.send(3);
  const int value = 3;
  std::optional<int> got = 9;
  std::optional<int> untouched = 8;
  auto front = [] {
    if constexpr (Default == 1)
      return std::tuple(otherwise());
    else
      return std::tuple<>();
  };
  auto chosen = [&] {
    if constexpr (Ready == ready_case::send)
      return std::tuple(on_send(one, value));
    else if constexpr (Ready == ready_case::receive)
      return std::tuple(on_receive(one, got));
    else
      return std::tuple<>();
  };
  auto behind = [] {
    if constexpr (Default == 2)
      return std::tuple(otherwise());
    else
      return std::tuple<>();
  };
  auto sends = [&] {
    if constexpr (OtherSend)
      return std::tuple(on_send(dead, 1));
    else
      return std::tuple<>();
  };
  auto receives = [&] {
    if constexpr (OtherReceive)
      return std::tuple(on_receive(dead, untouched));
    else
      return std::tuple<>();
  };
  const std::size_t expected = Ready != ready_case::none && Default == 1 ? 1 : 0;
  EXPECT_EQ(co_await std::apply([](auto... cases) { return select(std::move(cases)...); },
                                std::tuple_cat(front(), chosen(), behind(), sends(), receives())),
            expected);
  if constexpr (Ready == ready_case::send) got = co_await one.receive();
  EXPECT_EQ(got, Ready == ready_case::none ? 9 : 3);
  EXPECT_EQ(untouched, 8);
  EXPECT_EQ(one.size(), 0u);
}

template <ready_case Ready, unsigned Default>
task<> chooses_in_all_forms(channel<int> one, channel<int> dead) {
  co_await chooses_what_is_ready<Ready, Default, false, false>(one, dead);
  co_await chooses_what_is_ready<Ready, Default, false, true>(one, dead);
  co_await chooses_what_is_ready<Ready, Default, true, false>(one, dead);
  co_await chooses_what_is_ready<Ready, Default, true, true>(one, dead);
}

TEST_P(SelectForms, ChooseTheReadyCase) {
  run([]() -> task<> {
    const channel<int> one(1);
    for (const auto& dead : {channel<int>(), channel<int>::nil()}) {
      co_await chooses_in_all_forms<ready_case::send, 0>(one, dead);
      co_await chooses_in_all_forms<ready_case::send, 1>(one, dead);
      co_await chooses_in_all_forms<ready_case::send, 2>(one, dead);
      co_await chooses_in_all_forms<ready_case::receive, 0>(one, dead);
      co_await chooses_in_all_forms<ready_case::receive, 1>(one, dead);
      co_await chooses_in_all_forms<ready_case::receive, 2>(one, dead);
      co_await chooses_in_all_forms<ready_case::none, 1>(one, dead);
      co_await chooses_in_all_forms<ready_case::none, 2>(one, dead);
    }
  });
}

task<> receive_in(int form, channel<int> from) {
  if (form == 0) co_await from.receive();
  if (form == 1) co_await select(on_receive(from));
  if (form == 2) co_await select(on_receive(from), on_receive(channel<int>()));
}

task<> send_in(int form, channel<int> to) {
  if (form == 0) co_await to.send(1);
  if (form == 1) co_await select(on_send(to, 1));
  if (form == 2) co_await select(on_send(to, 1), on_send(channel<int>(), 1));
}

TEST_P(SelectForms, MeetEveryFormOfAPeer) {
  run([]() -> task<> {
    for (int receiver = 0; receiver < 3; ++receiver)
      for (int sender = 0; sender < 3; ++sender)
        for (const bool receiver_first : {true, false}) {
          const channel<int> values;
          if (receiver_first)
            go(receive_in, receiver, values);
          else
            go(send_in, sender, values);
          co_await this_goroutine::yield();
          co_await (receiver_first ? send_in(sender, values) : receive_in(receiver, values));
          co_await until_alone();
        }
  });
}

}  // namespace
