#include "model/mover.hpp"

namespace leash::testing::model {

void mover::lock(bool only_try) {
  if (who.has_mutex) return end(result::skipped);
  if (!only_try && doomed()) return;
  if (lock_now(in, actor_)) return;
  if (only_try) return end(result::would_block);
  in.lockers.push_back(actor_);
  wait(in, actor_, "sync.Mutex.Lock");
}

void mover::lock_rw(hold how) {
  if (who.rw != hold::nothing) return end(result::skipped);
  if (doomed() || lock_rw_now(in, actor_, how)) return;
  const bool write = how == hold::to_write;
  (write ? in.writers : in.readers).push_back(actor_);
  wait(in, actor_, write ? "sync.RWMutex.Lock" : "sync.RWMutex.RLock");
}

void mover::try_lock_rw(hold how) {
  if (who.rw != hold::nothing) return end(result::skipped);
  if (!lock_rw_now(in, actor_, how)) end(result::would_block);
}

// Doomed: the lock is let go all the same.
void mover::wait_cond() {
  const bool rw = who.doing.object == 1;
  if (rw ? who.rw == hold::nothing : !who.has_mutex) return end(result::not_locked);
  who.rw_before = who.rw;
  if (!who.doomed) {
    in.conds[who.doing.object].push_back(actor_);
    wait(in, actor_, "sync.Cond.Wait");
  }
  rw ? unlock_rw(in, actor_) : unlock(in, actor_);
  doomed();
}

void mover::broadcast() {
  while (const auto notified = claim_first(in, in.conds[who.doing.object]))
    in.all[*notified].now = phase::relock;
  end(result::ok);
}

void mover::relock() {
  who.now = phase::idle;
  if (who.doing.object == 1) {
    const bool write = who.rw_before == hold::to_write;
    if (lock_rw_now(in, actor_, who.rw_before)) return;
    (write ? in.writers : in.readers).push_back(actor_);
    return wait(in, actor_, write ? "sync.RWMutex.Lock" : "sync.RWMutex.RLock");
  }
  if (lock_now(in, actor_)) return;
  in.lockers.push_back(actor_);
  wait(in, actor_, "sync.Mutex.Lock");
}

void mover::acquire(bool only_try) {
  if (who.permits) return end(result::skipped);
  if (who.doing.number > permits) return end(result::bad_option);
  if (!only_try && doomed()) return;
  if (acquire_now(in, actor_, who.doing.number)) return;
  if (only_try) return end(result::would_block);
  in.acquirers.push_back(actor_);
  wait(in, actor_, "semacquire");
}

void mover::add() {
  if (in.count + added_by(who.doing) < 0) return end(result::negative);
  in.count += added_by(who.doing);
  while (in.count == 0) {
    const auto next = claim_first(in, in.counting);
    if (!next) break;
    finish(in, *next, result::ok);
  }
  end(result::ok);
}

void mover::wait_group() {
  if (doomed()) return;
  if (in.count == 0) return end(result::ok);
  in.counting.push_back(actor_);
  wait(in, actor_, "sync.WaitGroup.Wait");
}

void mover::call_once() {
  once_state& once = in.onces[who.doing.object];
  if (doomed()) return;
  if (once.done) return end(result::not_run);
  if (once.running) {
    once.waiters.push_back(actor_);
    return wait(in, actor_, "sync.Once.Do");
  }
  once.running = true;
  who.has_token = true;
  who.now = phase::body;
}

void mover::run_body() {
  if (who.doing.what == action::call_once) return complete(result::ran);
  if (who.doing.what == action::call_once_throw) return complete(result::threw);
  if (doomed()) return;
  const std::size_t channel = who.doing.number;
  const bool nil = channel == nil_channel;
  std::optional<std::int64_t> value;
  if (!nil && receive_now(in, channel, value)) {
    who.now = phase::complete;
    return;
  }
  if (!nil) in.chans[channel].receivers.push_back({actor_, 0});
  wait(in, actor_, nil ? "chan receive (nil chan)" : "chan receive");
}

void mover::complete(const std::string& what) {
  once_state& once = in.onces[who.doing.object];
  who.has_token = false;
  once.running = false;
  once.done = true;
  while (const auto waiter = claim_first(in, once.waiters)) finish(in, *waiter, result::not_run);
  end(what);
}

}  // namespace leash::testing::model
