#pragma once

#include <cstdint>

#include <leash/detail/base/hidden_pointer.hpp>
#include <leash/detail/sched/goroutine.hpp>

namespace leash::detail {

// A goroutine's place in one object's queue; lives in the operation, in the goroutine's frame. All
// fields are guarded by the object's lock, but for `slot` and `closed`: the claimer writes them after
// its claim, the goroutine reads them after it was made ready. Links are hidden: a neighbour's frame is not reached by
// whoever can read this one.
struct wait_node {
  hidden_pointer<wait_node> previous;
  hidden_pointer<wait_node> next;
  goroutine* waiter = nullptr;
  std::uint64_t word = 0;   // what the wait was parked with
  std::uint32_t index = 0;  // the outcome when this node is claimed
  bool queued = false;
  bool closed = false;   // ended by close
  void* slot = nullptr;  // where the value is, or goes
};

// First come, first served. Every node pins its object.
class wait_queue {
 public:
  bool empty() const noexcept { return !first_; }

  void push(object& owner, wait_node& node) noexcept {
    node.previous = last_;
    node.next = {};
    node.queued = true;
    const hidden_pointer<wait_node> fresh(&node);
    (last_ ? last_->next : first_) = fresh;
    last_ = fresh;
    if (!mutated(rule::wait_pins_object)) owner.pins += 1;
  }

  void remove(object& owner, wait_node& node) noexcept {
    (node.previous ? node.previous->next : first_) = node.next;
    (node.next ? node.next->previous : last_) = node.previous;
    node.queued = false;
    if (!mutated(rule::wait_pins_object)) owner.pins -= 1;
  }

  wait_node* first() const noexcept { return first_.get(); }

  // Takes a wait off. True: it is claimed, and its goroutine the caller's to serve and to make ready.
  bool take(object& owner, wait_node& node) noexcept {
    remove(owner, node);
    goroutine& waiter = *node.waiter;
    if (!claim(waiter, node.word) && !mutated(rule::claim_before_consume)) return false;
    waiter.outcome = node.index;
    return true;
  }

  // Takes waits off the front until one can be claimed; null when there is none.
  wait_node* claim_first(object& owner) noexcept {
    while (wait_node* node = first())
      if (take(owner, *node)) return node;
    return nullptr;
  }

 private:
  hidden_pointer<wait_node> first_;
  hidden_pointer<wait_node> last_;
};

}  // namespace leash::detail
