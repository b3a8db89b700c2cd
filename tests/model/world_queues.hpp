#pragma once

#include <optional>
#include <string>

#include "model/world.hpp"

// The parts of the model's moves: who waits where, who is let in, who gets what.

namespace leash::testing::model {

void finish(world& in, std::size_t actor, const std::string& what);
void wait(world& in, std::size_t actor, std::string_view reason);
// Its context is done: it is unwound from here.
void leave(world& in, std::size_t actor);

// The first who waits and can be claimed, taken off.
std::optional<place> claim_first(world& in, std::vector<place>& queue);
std::optional<std::size_t> claim_first(world& in, std::vector<std::size_t>& queue);

// A waiter that was claimed gets what it waited for.
void give_value(world& in, place to, std::optional<std::int64_t> value);
void take_value(world& in, place from, bool closed);
int value_at(const world& in, place from);

// These happen, or give false.
bool send_now(world& in, std::size_t channel, std::int64_t value);
bool receive_now(world& in, std::size_t channel, std::optional<std::int64_t>& value);
void close_now(world& in, std::size_t channel);
bool lock_now(world& in, std::size_t actor);
bool lock_rw_now(world& in, std::size_t actor, hold how);
bool acquire_now(world& in, std::size_t actor, std::size_t many);

void unlock(world& in, std::size_t actor);
void unlock_rw(world& in, std::size_t actor);
void release(world& in, std::size_t actor);
void signal(world& in, std::size_t which);
void give_up_token(world& in, std::size_t actor);
// A sender of the reply_channel is gone.
void give_up_sender(world& in, std::size_t actor);
// The actor is gone.
void end_joins(world& in, std::size_t actor);
void finish_context(world& in, std::size_t which);

// A claimed waiter stands in no queue of a channel or context any more.
void take_off(world& in, std::size_t actor);
// One that is unwound leaves the queue it stands in, and lets in whoever waited for that only.
void leave_queues(world& in, std::size_t actor);

}  // namespace leash::testing::model
