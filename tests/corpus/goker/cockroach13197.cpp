#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A goroutine waits for the end of a transaction whose owner forgets it without an end.

namespace {

using namespace leash;

struct transaction {
  cancelable_context owner = with_cancel(background());
};

namespace leaky {

task<> await_done(context ended) { co_await ended.done(); }

task<> watch(traced_ptr<transaction> of) { co_await await_done(of->owner.context()); }

traced_ptr<transaction> begin() {
  auto begun = make_traced<transaction>();
  go(watch, begun);  // leaks: context done
  return begun;
}

task<> program() {
  const auto forgotten = begin();
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> await_done(context ended) { co_await ended.done(); }

task<> program() {
  const transaction ended;
  go(await_done, ended.owner.context());
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> await_done(context ended) { co_await ended.done(); }

task<> watch(std::shared_ptr<transaction> of) { co_await await_done(of->owner.context()); }

std::shared_ptr<transaction> begin() {
  auto begun = std::make_shared<transaction>();
  go(watch, begun);  // leaks: context done
  return begun;
}

task<> program() {
  const auto forgotten = begin();
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "cockroach13197",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
