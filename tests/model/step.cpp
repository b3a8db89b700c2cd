#include "model/step.hpp"

#include <ostream>

namespace leash::testing::model {
namespace {

const char* name_of(action what) {
  switch (what) {
    case action::send:
      return "send to channel";
    case action::try_send:
      return "try_send to channel";
    case action::receive:
      return "receive from channel";
    case action::try_receive:
      return "try_receive from channel";
    case action::close:
      return "close channel";
    case action::select:
      return "select";
    case action::select_by_list:
      return "selector::wait";
    case action::lock:
      return "lock the mutex";
    case action::try_lock:
      return "try_lock the mutex";
    case action::unlock:
      return "unlock the mutex";
    case action::lock_to_write:
      return "lock the rw_mutex";
    case action::lock_to_read:
      return "lock_shared the rw_mutex";
    case action::try_lock_to_write:
      return "try_lock the rw_mutex";
    case action::try_lock_to_read:
      return "try_lock_shared the rw_mutex";
    case action::unlock_rw:
      return "unlock the rw_mutex";
    case action::wait_cond:
      return "wait for cond";
    case action::signal:
      return "signal cond";
    case action::broadcast:
      return "broadcast cond";
    case action::acquire:
      return "acquire permits:";
    case action::try_acquire:
      return "try_acquire permits:";
    case action::release:
      return "release the permits";
    case action::add:
      return "add to the wait_group:";
    case action::wait_group:
      return "wait for the wait_group";
    case action::call_once:
      return "call once";
    case action::call_once_throw:
      return "call, and throw in, once";
    case action::call_once_receive:
      return "call, and receive in, once";
    case action::wait_done:
      return "wait until done: context";
    case action::cancel_context:
      return "cancel context";
    case action::cancel_actor:
      return "cancel actor";
    case action::sleep:
      return "sleep, milliseconds:";
    case action::take_sender:
      return "take a sender of the reply_channel";
    case action::reply:
      return "reply";
    case action::drop_sender:
      return "drop the sender";
    case action::reset_timer:
      return "reset the timer of channel";
    case action::stop_timer:
      return "stop the timer of channel";
    case action::join:
      return "join actor";
    case action::finish:
      return "finish";
  }
  return "";
}

bool names_object(action what) {
  switch (what) {
    case action::send:
    case action::try_send:
    case action::receive:
    case action::try_receive:
    case action::close:
    case action::wait_cond:
    case action::signal:
    case action::broadcast:
    case action::call_once:
    case action::call_once_throw:
    case action::call_once_receive:
    case action::wait_done:
    case action::cancel_context:
    case action::cancel_actor:
    case action::reset_timer:
    case action::stop_timer:
    case action::join:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const select_case& shown) {
  switch (shown.kind) {
    case case_kind::none:
      return out << '-';
    case case_kind::receive:
      return out << "receive from channel " << shown.object;
    case case_kind::send:
      return out << "send to channel " << shown.object;
    case case_kind::done:
      return out << "context " << shown.object << " is done";
    case case_kind::timeout:
      return out << "time-out of " << shown.object << " ms";
    case case_kind::otherwise:
      return out << "otherwise";
  }
  return out;
}

std::ostream& operator<<(std::ostream& out, const step& shown) {
  out << (shown.together ? "at the same time, actor " : "actor ") << shown.actor << ": "
      << name_of(shown.what);
  if (names_object(shown.what)) out << ' ' << shown.object;
  switch (shown.what) {
    case action::acquire:
    case action::try_acquire:
    case action::sleep:
      return out << ' ' << shown.number;
    case action::add:
      return out << ' ' << added_by(shown);
    case action::call_once_receive:
      return out << " from channel " << shown.number;
    case action::reset_timer:
      return out << " to " << shown.number << " ms";
    case action::select:
    case action::select_by_list:
      return out << " (" << shown.cases[0] << ", " << shown.cases[1] << ", " << shown.cases[2]
                 << ')';
    default:
      return out;
  }
}

std::ostream& operator<<(std::ostream& out, const program& shown) {
  for (const step& each : shown.steps) out << "\n  " << each;
  return out;
}

}  // namespace leash::testing::model
