#if !__has_include(<catch2/catch_test_macros.hpp>)
#define CATCH_CONFIG_MAIN
#endif
#include <leash/catch2.hpp>

#include <chrono>
#include <cstdlib>
#include <string_view>

#include <leash/leash.hpp>

// A Catch2 program that tests/no_leaks_test.py runs: some of its tests leave goroutines behind.

namespace {

using namespace leash;
using namespace std::chrono_literals;

task<> answer(channel<int> to) { co_await to.send(1); }
task<> keep_alive() {
  for (;;) co_await sleep(1h);
}

bool is_over() { return num_goroutines() == 0; }

// Registered always; with NO_LEAKS=ignore, keep_alive may stay, and with NO_LEAKS=no all may.
class listener final : public testing::no_leaks_listener {
 public:
  using testing::no_leaks_listener::no_leaks_listener;
  testing::no_leaks_options options() const override {
    const char* text = std::getenv("NO_LEAKS");
    const std::string_view wanted = text == nullptr ? "" : text;
    if (wanted == "ignore") return {.patience = 1s, .ignore_top_functions = {"keep_alive"}};
    if (wanted == "no") return {.patience = 1s, .ignore_created_by = {"no_leaks_catch2.cpp"}};
    return {.patience = 1s};
  }
};
CATCH_REGISTER_LISTENER(listener)

TEST_CASE("clean") {
  run([]() -> task<> {
    channel<int> answers;
    go(answer, answers);
    co_await answers.receive();
  });
  CHECK(is_over());
}

TEST_CASE("leaky") {
  SECTION("without a leak") { CHECK(is_over()); }
  SECTION("with a leak") {
    run([]() -> task<> {
      channel<int> answers;
      go(answer, answers);
      go(answer, answers);
      co_await answers.receive();
    });
  }
}

TEST_CASE("sleepy") {
  run([]() -> task<> {
    go(keep_alive);
    co_return;
  });
}

TEST_CASE("guarded") {
  const testing::no_leaks guard({.patience = 1s});
  run([]() -> task<> {
    go(keep_alive);
    co_return;
  });
}

TEST_CASE("guarded, with what may stay") {
  const testing::no_leaks guard({.patience = 1s, .ignore_functions = {"keep_alive"}});
  run([]() -> task<> {
    go(keep_alive);
    co_return;
  });
}

}  // namespace
