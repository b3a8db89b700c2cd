#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The article's second leak: a range over a channel that nobody closes.

namespace {

using namespace leash;

namespace leaky {

task<> print_all(channel<int> from) {
  while (co_await from.receive()) {
  }
}

task<> program() {
  const channel<int> numbers;
  go(print_all, numbers);  // leaks: chan receive
  for (int i = 0; i < 3; ++i) co_await numbers.send(i);
}

}  // namespace leaky

namespace fixed {

task<> print_all(channel<int> from) {
  while (co_await from.receive()) {
  }
}

task<> program() {
  const channel<int> numbers;
  go(print_all, numbers);
  for (int i = 0; i < 3; ++i) co_await numbers.send(i);
  numbers.close();
}

}  // namespace fixed

const corpus::entry entered{{.name = "range_never_closed",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program}};

}  // namespace
