#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A reader of a lock that its writer never lets go.

namespace {

using namespace leash;

namespace leaky {

task<> child() {
  const rw_mutex lock;
  const auto written = co_await lock.lock();
  const auto read = co_await lock.lock_shared();
}

task<> program() {
  go(child);  // leaks: sync.RWMutex.RLock
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> child() {
  const rw_mutex lock;
  auto written = co_await lock.lock();
  written.unlock();
  const auto read = co_await lock.lock_shared();
}

task<> program() {
  go(child);
  co_return;
}

}  // namespace fixed

const corpus::entry entered{{.name = "reader_behind_writer",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program}};

}  // namespace
