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
  std::array<once, pairs> onces;
  std::array<cancelable_context, pairs> contexts;
  std::array<std::optional<cancelable_context>, actors> leashes;
  std::array<join_handle<>, actors> joinable;

  // Requires that none runs under this number. On a goroutine.
  void spawn(std::size_t actor);
  void issue(const order& given) const;
  bool is_free(std::size_t actor) const;
  bool is_gone(std::size_t actor) const;
  // When nothing moves.
  std::string seen() const;

 private:
  friend task<> act(machine& in, std::size_t actor);

  mutable std::mutex reports_lock_;
  std::array<actor_report, actors> reports_;
  std::array<std::optional<channel<order>>, actors> inboxes_;
};

}  // namespace leash::testing::model
