#include <leash/detail/sync/thread_wait.hpp>

#include <leash/error.hpp>

namespace leash::detail {
namespace {

goroutine& record_of_this_thread() {
  if (on_worker()) throw error(errc::blocks_worker);
  goroutine& fresh = *goroutine_pool::instance().acquire();
  fresh.home.store(nullptr, std::memory_order_release);
  fresh.leash.store(nullptr, std::memory_order_relaxed);
  fresh.joiner.store(nullptr, std::memory_order_relaxed);
  fresh.cohort_or_woken.store(0, std::memory_order_relaxed);
  fresh.id.store(0, std::memory_order_release);
  fresh.creator.store(0, std::memory_order_release);
  fresh.created_at.store({}, std::memory_order_release);
  fresh.unwind = false;
  fresh.phase.store(unwind_phase::none, std::memory_order_relaxed);
  fresh.shields.store(1, std::memory_order_relaxed);  // nobody unwinds a thread
  fresh.top = nullptr;
  fresh.wait = nullptr;
  fresh.closure = nullptr;
  fresh.word.store(next_epoch(fresh.word.load(std::memory_order_relaxed), wait_state::active),
                   std::memory_order_release);
  return fresh;
}

}  // namespace

object& channel_for_thread(object* channel) {
  if (channel == nullptr) throw error(errc::nil_channel);
  return *channel;
}

thread_wait::thread_wait() : self_(record_of_this_thread()) {}

thread_wait::~thread_wait() {
  self_.word.store(next_epoch(self_.word.load(std::memory_order_relaxed), wait_state::dead),
                   std::memory_order_release);
  goroutine_pool::instance().release(&self_);
}

bool thread_wait::wait(object& channel, wait_queue& queue, void* slot, wait_reason reason,
                       capability_set ends) noexcept {
  node_.waiter = &self_;
  node_.slot = slot;
  const wait_target target{hidden_pointer(&channel), ends};
  node_.word = park(self_, reason, &target, 1, true);
  queue.push(channel, node_);
  channel.lock.unlock();
  while (self_.cohort_or_woken.load(std::memory_order_acquire) == 0)
    self_.cohort_or_woken.wait(0, std::memory_order_acquire);
  return !node_.closed;
}

}  // namespace leash::detail
