#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A select over two channels that nobody else has.

namespace {

using namespace leash;

namespace leaky {

task<> child() {
  const channel<int> left;
  const channel<int> right;
  co_await select(on_receive(left), on_send(right, 1));
}

task<> program() {
  go(child);  // leaks: select
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> child(context until) {
  const channel<int> left;
  const channel<int> right;
  co_await select(on_receive(left), on_send(right, 1), on_done(until));
}

task<> program() {
  const auto owner = with_cancel(background());
  go(child, owner.context());
  co_return;
}

}  // namespace fixed

const corpus::entry entered{
    {.name = "private_select", .always = true, .leaky = leaky::program, .fixed = fixed::program}};

}  // namespace
