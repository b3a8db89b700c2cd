#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A thousand goroutines, each holding the next one's channel; none is leaked.

namespace {

using namespace leash;

namespace fixed {

task<> pass_on(channel<int> from, channel<int> to) {
  co_await to.send(*co_await from.receive() + 1);
}

task<> program() {
  constexpr int length = 1000;
  const channel<int> first;
  channel<int> last = first;
  for (int i = 0; i < length; ++i) {
    const channel<int> next;
    go(pass_on, last, next);
    last = next;
  }
  co_await first.send(0);
  co_await last.receive();
}

}  // namespace fixed

const corpus::entry entered{{.name = "chain", .fixed = fixed::program}};

}  // namespace
