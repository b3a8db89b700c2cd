#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The article's third leak: a select of two channels, of which the loser's is never looked at again.

namespace {

using namespace leash;

namespace leaky {

task<> ask(channel<int> into) { co_await into.send(1); }

task<> program() {
  const channel<int> google;
  const channel<int> bing;
  for (const auto& each : {google, bing}) go(ask, each);  // leaks: chan send
  co_await select(on_receive(google), on_receive(bing));
}

}  // namespace leaky

namespace fixed {

task<> ask(context until, channel<int> into) { co_await select(on_send(into, 1), on_done(until)); }

task<> program() {
  const auto owner = with_cancel(background());
  const channel<int> google;
  const channel<int> bing;
  go(ask, owner.context(), google);
  go(ask, owner.context(), bing);
  co_await select(on_receive(google), on_receive(bing));
}

}  // namespace fixed

const corpus::entry entered{{.name = "loser_without_exit",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program}};

}  // namespace
