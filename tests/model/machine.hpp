#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <leash/leash.hpp>

#include "model/step.hpp"

namespace leash::testing::model {

using order = std::pair<std::size_t, step>;  // a step and its index

// An actor as the driver sees it.
struct actor_report {
  detail::goroutine* record = nullptr;
  bool gone = false;
  bool busy = false;
  std::string last;
  std::string so_far;  // what the steps before the last gave
};

// What the actors share. On the heap: what lies there, all may use.
class machine {
 public:
  machine();

  std::array<channel<int>, channels> chans;
  mutex lock;
  rw_mutex rw;
  std::array<cond, pairs> conds;
  semaphore permits_of;
  wait_group group;
  reply_channel<int> answers;
  timer alarm;
  ticker beat;
  std::array<once, pairs> onces;
  std::array<cancelable_context, pairs> contexts;
  std::array<std::optional<cancelable_context>, actors> leashes;
  std::array<join_handle<>, actors> ends;

  // Requires that none runs under this number. On a goroutine.
  void spawn(std::size_t actor);
  // At most four that it has not begun.
  void issue(const order& given) const;
  // From now on it is seen what all of an actor's steps gave, not only the last.
  void remember();
  bool is_free(std::size_t actor) const;
  bool is_gone(std::size_t actor) const;
  // When nothing moves.
  std::string seen() const;
  // Takes the senders of the reply_channel that are left, and drops them: whether it is closed then. When
  // nobody has one.
  bool ends_without_senders() const;
  // What a timer or ticker sent, in nanoseconds since this was made.
  std::int64_t time_of(timer::time_point sent) const { return (sent - made_at_).count(); }

 private:
  const timer::time_point made_at_ = now();
  friend task<> act(machine& in, std::size_t actor);

  mutable std::mutex reports_lock_;
  std::array<actor_report, actors> reports_;
  bool remembers_ = false;
  std::array<std::optional<channel<order>>, actors> inboxes_;
};

}  // namespace leash::testing::model
