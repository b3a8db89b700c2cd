#pragma once

namespace leash::detail {

// Has SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT print all goroutines before they do what they did. One call of
// catch_fatal_signals, then one of release_fatal_signals, and so on. What the program takes for itself meanwhile stays.
// Under a sanitizer they do nothing: it wants these signals itself.
void catch_fatal_signals() noexcept;
void release_fatal_signals() noexcept;

}  // namespace leash::detail
