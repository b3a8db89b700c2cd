#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The trap in the article's third cure: select with a default drops the winner's answer too, when nobody receives yet.

namespace {

using namespace leash;

namespace leaky {

task<> request(channel<int> into) { co_await select(on_send(into, 1), otherwise); }

task<> caller() {
  const channel<int> answers;
  go(request, answers);
  go(request, answers);
  co_await answers.receive();
}

task<> program() {
  go(caller);  // leaks: chan receive
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> request(channel<int> into) { co_await select(on_send(into, 1), otherwise); }

task<> caller() {
  const channel<int> answers(1);
  go(request, answers);
  go(request, answers);
  co_await answers.receive();
}

task<> program() {
  go(caller);
  co_return;
}

}  // namespace fixed

const corpus::entry entered{
    {.name = "lost_winner", .leaky = leaky::program, .fixed = fixed::program}};

}  // namespace
