#include <leash/stop_token.hpp>

namespace leash::detail {
namespace {

// Kept by the context, and destroyed before that is: which waits for a call that is under way.
struct canceller {
  object* context;
  void operator()() const noexcept { cancel_context(*context, errc::canceled, nullptr); }
};
using stop_registration = std::stop_callback<canceller>;

constexpr context_hooks token_hooks{
    .destroy = [](void* held) noexcept { delete static_cast<stop_registration*>(held); }};

std::stop_token token_of(object& context) {
  auto& body = context.as<context_body>();
  std::stop_source fresh;  // made without the lock
  context.lock.lock();
  if (!body.stop.stop_possible()) body.stop.swap(fresh);
  std::stop_source source = body.stop;
  const bool done = context.done.load(std::memory_order_relaxed);
  context.lock.unlock();
  if (done) source.request_stop();
  return source.get_token();
}

}  // namespace
}  // namespace leash::detail

namespace leash {

cancelable_context with_stop_token(const context& parent, const std::stop_token& token) {
  constexpr auto cancel = detail::set_of(detail::capability::cancel);
  detail::handle made =
      detail::make_context(detail::context_access::target(parent), detail::clock_time::max(),
                           cancel, {.hooks = &detail::token_hooks});
  if (token.stop_possible()) {
    detail::object& context = *made.target();
    context.outside.store(cancel, std::memory_order_release);
    context.as<detail::context_body>().held =
        new detail::stop_registration(token, detail::canceller{&context});
  }
  return detail::context_access::own(std::move(made));
}

std::stop_token stop_token_of(const context& ctx) {
  detail::object* ends = detail::what_can_end(detail::context_access::target(ctx));
  if (ends == nullptr) return {};
  return detail::token_of(*ends);
}

}  // namespace leash
