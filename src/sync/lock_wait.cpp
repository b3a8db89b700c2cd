#include <leash/detail/sync/lock_wait.hpp>

#include <leash/error.hpp>

namespace leash::detail {

object& use_or_throw(const handle& named) {
  if (!named) throw error(errc::nil_handle);
  return *named.use();
}

}  // namespace leash::detail
