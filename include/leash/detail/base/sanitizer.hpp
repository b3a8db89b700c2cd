#pragma once

// Which sanitizer this translation unit is built with: 1 or 0.

#if defined(__SANITIZE_ADDRESS__)
#define LEASH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEASH_ASAN 1
#endif
#endif
#ifndef LEASH_ASAN
#define LEASH_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__)
#define LEASH_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LEASH_TSAN 1
#endif
#endif
#ifndef LEASH_TSAN
#define LEASH_TSAN 0
#endif

// Whether it takes signals such as SIGSEGV for itself.
#if LEASH_ASAN || defined(__SANITIZE_THREAD__)
#define LEASH_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define LEASH_SANITIZED 1
#endif
#endif
#ifndef LEASH_SANITIZED
#define LEASH_SANITIZED 0
#endif

// For code that reads raw words of objects it did not make (the closure scan).
#if defined(__clang__)
#define LEASH_NO_SANITIZE __attribute__((no_sanitize("address", "thread", "undefined", "memory")))
#else
#define LEASH_NO_SANITIZE \
  __attribute__((no_sanitize_address, no_sanitize_thread, no_sanitize_undefined))
#endif
