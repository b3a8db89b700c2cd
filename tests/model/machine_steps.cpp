#include "model/machine_steps.hpp"

#include "model/world.hpp"

namespace leash::testing::model {
namespace {

std::string text_of(op_status status) {
  if (status == op_status::success) return result::ok;
  return status == op_status::closed ? result::closed : result::would_block;
}

std::string text_of(const error& refused) {
  if (refused.code() == errc::closed_channel) return result::closed;
  if (refused.code() == errc::nil_channel) return result::nil;
  if (refused.code() == errc::not_locked) return result::not_locked;
  if (refused.code() == errc::bad_option) return result::bad_option;
  if (refused.code() == errc::negative_counter) return result::negative;
  if (refused.code() == errc::nil_handle) return result::nil;
  if (refused.code() == errc::no_reply_slot) return result::no_slot;
  if (refused.code() == errc::canceled) return result::canceled;
  return refused.what();
}

struct thrown_by_body {};

const char* done_or_not(bool done) { return done ? result::ok : result::would_block; }

std::string reset_timer(const machine& in, const step& what, std::size_t actor) {
  const std::chrono::nanoseconds after(alarm_after(what, actor));
  if (what.object == of_timer) return done_or_not(in.alarm.reset(after));
  in.beat.reset(after);
  return result::ok;
}

template <class Channel>
std::string try_receive_from(const Channel& from) {
  std::optional<int> into;
  const op_status status = from.try_receive(into);
  return into ? std::to_string(*into) : text_of(status);
}

std::string try_receive(const machine& in, std::size_t object) {
  if (object < channels) return try_receive_from(in.chans[object]);
  if (object == replies) return try_receive_from(in.answers);
  std::optional<timer::time_point> into;
  const op_status status = timer_channel(in, object).try_receive(into);
  return into ? std::to_string(in.time_of(*into)) : text_of(status);
}

task<std::string> receive(machine& in, std::size_t object) {
  if (object < channels) co_return result::received(co_await in.chans[object].receive());
  if (object == replies) co_return result::received(co_await in.answers.receive());
  const auto sent = co_await timer_channel(in, object).receive();
  co_return sent ? std::to_string(in.time_of(*sent)) : result::closed;
}

// What needs no waiting. Empty: it is something else.
std::string at_once(machine& in, holdings& held, std::size_t actor, const order& given) {
  const step& what = given.second;
  switch (what.what) {
    case action::try_send:
      return text_of(in.chans[what.object].try_send(value_of(given.first)));
    case action::try_receive:
      return try_receive(in, what.object);
    case action::close:
      in.chans[what.object].close();
      return result::ok;
    case action::try_lock:
      if (held.lock.owns_lock()) return result::skipped;
      held.lock = in.lock.try_lock();
      return done_or_not(held.lock.owns_lock());
    case action::unlock:
      held.lock.unlock();
      return result::ok;
    case action::try_lock_to_write:
    case action::try_lock_to_read:
      if (held.rw.owns_lock()) return result::skipped;
      held.rw = what.what == action::try_lock_to_write ? in.rw.try_lock() : in.rw.try_lock_shared();
      return done_or_not(held.rw.owns_lock());
    case action::unlock_rw:
      held.rw.unlock();
      return result::ok;
    case action::signal:
      in.conds[what.object].signal();
      return result::ok;
    case action::broadcast:
      in.conds[what.object].broadcast();
      return result::ok;
    case action::try_acquire:
      if (!held.permits.is_empty()) return result::skipped;
      held.permits = in.permits_of.try_acquire(what.number);
      return done_or_not(!held.permits.is_empty());
    case action::release:
      held.permits.release();
      return result::ok;
    case action::add:
      in.group.add(added_by(what));
      return result::ok;
    case action::cancel_context:
      in.contexts[what.object].cancel();
      return result::ok;
    case action::cancel_actor:
      in.leashes[what.object]->cancel();
      return result::ok;
    case action::take_sender:
      if (!held.sender.is_nil()) return result::skipped;
      held.sender = in.answers.sender();
      return result::ok;
    case action::reply:
      held.sender.send(value_of(given.first));
      return result::ok;
    case action::drop_sender:
      held.sender = {};
      return result::ok;
    case action::reset_timer:
      return reset_timer(in, what, actor);
    case action::stop_timer:
      if (what.object == of_timer) return done_or_not(in.alarm.stop());
      in.beat.stop();
      return result::ok;
    default:
      return {};
  }
}

task<std::string> call(machine& in, const step& what) {
  const once& object = in.onces[what.object];
  const char* outcome = result::not_run;
  try {
    if (what.what == action::call_once_receive) {
      const auto body = [&in, &outcome, &what]() -> task<> {
        static_cast<void>(co_await in.chans[what.number].receive());
        outcome = result::ran;
      };
      co_await object.call(body);
    } else {
      const auto body = [&outcome, &what] {
        outcome = result::ran;
        if (what.what == action::call_once_throw) throw thrown_by_body();
      };
      co_await object.call(body);
    }
  } catch (const thrown_by_body&) {
    outcome = result::threw;
  }
  co_return outcome;
}

// What may have to wait.
task<std::string> later(machine& in, holdings& held, std::size_t actor, const order& given) {
  const step& what = given.second;
  switch (what.what) {
    case action::send:
      co_await in.chans[what.object].send(value_of(given.first));
      break;
    case action::receive:
      co_return co_await receive(in, what.object);
    case action::select:
    case action::select_by_list:
      co_return co_await perform_select(in, actor, given);
    case action::lock:
      if (held.lock.owns_lock()) co_return result::skipped;
      held.lock = co_await in.lock.lock();
      break;
    case action::lock_to_write:
      if (held.rw.owns_lock()) co_return result::skipped;
      held.rw = co_await in.rw.lock();
      break;
    case action::lock_to_read:
      if (held.rw.owns_lock()) co_return result::skipped;
      held.rw = co_await in.rw.lock_shared();
      break;
    case action::wait_cond:
      if (what.object == 0)
        co_await in.conds[what.object].wait(held.lock);
      else
        co_await in.conds[what.object].wait(held.rw);
      break;
    case action::acquire:
      if (!held.permits.is_empty()) co_return result::skipped;
      held.permits = co_await in.permits_of.acquire(what.number);
      break;
    case action::wait_group:
      co_await in.group.wait();
      break;
    case action::call_once:
    case action::call_once_throw:
    case action::call_once_receive:
      co_return co_await call(in, what);
    case action::wait_done:
      co_await in.contexts[what.object].context().done();
      break;
    case action::sleep:
      co_await leash::sleep(std::chrono::nanoseconds(lasting(what.number, actor)));
      break;
    case action::join:
      co_await in.ends[what.object].join();
      break;
    default:
      co_return "not a step";
  }
  co_return result::ok;
}

}  // namespace

task<std::string> perform(machine& in, holdings& held, std::size_t actor, order given) {
  try {
    if (std::string outcome = at_once(in, held, actor, given); !outcome.empty()) co_return outcome;
    co_return co_await later(in, held, actor, given);
  } catch (const error& refused) {
    co_return text_of(refused);
  }
}

}  // namespace leash::testing::model
