#pragma once

#include <signal.h>

namespace leash::detail {

// What the C library says of a signal's handling, without what it leaves in the rest of the set: it copies a structure whose end it
// has not written, and old pointers from the stack would lie in what is kept.
inline void clear_rest(struct sigaction& read) noexcept {
  sigset_t blocked{};  // sigemptyset writes its beginning alone
  for (int number = 1; number < SIGRTMAX + 1; ++number)
    if (sigismember(&read.sa_mask, number) == 1) sigaddset(&blocked, number);
  read.sa_mask = blocked;
}

}  // namespace leash::detail
