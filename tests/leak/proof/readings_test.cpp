// A trial reads everything twice while the program goes on: what changes in between is taken for live. The changes are made here
// at chosen moments of it, on the thread that makes it.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "leak/proof/local_proof.hpp"
#include "leak/proof/readings.hpp"
#include "leak/watch/unwind_leaks.hpp"
#include "support/places.hpp"
#include "support/proven.hpp"

namespace leash {
namespace {

using namespace std::chrono_literals;
class Readings : public ::testing::Test, public testing::what_is_proven {
 protected:
  void SetUp() override { forget_all(); }

  // One worker: what a change starts does not run before the proof is over.
  template <class F>
  static void run(F main) {
    leash::run(std::move(main), {.processors = 1, .leaks = leak_policy::off});
  }

  static void unwind(const std::string& name) {
    detail::goroutine& record = record_of(name);
    const detail::proven_goroutine one{&record, record.word.load()};
    EXPECT_EQ(detail::unwind_leaks({&one, 1}).unwound, 1u);
  }
};

// Two that are leaked: a receiver, and the one in whose frame the only sender is.
task<> receiver_and_keeper() {
  auto [sender, receiver] = make_channel<int>();
  go([receiver = std::move(receiver)]() -> task<> {
    testing::what_is_proven::stays("receiver");
    co_await receiver.receive();
  });
  testing::what_is_proven::stays("keeper");
  co_await channel<int>().receive();
}

const channel<int>* known_by_address = nullptr;
task<> waits_where_its_address_is_known() {
  const channel<int> answers;
  known_by_address = &answers;
  testing::what_is_proven::stays("waiter");
  co_await answers.receive();
}

task<> borrows(const channel<int>* from) {
  testing::what_is_proven::stays("borrower");
  co_await sleep(1h);
  co_await from->send(1);
}

TEST_F(Readings, AnObjectThatIsNotAsItWasIsNotUnchanged) {
  const channel<int> some;
  detail::object& core = testing::core_of(some);
  const auto send = detail::set_of(detail::capability::send);
  const std::uint32_t versions = detail::versions_of(core, send);
  const std::uint32_t generation = core.generation.load();
  EXPECT_TRUE(detail::is_unchanged(core, send, versions, generation, nullptr));
  EXPECT_FALSE(detail::is_unchanged(core, send, versions, generation - 1, nullptr));
  EXPECT_FALSE(detail::is_unchanged(core, send, versions, generation, &core));
  core.outside = send;
  EXPECT_FALSE(detail::is_unchanged(core, send, versions, generation, nullptr));
  core.outside = 0;
  // NOLINTNEXTLINE(performance-unnecessary-copy-initialization): a handle more is what this is about
  const channel<int> copy = some;
  EXPECT_FALSE(detail::is_unchanged(core, send, versions, generation, nullptr));
}

class LocalProof : public Readings {};

TEST_F(LocalProof, FindsThoseOfASmallCircle) {
  detail::local_proof proof;
  bool proven = false;
  run([&]() -> task<> {
    go(receiver_and_keeper);
    co_await settled(2);
    proven = proof.prove(record_of("receiver"));
  });
  EXPECT_TRUE(proven);
  EXPECT_EQ(proof.end() - proof.begin(), 2);
}

TEST_F(LocalProof, ReadsTwice) {
  detail::local_proof proof;
  bool proven = true;
  run([&]() -> task<> {
    go(receiver_and_keeper);
    co_await settled(2);
    proven = proof.prove(record_of("receiver"), [] { unwind("keeper"); });
  });
  EXPECT_FALSE(proven);
}

TEST_F(LocalProof, LeavesToOthersWhatSomebodyBorrowsFrom) {
  detail::local_proof proof;
  bool proven = true;
  run([&]() -> task<> {
    go(waits_where_its_address_is_known);
    co_await settled(1);
    go(borrows, known_by_address);
    co_await settled(2);
    proven = proof.prove(record_of("waiter"));
  });
  EXPECT_FALSE(proven);
  EXPECT_TRUE(proof.is_undecided());
}

// Each waits for the next one, and the last of them sleeps.
TEST_F(LocalProof, LeavesToOthersWhatItHasNoRoomFor) {
  constexpr std::size_t length = detail::local_proof::most_goroutines + 1;
  detail::local_proof proof;
  bool proven = true;
  run([&]() -> task<> {
    receive_channel<int> waits_for = receive_channel<int>();
    for (std::size_t i = 0; i < length; ++i) {
      auto [sender, receiver] = make_channel<int>();
      go([receiver = std::exchange(waits_for, std::move(receiver)), sender = std::move(sender),
          i]() -> task<> {
        stays(std::to_string(i));
        if (i == 0) co_await sleep(1h);
        co_await receiver.receive();
      });
    }
    waits_for = {};
    co_await settled(length);
    proven = proof.prove(record_of(std::to_string(length - 1)));
  });
  EXPECT_FALSE(proven);
  EXPECT_TRUE(proof.is_undecided());
}

}  // namespace
}  // namespace leash
