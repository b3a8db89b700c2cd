#include "model/world_queues.hpp"

#include <algorithm>

namespace leash::testing::model {
namespace {

void forget(std::vector<place>& queue, std::size_t actor) {
  std::erase_if(queue, [actor](const place& each) { return each.actor == actor; });
}

bool claim(world& in, std::size_t actor) {
  if (in.all[actor].now != phase::waiting) return false;
  take_off(in, actor);
  return true;
}

bool in_select(const actor_state& who) {
  return who.doing.what == action::select || who.doing.what == action::select_by_list;
}

void got_mutex(world& in, std::size_t actor) {
  in.locked = true;
  in.all[actor].has_mutex = true;
  in.all[actor].has_signal = false;
  finish(in, actor, result::ok);
}

void got_rw(world& in, std::size_t actor, hold how) {
  if (how == hold::to_write)
    in.writing = true;
  else
    ++in.reading;
  in.all[actor].rw = how;
  in.all[actor].has_signal = false;
  finish(in, actor, result::ok);
}

void let_readers_in(world& in) {
  while (const auto next = claim_first(in, in.readers)) got_rw(in, *next, hold::to_read);
}

bool let_writer_in(world& in) {
  const auto next = claim_first(in, in.writers);
  if (next) got_rw(in, *next, hold::to_write);
  return next.has_value();
}

void let_acquirers_in(world& in) {
  while (!in.acquirers.empty()) {
    const std::size_t first = in.acquirers.front();
    const std::size_t many = in.all[first].doing.number;
    if (many > in.available) return;
    in.acquirers.erase(in.acquirers.begin());
    if (!claim(in, first)) continue;
    in.available -= many;
    in.all[first].permits = many;
    finish(in, first, result::ok);
  }
}

}  // namespace

void finish(world& in, std::size_t actor, const std::string& what) {
  actor_state& who = in.all[actor];
  who.last = result::of_step(who.index, what);
  who.now = phase::idle;
  who.reason = {};
  if (who.doomed) leave(in, actor);
}

void wait(world& in, std::size_t actor, std::string_view reason) {
  in.all[actor].now = phase::waiting;
  in.all[actor].reason = reason;
}

void leave(world& in, std::size_t actor) {
  actor_state& who = in.all[actor];
  who.in_queue = who.now == phase::waiting;
  who.now = phase::leaving;
  who.reason = {};
  take_off(in, actor);
}

std::optional<place> claim_first(world& in, std::vector<place>& queue) {
  if (queue.empty()) return std::nullopt;
  const place first = queue.front();
  take_off(in, first.actor);
  return first;
}

std::optional<std::size_t> claim_first(world& in, std::vector<std::size_t>& queue) {
  while (!queue.empty()) {
    const std::size_t first = queue.front();
    queue.erase(queue.begin());
    if (claim(in, first)) return first;
  }
  return std::nullopt;
}

void give_value(world& in, place to, std::optional<std::int64_t> value) {
  actor_state& who = in.all[to.actor];
  if (in_select(who)) return finish(in, to.actor, result::chosen(to.index, value));
  if (who.doing.what == action::call_once_receive)
    who.now = phase::complete;
  else
    finish(in, to.actor, result::received(value));
}

void take_value(world& in, place from, bool closed) {
  if (closed)
    finish(in, from.actor, result::closed);
  else
    finish(in, from.actor, in_select(in.all[from.actor]) ? result::chosen(from.index) : result::ok);
}

int value_at(const world& in, place from) { return value_of(in.all[from.actor].index, from.index); }

bool send_now(world& in, std::size_t channel, std::int64_t value) {
  channel_state& to = in.chans[channel];
  if (const auto receiver = claim_first(in, to.receivers)) {
    give_value(in, *receiver, value);
    return true;
  }
  if (channel == nil_channel || to.values.size() >= capacities[channel]) return false;
  to.values.push_back(value);
  return true;
}

bool receive_now(world& in, std::size_t channel, std::optional<std::int64_t>& value) {
  channel_state& from = in.chans[channel];
  const bool buffered = !from.values.empty();
  if (buffered) {
    value = from.values.front();
    from.values.erase(from.values.begin());
  }
  if (const auto sender = claim_first(in, from.senders)) {
    if (buffered)
      from.values.push_back(value_at(in, *sender));
    else
      value = value_at(in, *sender);
    take_value(in, *sender, false);
    return true;
  }
  return buffered || from.closed;
}

void close_now(world& in, std::size_t channel) {
  channel_state& closing = in.chans[channel];
  closing.closed = true;
  while (const auto receiver = claim_first(in, closing.receivers))
    give_value(in, *receiver, std::nullopt);
  while (const auto sender = claim_first(in, closing.senders)) take_value(in, *sender, true);
}

bool lock_now(world& in, std::size_t actor) {
  if (in.locked) return false;
  got_mutex(in, actor);
  return true;
}

bool lock_rw_now(world& in, std::size_t actor, hold how) {
  if (in.writing) return false;
  if (how == hold::to_write ? in.reading != 0 : !in.writers.empty()) return false;
  got_rw(in, actor, how);
  return true;
}

bool acquire_now(world& in, std::size_t actor, std::size_t many) {
  if (!in.acquirers.empty() || in.available < many) return false;
  in.available -= many;
  in.all[actor].permits = many;
  finish(in, actor, result::ok);
  return true;
}

void unlock(world& in, std::size_t actor) {
  in.all[actor].has_mutex = false;
  in.locked = false;
  if (const auto next = claim_first(in, in.lockers)) got_mutex(in, *next);
}

void unlock_rw(world& in, std::size_t actor) {
  const hold held = in.all[actor].rw;
  in.all[actor].rw = hold::nothing;
  if (held == hold::to_read) {
    if (--in.reading == 0 && !let_writer_in(in)) let_readers_in(in);
    return;
  }
  in.writing = false;
  let_readers_in(in);
  if (in.reading == 0) let_writer_in(in);
}

void release(world& in, std::size_t actor) {
  in.available += *in.all[actor].permits;
  in.all[actor].permits.reset();
  let_acquirers_in(in);
}

void signal(world& in, std::size_t which) {
  const auto notified = claim_first(in, in.conds[which]);
  if (!notified) return;
  in.all[*notified].has_signal = true;
  in.all[*notified].now = phase::relock;
}

void give_up_token(world& in, std::size_t actor) {
  once_state& once = in.onces[in.all[actor].doing.object];
  in.all[actor].has_token = false;
  once.running = false;
  if (const auto next = claim_first(in, once.waiters)) {
    once.running = true;
    in.all[*next].has_token = true;
    in.all[*next].now = phase::body;
  }
}

void give_up_sender(world& in, std::size_t actor) {
  in.all[actor].has_sender = false;
  if (--in.outstanding == 0 && in.unissued == 0) close_now(in, replies);
}

void end_joins(world& in, std::size_t actor) {
  const char* outcome = in.all[actor].returned ? result::ok : result::canceled;
  while (const auto joiner = claim_first(in, in.joiners[actor])) finish(in, *joiner, outcome);
}

void finish_context(world& in, std::size_t which) {
  context_state& ended = in.contexts[which];
  if (ended.done) return;
  ended.done = true;
  while (const auto waiter = claim_first(in, ended.waiters))
    finish(in, waiter->actor,
           in_select(in.all[waiter->actor]) ? result::chosen(waiter->index) : result::ok);
}

void take_off(world& in, std::size_t actor) {
  for (channel_state& each : in.chans) {
    forget(each.senders, actor);
    forget(each.receivers, actor);
  }
  for (context_state& each : in.contexts) forget(each.waiters, actor);
  in.all[actor].deadline.reset();
}

void leave_queues(world& in, std::size_t actor) {
  for (std::vector<std::size_t>* each : {&in.lockers, &in.conds[0], &in.conds[1], &in.counting,
                                         &in.onces[0].waiters, &in.onces[1].waiters})
    std::erase(*each, actor);
  for (std::vector<std::size_t>& each : in.joiners) std::erase(each, actor);
  if (std::erase(in.writers, actor) + std::erase(in.readers, actor) != 0 && !in.writing &&
      in.writers.empty())
    let_readers_in(in);
  if (std::erase(in.acquirers, actor) != 0) let_acquirers_in(in);
}

}  // namespace leash::testing::model
