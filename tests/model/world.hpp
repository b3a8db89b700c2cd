#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/step.hpp"

// The plain reference model: lists of who waits, and of what is buffered or held. A world is a value. What
// a goroutine does is cut into moves, each of which happens at one instant; `moves_of` gives the worlds
// that one actor's next move can lead to, several where Go leaves the choice open. In which order the
// actors that can move do so is open too: see outcomes.hpp.

namespace leash::testing::model {

enum class phase : std::uint8_t {
  gone,
  idle,         // waits for its next step
  start,        // has a step to do
  waiting,      // is suspended in a step; can be claimed
  relock,       // notified by a cond, to lock again
  body,         // has the run token of a once, to run the body
  complete,     // the body has run
  cancel_rest,  // has cancelled a context, but not yet the one below
  reply_rest,   // has replied, but its sender is still counted
  leaving,      // is being unwound, or returns
};

enum class hold : std::uint8_t { nothing, to_read, to_write };

// Somebody in a queue, and with which case of a select.
struct place {
  std::size_t actor;
  std::size_t index;
  auto operator<=>(const place&) const = default;
};

struct actor_state {
  phase now = phase::gone;
  step doing;
  std::size_t index = 0;    // of that step
  std::string_view reason;  // why it waits
  std::string last;         // what its last step gave
  std::optional<std::int64_t> deadline;
  bool doomed = false;
  bool in_queue = false;  // while it is leaving
  bool has_mutex = false;
  hold rw = hold::nothing;
  hold rw_before = hold::nothing;  // the cond's wait
  std::optional<std::size_t> permits;
  bool has_signal = false;
  bool has_token = false;
  bool has_sender = false;
  bool returned = false;
  auto operator<=>(const actor_state&) const = default;
};

struct channel_state {
  std::vector<std::int64_t> values;
  bool closed = false;
  std::vector<place> senders;
  std::vector<place> receivers;
  auto operator<=>(const channel_state&) const = default;
};

struct once_state {
  bool running = false;
  bool done = false;
  std::vector<std::size_t> waiters;
  auto operator<=>(const once_state&) const = default;
};

struct context_state {
  bool done = false;
  std::vector<place> waiters;
  auto operator<=>(const context_state&) const = default;
};

// A timer or, with a period, a ticker.
struct alarm_state {
  std::optional<std::int64_t> at;
  std::int64_t period = 0;
  auto operator<=>(const alarm_state&) const = default;
};

struct world {
  std::int64_t now = 0;  // nanoseconds
  std::array<actor_state, actors> all;
  std::array<std::vector<std::size_t>, actors> joiners;
  std::array<channel_state, sources> chans;
  std::size_t unissued = capacities[replies];  // senders of the reply_channel
  std::size_t outstanding = 0;
  std::array<alarm_state, 2> alarms;  // of_timer, of_ticker
  bool locked = false;
  std::vector<std::size_t> lockers;
  bool writing = false;
  std::size_t reading = 0;
  std::vector<std::size_t> writers;
  std::vector<std::size_t> readers;
  std::array<std::vector<std::size_t>, pairs> conds;
  std::size_t available = permits;
  std::vector<std::size_t> acquirers;
  std::int64_t count = 0;
  std::vector<std::size_t> counting;
  std::array<once_state, pairs> onces;
  std::array<context_state, pairs> contexts;
  std::vector<std::pair<std::size_t, step>> to_issue;  // steps that start together, in order
  // Steps that actors do one after the other, as fast as they can; and what those gave that were done before the last.
  std::array<std::vector<std::pair<std::size_t, step>>, actors> ahead;
  std::array<std::string, actors> so_far;
  auto operator<=>(const world&) const = default;
};

bool can_move(const world& from, std::size_t actor) noexcept;
// Requires one that can move.
std::vector<world> moves_of(const world& from, std::size_t actor);
// The next of the steps that start together reaches its actor, if that is still there.
world issue_next(world from);
// An actor that has steps ahead does the next of them. Requires one that has, and is idle.
world begin_next(world from, std::size_t actor);
// A new goroutine takes the place of one that is gone.
void respawn(world& in, std::size_t actor);
void cancel(world& in, std::size_t actor);
// Ends the wait of the actor whose deadline it is.
void time_out(world& in, std::size_t actor);
// The timer or ticker of that channel goes off.
void go_off(world& in, std::size_t channel);

// The actor holds what the step needs, and not what it takes.
bool makes_sense(const world& in, std::size_t actor, const step& given) noexcept;

// A select's cases without those of no kind.
std::vector<select_case> cases_of(const step& selecting);
// What time-outs and sleeps last, in nanoseconds, and what timers and tickers do: no two end at once, and none
// when the driver wakes, which is at whole milliseconds.
inline std::int64_t lasting(std::size_t milliseconds, std::size_t actor) {
  return static_cast<std::int64_t>(1'000'000 * milliseconds + 100'000 * (actor + 1));
}
inline std::int64_t alarm_after(const step& resetting, std::size_t actor) {
  return resetting.object == of_timer ? lasting(resetting.number, actor) + 3
                                      : lasting(resetting.number + 1, actor) + 7;
}

// What can be seen of it when nothing moves, line by line.
std::string seen(const world& shown);
std::string seen_channel(std::size_t index, std::size_t values, bool closed);
std::string seen_actor(std::size_t index, std::string_view doing, const std::string& last);
std::string seen_rest(std::size_t available, const std::array<bool, pairs>& has_run,
                      const std::array<bool, pairs>& is_done);

// What a step gave.
namespace result {
std::string received(std::optional<std::int64_t> value);
std::string chosen(std::size_t index);
std::string chosen(std::size_t index, std::optional<std::int64_t> value);
inline constexpr const char* ok = "ok";
inline constexpr const char* would_block = "would block";
inline constexpr const char* closed = "closed";
inline constexpr const char* not_locked = "not locked";
inline constexpr const char* bad_option = "bad option";
inline constexpr const char* negative = "negative counter";
inline constexpr const char* nil = "nil";
inline constexpr const char* no_slot = "no slot";
inline constexpr const char* canceled = "canceled";
inline constexpr const char* skipped = "left out: it holds one already";
inline constexpr const char* not_run = "not run";
inline constexpr const char* ran = "ran";
inline constexpr const char* threw = "ran and threw";
// Several steps give the same: `index` tells them apart.
std::string of_step(std::size_t index, const std::string& what);
}  // namespace result

}  // namespace leash::testing::model
