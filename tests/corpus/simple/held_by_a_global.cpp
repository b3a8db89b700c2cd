#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A global has the channel: somebody may send yet, so nothing is proven.

namespace {

using namespace leash;
channel<int>& requests() {
  static channel<int> all;
  return all;
}

namespace leaky {

task<> child(channel<int> from) { co_await from.receive(); }

task<> program() {
  go(child, requests());  // suspect: chan receive
  co_return;
}

}  // namespace leaky

const corpus::entry entered{{.name = "held_by_a_global", .always = true, .leaky = leaky::program}};

}  // namespace
