#include <string>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// A return is missing after the send of an error: the second send has no receiver.

namespace {

using namespace leash;

namespace leaky {

task<> worker(channel<std::string> into, bool fails) {
  if (fails) co_await into.send("error");
  co_await into.send("result");
}

task<> program() {
  const channel<std::string> ch;
  go(worker, ch, true);  // leaks: chan send
  co_await ch.receive();
}

}  // namespace leaky

namespace fixed {

task<> worker(channel<std::string> into, bool fails) {
  if (fails) {
    co_await into.send("error");
    co_return;
  }
  co_await into.send("result");
}

task<> program() {
  const channel<std::string> ch;
  go(worker, ch, true);
  co_await ch.receive();
}

}  // namespace fixed

const corpus::entry entered{
    {.name = "double_send", .always = true, .leaky = leaky::program, .fixed = fixed::program}};

}  // namespace
