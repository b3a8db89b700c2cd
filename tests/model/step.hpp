#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <vector>

// The random programs that are run on leash and on the model: a list of steps, each done by one of a few
// actors with one of a few objects.
//
//   channels   0, 1, 2 with room for 0, 1 and 3 values; 3 is nil. Received from only: 4, a reply_channel
//              with 4 slots, 5 and 6, those of a timer and of a ticker, which are stopped at first
//   a mutex, an rw_mutex, a semaphore with 3 permits, a wait_group
//   conds      0 with the mutex, 1 with the rw_mutex
//   onces      0, 1
//   contexts   0, and 1 below it; each actor is on a leash of its own besides, and can be joined

namespace leash::testing::model {

inline constexpr std::size_t actors = 5;
inline constexpr std::size_t channels = 4;
inline constexpr std::size_t nil_channel = 3;
inline constexpr std::size_t replies = 4;
inline constexpr std::size_t of_timer = 5;
inline constexpr std::size_t of_ticker = 6;
inline constexpr std::size_t sources = 7;  // what can be received from
inline constexpr std::array<std::size_t, sources> capacities{0, 1, 3, 0, 4, 1, 1};
inline constexpr std::size_t permits = 3;
inline constexpr std::size_t pairs = 2;  // of conds, onces and contexts

enum class action : std::uint8_t {
  send,
  try_send,
  receive,
  try_receive,
  close,
  select,          // by leash::select where that can be written down, else by a selector
  select_by_list,  // by a selector
  lock,
  try_lock,
  unlock,
  lock_to_write,
  lock_to_read,
  try_lock_to_write,
  try_lock_to_read,
  unlock_rw,
  wait_cond,
  signal,
  broadcast,
  acquire,
  try_acquire,
  release,
  add,
  wait_group,
  call_once,          // a body that returns
  call_once_throw,    // one that throws
  call_once_receive,  // one that receives from the channel `number`
  wait_done,
  cancel_context,
  cancel_actor,
  sleep,
  take_sender,  // of the reply_channel
  reply,
  drop_sender,
  reset_timer,  // the timer, or the ticker
  stop_timer,
  join,    // an actor
  finish,  // the actor returns; another takes its place
};

enum class case_kind : std::uint8_t { none, receive, send, done, timeout, otherwise };

struct select_case {
  case_kind kind = case_kind::none;
  std::size_t object = 0;
  auto operator<=>(const select_case&) const = default;
};

struct step {
  std::size_t actor = 0;
  action what = action::send;
  std::size_t object = 0;
  std::size_t number = 0;
  bool together = false;               // with the step before, at the same time
  std::array<select_case, 3> cases{};  // the last may be a time-out or otherwise, and no other is
  auto operator<=>(const step&) const = default;
};

// What `add` adds: less than nothing too.
inline std::int64_t added_by(const step& adding) {
  return static_cast<std::int64_t>(adding.number) - 1;
}

// A value that is sent once: which step sends it, in which of its cases.
inline int value_of(std::size_t index, std::size_t position = 0) {
  return static_cast<int>(10 * index + position);
}

std::ostream& operator<<(std::ostream& out, const select_case& shown);
std::ostream& operator<<(std::ostream& out, const step& shown);

struct program {
  std::vector<step> steps;
};
std::ostream& operator<<(std::ostream& out, const program& shown);

}  // namespace leash::testing::model
