#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include <leash/detail/sync/traced_core.hpp>
#include <leash/traced_allocator.hpp>

// Heap that the proof of a leak sees through. A channel, a guard or a context that lies on the ordinary heap
// can be used by anybody, for all that leash knows: what waits for it is never proven to be leaked. What lies
// in a traced block can be used by those who have a traced_ptr to the block, and by nobody else.
//
//   struct session { channel<request> requests; traced_ptr<session> peer; };
//   traced_ptr<session> mine = make_traced<session>();
//   std::vector<channel<int>, traced_allocator<channel<int>>> workers;
//
// As with shared_ptr, blocks that point to one another in a circle keep their memory; but they do not keep
// goroutines from being proven to be leaked: what only the circle can reach, nobody can.
//
// What `*`, `->` and get() give may be used as long as there is a traced_ptr to the block in the same place (the
// same frame, the same block), and by whom it was given to as an argument or a capture. A plain pointer
// that is sent through a channel instead of a traced_ptr marks its block as used by others for good.
//
// Values are used like those of shared_ptr: different ones by different threads at once, one by one thread at
// a time. A copy and a drop take a lock of some nanoseconds; so does a move.

namespace leash {

template <class T>
class weak_traced_ptr;
template <class T>
class traced_from_this;

// Counts the references to an object that make_traced made, and destroys it with the last. Null when it was
// default-made, reset, or moved from. It converts as T* does.
template <class T>
class traced_ptr {
 public:
  using element_type = T;

  traced_ptr() noexcept = default;
  traced_ptr(std::nullptr_t) noexcept {}
  traced_ptr(const traced_ptr& other) noexcept : traced_ptr(other, nullptr) {}
  traced_ptr(traced_ptr&& other) noexcept : traced_ptr(std::move(other), nullptr) {}
  template <class U>
    requires std::is_convertible_v<U*, T*>
  traced_ptr(const traced_ptr<U>& other) noexcept : traced_ptr(other, nullptr) {}
  template <class U>
    requires std::is_convertible_v<U*, T*>
  traced_ptr(traced_ptr<U>&& other) noexcept : traced_ptr(std::move(other), nullptr) {}
  traced_ptr& operator=(const traced_ptr& other) noexcept {
    return this == &other ? *this : *this = traced_ptr(other);
  }
  traced_ptr& operator=(traced_ptr&& other) noexcept;
  ~traced_ptr() { reset(); }

  // Null afterwards.
  void reset() noexcept;

  // Null or the object. A use of this pointer: in somebody else's frame it is noticed.
  T* get() const noexcept {
    detail::note_use(&handle_);
    return place_.get();
  }
  // Require one that is not null.
  T& operator*() const noexcept { return *get(); }
  T* operator->() const noexcept { return get(); }
  explicit operator bool() const noexcept { return place_.get() != nullptr; }

  // How many traced_ptrs there are to the object; 0 for null. A reading, as others copy and drop theirs.
  std::size_t use_count() const noexcept;

  template <class U>
  friend bool operator==(const traced_ptr& a, const traced_ptr<U>& b) noexcept {
    return a.place_.get() == detail::traced_access::place(b);
  }
  friend bool operator==(const traced_ptr& a, std::nullptr_t) noexcept { return !a; }

 private:
  friend struct detail::traced_access;

  template <class U>
  traced_ptr(const traced_ptr<U>& other, std::nullptr_t) noexcept;
  template <class U>
  traced_ptr(traced_ptr<U>&& other, std::nullptr_t) noexcept;
  // Takes over a strong handle.
  traced_ptr(detail::handle strong, T* place) noexcept
      : handle_(std::move(strong)), place_(place) {}

  detail::handle handle_;
  detail::hidden_pointer<T> place_;
};

// Knows an object without keeping it. For the proof it counts as being able to use it, as lock() may.
template <class T>
class weak_traced_ptr {
 public:
  using element_type = T;

  weak_traced_ptr() noexcept = default;
  template <class U>
    requires std::is_convertible_v<U*, T*>
  weak_traced_ptr(const traced_ptr<U>& strong) noexcept;
  template <class U>
    requires(std::is_convertible_v<U*, T*> && !std::is_same_v<U, T>)
  weak_traced_ptr(const weak_traced_ptr<U>& other) noexcept : weak_traced_ptr(other.lock()) {}

  // Null when the object is gone.
  traced_ptr<T> lock() const noexcept;
  bool expired() const noexcept;
  void reset() noexcept { *this = weak_traced_ptr(); }

 private:
  friend struct detail::traced_access;
  weak_traced_ptr(detail::handle weak, T* place) noexcept
      : handle_(std::move(weak)), place_(place) {}

  detail::handle handle_;
  detail::hidden_pointer<T> place_;  // means something only while the object lives
};

// A base for what wants a traced_ptr to itself: struct node : traced_from_this<node>. Costs no memory. T's
// constructor and destructor get none: the object is not complete.
template <class T>
class traced_from_this {
 public:
  // Throws errc::nil_handle when no traced_ptr holds the object.
  traced_ptr<T> traced_this();
  traced_ptr<const T> traced_this() const;
  // Null then.
  weak_traced_ptr<T> weak_traced_this() noexcept;
  weak_traced_ptr<const T> weak_traced_this() const noexcept;

