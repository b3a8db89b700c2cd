#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <source_location>

#include <leash/detail/base/hidden_pointer.hpp>
#include <leash/detail/base/object.hpp>
#include <leash/detail/sched/goroutine.hpp>

namespace leash::detail {

// Objects of which a handle was dropped in this turn of a worker while somebody waits for them. They are looked at when
// the dropping is over, not inside a destructor. When there are more than it has room for, the others are left to the patrol.
struct drop_list {
  struct drop {
    hidden_pointer<object> owner;
    std::uint64_t by = 0;        // the goroutine
    std::source_location after;  // where it last was suspended
  };
  std::array<drop, 8> drops{};
  std::size_t count = 0;
};

// Waits that began on a worker since it last had nothing to do: the latest of them. They are looked at before it sleeps, when
// most of them are over.
struct wait_list {
  struct begun {
    goroutine* waiter;
    std::uint64_t word;
  };
  static constexpr std::size_t most = 64;
  std::array<begun, most> waits{};
  std::size_t count = 0;  // in all

  void add(goroutine& waiter, std::uint64_t word) noexcept {
    waits[count++ % most] = {&waiter, word};
  }
};

// How many workers have any: so that who returns from a task need not ask which worker it is on.
extern std::atomic<std::size_t> workers_with_drops;

// For the watcher of handles: notes the object with this thread's worker.
void note_drop(object& owner) noexcept;
// Looks at what this thread's worker has noted. Called where a turn ends and where a task returns.
void look_at_drops() noexcept;

// What a runtime tells the floor above, which defines this: one of these may have been the last that could end a wait.
void handles_dropped(const drop_list& noted) noexcept;
// One of these may wait for what nobody can do.
void waits_begun(const wait_list& waits) noexcept;

// A goroutine that was proven to be leaked was claimed, and is about to run: the program did what leash cannot see. It is
// counted, and said.
void proof_refuted(goroutine& leaked) noexcept;

}  // namespace leash::detail
