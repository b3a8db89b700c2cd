#include <chrono>
#include <memory>
#include <string>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The article's racer: two requests, an unbuffered channel, the first answer is taken.

namespace {

using namespace leash;
using namespace std::chrono_literals;

namespace leaky {

task<> request(channel<std::string> into, std::string name, std::chrono::milliseconds time) {
  co_await sleep(time);
  co_await into.send(std::move(name));
}

task<> program() {
  const channel<std::string> answers;
  for (const auto time : {200ms, 2000ms}) go(request, answers, "engine", time);  // leaks: chan send
  co_await answers.receive();
}

}  // namespace leaky

namespace fixed {

task<> request(std::string name, std::chrono::milliseconds time) {
  co_await sleep(time);
  co_return;
}

task<> program() { co_await race(request("google", 200ms), request("bing", 2000ms)); }

}  // namespace fixed

namespace idiomatic {

task<> request(std::shared_ptr<channel<std::string>> into, std::chrono::milliseconds time) {
  co_await sleep(time);
  co_await into->send("answer");
}

task<> program() {
  const auto answers = std::make_shared<channel<std::string>>();
  for (const auto time : {200ms, 2000ms}) go(request, answers, time);  // leaks: chan send
  co_await answers->receive();
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "racer",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
