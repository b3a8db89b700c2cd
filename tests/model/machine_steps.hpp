#pragma once

#include <string>

#include <leash/leash.hpp>

#include "model/machine.hpp"

namespace leash::testing::model {

// What an actor holds; let go when it is unwound, the last first.
struct holdings {
  mutex::guard lock;
  rw_mutex::guard rw;
  semaphore::permit permits;
  reply_sender<int> sender;
};

inline receive_channel<timer::time_point> timer_channel(const machine& in, std::size_t object) {
  return object == of_timer ? in.alarm.channel() : in.beat.channel();
}

// Does one step, and says what it gave.
task<std::string> perform(machine& in, holdings& held, std::size_t actor, order given);
// A select, by leash::select or by a selector.
task<std::string> perform_select(machine& in, std::size_t actor, order given);

}  // namespace leash::testing::model