 private:
  friend T;
  traced_from_this() noexcept = default;
  traced_from_this(const traced_from_this&) noexcept = default;
  traced_from_this& operator=(const traced_from_this&) noexcept = default;
  ~traced_from_this() = default;
};

// A new T(args...) in a traced block. Throws std::bad_alloc and what T's constructor throws. Any thread.
template <class T, class... Args>
traced_ptr<T> make_traced(Args&&... args);

// Implementation

template <class T>
template <class U>
traced_ptr<T>::traced_ptr(const traced_ptr<U>& other, std::nullptr_t) noexcept
    : place_(detail::traced_access::place(other)) {
  const detail::handle& named = detail::traced_access::handle_of(other);
  if (!named) return;
  detail::share_strong(*named.target());
  handle_ = detail::handle(named);
}

template <class T>
template <class U>
traced_ptr<T>::traced_ptr(traced_ptr<U>&& other, std::nullptr_t) noexcept
    : handle_(std::move(detail::traced_access::handle_of(other))),
      place_(detail::traced_access::give_up_place(other)) {}

template <class T>
traced_ptr<T>& traced_ptr<T>::operator=(traced_ptr&& other) noexcept {
  if (this != &other) {
    // What was held dies last: it may hold `other`, or look here.
    traced_ptr held(std::move(*this));
    handle_ = std::move(other.handle_);
    place_ = std::exchange(other.place_, {});
  }
  return *this;
}

template <class T>
void traced_ptr<T>::reset() noexcept {
  place_ = {};
  if (handle_) detail::drop_strong(handle_);
}

template <class T>
std::size_t traced_ptr<T>::use_count() const noexcept {
  if (!handle_) return 0;
  return handle_.target()->template as<detail::traced_body>().strong.load(
      std::memory_order_relaxed);
}

template <class T>
template <class U>
  requires std::is_convertible_v<U*, T*>
weak_traced_ptr<T>::weak_traced_ptr(const traced_ptr<U>& strong) noexcept
    : handle_(detail::weak_of(detail::traced_access::handle_of(strong))),
      place_(detail::traced_access::place(strong)) {}

template <class T>
traced_ptr<T> weak_traced_ptr<T>::lock() const noexcept {
  if (!handle_ || !detail::share_strong(*handle_.use())) return nullptr;
  return detail::traced_access::make<traced_ptr<T>>(handle_, place_.get());
}

template <class T>
bool weak_traced_ptr<T>::expired() const noexcept {
  return !handle_ || handle_.target()->template as<detail::traced_body>().strong.load(
                         std::memory_order_relaxed) == 0;
}

namespace detail {

template <class T>
traced_ptr<T> traced_pointer_to(T* self) {
  object* owner = traced_object_at(self);
  if (owner == nullptr || !share_strong(*owner)) throw_not_traced();
  return traced_access::make<traced_ptr<T>>(handle(owner, set_of(capability::use)), self);
}

template <class T>
weak_traced_ptr<T> weak_traced_pointer_to(T* self) noexcept {
  object* owner = traced_object_at(self);
  if (owner == nullptr) return {};
  return traced_access::make<weak_traced_ptr<T>>(handle(owner, set_of(capability::use)), self);
}

}  // namespace detail

template <class T>
traced_ptr<T> traced_from_this<T>::traced_this() {
  return detail::traced_pointer_to(static_cast<T*>(this));
}

template <class T>
traced_ptr<const T> traced_from_this<T>::traced_this() const {
  return detail::traced_pointer_to(static_cast<const T*>(this));
}

template <class T>
weak_traced_ptr<T> traced_from_this<T>::weak_traced_this() noexcept {
  return detail::weak_traced_pointer_to(static_cast<T*>(this));
}

template <class T>
weak_traced_ptr<const T> traced_from_this<T>::weak_traced_this() const noexcept {
  return detail::weak_traced_pointer_to(static_cast<const T*>(this));
}

template <class T, class... Args>
traced_ptr<T> make_traced(Args&&... args) {
  static_assert(std::is_object_v<T> && !std::is_array_v<T>,
                "make_traced makes one object; for several use a container with traced_allocator");
  static_assert(detail::fits_a_block<T>, "traced blocks are aligned to 16 bytes");
  using stored = std::remove_cv_t<T>;
  detail::handle owner = detail::make_traced_object(&detail::destroy_traced<stored>);
  void* block = detail::allocate_traced(owner, sizeof(T));
  struct guard {
    void* block;
    ~guard() {
      if (block != nullptr) detail::free_block(block);
    }
  } unfinished{block};
  T* made = new (block) stored(std::forward<Args>(args)...);
  unfinished.block = nullptr;
  detail::become_strong(owner);
  return detail::traced_access::make<traced_ptr<T>>(std::move(owner), made);
}

}  // namespace leash
