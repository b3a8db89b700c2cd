#include <leash/detail/sched/goroutine.hpp>

#include <leash/detail/sched/scheduler.hpp>

namespace leash::detail {

const char* text_of(wait_reason reason) noexcept {
  switch (reason) {
    case wait_reason::running:
      return "running";
    case wait_reason::chan_send:
      return "chan send";
    case wait_reason::chan_receive:
      return "chan receive";
    case wait_reason::chan_send_nil:
      return "chan send (nil chan)";
    case wait_reason::chan_receive_nil:
      return "chan receive (nil chan)";
    case wait_reason::select:
      return "select";
    case wait_reason::select_no_cases:
      return "select (no cases)";
    case wait_reason::goroutine_join:
      return "goroutine join";
    case wait_reason::wait_group_wait:
      return "sync.WaitGroup.Wait";
    case wait_reason::sleep:
      return "sleep";
    case wait_reason::context_done:
      return "context done";
    case wait_reason::scope_join:
      return "scope join";
    case wait_reason::io_wait:
      return "IO wait";
    case wait_reason::mutex_lock:
      return "sync.Mutex.Lock";
    case wait_reason::rw_mutex_lock:
      return "sync.RWMutex.Lock";
    case wait_reason::rw_mutex_lock_shared:
      return "sync.RWMutex.RLock";
    case wait_reason::cond_wait:
      return "sync.Cond.Wait";
    case wait_reason::semacquire:
      return "semacquire";
    case wait_reason::once_do:
      return "sync.Once.Do";
    case wait_reason::blocking:
      return "blocking";
  }
  return "unknown";
}

namespace {

void publish(published_target& place, const wait_target& what) noexcept {
  place.target.store(what.target.get(), std::memory_order_release);
  place.capabilities.store(what.capabilities, std::memory_order_release);
}

// Targets beyond the record's own go to its side blocks, which it keeps until it ends.
void publish_more(goroutine& self, const wait_target* targets, std::size_t count) noexcept {
  std::atomic<more_targets*>* link = &self.more;
  for (std::size_t done = 0; done < count; done += more_targets::room) {
    more_targets* block = link->load(std::memory_order_relaxed);
    if (block == nullptr) {
      block = more_targets_pool::instance().acquire();
      block->next.store(nullptr, std::memory_order_relaxed);
      link->store(block, std::memory_order_release);
    }
    for (std::size_t i = 0; i < more_targets::room && done + i < count; ++i)
      publish(block->targets[i], targets[done + i]);
    link = &block->next;
  }
}

bool is_done(const object* leash, bool sheltered, const scheduler& home) noexcept {
  return (leash != nullptr && leash->done.load(std::memory_order_seq_cst)) ||
         (!sheltered && stopping(home));
}

bool is_immune(const goroutine& self) noexcept {
  return self.is_unwinding() || self.shields.load(std::memory_order_relaxed) != 0;
}

}  // namespace

#ifdef LEASH_MUTATIONS
// The claim as it must not be: exclusive, but not to be seen in the word.
bool claim_aside(goroutine& waiter, std::uint64_t word) noexcept {
  if (waiter.word.load(std::memory_order_seq_cst) != word) return false;
  return waiter.claimed_word.exchange(word, std::memory_order_seq_cst) != word;
}
#endif

std::uint64_t park(goroutine& self, wait_reason reason, const wait_target* targets,
                   std::size_t count, bool external) noexcept {
  if (!mutated(rule::published_waits)) {
    const std::size_t inside = count < self.targets.size() ? count : self.targets.size();
    for (std::size_t i = 0; i < inside; ++i) publish(self.targets[i], targets[i]);
    if (count > inside) publish_more(self, targets + inside, count - inside);
    self.target_count.store(static_cast<std::uint32_t>(count), std::memory_order_release);
    self.external.store(external, std::memory_order_release);
    self.reason.store(reason, std::memory_order_release);
  }
  // What the look at `done` needs is read before the word is stored: afterwards somebody may have
  // unwound this goroutine, and the record be another's.
  const bool immune = is_immune(self);
  const bool sheltered = self.sheltered.load(std::memory_order_relaxed);
  const object* leash = self.leash.load(std::memory_order_relaxed);
  const scheduler* home = self.home.load(std::memory_order_relaxed);
  const std::uint64_t word =
      next_epoch(self.word.load(std::memory_order_relaxed), wait_state::waiting);
  self.word.store(word, std::memory_order_seq_cst);
  if (immune || mutated(rule::park_checks_done) || !is_done(leash, sheltered, *home) ||
      !claim(self, word))
    return word;
  self.unwind = true;
  return 0;
}

bool doomed(const goroutine& self) noexcept {
  if (is_immune(self)) return false;
  return is_done(self.leash.load(std::memory_order_relaxed),
                 self.sheltered.load(std::memory_order_relaxed),
                 *self.home.load(std::memory_order_relaxed));
}

void unwind_self(goroutine& self) noexcept {
  self.wait = nullptr;
  self.unwind = true;
  const std::uint64_t word = self.word.load(std::memory_order_relaxed);
  self.word.store(with_state(word, wait_state::claimed), std::memory_order_release);
  make_ready(self);
}

}  // namespace leash::detail
