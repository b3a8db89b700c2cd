#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// Jobs are sent to workers of which there are none.

namespace {

using namespace leash;

namespace leaky {

task<> worker(channel<int> jobs) {
  while (co_await jobs.receive()) {
  }
}

task<> dispatch(int workers) {
  const channel<int> jobs;
  for (int i = 0; i < workers; ++i) go(worker, jobs);
  for (int i = 0; i < 3; ++i) co_await jobs.send(i);
  jobs.close();
}

task<> program() {
  go(dispatch, 0);  // leaks: chan send
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> worker(channel<int> jobs) {
  while (co_await jobs.receive()) {
  }
}

task<> dispatch(int workers) {
  const channel<int> jobs;
  for (int i = 0; i < workers; ++i) go(worker, jobs);
  for (int i = 0; i < 3; ++i) co_await jobs.send(i);
  jobs.close();
}

task<> program() {
  go(dispatch, 1);
  co_return;
}

}  // namespace fixed

const corpus::entry entered{
    {.name = "no_workers", .always = true, .leaky = leaky::program, .fixed = fixed::program}};

}  // namespace
