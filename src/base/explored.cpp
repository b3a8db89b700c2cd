#include <leash/detail/base/explored.hpp>

#include <utility>

namespace leash::detail {
namespace {

constinit thread_local conductor* conducting = nullptr;

}  // namespace

[[gnu::noinline]] conductor* conductor_here() noexcept { return conducting; }

[[gnu::noinline]] conducted::conducted(conductor& by) noexcept
    : outer_(std::exchange(conducting, &by)) {
  exploring_threads.fetch_add(1, std::memory_order_relaxed);
}
[[gnu::noinline]] conducted::~conducted() {
  exploring_threads.fetch_sub(1, std::memory_order_relaxed);
  conducting = outer_;
}

[[gnu::cold]] void tell_made(object& fresh) noexcept {
  if (conductor* here = conductor_here()) here->made(fresh);
}
[[gnu::cold]] void tell_locked(object& which) noexcept {
  if (conductor* here = conductor_here()) here->locked(which);
}
[[gnu::cold]] void tell_touched(common_thing what, access how) noexcept {
  if (conductor* here = conductor_here()) here->touched(what, how);
}
[[gnu::cold]] void tell_over(const char* what, const object* on, effect came) noexcept {
  if (conductor* here = conductor_here()) here->operation_over(what, on, came);
}
[[gnu::cold]] void tell_awaited(const char* what, const object* on, effect came) noexcept {
  if (conductor* here = conductor_here()) here->awaited(what, on, came);
}
[[gnu::cold]] std::size_t ask_extra_capacity() noexcept {
  conductor* here = conductor_here();
  return here == nullptr ? 0 : here->extra_capacity();
}

}  // namespace leash::detail
