#pragma once

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <climits>
#include <cstddef>
#include <cstdint>

// System calls as they are. What runs while other threads stand, or in a signal's handler, calls nothing else: the C library's
// own functions may take locks that a thread stands with, and sanitizers look at most of them.

namespace leash::detail::raw {

inline int open(const char* path, int flags) noexcept {
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0));
}
inline void close(int file) noexcept { ::syscall(SYS_close, file); }
inline long read(int file, void* into, std::size_t bytes) noexcept {
  return ::syscall(SYS_read, file, into, bytes);
}
inline long read_at(int file, void* into, std::size_t bytes, std::uint64_t offset) noexcept {
  return ::syscall(SYS_pread64, file, into, bytes, offset);
}
inline void rewind(int file) noexcept { ::syscall(SYS_lseek, file, 0, SEEK_SET); }
inline long list(int directory, void* into, std::size_t bytes) noexcept {
  return ::syscall(SYS_getdents64, directory, into, bytes);
}

inline int this_thread() noexcept { return static_cast<int>(::syscall(SYS_gettid)); }
inline int this_process() noexcept { return static_cast<int>(::syscall(SYS_getpid)); }
inline bool send_signal(int thread, int number) noexcept {
  return ::syscall(SYS_tgkill, this_process(), thread, number) == 0;
}

// By CLOCK_MONOTONIC.
inline std::int64_t nanoseconds() noexcept {
  timespec time;
  ::syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

inline void futex_wait(const std::uint32_t* word, std::uint32_t expected) noexcept {
  ::syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, nullptr, nullptr, 0);
}
inline void futex_wait_for(const std::uint32_t* word, std::uint32_t expected,
                           std::int64_t nanoseconds) noexcept {
  const timespec limit{0, static_cast<long>(nanoseconds)};
  ::syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, &limit, nullptr, 0);
}
inline void futex_wake(const std::uint32_t* word, int threads) noexcept {
  ::syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, threads, nullptr, nullptr, 0);
}

}  // namespace leash::detail::raw
