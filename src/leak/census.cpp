#include <leash/detail/leak/census.hpp>

#include <leash/detail/sched/goroutine.hpp>

namespace leash::detail {

// Relaxed throughout: the states are of no one moment anyway, and nothing else is read by them.
goroutine_census count_goroutines() noexcept {
  goroutine_census sum;
  auto& pool = goroutine_pool::instance();
  const std::uint32_t end = pool.size();
  for (std::uint32_t i = 0; i < end; ++i) {
    const goroutine& each = pool[i];
    const wait_state state = state_of(each.word.load(std::memory_order_relaxed));
    if (state == wait_state::dead || each.home.load(std::memory_order_relaxed) == nullptr ||
        is_hidden(each.id.load(std::memory_order_relaxed)))
      continue;
    ++(state == wait_state::active    ? sum.running
       : state == wait_state::waiting ? sum.waiting
                                      : sum.runnable);
  }
  return sum;
}

}  // namespace leash::detail
