#include <leash/memory_network.hpp>

#include <utility>

#include <fmt/format.h>

#include "testing/network/failure_codes.hpp"

#include <leash/error.hpp>
#include <leash/explore.hpp>
#include <leash/select.hpp>
#include <leash/time.hpp>

namespace leash::testing {
namespace {

http::response made(int status, std::string body) {
  http::response answer;
  answer.status = status;
  answer.version = "1.1";
  answer.headers.push_back({"Content-Length", std::to_string(body.size())});
  answer.body = std::move(body);
  return answer;
}

// The handlers themselves keep what their coroutines use: those take copies.
task<http::response> answered(std::chrono::nanoseconds after, int status, std::string body) {
  if (after > after.zero()) co_await sleep(after);
  co_return made(status, std::move(body));
}

task<http::response> never() {
  co_await select();
  co_return http::response{};
}

double in_ms(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

// Fails when the one who asks has seen too little for too long, if it minds.
task<http::response> stalled(std::size_t min_speed, std::chrono::seconds min_speed_time) {
  if (min_speed == 0) co_return co_await never();
  co_await sleep(min_speed_time);
  throw http::error(
      failure_code::timed_out,
      fmt::format("less than {} bytes a second came for {} s", min_speed, min_speed_time.count()));
}

// Whether the pieces, as long as they last, bring too little for who minds.
bool is_too_slow(std::size_t bytes, std::chrono::nanoseconds all, const http::request& asked) {
  return all >= asked.min_speed_time &&
         static_cast<double>(bytes) <
             static_cast<double>(asked.min_speed) * std::chrono::duration<double>(all).count();
}

task<http::response> answered_slowly(std::string body, std::size_t pieces,
                                     std::chrono::nanoseconds pause) {
  for (std::size_t i = 0; i < pieces; ++i) co_await sleep(pause);
  co_return made(200, std::move(body));
}

task<http::response> failed(std::chrono::nanoseconds after, int code, const char* what) {
  if (after > after.zero()) co_await sleep(after);
  throw http::error(code, what);
}

task<http::response> connected(std::chrono::nanoseconds after, http::request asked,
                               std::shared_ptr<const memory_handler> then) {
  const std::chrono::nanoseconds limit = asked.connect_timeout;
  if (limit > limit.zero() && after > limit) {
    co_await sleep(limit);
    throw http::error(failure_code::timed_out,
                      fmt::format("no connection within {} ms", in_ms(limit)));
  }
  co_await sleep(after);
  co_return co_await (*then)(asked);
}

std::size_t chosen_of(std::size_t count) { return exploring() ? choose(count) : 0; }

template <class T>
void require_some(const std::vector<T>& given, const char* what) {
  if (given.empty()) throw error(errc::bad_option, what);
}

}  // namespace

memory_handler answers(std::string body, std::chrono::nanoseconds after, int status) {
  return [body = std::move(body), after, status](const http::request&) {
    return answered(after, status, body);
  };
}

memory_handler answers_after_any(std::vector<std::chrono::nanoseconds> times, std::string body) {
  require_some(times, "answers_after_any: give one time at least");
  return [times = std::move(times), body = std::move(body)](const http::request&) {
    return answered(times[chosen_of(times.size())], 200, body);
  };
}

memory_handler any_of(std::vector<memory_handler> handlers) {
  require_some(handlers, "any_of: give one handler at least");
  return [handlers = std::move(handlers)](const http::request& asked) {
    return handlers[chosen_of(handlers.size())](asked);
  };
}

memory_handler answers_slowly(std::string body, std::size_t pieces,
                              std::chrono::nanoseconds pause) {
  return [body = std::move(body), pieces, pause](const http::request& asked) {
    if (is_too_slow(body.size(), pause * pieces, asked))
      return stalled(asked.min_speed, asked.min_speed_time);
    return answered_slowly(body, pieces, pause);
  };
}

memory_handler never_finishes() {
  return [](const http::request& asked) { return stalled(asked.min_speed, asked.min_speed_time); };
}

memory_handler connects_after(std::chrono::nanoseconds time, memory_handler then) {
  return [time, then = std::make_shared<const memory_handler>(std::move(then))](
             const http::request& asked) { return connected(time, asked, then); };
}

memory_handler refuses() {
  return
      [](const http::request&) { return failed({}, failure_code::refused, "connection refused"); };
}

memory_handler resets(std::chrono::nanoseconds after) {
  return [after](const http::request&) {
    return failed(after, failure_code::reset, "the connection was reset by the server");
  };
}

memory_handler breaks_off(std::chrono::nanoseconds after) {
  return [after](const http::request&) {
    return failed(after, failure_code::partial, "the server broke off in the middle of the body");
  };
}

memory_handler hangs() {
  return [](const http::request&) { return never(); };
}

}  // namespace leash::testing
