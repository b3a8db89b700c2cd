#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// Main waits for nothing, on purpose or not, with the channel that a child sends to: it cannot receive any more.

namespace {

using namespace leash;

namespace leaky {

task<> child(channel<int> to) { co_await to.send(1); }

task<> program() {  // suspect: select (no cases)
  const channel<int> ch;
  go(child, ch);  // leaks: chan send
  co_await select();
}

}  // namespace leaky

const corpus::entry entered{{.name = "main_at_rest", .always = true, .leaky = leaky::program}};

}  // namespace
