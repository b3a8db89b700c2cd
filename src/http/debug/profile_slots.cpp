#include "http/debug/profile_slots.hpp"

#include <chrono>

#include "http/debug/pages.hpp"

#include <leash/error.hpp>
#include <leash/scope.hpp>

namespace leash::http {
namespace {

using namespace std::chrono_literals;

task<semaphore::permit> acquired(semaphore from) { co_return co_await from.acquire(); }

}  // namespace

task<held_slot> take_slot(semaphore from) {
  constexpr auto patience = 5s;
  try {
    co_return std::make_shared<semaphore::permit>(co_await timeout(patience, acquired(from)));
  } catch (const leash::error& failure) {
    if (failure.code() != errc::timed_out) throw;
  }
  co_return nullptr;
}

streamed_response busy_answer() {
  streamed_response answer = text_answer(
      503, "Too many profiles are being made or sent at this moment: try again in a second\n");
  answer.head.headers.push_back({"Retry-After", "1"});
  return answer;
}

}  // namespace leash::http
