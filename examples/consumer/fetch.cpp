// leash::http: two servers on this machine are asked at once; one never answers, and its request ends with the race.
#include <cstdio>
#include <string>

#include <leash/http.hpp>
#include <leash/http_server.hpp>
#include <leash/leash.hpp>

leash::http::server start(leash::http::server::handler answer) {
  leash::http::server server(std::move(answer));
  leash::go([](leash::http::server listening) -> leash::task<> { co_await listening.serve(); },
            server);
  return server;
}

leash::task<leash::http::response> answer_at_once(const leash::http::request& asked) {
  leash::http::response answer;
  answer.body = "you asked for " + asked.url;
  co_return answer;
}

leash::task<leash::http::response> answer_never(const leash::http::request&) {
  co_await leash::select();
  co_return leash::http::response();
}

leash::task<> program() {
  const leash::http::server quick = start(answer_at_once);
  const leash::http::server stuck = start(answer_never);
  const leash::http::client client;
  const auto url = [](const leash::http::server& server) {
    return "http://127.0.0.1:" + std::to_string(server.port()) + "/search";
  };
  const auto won = co_await leash::race(client.get(url(stuck)), client.get(url(quick)));
  std::printf("number %zu won: %s\n", won.index, won.value.body.c_str());
}

// The servers are still there when the program ends; that is meant.
int main() { leash::run(program, {.leaks = leash::leak_policy::off}); }
