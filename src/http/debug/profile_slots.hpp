#pragma once

#include <memory>

#include <leash/http_server.hpp>
#include <leash/semaphore.hpp>

namespace leash::http {

// What profiles under way share, so that many readers at once, or slow ones, take a bounded amount of memory.
struct profile_slots {
  semaphore now{16};          // that are collected, and sent
  semaphore differences{16};  // that also wait between two moments
};

// Copies hold one permit; the last gives it back.
using held_slot = std::shared_ptr<semaphore::permit>;

// Suspends while none is free. Null: all of them were taken for too long.
task<held_slot> take_slot(semaphore from);

// What is answered then.
streamed_response busy_answer();

}  // namespace leash::http
