#pragma once

namespace leash::detail {

// What a runtime tells the floor above, which defines this (trace_signals.cpp): while there is one, signals print traces.
// Any thread. Throws errc::bad_option.
void runtime_begins();
void runtime_ends() noexcept;

// As an object, so that a runtime that fails to begin has not begun.
class run_watch {
 public:
  run_watch() { runtime_begins(); }
  run_watch(run_watch&&) = delete;
  ~run_watch() { runtime_ends(); }
};

}  // namespace leash::detail
