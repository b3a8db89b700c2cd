#include <fmt/format.h>

#include <leash/detail/base/explored.hpp>
#include <leash/error.hpp>
#include <leash/explore.hpp>

#include "testing/explore/explored_run.hpp"

// What the explored program calls.

namespace leash::detail {
namespace {

// The run of this thread. Throws errc::not_explored.
explored_run& run_here() {
  auto* const here = static_cast<explored_run*>(conductor_here());
  if (here == nullptr) throw error(errc::not_explored);
  return *here;
}

}  // namespace

void settle_operation::await_suspend(std::coroutine_handle<>) const noexcept {
  if (doomed(*self_))
    unwind_self(*self_);
  else
    static_cast<explored_run*>(conductor_here())->settle(*self_);
}

}  // namespace leash::detail

namespace leash::testing {

detail::settle_operation settle() {
  static_cast<void>(detail::run_here());
  return {};
}

std::size_t choose(std::size_t count) {
  detail::explored_run& here = detail::run_here();
  constexpr std::size_t most = std::size_t{1} << 31;
  if (count == 0 || count > most)
    throw error(
        errc::bad_option,
        fmt::format("choose({}): there has to be something to choose from, and at most {} things",
                    count, most));
  return here.choose(static_cast<std::uint32_t>(count));
}

unexplored::unexplored() { detail::run_here().pause(); }
unexplored::~unexplored() {
  if (exploring()) detail::run_here().go_on();
}

bool exploring() noexcept { return detail::conductor_here() != nullptr; }

void fail(std::string message, std::source_location where) {
  detail::explored_run& here = detail::run_here();
  if (here.decides()) here.fail(fmt::format("{}:{}: {}", where.file_name(), where.line(), message));
}

}  // namespace leash::testing
