#pragma once

namespace leash::detail {

// Has SIGQUIT print all goroutines, and the program go on, unless the program has a handler of its own for it. One call of
// catch_quit_signal, then one of release_quit_signal, and so on. Throws std::system_error when there can be no
// thread to print.
void catch_quit_signal();
void release_quit_signal() noexcept;

}  // namespace leash::detail
