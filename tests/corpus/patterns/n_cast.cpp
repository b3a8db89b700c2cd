#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// Many send, one is received.

namespace {

using namespace leash;

namespace leaky {

task<> ask(channel<int> into, int replica) { co_await into.send(replica); }

task<> program() {
  const channel<int> answers;
  for (int i = 0; i < 5; ++i) go(ask, answers, i);  // leaks: chan send
  co_await answers.receive();
}

}  // namespace leaky

namespace fixed {

task<> ask(channel<int> into, int replica) { co_await into.send(replica); }

task<> program() {
  const channel<int> answers(5);
  for (int i = 0; i < 5; ++i) go(ask, answers, i);
  co_await answers.receive();
}

}  // namespace fixed

namespace idiomatic {

task<> ask(std::shared_ptr<channel<int>> into, int replica) { co_await into->send(replica); }

task<> program() {
  const auto answers = std::make_shared<channel<int>>();
  for (int i = 0; i < 5; ++i) go(ask, answers, i);  // leaks: chan send
  co_await answers->receive();
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "n_cast",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
