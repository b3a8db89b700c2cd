#pragma once

#include <cstddef>
#include <memory>

#include <leash/detail/sched/goroutine.hpp>

namespace leash::detail {

// What is said of the goroutines that are left when main returns. The floor above defines this.
class survivor_report {
 public:
  // Finds out which of them can never run again; before the first of them is claimed.
  explicit survivor_report(const scheduler& home);
  survivor_report(survivor_report&&) = delete;
  ~survivor_report();

  // One that is claimed, and not yet unwound.
  void add(const goroutine& claimed);
  void print() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace leash::detail
