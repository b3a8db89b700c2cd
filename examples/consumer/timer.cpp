// leash::net: an operation of Boost.Asio is awaited.
#include <boost/asio/steady_timer.hpp>

#include <cstdio>

#include <leash/asio.hpp>
#include <leash/leash.hpp>

using namespace std::chrono_literals;

leash::task<> program() {
  boost::asio::steady_timer timer(leash::io_context(), 1ms);
  co_await timer.async_wait(leash::use_goroutine);
  std::printf("the timer rang\n");
}

int main() { leash::run(program); }
