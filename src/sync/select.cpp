#include <leash/detail/sync/select_core.hpp>

#include <algorithm>
#include <utility>

namespace leash::detail {
namespace {

// One of 0 … count - 1, each as likely as any other.
std::uint32_t random_below(std::uint32_t count) noexcept {
  return static_cast<std::uint32_t>((std::uint64_t{random_number()} * count) >> 32);
}

}  // namespace

void select_wait::sort_objects() noexcept {
  objects_ = 0;
  for (std::uint32_t i = 0; i < count_; ++i)
    if (cases_[i] != nullptr && cases_[i]->target)
      order_[objects_++] = hidden_pointer(cases_[i]->target.get());
  if (!mutated(rule::locks_in_order)) std::sort(order_, order_ + objects_);
  if (!mutated(rule::locks_each_once))
    objects_ = static_cast<std::uint32_t>(std::unique(order_, order_ + objects_) - order_);
}

void select_wait::lock_all() noexcept {
  for (std::uint32_t i = 0; i < objects_; ++i) order_[i]->lock.lock();
}

void select_wait::unlock_all() noexcept {
  for (std::uint32_t i = objects_; i-- > 0;) order_[i]->lock.unlock();
}

// For ready(), which takes the cases in their order then: puts one of those that are possible first, whichever is chosen.
// When none is, and two wait for one object, the order in which these are queued is chosen.
[[gnu::cold]] void select_wait::let_choose() noexcept {
  conductor* const decides = conductor_here();
  if (decides == nullptr) return;
  const auto possible = [](const select_case* each) {
    return each != nullptr && each->target && each->possible();
  };
  select_case** const end = cases_ + count_;
  if (const auto ready = static_cast<std::uint32_t>(std::count_if(cases_, end, possible));
      ready != 0) {
    select_case** chosen = std::find_if(cases_, end, possible);
    for (std::uint32_t rest = decides->choose(ready); rest != 0; --rest)
      chosen = std::find_if(chosen + 1, end, possible);
    std::iter_swap(cases_, chosen);
    return;
  }
  std::uint32_t named = 0;
  for (std::uint32_t i = 0; i < count_; ++i)
    named += cases_[i] != nullptr && cases_[i]->target ? 1 : 0;
  if (named == objects_) return;
  for (std::uint32_t i = 0; i + 1 < count_; ++i)
    std::swap(cases_[i], cases_[i + decides->choose(count_ - i)]);
}

// True: a case has happened. False: see suspend(); the locks are held if it is to park.
bool select_wait::ready() noexcept {
  if (doomed(*self_) && !mutated(rule::doom_before_effect)) {
    plan_ = plan::unwind;
    return false;
  }
  sort_objects();
  lock_all();
  goroutine* woken = nullptr;
  const bool by_chance = !somebody_explores() || conductor_here() == nullptr;
  if (!by_chance) let_choose();
  const bool takes_one = !mutated(rule::select_takes_one);
  for (std::uint32_t i = 0; i < count_ && (chosen_ == nothing || !takes_one); ++i) {
    if (by_chance && i + 1 < count_) std::swap(cases_[i], cases_[i + random_below(count_ - i)]);
    select_case* each = cases_[i];
    if (each != nullptr && each->target && each->attempt(woken)) chosen_ = each->node.index;
  }
  if (chosen_ == nothing) chosen_ = otherwise_;
  if (chosen_ == nothing) return false;
  unlock_all();
  if (woken != nullptr) make_ready(*woken);
  if (--self_->slice != 0) return true;
  plan_ = plan::yield;
  return false;
}

wait_reason select_wait::reason() const noexcept {
  if (count_ == 0) return wait_reason::select_no_cases;
  if (count_ != 1 || cases_[0] == nullptr) return wait_reason::select;
  // With one case, what that case alone would show.
  const bool nil = !cases_[0]->target;
  if (cases_[0]->ends == set_of(capability::send))
    return nil ? wait_reason::chan_receive_nil : wait_reason::chan_receive;
  if (cases_[0]->ends == set_of(capability::cancel)) return wait_reason::context_done;
  return nil ? wait_reason::chan_send_nil : wait_reason::chan_send;
}

[[gnu::noinline]] void select_wait::suspend() noexcept {
  goroutine& self = *self_;
  if (plan_ == plan::unwind) {
    unwind_self(self);
    return;
  }
  if (plan_ == plan::yield) {
    if (somebody_explores()) [[unlikely]]
      tell_awaited("select", nullptr, chosen_ == otherwise_ ? effect::nothing : effect::some);
    yield_current(self);
    return;
  }
  std::uint32_t targets = 0;
  for (std::uint32_t i = 0; i < count_; ++i)
    if (cases_[i] != nullptr && cases_[i]->target)
      targets_[targets++] = {hidden_pointer(cases_[i]->target.get()), cases_[i]->ends};
  // Read before the park: without objects nothing holds the frame afterwards.
  const bool locked = objects_ != 0;
  scheduler& home = *self.home.load(std::memory_order_relaxed);
  const std::uint32_t timeout = timeout_;
  const clock_time deadline = deadline_;
  self.wait = this;
  parked_ = true;
  const bool timed = timeout != nothing;
  const std::uint64_t word = park(self, reason(), targets_, targets, timed);
  if (word == 0) {
    if (locked) unlock_all();
    make_ready(self);
    return;
  }
  if (locked) {
    for (std::uint32_t i = 0; i < count_; ++i) {
      select_case* each = cases_[i];
      if (each == nullptr || !each->target) continue;
      each->node.waiter = &self;
      each->node.word = word;
      each->queue().push(*each->target, each->node);
    }
    unlock_all();
  }
  if (timed && !mutated(rule::timeout_is_armed))
    arm_wait_timer(home, self, deadline, word, timeout);
}

void select_wait::leave_queues() noexcept {
  for (std::uint32_t i = 0; i < count_; ++i) {
    select_case* each = cases_[i];
    if (each == nullptr || !each->target) continue;
    each->target->lock.lock();
    if (each->node.queued) each->queue().remove(*each->target, each->node);
    unlock_and_free_if_unused(*each->target);
  }
}

std::uint32_t select_wait::resumed() noexcept {
  if (!parked_) return chosen_;
  self_->wait = nullptr;
  chosen_ = self_->outcome;
  leave_queues();
  return chosen_;
}

bool select_wait::abandon(goroutine&) noexcept {
  if (!mutated(rule::leave_before_destroy)) leave_queues();
  return true;
}

}  // namespace leash::detail
