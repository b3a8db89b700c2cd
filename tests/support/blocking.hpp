#pragma once

#include <utility>

#include <leash/context.hpp>

#include "support/waits.hpp"

namespace leash::testing {

// What a goroutine that runs body() waits for once it is suspended; `running` when the body returns
// without waiting. The goroutine is gone afterwards. For a body that nobody else lets go on.
template <class Body>
task<detail::wait_reason> reason_to_wait(Body body) {
  record who{nullptr};
  std::atomic<bool> returned{false};
  const cancelable_context owner = with_cancel(background());
  go(owner, [&]() -> task<> {
    who = this_record();
    co_await body();
    returned = true;
  });
  co_await until([&] { return returned || waits(who); });
  for (int i = 0; i < 10 && !returned; ++i) co_await this_goroutine::yield();
  const auto reason = returned ? detail::wait_reason::running : who.load()->reason.load();
  owner.cancel();
  co_await until_alone();
  co_return reason;
}

// True when body() never goes on by itself.
template <class Body>
task<bool> blocks(Body body) {
  co_return co_await reason_to_wait(std::move(body)) != detail::wait_reason::running;
}

}  // namespace leash::testing
