#pragma once

#include <compare>
#include <cstdint>
#include <type_traits>

namespace leash::detail {

// A pointer that the scan of raw words does not take for one: it is kept inverted, as the links of handles
// are. For what a handle beside it accounts for already, and for the runtime's own lists. Zeroed memory is null. Copies are
// independent.
template <class T>
class hidden_pointer {
 public:
  hidden_pointer() noexcept = default;
  explicit hidden_pointer(T* plain) noexcept
      : inverted_(plain == nullptr ? 0 : ~reinterpret_cast<std::uintptr_t>(plain)) {}

  T* get() const noexcept { return inverted_ == 0 ? nullptr : reinterpret_cast<T*>(~inverted_); }
  // Requires that it is not null.
  T* operator->() const noexcept { return reinterpret_cast<T*>(~inverted_); }
  std::add_lvalue_reference_t<T> operator*() const noexcept {
    return *reinterpret_cast<T*>(~inverted_);
  }
  explicit operator bool() const noexcept { return inverted_ != 0; }

  // By address, null last.
  friend auto operator<=>(hidden_pointer a, hidden_pointer b) noexcept {
    return b.inverted_ <=> a.inverted_;
  }
  friend bool operator==(hidden_pointer a, hidden_pointer b) noexcept {
    return a.inverted_ == b.inverted_;
  }

 private:
  std::uintptr_t inverted_ = 0;
};

}  // namespace leash::detail
