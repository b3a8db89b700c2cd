#include <leash/detail/base/mutation.hpp>

#ifdef LEASH_MUTATIONS

#include <cstdlib>

namespace leash::detail {

bool mutated(rule which) noexcept {
  static const auto chosen = [] {
    const char* number = std::getenv("LEASH_MUTATE");
    return static_cast<rule>(number ? std::atoi(number) : 0);
  }();
  return which == chosen;
}

}  // namespace leash::detail

#endif
