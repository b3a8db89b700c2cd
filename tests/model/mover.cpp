#include "model/mover.hpp"

#include <algorithm>
#include <numeric>

namespace leash::testing::model {

std::vector<world> mover::operator()() {
  switch (who.now) {
    case phase::start:
      who.now = phase::idle;
      start();
      break;
    case phase::relock:
      who.doomed ? leave(in, actor_) : relock();
      break;
    case phase::body:
      run_body();
      break;
    case phase::complete:
      complete(result::ran);
      break;
    case phase::cancel_rest:
      finish_context(in, 1);
      end(result::ok);
      break;
    case phase::reply_rest:
      give_up_sender(in, actor_);
      end(result::ok);
      break;
    default:
      unwind();
  }
  if (others.empty()) others.push_back(std::move(in));
  return std::move(others);
}

void mover::start() {
  const std::size_t object = who.doing.object;
  switch (who.doing.what) {
    case action::send:
      return send(false);
    case action::try_send:
      return send(true);
    case action::receive:
      return receive(false);
    case action::try_receive:
      return receive(true);
    case action::close:
      return close();
    case action::select:
    case action::select_by_list:
      return select();
    case action::lock:
      return lock(false);
    case action::try_lock:
      return lock(true);
    case action::unlock:
      if (!who.has_mutex) return end(result::not_locked);
      unlock(in, actor_);
      return end(result::ok);
    case action::lock_to_write:
      return lock_rw(hold::to_write);
    case action::lock_to_read:
      return lock_rw(hold::to_read);
    case action::try_lock_to_write:
      return try_lock_rw(hold::to_write);
    case action::try_lock_to_read:
      return try_lock_rw(hold::to_read);
    case action::unlock_rw:
      if (who.rw == hold::nothing) return end(result::not_locked);
      unlock_rw(in, actor_);
      return end(result::ok);
    case action::wait_cond:
      return wait_cond();
    case action::signal:
      signal(in, object);
      return end(result::ok);
    case action::broadcast:
      return broadcast();
    case action::acquire:
      return acquire(false);
    case action::try_acquire:
      return acquire(true);
    case action::release:
      if (!who.permits) return end(result::not_locked);
      release(in, actor_);
      return end(result::ok);
    case action::add:
      return add();
    case action::wait_group:
      return wait_group();
    case action::call_once:
    case action::call_once_throw:
    case action::call_once_receive:
      return call_once();
    case action::wait_done:
      return wait_done();
    case action::cancel_context:
      finish_context(in, object);
      if (object != 0) return end(result::ok);
      who.now = phase::cancel_rest;
      return;
    case action::cancel_actor:
      cancel(in, object);
      return end(result::ok);
    case action::sleep:
      if (doomed()) return;
      who.deadline = in.now + lasting(who.doing.number, actor_);
      return wait(in, actor_, "sleep");
    case action::take_sender:
      return take_sender();
    case action::reply:
      return reply();
    case action::drop_sender:
      if (who.has_sender) give_up_sender(in, actor_);
      return end(result::ok);
    case action::reset_timer:
      return reset_timer(false);
    case action::stop_timer:
      return reset_timer(true);
    case action::join:
      return join();
    case action::finish:
      who.returned = true;
      who.last = result::of_step(who.index, result::ok);
      who.now = phase::leaving;
      return;
  }
}

void mover::send(bool only_try) {
  const std::size_t object = who.doing.object;
  const bool nil = object == nil_channel;
  if (!only_try && doomed()) return;
  if (in.chans[object].closed) return end(result::closed);
  if (!nil && send_now(in, object, value_of(who.index))) return end(result::ok);
  if (only_try) return end(result::would_block);
  if (!nil) in.chans[object].senders.push_back({actor_, 0});
  wait(in, actor_, nil ? "chan send (nil chan)" : "chan send");
}

void mover::receive(bool only_try) {
  const std::size_t object = who.doing.object;
  const bool nil = object == nil_channel;
  if (!only_try && doomed()) return;
  std::optional<std::int64_t> value;
  if (!nil && receive_now(in, object, value)) return end(result::received(value));
  if (only_try) return end(result::would_block);
  if (!nil) in.chans[object].receivers.push_back({actor_, 0});
  wait(in, actor_, nil ? "chan receive (nil chan)" : "chan receive");
}

void mover::close() {
  const std::size_t object = who.doing.object;
  if (object == nil_channel) return end(result::nil);
  if (in.chans[object].closed) return end(result::closed);
  close_now(in, object);
  end(result::ok);
}

void mover::select() {
  if (doomed()) return;
  const std::vector<select_case> cases = cases_of(who.doing);
  std::optional<std::size_t> otherwise;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const select_case& each = cases[i];
    world taken = in;
    std::optional<std::int64_t> value;
    if (each.kind == case_kind::otherwise) {
      otherwise = i;
    } else if (each.kind == case_kind::done && in.contexts[each.object].done) {
      finish(taken, actor_, result::chosen(i));
      others.push_back(std::move(taken));
    } else if (each.kind == case_kind::receive && receive_now(taken, each.object, value)) {
      finish(taken, actor_, result::chosen(i, value));
      others.push_back(std::move(taken));
    } else if (each.kind == case_kind::send) {
      const bool closed = in.chans[each.object].closed;
      if (!closed && !send_now(taken, each.object, value_of(who.index, i))) continue;
      finish(taken, actor_, closed ? result::closed : result::chosen(i));
      others.push_back(std::move(taken));
    }
  }
  if (!others.empty()) return;
  if (otherwise) return end(result::chosen(*otherwise));
  park(cases);
}

