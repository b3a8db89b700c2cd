#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <source_location>
#include <utility>

#include <leash/detail/base/exposure.hpp>
#include <leash/detail/base/handle.hpp>
#include <leash/detail/sched/start.hpp>

// A goroutine that is started when a context is done. It is kept by a context of its own below that one,
// which is armed, see context_core.hpp.
//
// What the function captures lies on the heap until then: outside, for a proof. Frames that it points into are
// exposed: a goroutine that does not exist yet will use them.

namespace leash::detail {

class deferred {
 public:
  // Throws errc::no_runtime outside goroutines.
  explicit deferred(std::source_location where);
  deferred(deferred&&) = delete;
  virtual ~deferred();

  // Starts it, if its runtime still runs goroutines.
  void start() noexcept;

 protected:
  std::source_location where() const noexcept { return where_; }

 private:
  virtual void start_here() = 0;

  std::source_location where_;
  std::uint64_t home_;
  std::uint32_t cohort_;  // of who asked for it: a timer that starts it is of none
};

template <class F>
class deferred_start final : public deferred {
 public:
  template <class Given>
  deferred_start(std::source_location where, Given&& given)
      : deferred(where), function_(std::forward<Given>(given)) {
    expose_targets_of(function_);
  }

 private:
  // The function itself is called in the goroutine, not by who ends the context.
  void start_here() override {
    start_detached(
        nullptr, where(),
        [](F function) -> task<> { static_cast<void>(co_await std::invoke(function)); },
        std::move(function_));
  }

  F function_;
};

// `context` may be null, or one that is never done.
handle register_deferred(object* context, std::unique_ptr<deferred> what);
// Destroys it if it has not been started, nor dropped before: true then. Requires a handle.
bool drop_deferred(object& registered) noexcept;

}  // namespace leash::detail
