#include <leash/detail/sync/group.hpp>

namespace leash::detail {

handle group::enter() noexcept {
  object& context = this->context();
  context.lock.lock();
  ++running();
  context.lock.unlock();
  return {&context, set_of(capability::join)};
}

void group::leave() noexcept {
  object& context = this->context();
  context.lock.lock();
  goroutine* woken = nullptr;
  bool unwind = false;
  if (--running() == 0 && joiner_ != nullptr) {
    unwind = abandoned_;
    if (unwind || claim(*joiner_, joiner_word_)) woken = std::exchange(joiner_, nullptr);
  }
  context.lock.unlock();
  if (woken == nullptr) return;
  if (unwind)
    continue_unwinding(*woken);
  else
    make_ready(*woken);
}

bool group::is_known_elsewhere() const noexcept {
  object& context = this->context();
  context.lock.lock();
  const bool known = context.pins != 0 ||
                     context.handle_count.load(std::memory_order_acquire) != 1 ||
                     context.as<context_body>().stop.stop_possible();
  context.lock.unlock();
  return known;
}

void group::failed(std::exception_ptr what) noexcept {
  object& context = this->context();
  context.lock.lock();
  if (!failure_) failure_.swap(what);
  context.lock.unlock();
  cancel();
}

void group::unwound() noexcept {
  object& context = this->context();
  context.lock.lock();
  any_unwound_ = true;
  context.lock.unlock();
}

void group::rethrow() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  if (any_unwound_) {
    const auto& ended = context().as<context_body>();
    throw error(ended.reason, ended.cause);
  }
}

bool group::try_join(goroutine& self) noexcept {
  // A doomed goroutine does not go on here, even if its children are gone.
  doomed_ = doomed(self) && !mutated(rule::doom_at_barrier);
  if (doomed_) return false;
  object& context = this->context();
  context.lock.lock();
  if (running() != 0) return false;  // the lock is kept, see suspend()
  context.lock.unlock();
  return true;
}

[[gnu::noinline]] void group::suspend(goroutine& self) noexcept {
  if (doomed_) {
    self.unwind = true;
    self.wait = this;
    const std::uint64_t word = self.word.load(std::memory_order_relaxed);
    self.word.store(with_state(word, wait_state::claimed), std::memory_order_release);
    make_ready(self);
    return;
  }
  object& context = this->context();
  self.wait = this;
  const wait_target target{hidden_pointer(&context), set_of(capability::join)};
  const std::uint64_t word = park(self, wait_reason::scope_join, &target, 1);
  if (word != 0) {
    joiner_ = &self;
    joiner_word_ = word;
  }
  context.lock.unlock();
  if (word == 0) make_ready(self);
}

bool group::abandon(goroutine& waiter) noexcept {
  if (mutated(rule::children_before_body)) return true;
  cancel();
  object& context = this->context();
  context.lock.lock();
  const bool gone = running() == 0;
  joiner_ = gone ? nullptr : &waiter;
  abandoned_ = true;
  context.lock.unlock();
  return gone;
}

}  // namespace leash::detail
