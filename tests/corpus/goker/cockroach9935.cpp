#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// An error path locks again what its caller has locked.

namespace {

using namespace leash;

struct logger {
  mutex lock;
  bool disk_is_full = true;
};

namespace leaky {

task<> give_up(traced_ptr<logger> log) { const auto held = co_await log->lock.lock(); }

task<> write_entry(traced_ptr<logger> log) {
  const auto held = co_await log->lock.lock();
  if (log->disk_is_full) co_await give_up(log);
}

task<> program() {
  go(write_entry, make_traced<logger>());  // leaks: sync.Mutex.Lock
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> give_up(traced_ptr<logger> log) { const auto held = co_await log->lock.lock(); }

task<> write_entry(traced_ptr<logger> log) {
  auto held = co_await log->lock.lock();
  if (!log->disk_is_full) co_return;
  held.unlock();
  co_await give_up(log);
}

task<> program() {
  go(write_entry, make_traced<logger>());
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> give_up(std::shared_ptr<logger> log) { const auto held = co_await log->lock.lock(); }

task<> write_entry(std::shared_ptr<logger> log) {
  const auto held = co_await log->lock.lock();
  if (log->disk_is_full) co_await give_up(log);
}

task<> program() {
  go(write_entry, std::make_shared<logger>());  // leaks: sync.Mutex.Lock
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "cockroach9935",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
