#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A device's lock is kept while that of all devices is given away and taken again.

namespace {

using namespace leash;

struct device_set {
  mutex all;
  mutex device;
};

namespace leaky {

task<> delete_device(traced_ptr<device_set> of) {
  auto all = co_await of->all.lock();
  const auto device = co_await of->device.lock();
  all.unlock();
  co_await this_goroutine::yield();
  all = co_await of->all.lock();
}

task<> program() {
  const auto devices = make_traced<device_set>();
  for (int i = 0; i < 2; ++i) go(delete_device, devices);  // leaks: sync.Mutex.Lock
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> delete_device(traced_ptr<device_set> of) {
  auto all = co_await of->all.lock();
  all.unlock();
  const auto device = co_await of->device.lock();
  co_await this_goroutine::yield();
}

task<> program() {
  const auto devices = make_traced<device_set>();
  for (int i = 0; i < 2; ++i) go(delete_device, devices);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> delete_device(std::shared_ptr<device_set> of) {
  auto all = co_await of->all.lock();
  const auto device = co_await of->device.lock();
  all.unlock();
  co_await this_goroutine::yield();
  all = co_await of->all.lock();
}

task<> program() {
  const auto devices = std::make_shared<device_set>();
  for (int i = 0; i < 2; ++i) go(delete_device, devices);  // leaks: sync.Mutex.Lock
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "moby4951",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
