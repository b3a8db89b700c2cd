#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <utility>

#include <leash/detail/base/hidden_pointer.hpp>
#include <leash/detail/base/operand.hpp>
#include <leash/detail/sync/channel_core.hpp>
#include <leash/detail/sync/context_core.hpp>

// Select: exactly one of several cases happens. Compare Go's runtime/select.go.
//
// Invariants
// - All objects of the cases are locked, by address and each once, from the first look to the park.
// - The cases are looked at and queued in a random order, each order as likely as any other. (In a ring from
//   a random one, a case behind those that are not ready would get their share of the choices too.)
// - A case that is not chosen has no effect: a value moves only under a claim, or under the locks in
//   the one case that was found ready.

namespace leash::detail {

class select_case {
 public:
  operand target;           // null: can never happen (a nil channel, the background)
  capability_set ends = 0;  // what another needs to make this case happen
  wait_node node;

  // Under the target's lock. True: it happened; `woken` is to be made ready afterwards.
  virtual bool attempt(goroutine*& woken) noexcept = 0;
  // Whether it is known that it would happen. Under the target's lock; exact where nobody else runs.
  virtual bool possible() const noexcept { return false; }
  virtual wait_queue& queue() noexcept = 0;

 protected:
  ~select_case() = default;
};

// What does not depend on the cases' types.
class select_wait : public wait_base {
 public:
  static constexpr std::uint32_t nothing = ~std::uint32_t{0};

  select_wait() = default;
  select_wait(select_wait&&) = delete;
  bool abandon(goroutine& waiter) noexcept override;
  clock_time deadline() const noexcept override { return deadline_; }

 protected:
  ~select_wait() = default;

  bool ready() noexcept;
  void suspend() noexcept;
  std::uint32_t resumed() noexcept;
  // Writes what ready() locks, in that order: order_[0 … objects_ - 1].
  void sort_objects() noexcept;

  // Set by bind(): cases_[i] may be null for a case without an object; its node's index is i, which is what
  // a claim reports. ready() shuffles the pointers.
  select_case** cases_ = nullptr;
  hidden_pointer<object>* order_ = nullptr;  // room for as many objects as there are cases
  std::uint32_t objects_ = 0;
  wait_target* targets_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint32_t otherwise_ = nothing;  // the index of the case for "none is ready"
  std::uint32_t timeout_ = nothing;    // the index of the time-out
  clock_time deadline_ = clock_time::max();
  goroutine* self_ = nullptr;

 private:
  enum class plan : std::uint8_t { park, unwind, yield };

  void lock_all() noexcept;
  void let_choose() noexcept;
  void unlock_all() noexcept;
  void leave_queues() noexcept;
  wait_reason reason() const noexcept;

  std::uint32_t chosen_ = nothing;
  bool parked_ = false;
  plan plan_ = plan::park;
};

}  // namespace leash::detail
