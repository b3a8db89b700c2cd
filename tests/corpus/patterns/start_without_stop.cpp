#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// An object whose start() has to be followed by stop(), which nobody calls.

namespace {

using namespace leash;
struct service {
  channel<int> jobs;
  channel<> stopped;
};

namespace leaky {

task<> serve(traced_ptr<service> self) {
  for (;;)
    if (co_await select(on_receive(self->jobs), on_receive(self->stopped)) == 1) co_return;
}

traced_ptr<service> start() {
  auto made = make_traced<service>();
  go(serve, made);  // leaks: select
  return made;
}

task<> program() {
  const auto used = start();
  co_await used->jobs.send(1);
}

}  // namespace leaky

namespace fixed {

task<> serve(traced_ptr<service> self) {
  for (;;)
    if (co_await select(on_receive(self->jobs), on_receive(self->stopped)) == 1) co_return;
}

task<> program() {
  const auto used = make_traced<service>();
  go(serve, used);
  co_await used->jobs.send(1);
  used->stopped.close();
}

}  // namespace fixed

namespace idiomatic {

task<> serve(std::shared_ptr<service> self) {
  for (;;)
    if (co_await select(on_receive(self->jobs), on_receive(self->stopped)) == 1) co_return;
}

task<> program() {
  const auto used = std::make_shared<service>();
  go(serve, used);  // leaks: select
  co_await used->jobs.send(1);
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "start_without_stop",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
