#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <leash/http_transport.hpp>
#include <leash/task.hpp>

// Servers that are no servers: for code that races, hedges or retries requests, in explore(), in a bubble(), or in any runtime, without a
// socket. Library leash::testing.
//
//   leash::testing::memory_network network;
//   network.serve("http://a:8001", leash::testing::answers("fast", 10ms));
//   network.serve("http://b:8001", leash::testing::hangs());
//   const auto won = co_await leash::race(network.get("http://a:8001/"), network.get("http://b:8001/"));
//   EXPECT_EQ(network.traffic("http://b:8001").canceled, 1U);
//
// It is an http::transport, as http::client is: code that takes either can be explored as it is.

namespace leash::testing {

// What a server does with a request: returns the answer, after as long as it likes, or throws
// http::error, whose code says how the connection fails, and of which the network says whose it was. It runs in the
// goroutine that asks, and is unwound with it; for several at once, from several threads where there are. The request lives as long as it
// does. An exploration sees what it changes of its own before it first waits; what it changes later has to be leash's (a mutex, a
// channel), or explore_options::reduction false. One that asks others holds a network of theirs: in its own it would keep itself.
using memory_handler = std::function<task<http::response>(const http::request&)>;

// Answers with this body, and status, after that time.
memory_handler answers(std::string body, std::chrono::nanoseconds after = {}, int status = 200);
// Likewise after one of these times: each schedule of an exploration chooses one; elsewhere it is the first. Throws
// errc::bad_option when there is none.
memory_handler answers_after_any(std::vector<std::chrono::nanoseconds> times, std::string body);
// Whatever one of these does, chosen in the same way.
memory_handler any_of(std::vector<memory_handler> handlers);
// Sends the body in so many pieces with a pause before each; the answer is there when all of it is. 28 when that is slower than
// the request's min_speed, for as long as its min_speed_time.
memory_handler answers_slowly(std::string body, std::size_t pieces, std::chrono::nanoseconds pause);
// Begins to send a body and never goes on: 28 after the request's min_speed_time when it has a min_speed, else as hangs().
memory_handler never_finishes();
// Takes that time to be connected with, and then does that: 28 when the request's connect_timeout is shorter.
memory_handler connects_after(std::chrono::nanoseconds time, memory_handler then);
// Nobody listens (curl's 7).
memory_handler refuses();
// The connection breaks, after that time, before there is an answer (56), or in the middle of its body (18).
memory_handler resets(std::chrono::nanoseconds after = {});
memory_handler breaks_off(std::chrono::nanoseconds after = {});
// Never answers: until the one who asks has enough.
memory_handler hangs();

// Requests to one server so far.
struct memory_traffic {
  std::size_t begun = 0;
  std::size_t answered = 0;
  std::size_t failed = 0;     // without an answer, timed out included
  std::size_t canceled = 0;   // who asked was unwound
  std::size_t in_flight = 0;  // neither of these yet
};

// A handle: copies name one network. Any goroutine, any thread.
class memory_network {
 public:
  memory_network();

  // The server at that address, such as "http://a:8001", does that from now on; requests that it has go on as they were. Path and
  // query of the address are not looked at: they are the handler's. Throws errc::bad_option for an empty handler.
  void serve(std::string_view address, memory_handler handler) const;

  // The answer, as http::client gives it. Throws http::error: 6 when nobody serves the address, 28 when it takes longer than the
  // request's `timeout`, 63 when the body is larger than its `max_body`, and what the handler throws.
  task<http::response> get(std::string url) const;
  task<http::response> send(http::request asked) const;

  // Zeros for a server that there is not.
  memory_traffic traffic(std::string_view address) const;

 private:
  struct state;
  static task<http::response> sent(std::shared_ptr<state> on, http::request asked);

  std::shared_ptr<state> state_;
};

}  // namespace leash::testing
