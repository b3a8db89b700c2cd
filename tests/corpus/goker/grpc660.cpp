#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// The benchmark stops while a request is under way, and does not take its result.

namespace {

using namespace leash;

struct benchmark {
  channel<> stop;
};

namespace leaky {

task<> request(channel<bool> done) { co_await done.send(true); }

task<> run_requests(traced_ptr<benchmark> of) {
  for (int i = 0; i < 3; ++i) {
    const channel<bool> done;
    go(request, done);  // leaks: chan send
    if (co_await select(on_receive(of->stop), on_receive(done)) == 0) co_return;
  }
  co_await of->stop.receive();
}

task<> stop(traced_ptr<benchmark> of) { co_await of->stop.send(); }

task<> program() {
  const auto one = make_traced<benchmark>();
  go(run_requests, one);
  go(stop, one);
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> request(channel<bool> done) { co_await done.send(true); }

task<> run_requests(traced_ptr<benchmark> of) {
  for (int i = 0; i < 3; ++i) {
    const channel<bool> done(1);
    go(request, done);
    if (co_await select(on_receive(of->stop), on_receive(done)) == 0) co_return;
  }
  co_await of->stop.receive();
}

task<> stop(traced_ptr<benchmark> of) { co_await of->stop.send(); }

task<> program() {
  const auto one = make_traced<benchmark>();
  go(run_requests, one);
  go(stop, one);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> request(channel<bool> done) { co_await done.send(true); }

task<> run_requests(std::shared_ptr<benchmark> of) {
  for (int i = 0; i < 3; ++i) {
    const channel<bool> done;
    go(request, done);  // leaks: chan send
    if (co_await select(on_receive(of->stop), on_receive(done)) == 0) co_return;
  }
  co_await of->stop.receive();
}

task<> stop(std::shared_ptr<benchmark> of) { co_await of->stop.send(); }

task<> program() {
  const auto one = std::make_shared<benchmark>();
  go(run_requests, one);
  go(stop, one);
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "grpc660",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
