#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "support/ledger.hpp"
#include "support/stress.hpp"

#include <leash/leash.hpp>

// The world in which the exactly-once stress takes place: channels that are closed and replaced,
// contexts that are cancelled, and a number of steps after which all of it ends.

namespace leash::testing {

// A few channels that everybody uses. One that is closed is replaced by a fresh one, until finish().
class channel_table {
 public:
  channel_table() {
    for (const std::size_t capacity : capacities) slots_.emplace_back(capacity);
  }

  channel<token> pick(std::uint32_t dice) const {
    const std::lock_guard guard(lock_);
    return slots_[dice % slots_.size()];
  }
  // The one that was taken out, closed; the caller may have the last handle to it.
  channel<token> close_one(std::uint32_t dice) {
    const std::size_t at = dice % slots_.size();
    channel<token> taken(capacities[at]);
    {
      const std::lock_guard guard(lock_);
      if (!finished_) std::swap(slots_[at], taken);
    }
    taken.close();
    return taken;
  }
  // Nobody waits for a channel any more, now or later.
  void finish() {
    const std::lock_guard guard(lock_);
    finished_ = true;
    for (const channel<token>& each : slots_) each.try_close();
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(slots_.size()); }
  // Lets go of the channels, and of what is in their buffers.
  void forget() { slots_.clear(); }

 private:
  static constexpr std::array<std::size_t, 5> capacities{0, 0, 1, 3, 64};
  mutable std::mutex lock_;
  std::vector<channel<token>> slots_;
  bool finished_ = false;
};

// Contexts of goroutines on a leash, which anybody may cancel.
class leash_table {
 public:
  // One to stand below: a live one, or the root.
  context pick(std::uint32_t dice) const {
    const std::lock_guard guard(lock_);
    const auto& slot = slots_[dice % slots_.size()];
    return slot && !slot->context().is_done() && (dice >> 16 & 1) != 0 ? slot->context() : root_;
  }
  // One to look at; it may be done.
  context any(std::uint32_t dice) const {
    const std::lock_guard guard(lock_);
    const auto& slot = slots_[dice % slots_.size()];
    return slot ? slot->context() : root_;
  }
  // The one that had the place is cancelled, by going out of scope.
  void put(std::uint32_t dice, cancelable_context fresh) {
    static_cast<void>(take(dice, std::move(fresh)));
  }
  bool cancel_one(std::uint32_t dice) {
    const std::optional<cancelable_context> taken = take(dice, std::nullopt);
    if (taken) taken->cancel();
    return taken.has_value();
  }
  void set_root(context root) { root_ = std::move(root); }

 private:
  std::optional<cancelable_context> take(std::uint32_t dice,
                                         std::optional<cancelable_context> fresh) {
    const std::lock_guard guard(lock_);
    std::swap(slots_[dice % slots_.size()], fresh);
    return fresh;
  }

  mutable std::mutex lock_;
  std::array<std::optional<cancelable_context>, 8> slots_;
  context root_;
};

// What has happened, and is to have happened often enough.
enum class deed : std::uint8_t {
  sent_at_once,
  sent_parked,
  received_at_once,
  received_parked,
  send_found_closed,
  receive_found_closed,
  tried_to_send,
  tried_to_receive,
  select_received,
  select_sent,
  select_sent_parked,
  select_received_parked,
  select_found_closed,
  select_timed_out,
  select_saw_done,
  select_did_otherwise,
  select_rang,
  closed,
  started,
  canceled,
  won,
  timed_out,
  scope_returned,
  scope_canceled,
  count,
};

struct world {
  explicit world(std::size_t steps)
      : book(4 * steps + 4096), left(static_cast<std::int64_t>(steps)) {}

  // One more operation may be done. Whoever takes the last says that it is over.
  bool take_step() {
    const std::int64_t before = left.fetch_sub(1, std::memory_order_relaxed);
    if (before == 1) over.close();
    return before > 0;
  }
  void count(deed what) {
    deeds[static_cast<std::size_t>(what)].fetch_add(1, std::memory_order_relaxed);
  }

  ledger book;
  channel_table channels;
  leash_table leashes;
  channel<> bell;
  channel<> over;
  std::atomic<std::int64_t> left;
  std::atomic<std::int64_t> crews{0};  // goroutines on a leash of the table
  std::atomic<std::int64_t> rings{0};  // of the bell
  std::atomic<std::int64_t> heard{0};
  std::array<std::atomic<std::size_t>, static_cast<std::size_t>(deed::count)> deeds{};
};

// Counts one of a crew, also when it never began.
class membership {
 public:
  explicit membership(world& where) : where_(&where) { ++where.crews; }
  membership(membership&& other) noexcept : where_(std::exchange(other.where_, nullptr)) {}
  membership& operator=(membership&&) = delete;
  ~membership() {
    if (where_ != nullptr) --where_->crews;
  }

 private:
  world* where_;
};

}  // namespace leash::testing
