#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>

#include <leash/detail/base/reserved_range.hpp>

namespace leash::detail {

// An array that a proof works with while the world stands. Its memory lies in leash's region, so it is no root; it is taken
// before, and zero where nobody has written.
template <class T>
class work_area {
 public:
  work_area() noexcept = default;
  work_area(work_area&&) = delete;
  ~work_area() { give_back(); }

  // Room for so many and some more, before the world is stopped; what was in there is gone if it had to grow. False: there is
  // no room.
  bool make_room(std::size_t count) noexcept {
    if (count <= room_) return true;
    const std::size_t wanted = count + count / 2;
    reserved_range fresh;
    if (!fresh.reserve(wanted * sizeof(T))) return false;
    give_back();
    first_ = reinterpret_cast<T*>(fresh.begin());
    room_ = wanted;
    return true;
  }
  std::size_t room() const noexcept { return room_; }
  T& operator[](std::size_t index) const noexcept { return first_[index]; }
  T* begin() const noexcept { return first_; }

 private:
  void give_back() noexcept {
    if (first_ != nullptr) ::munmap(first_, room_ * sizeof(T));
  }

  T* first_ = nullptr;
  std::size_t room_ = 0;
};

}  // namespace leash::detail
