#pragma once

#include <cstdint>

namespace leash::detail {

// A pointer that the scan of raw words does not take for one: it is kept inverted, as the links of handles
// are. For what a handle beside it accounts for already. Zeroed memory is null. Copies are independent.
template <class T>
class hidden_pointer {
 public:
  hidden_pointer() noexcept = default;
  explicit hidden_pointer(T* plain) noexcept
      : inverted_(plain == nullptr ? 0 : ~reinterpret_cast<std::uintptr_t>(plain)) {}

  T* get() const noexcept { return inverted_ == 0 ? nullptr : reinterpret_cast<T*>(~inverted_); }

 private:
  std::uintptr_t inverted_ = 0;
};

}  // namespace leash::detail
