#include <chrono>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The request is given up at its time-out; the worker's answer has no receiver then.

namespace {

using namespace leash;

using namespace std::chrono_literals;

namespace leaky {

task<> answer(channel<bool> into) {
  co_await sleep(2ms);
  co_await into.send(true);
}

task<> finish_request() {
  const channel<bool> result;
  go(answer, result);  // leaks: chan send
  co_await select(on_receive(result), on_timeout(1us));
}

task<> program() {
  go(finish_request);
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> answer(channel<bool> into) {
  co_await sleep(2ms);
  co_await into.send(true);
}

task<> finish_request() {
  const channel<bool> result(1);
  go(answer, result);
  co_await select(on_receive(result), on_timeout(1us));
}

task<> program() {
  go(finish_request);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> answer(std::shared_ptr<channel<bool>> into) {
  co_await sleep(2ms);
  co_await into->send(true);
}

task<> finish_request() {
  const auto result = std::make_shared<channel<bool>>();
  go(answer, result);  // leaks: chan send
  co_await select(on_receive(*result), on_timeout(1us));
}

task<> program() {
  go(finish_request);
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "kubernetes5316",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
