#include "demo/backends.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <leash/http_server.hpp>
#include <leash/leash.hpp>

namespace leash::tool {
namespace {

using ports = std::array<std::uint16_t, 2>;

http::server server_of(const backend& served) {
  return http::server([served](const http::request&) -> task<http::response> {
    co_await sleep(served.time);
    http::response answer;
    answer.body = served.name;
    co_return answer;
  });
}

task<> serve(std::array<backend, 2> served, int tell) {
  const http::server first = server_of(served[0]);
  const http::server second = server_of(served[1]);
  const ports open{first.port(), second.port()};
  if (write(tell, open.data(), sizeof open) != sizeof open) co_return;
  go([](http::server server) -> task<> { co_await server.serve(); }, first);
  co_await second.serve();
}

[[noreturn]] void serve_in_child(const std::array<backend, 2>& served, int tell) {
  int code = 0;
  unsetenv("LEASH_DEBUG_ADDR");  // it is meant for the demo
  try {
    run([&] { return serve(served, tell); },
        {.processors = 1, .leaks = leak_policy::off, .watchdog = {}});
  } catch (const std::exception& failure) {
    fmt::print(stderr, "leash: the demo's HTTP servers failed: {}\n", failure.what());
    code = 1;
  }
  _exit(code);
}

}  // namespace

backends::backends(backend quick, backend slow) : both_{std::move(quick), std::move(slow)} {
  int ends[2];
  if (pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  std::fflush(nullptr);
  const pid_t parent = getpid();
  process_ = fork();
  if (process_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (process_ == 0) {
    close(ends[0]);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
    serve_in_child(both_, ends[1]);
  }
  close(ends[1]);
  ports open{};
  const ssize_t got = read(ends[0], open.data(), sizeof open);
  close(ends[0]);
  if (got != sizeof open) {
    waitpid(process_, nullptr, 0);
    throw std::runtime_error(
        "the demo's two HTTP servers did not start; can this process listen on 127.0.0.1?");
  }
  for (std::size_t i = 0; i < both_.size(); ++i)
    both_[i].url = fmt::format("http://127.0.0.1:{}/", open[i]);
}

backends::~backends() {
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

}  // namespace leash::tool
