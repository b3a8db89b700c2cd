#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

// What the code of the core tells, and asks, an exploration (see explore.hpp). On a thread that explores every operation is a point
// at which another goroutine may go on, and every choice is somebody's. Elsewhere it costs the look at one counter, and waits and
// sends that suspend not even that.

namespace leash {
struct uncaught_exception;
}

namespace leash::detail {

struct object;
class blocking_wait;
class goroutine;

// What steps have in common besides objects.
enum class common_thing : std::uint8_t { contexts, clock, goroutine_count };
// `add`: in any order, with the same result.
enum class access : std::uint8_t { read, add, write };

// What came of an operation: `nothing` of one that would have had to wait.
enum class effect : std::uint8_t { some, nothing };

// Who decides on a thread that explores. Called on that thread; what is not the explored code's is ignored.
class conductor {
 public:
  // A step makes, or locks, this object.
  virtual void made(object& fresh) noexcept = 0;
  virtual void locked(object& which) noexcept = 0;
  virtual void touched(common_thing what, access how) noexcept = 0;
  // By how much the channel that is made next is to be larger than the program says.
  virtual std::size_t extra_capacity() noexcept = 0;
  // An operation that cannot suspend is over, no lock is held: others may run before this returns.
  virtual void operation_over(const char* what, const object* on, effect came) noexcept = 0;
  // An operation that is awaited is over; its goroutine is about to give way.
  virtual void awaited(const char* what, const object* on, effect came) noexcept = 0;
  // One of 0 … count - 1.
  virtual std::uint32_t choose(std::uint32_t count) noexcept = 0;
  // Nobody catches this. False: that is not the exploration's.
  virtual bool uncaught(const uncaught_exception& what) noexcept = 0;
  // The goroutine waits, with this word, for a function that is to be called by call_blocking(), unless it waits no more.
  virtual void call_later(blocking_wait& function, goroutine& waiter,
                          std::uint64_t word) noexcept = 0;

 protected:
  ~conductor() = default;
};

// How many threads explore.
inline constinit std::atomic<std::uint32_t> exploring_threads{0};

inline bool somebody_explores() noexcept {
  // Relaxed: who explores has set it on its own thread, and no other is concerned.
  return exploring_threads.load(std::memory_order_relaxed) != 0;
}

// Of this thread; null: it does not explore.
conductor* conductor_here() noexcept;

// While it lives, this thread explores.
class conducted {
 public:
  explicit conducted(conductor& by) noexcept;
  conducted(conducted&&) = delete;
  ~conducted();

 private:
  conductor* outer_;
};

void tell_made(object& fresh) noexcept;
void tell_locked(object& which) noexcept;
void tell_touched(common_thing what, access how) noexcept;
void tell_over(const char* what, const object* on, effect came) noexcept;
void tell_awaited(const char* what, const object* on, effect came) noexcept;
std::size_t ask_extra_capacity() noexcept;

inline void operation_over(const char* what, const object* on,
                           effect came = effect::some) noexcept {
  if (somebody_explores()) [[unlikely]]
    tell_over(what, on, came);
}
inline void touch(common_thing what, access how) noexcept {
  if (somebody_explores()) [[unlikely]]
    tell_touched(what, how);
}

}  // namespace leash::detail
