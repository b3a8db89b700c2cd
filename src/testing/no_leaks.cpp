#include <leash/no_leaks.hpp>

#include <chrono>
#include <mutex>
#include <new>
#include <utility>

#include <fmt/format.h>

#include <leash/detail/sched/cohort.hpp>
#include <leash/detail/sched/scheduler.hpp>
#include <leash/error.hpp>

#include "testing/leftovers.hpp"

namespace leash::testing {
namespace {

std::string after(std::chrono::milliseconds patience) {
  if (patience.count() % 1000 == 0) return fmt::format("{} s", patience.count() / 1000);
  return fmt::format("{} ms", patience.count());
}

}  // namespace

// The watcher of its cohort from the beginning to the end of the check.
struct leak_check::state final : detail::cohort_watcher {
  explicit state(no_leaks_options given)
      : options(std::move(given)), cohort(detail::new_cohort()), here(cohort) {
    detail::cohort& all = detail::cohort_of(cohort);
    const std::lock_guard guard(all.watch_lock);
    all.watcher = this;
  }
  state(state&&) = delete;
  ~state() {
    {
      detail::cohort& all = detail::cohort_of(cohort);
      const std::lock_guard guard(all.watch_lock);
      all.watcher = nullptr;
    }
    detail::let_go_of_cohort(cohort);
  }

  void runtime_ends(const detail::scheduler& home, bool at_rest) noexcept override try {
    const leftovers found =
        await_leftovers({.cohort = cohort, .options = options, .home = &home, .at_rest = at_rest});
    left_in_runtimes += text_of(
        found, at_rest ? "when main had returned and nobody could go on without time passing"
                       : fmt::format("{} after main had returned", after(options.patience)));
  } catch (const std::bad_alloc&) {
    return;  // then what is left in that runtime is not told of by the check, but by the runtime itself
  }

  const no_leaks_options options;
  const std::uint32_t cohort;
  const detail::work_for here;
  std::string left_in_runtimes;  // guarded by the cohort's watch_lock
};

leak_check::leak_check(no_leaks_options options) {
  if (detail::on_worker()) throw error(errc::blocks_worker);
  state_ = std::make_unique<state>(std::move(options));
}

leak_check::~leak_check() = default;

std::string leak_check::finish() {
  if (detail::on_worker()) throw error(errc::blocks_worker);
  const leftovers found = await_leftovers({.cohort = state_->cohort, .options = state_->options});
  std::string text =
      text_of(found, fmt::format("{} after its end", after(state_->options.patience)));
  if (!text.empty()) detail::release_members(state_->cohort);
  const std::lock_guard guard(detail::cohort_of(state_->cohort).watch_lock);
  return std::exchange(state_->left_in_runtimes, {}) + text;
}

leak_check::thread::thread(const leak_check& test) noexcept
    : outer_(detail::change_cohort_of_thread(detail::keep_cohort(test.state_->cohort))) {}

leak_check::thread::~thread() { detail::let_go_of_cohort(detail::change_cohort_of_thread(outer_)); }

void ignore_current_goroutines() noexcept {
  if (const std::uint32_t mine = detail::cohort_here(); mine != 0) detail::release_members(mine);
}

}  // namespace leash::testing
