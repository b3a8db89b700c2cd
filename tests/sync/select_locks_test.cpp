#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <initializer_list>
#include <thread>
#include <vector>

#include <leash/leash.hpp>

#include "support/wait_until.hpp"

namespace {

using namespace leash;
using namespace leash::detail;

struct case_of final : select_case {
  explicit case_of(const channel<int>& from) { target.name(object_of(from)); }
  bool attempt(goroutine*&) noexcept override { return false; }
  wait_queue& queue() noexcept override { return queue_; }

 private:
  wait_queue queue_;
};

// What a select with a case for each of `channels` locks, in that order.
class locks_of final : select_wait {
 public:
  explicit locks_of(std::initializer_list<const channel<int>*> channels) {
    for (const channel<int>* each : channels) kept_.emplace_back(*each);
    for (case_of& each : kept_) pointers_.push_back(&each);
    places_.resize(kept_.size());
    cases_ = pointers_.data();
    order_ = places_.data();
    count_ = static_cast<std::uint32_t>(kept_.size());
    sort_objects();
  }
  std::vector<const object*> operator()() const {
    std::vector<const object*> all;
    for (std::uint32_t i = 0; i < objects_; ++i) all.push_back(order_[i].get());
    return all;
  }

 private:
  std::deque<case_of> kept_;
  std::vector<select_case*> pointers_;
  std::vector<hidden_pointer<object>> places_;
};

// Two selects that name the same channels in opposite order would wait for each other otherwise.
TEST(SelectLocks, GoByAddressWhateverTheOrderOfTheCases) {
  const std::array<channel<int>, 3> three;
  std::vector<const object*> by_address;
  for (const auto& each : three) by_address.push_back(object_of(each));
  std::ranges::sort(by_address, std::less<>());
  const auto& [a, b, c] = three;
  for (const auto& order : {locks_of{&a, &b, &c}, locks_of{&a, &c, &b}, locks_of{&b, &a, &c},
                            locks_of{&b, &c, &a}, locks_of{&c, &a, &b}, locks_of{&c, &b, &a}})
    EXPECT_EQ(order(), by_address);
}

TEST(SelectLocks, AreTakenOnceEach) {
  const channel<int> a;
  const channel<int> b;
  EXPECT_THAT(locks_of({&a, &a})(), ::testing::ElementsAre(object_of(a)));
  EXPECT_THAT(locks_of({&a, &b, &a, &b})(),
              ::testing::UnorderedElementsAre(object_of(a), object_of(b)));
}

TEST(SelectLocks, LeaveNilChannelsOut) {
  const channel<int> a;
  const channel<int> nobody = channel<int>::nil();
  EXPECT_THAT(locks_of({&nobody, &a, &nobody})(), ::testing::ElementsAre(object_of(a)));
}

// The child may lie before its parent. A select that names both has the child's lock first then, and
// would wait for a cancel of the parent that waits for it.
TEST(SelectLocks, OfAChildMayBeHeldByWhoWaitsForTheParents) {
  const cancelable_context parent = with_cancel(background());
  const cancelable_context child = with_cancel(parent);
  spin_lock& below = context_access::target(child)->lock;
  below.lock();
  std::thread canceller([&] { parent.cancel(); });
  while (!parent.context().is_done()) std::this_thread::yield();
  spin_lock& above = context_access::target(parent)->lock;
  const bool got_it = test::wait_until([&above] { return above.try_lock(); });
  EXPECT_TRUE(got_it);
  if (got_it) above.unlock();
  below.unlock();
  canceller.join();
  EXPECT_TRUE(child.context().is_done());
}

}  // namespace
