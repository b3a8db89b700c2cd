#include <leash/uncaught.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fmt/format.h>

#include "base/exception_text.hpp"
#include "worker.hpp"

#include <leash/detail/base/function_name.hpp>
#include <leash/detail/sched/promise.hpp>
#include <leash/detail/sched/start.hpp>

namespace leash {
namespace {

std::atomic<uncaught_handler> installed{nullptr};

std::string name_of(const std::source_location& place) {
  return std::string(detail::function_name(place.function_name()).view());
}

[[noreturn]] void print_and_abort(const uncaught_exception& what) noexcept {
  std::string text = fmt::format("panic: {}\n\ngoroutine {} [running]:\n",
                                 detail::text_of(what.error), what.goroutine);
  for (const auto& frame : what.stack)
    text += fmt::format("{}(...)\n\t{}:{}\n", name_of(frame), frame.file_name(), frame.line());
  const std::string starter =
      what.creator == 0 ? "" : fmt::format(" in goroutine {}", what.creator);
  text += fmt::format(
      "created by {}{}\n\t{}:{}\n"
      "Catch it in the goroutine, or start it in a scope or with spawn, which pass it on.\n",
      name_of(what.created_at), starter, what.created_at.file_name(), what.created_at.line());
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
  std::abort();
}

void give_to_handler(const uncaught_exception& what) noexcept {
  if (detail::somebody_explores())
    if (detail::conductor* here = detail::conductor_here(); here != nullptr && here->uncaught(what))
      return;
  if (const uncaught_handler handler = installed.load(std::memory_order_acquire))
    handler(what);
  else
    print_and_abort(what);
}

}  // namespace

uncaught_handler set_uncaught_handler(uncaught_handler handler) noexcept {
  return installed.exchange(handler, std::memory_order_acq_rel);
}

namespace detail {

void promise_base::unhandled_exception() noexcept {
  failure = std::current_exception();
  exception_trace& trace = this_worker()->trace;
  if (trace.exception != failure || trace.awaiting != this) trace.passed.clear();
  trace.exception = failure;
  trace.awaiting = parent;
  trace.passed.push_back(where);
}

void report_uncaught(const goroutine& thrower, const std::exception_ptr& what) noexcept {
  const exception_trace& trace = this_worker()->trace;
  uncaught_exception report{what, thrower.id, thrower.creator, thrower.created_at, {}};
  if (trace.exception == what) report.stack = trace.passed;
  give_to_handler(report);
}

void report_unheard(const std::exception_ptr& what, std::uint64_t id, std::uint64_t creator,
                    const std::source_location& created_at) noexcept {
  give_to_handler({what, id, creator, created_at, {}});
}

}  // namespace detail
}  // namespace leash
