// Where is everybody? The debug server tells, also from outside: LEASH_DEBUG_ADDR=127.0.0.1:6060 starts one in
// any program that links leash::http, for `go tool pprof http://localhost:6060/debug/pprof/goroutine`.
#include <leash/debug_server.hpp>
#include <leash/http.hpp>
#include <leash/leash.hpp>

#include <cstdio>
#include <string>

leash::task<> answer(leash::channel<int> to) { co_await to.send(42); }

leash::task<> program() {
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
  leash::channel<int> answers;  // nobody will receive
  for (int i = 0; i < 3; ++i) leash::go(answer, answers);

  const leash::http::debug_server shown("127.0.0.1:0");  // port 0: a free one
  const auto page = co_await leash::http::client().get(shown.url() + "goroutine?debug=2");
  int stuck = 0;
  for (auto at = page.body.find("[chan send]"); at != std::string::npos;
       at = page.body.find("[chan send]", at + 1))
    ++stuck;
  std::printf("%d goroutines wait to send\n", stuck);
  std::printf("Goroutine count: %zu\n", leash::num_goroutines());
}

int main() { leash::run(program, {.processors = 1}); }
