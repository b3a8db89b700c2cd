#include <array>
#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// Cancelling a flow pushes to its receivers, one of which is full, and its consumer gone.

namespace {

using namespace leash;

struct row_channel {
  channel<> rows = channel<>(1);
};

struct registry {
  mutex lock;
};

namespace leaky {

struct flow {
  registry all;
  std::array<traced_ptr<row_channel>, 2> streams{make_traced<row_channel>(),
                                                 make_traced<row_channel>()};
};

task<> cancel(traced_ptr<flow> of) {
  {
    const auto held = co_await of->all.lock.lock();
  }
  for (const auto& each : of->streams) co_await each->rows.send();
}

task<> run_flow() {
  const auto one = make_traced<flow>();
  co_await one->streams.front()->rows.send();
  co_await cancel(one);
}

task<> program() {
  go(run_flow);  // leaks: chan send
  co_return;
}

}  // namespace leaky

namespace fixed {

struct flow {
  registry all;
  std::array<traced_ptr<row_channel>, 2> streams{make_traced<row_channel>(),
                                                 make_traced<row_channel>()};
};

task<> cancel(traced_ptr<flow> of) {
  {
    const auto held = co_await of->all.lock.lock();
  }
  for (const auto& each : of->streams) static_cast<void>(each->rows.try_send());
}

task<> run_flow() {
  const auto one = make_traced<flow>();
  co_await one->streams.front()->rows.send();
  co_await cancel(one);
}

task<> program() {
  go(run_flow);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

struct flow {
  registry all;
  std::array<std::shared_ptr<row_channel>, 2> streams{std::make_shared<row_channel>(),
                                                      std::make_shared<row_channel>()};
};

task<> cancel(std::shared_ptr<flow> of) {
  {
    const auto held = co_await of->all.lock.lock();
  }
  for (const auto& each : of->streams) co_await each->rows.send();
}

task<> run_flow() {
  const auto one = std::make_shared<flow>();
  co_await one->streams.front()->rows.send();
  co_await cancel(one);
}

task<> program() {
  go(run_flow);  // leaks: chan send
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "cockroach35931",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
