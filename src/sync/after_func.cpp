#include <leash/after_func.hpp>

#include <leash/detail/sched/cohort.hpp>

namespace leash::detail {
namespace {

void drop(void* held) noexcept { delete static_cast<deferred*>(held); }

void start_deferred(object& context) noexcept {
  auto& body = context.as<context_body>();
  const std::unique_ptr<deferred> what(static_cast<deferred*>(std::exchange(body.held, nullptr)));
  what->start();
}

constexpr context_hooks deferred_hooks{.done = &start_deferred, .destroy = &drop};

}  // namespace

deferred::deferred(std::source_location where)
    : where_(where), home_(number_of(current_scheduler())), cohort_(keep_cohort(cohort_here())) {}

deferred::~deferred() { let_go_of_cohort(cohort_); }

void deferred::start() noexcept {
  const work_for its_test(cohort_);
  if (const start_if_running running(home_); running) start_here();
}

handle register_deferred(object* context, std::unique_ptr<deferred> what) {
  object* parent = what_can_end(context);
  // What is never done does not keep what it would start: the handle alone does.
  handle made =
      make_context(parent, clock_time::max(), 0,
                   {.held = what.get(), .hooks = &deferred_hooks, .armed = parent != nullptr});
  [[maybe_unused]] const deferred* const given = what.release();  // to the context
  return made;
}

bool drop_deferred(object& registered) noexcept {
  auto& body = registered.as<context_body>();
  void* mine = nullptr;
  registered.lock.lock();
  if (std::exchange(body.armed, false)) {
    registered.pins -= 1;  // the caller's handle keeps it
    mine = std::exchange(body.held, nullptr);
  } else if (registered.parent.load(std::memory_order_relaxed) == nullptr) {
    mine = std::exchange(body.held, nullptr);
  }
  registered.lock.unlock();
  drop(mine);
  operation_over("stop", &registered);
  return mine != nullptr;
}

}  // namespace leash::detail
