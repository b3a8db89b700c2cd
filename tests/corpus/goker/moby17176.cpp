#include <chrono>
#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A return without an unlock.

namespace {

using namespace leash;

using namespace std::chrono_literals;

struct device_set {
  mutex lock;
  int deleted = 0;
};

namespace leaky {

task<> clean_up(traced_ptr<device_set> of) {
  auto held = co_await of->lock.lock();
  if (of->deleted == 0) held.abandon();
}

task<> use(traced_ptr<device_set> of, channel<> done) {
  const auto held = co_await of->lock.lock();
  co_await done.send();
}

task<> delete_devices() {
  const auto devices = make_traced<device_set>();
  co_await clean_up(devices);
  const channel<> done;
  go(use, devices, done);  // leaks: sync.Mutex.Lock
  co_await select(on_timeout(1ms), on_receive(done));
}

task<> program() {
  go(delete_devices);
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> clean_up(traced_ptr<device_set> of) { const auto held = co_await of->lock.lock(); }

task<> use(traced_ptr<device_set> of, channel<> done) {
  const auto held = co_await of->lock.lock();
  co_await done.send();
}

task<> delete_devices() {
  const auto devices = make_traced<device_set>();
  co_await clean_up(devices);
  const channel<> done(1);
  go(use, devices, done);
  co_await select(on_timeout(1ms), on_receive(done));
}

task<> program() {
  go(delete_devices);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> clean_up(std::shared_ptr<device_set> of) {
  auto held = co_await of->lock.lock();
  if (of->deleted == 0) held.abandon();
}

task<> use(std::shared_ptr<device_set> of, channel<> done) {
  const auto held = co_await of->lock.lock();
  co_await done.send();
}

task<> delete_devices() {
  const auto devices = std::make_shared<device_set>();
  co_await clean_up(devices);
  const channel<> done;
  go(use, devices, done);  // leaks: sync.Mutex.Lock
  co_await select(on_timeout(1ms), on_receive(done));
}

task<> program() {
  go(delete_devices);
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "moby17176",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