// With one case the reason is that case's. The cases are queued in any order.
void mover::park(const std::vector<select_case>& cases) {
  std::string_view reason = cases.empty() ? "select (no cases)" : "select";
  if (cases.size() == 1) {
    const bool nil = cases[0].object == nil_channel;
    if (cases[0].kind == case_kind::receive)
      reason = nil ? "chan receive (nil chan)" : "chan receive";
    if (cases[0].kind == case_kind::send) reason = nil ? "chan send (nil chan)" : "chan send";
    if (cases[0].kind == case_kind::done) reason = "context done";
  }
  std::vector<std::size_t> order(cases.size());
  std::iota(order.begin(), order.end(), 0);
  do {
    world waits = in;
    for (const std::size_t at : order) {
      const select_case& each = cases[at];
      if (each.kind == case_kind::timeout)
        waits.all[actor_].deadline = in.now + lasting(each.object, actor_);
      else if (each.kind == case_kind::done)
        waits.contexts[each.object].waiters.push_back({actor_, at});
      else if (each.object != nil_channel)
        (each.kind == case_kind::send ? waits.chans[each.object].senders
                                      : waits.chans[each.object].receivers)
            .push_back({actor_, at});
    }
    wait(waits, actor_, reason);
    if (std::find(others.begin(), others.end(), waits) == others.end())
      others.push_back(std::move(waits));
  } while (std::next_permutation(order.begin(), order.end()));
}

void mover::wait_done() {
  const std::size_t object = who.doing.object;
  if (doomed()) return;
  if (in.contexts[object].done) return end(result::ok);
  in.contexts[object].waiters.push_back({actor_, 0});
  wait(in, actor_, "context done");
}

void mover::take_sender() {
  if (who.has_sender) return end(result::skipped);
  if (in.unissued == 0) return end(result::no_slot);
  --in.unissued;
  ++in.outstanding;
  who.has_sender = true;
  end(result::ok);
}

void mover::reply() {
  if (!who.has_sender) return end(result::nil);
  send_now(in, replies, value_of(who.index));
  who.now = phase::reply_rest;
}

void mover::reset_timer(bool only_stop) {
  const step& what = who.doing;
  alarm_state& alarm = in.alarms[what.object - of_timer];
  std::vector<std::int64_t>& sent = in.chans[what.object].values;
  const bool pending = alarm.at || !sent.empty();
  sent.clear();
  alarm = {};
  if (!only_stop) {
    const std::int64_t after = alarm_after(what, actor_);
    alarm.at = in.now + after;
    if (what.object == of_ticker) alarm.period = after;
  }
  end(pending || what.object == of_ticker ? result::ok : result::would_block);
}

void mover::join() {
  const std::size_t other = who.doing.object;
  if (doomed()) return;
  if (in.all[other].now == phase::gone)
    return end(in.all[other].returned ? result::ok : result::canceled);
  in.joiners[other].push_back(actor_);
  wait(in, actor_, "goroutine join");
}

// Queues first, then what the frames hold, the innermost first.
void mover::unwind() {
  if (who.in_queue) {
    who.in_queue = false;
    leave_queues(in, actor_);
  } else if (who.has_signal) {
    who.has_signal = false;
    signal(in, who.doing.object);
  } else if (who.has_token) {
    give_up_token(in, actor_);
  } else if (who.has_sender) {
    give_up_sender(in, actor_);
  } else if (who.permits) {
    release(in, actor_);
  } else if (who.rw != hold::nothing) {
    unlock_rw(in, actor_);
  } else if (who.has_mutex) {
    unlock(in, actor_);
  } else {
    actor_state gone;
    gone.last = who.last;
    gone.returned = who.returned;
    who = gone;
    end_joins(in, actor_);
  }
}

std::vector<world> moves_of(const world& from, std::size_t actor) { return mover(from, actor)(); }

}  // namespace leash::testing::model
