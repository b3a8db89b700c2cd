#pragma once

#include <memory>
#include <utility>

#include <leash/detail/base/exposure.hpp>
#include <leash/detail/base/hidden_pointer.hpp>

namespace leash {

// Says that somebody whom leash does not know borrows from here: a thread, a callback, an object on the
// heap. A goroutine's frame is used by the goroutine and by those who were started with a reference into
// it; with that, leash proves which goroutines can never go on. While a lend of something in the frame
// lives, the whole frame is taken for live, and the use of its handles by others is in order:
//
//   cancelable_context c = with_cancel(background());
//   const lend lent(c);
//   std::thread watchdog([&] { c.cancel(); });
//
// Without it such a use is counted and marks the frame: it is taken for live for as long as it exists. It
// never stops the thread.
//
// What it names is the block of memory in which `x` lies: the frame of a goroutine with everything in it,
// the closure that go() keeps, the buffer of a channel, what a traced_ptr points to. Lends nest and may
// overlap. For something that lies elsewhere, on the heap or on a thread's stack, a lend does nothing.
// Movable, into the thread's closure for example; a moved-from one does nothing. It should end before
// what it names does: one that ends later makes leash take whatever lies there next for live, for so long.
// Any thread may make, move and end it. Never throws, costs some nanoseconds.
class [[nodiscard("what is lent is lent for as long as the lend lives")]] lend {
 public:
  template <class T>
  explicit lend(const T& x) noexcept : block_(detail::find_block(std::addressof(x))) {
    detail::begin_lend(block_.get());
  }
  // What dies at the end of the expression cannot be lent.
  template <class T>
  explicit lend(const T&& x) = delete;

  lend(lend&& other) noexcept : block_(std::exchange(other.block_, {})) {}
  lend& operator=(lend&& other) noexcept {
    if (this != &other) {
      detail::end_lend(block_.get());
      block_ = std::exchange(other.block_, {});
    }
    return *this;
  }
  ~lend() { detail::end_lend(block_.get()); }

 private:
  detail::hidden_pointer<detail::block_header> block_;  // a lend that is sent exposes nothing
};

}  // namespace leash
