#include "model/world.hpp"

#include <tuple>

#include "model/world_queues.hpp"

namespace leash::testing::model {

bool can_move(const world& from, std::size_t actor) noexcept {
  const phase now = from.all[actor].now;
  return now != phase::gone && now != phase::idle && now != phase::waiting;
}

world issue_next(world from) {
  const auto [index, given] = from.to_issue.front();
  from.to_issue.erase(from.to_issue.begin());
  actor_state& who = from.all[given.actor];
  if (who.now != phase::idle) return from;
  who.now = phase::start;
  who.doing = given;
  who.index = index;
  return from;
}

world begin_next(world from, std::size_t actor) {
  actor_state& who = from.all[actor];
  from.so_far[actor] += who.last;
  std::tie(who.index, who.doing) = from.ahead[actor].front();
  who.now = phase::start;
  from.ahead[actor].erase(from.ahead[actor].begin());
  return from;
}

void respawn(world& in, std::size_t actor) {
  in.all[actor] = actor_state{};
  in.all[actor].now = phase::idle;
}

void cancel(world& in, std::size_t actor) {
  actor_state& who = in.all[actor];
  if (who.now == phase::gone || who.doomed) return;
  who.doomed = true;
  if (who.now == phase::waiting || who.now == phase::idle) leave(in, actor);
}

void time_out(world& in, std::size_t actor) {
  const actor_state& who = in.all[actor];
  const std::size_t last = cases_of(who.doing).size() - 1;
  take_off(in, actor);
  finish(in, actor, who.doing.what == action::sleep ? result::ok : result::chosen(last));
}

void go_off(world& in, std::size_t channel) {
  alarm_state& alarm = in.alarms[channel - of_timer];
  const std::int64_t time = *alarm.at;
  alarm.at.reset();
  if (alarm.period != 0) alarm.at = time + alarm.period;
  send_now(in, channel, time);  // or it is dropped
}

bool makes_sense(const world& in, std::size_t actor, const step& given) noexcept {
  const actor_state& who = in.all[actor];
  switch (given.what) {
    case action::lock:
    case action::try_lock:
      return !who.has_mutex;
    case action::unlock:
      return who.has_mutex;
    case action::lock_to_write:
    case action::lock_to_read:
    case action::try_lock_to_write:
    case action::try_lock_to_read:
      return who.rw == hold::nothing;
    case action::unlock_rw:
      return who.rw != hold::nothing;
    case action::wait_cond:
      return given.object == 0 ? who.has_mutex : who.rw != hold::nothing;
    case action::acquire:
    case action::try_acquire:
      return !who.permits;
    case action::release:
      return who.permits.has_value();
    case action::take_sender:
      return !who.has_sender;
    case action::reply:
    case action::drop_sender:
      return who.has_sender;
    default:
      return true;
  }
}

std::vector<select_case> cases_of(const step& selecting) {
  std::vector<select_case> found;
  for (const select_case& each : selecting.cases)
    if (each.kind != case_kind::none) found.push_back(each);
  return found;
}

}  // namespace leash::testing::model
