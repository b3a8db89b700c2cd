#include <chrono>
#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A stream is dropped without telling the one that reads from it.

namespace {

using namespace leash;

using namespace std::chrono_literals;

struct stream {
  channel<bool> received;
};

namespace leaky {

task<> read(traced_ptr<stream> from, channel<> done) {
  co_await from->received.receive();
  done.close();
}

task<> close_stream(traced_ptr<stream>) { co_return; }

task<> use_stream() {
  const auto opened = make_traced<stream>();
  const channel<> done;
  go(read, opened, done);  // leaks: chan receive
  co_await close_stream(opened);
  co_await select(on_receive(done), on_timeout(1s));
}

task<> program() {
  go(use_stream);
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> read(traced_ptr<stream> from, channel<> done) {
  co_await from->received.receive();
  done.close();
}

task<> close_stream(traced_ptr<stream> closed) {
  closed->received.close();
  co_return;
}

task<> use_stream() {
  const auto opened = make_traced<stream>();
  const channel<> done;
  go(read, opened, done);
  co_await close_stream(opened);
  co_await select(on_receive(done), on_timeout(1s));
}

task<> program() {
  go(use_stream);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> read(std::shared_ptr<stream> from, channel<> done) {
  co_await from->received.receive();
  done.close();
}

task<> close_stream(std::shared_ptr<stream>) { co_return; }

task<> use_stream() {
  const auto opened = std::make_shared<stream>();
  const channel<> done;
  go(read, opened, done);  // leaks: chan receive
  co_await close_stream(opened);
  co_await select(on_receive(done), on_timeout(1s));
}

task<> program() {
  go(use_stream);
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "grpc1275",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
