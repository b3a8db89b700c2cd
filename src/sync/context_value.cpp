#include <leash/context.hpp>

namespace leash::detail {

object* what_can_end(object* context) noexcept {
  while (context != nullptr && !context->as<context_body>().can_end)
    context = context->parent.load(std::memory_order_acquire);
  return context;
}

const void* find_value(object* context, const void* key) noexcept {
  while (context != nullptr) {
    const auto& body = context->as<context_body>();
    if (body.key == key) return body.held;
    context = body.values ? body.values.get() : context->parent.load(std::memory_order_acquire);
  }
  return nullptr;
}

}  // namespace leash::detail

namespace leash {

context without_cancel(const context& parent) {
  detail::handle made = detail::make_context(nullptr, detail::clock_time::max(), 0);
  if (detail::object* values = detail::context_access::target(parent)) {
    detail::pin(*values);
    made.target()->as<detail::context_body>().values.name(values);
  }
  return detail::context_access::make(std::move(made));
}

}  // namespace leash
