#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A select with nothing to choose from.

namespace {

using namespace leash;

namespace leaky {

task<> child() { co_await select(); }

task<> program() {
  go(child);  // leaks: select (no cases)
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> child(context until) { co_await until.done(); }

task<> program() {
  const auto owner = with_cancel(background());
  go(child, owner.context());
  co_return;
}

}  // namespace fixed

const corpus::entry entered{{.name = "select_without_cases",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program}};

}  // namespace
