#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A writer of a lock that another writer never lets go.

namespace {

using namespace leash;

namespace leaky {

task<> child() {
  const rw_mutex lock;
  const auto written = co_await lock.lock();
  const auto again = co_await lock.lock();
}

task<> program() {
  go(child);  // leaks: sync.RWMutex.Lock
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> child() {
  const rw_mutex lock;
  {
    const auto written = co_await lock.lock();
  }
  const auto again = co_await lock.lock();
}

task<> program() {
  go(child);
  co_return;
}

}  // namespace fixed

const corpus::entry entered{{.name = "writer_behind_writer",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program}};

}  // namespace
