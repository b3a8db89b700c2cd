#include <array>
#include <vector>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// Workers range over a channel that nobody closes.

namespace {

using namespace leash;

namespace leaky {

task<> worker(channel<int> jobs) {
  while (co_await jobs.receive()) {
  }
}

task<> program() {
  const channel<int> jobs;
  for (int i = 0; i < 3; ++i) go(worker, jobs);  // leaks: chan receive
  for (int i = 0; i < 6; ++i) co_await jobs.send(i);
}

}  // namespace leaky

namespace fixed {

task<> worker(channel<int> jobs) {
  while (co_await jobs.receive()) {
  }
}

task<> program() {
  const channel<int> jobs;
  for (int i = 0; i < 3; ++i) go(worker, jobs);
  for (int i = 0; i < 6; ++i) co_await jobs.send(i);
  jobs.close();
}

}  // namespace fixed

namespace idiomatic {

task<> worker(std::vector<channel<int>>* from) {
  while (co_await from->front().receive()) {
  }
}

std::vector<channel<int>>& queues() {
  static std::vector<channel<int>> all;
  return all;
}

task<> program() {
  queues().assign(1, channel<int>());
  for (int i = 0; i < 3; ++i) go(worker, &queues());  // leaks: chan receive
  for (int i = 0; i < 6; ++i) co_await queues().front().send(i);
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "no_close_range",
                             .always = true,
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
