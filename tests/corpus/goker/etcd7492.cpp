#include <memory>

#include <leash/leash.hpp>

#include "corpus/corpus.hpp"

// Who holds the lock sends to a channel whose receiver, cleaning up, needs the lock.

namespace {

using namespace leash;

struct token_keeper {
  mutex tokens_lock;
  channel<> added = channel<>(1);
  channel<channel<>> stopping;
};

namespace leaky {

task<> keep(traced_ptr<token_keeper> self, ticker clean_up) {
  bool any = true;  // tokens are there already
  for (;;) {
    std::optional<channel<>> stopped;
    const std::size_t what =
        co_await select(on_receive(self->added), on_receive(clean_up.channel()),
                        on_receive(self->stopping, stopped));
    if (what == 2) {
      co_await stopped->send();
      co_return;
    }
    if (what == 1 && any) const auto held = co_await self->tokens_lock.lock();
    any = what == 0;
  }
}

task<> authenticate(traced_ptr<token_keeper> by, wait_group_token) {
  const auto held = co_await by->tokens_lock.lock();
  co_await by->added.send();
}

task<> server() {
  const auto keeper = make_traced<token_keeper>();
  go(keep, keeper, ticker(std::chrono::milliseconds(1)));  // leaks: sync.Mutex.Lock
  const wait_group users;
  for (int i = 0; i < 2; ++i) go(authenticate, keeper, users.token());  // leaks: chan send
  co_await users.wait();
  const channel<> stopped;
  co_await keeper->stopping.send(stopped);
  co_await stopped.receive();
}

task<> program() {
  go(server);  // leaks: sync.WaitGroup.Wait
  co_return;
}

}  // namespace leaky

namespace fixed {

task<> keep(traced_ptr<token_keeper> self, ticker clean_up) {
  bool any = true;  // tokens are there already
  for (;;) {
    std::optional<channel<>> stopped;
    const std::size_t what =
        co_await select(on_receive(self->added), on_receive(clean_up.channel()),
                        on_receive(self->stopping, stopped));
    if (what == 2) {
      co_await stopped->send();
      co_return;
    }
    if (what == 1 && any) const auto held = co_await self->tokens_lock.lock();
    any = what == 0;
  }
}

task<> authenticate(traced_ptr<token_keeper> by, wait_group_token) {
  {
    const auto held = co_await by->tokens_lock.lock();
  }
  co_await by->added.send();
}

task<> server() {
  const auto keeper = make_traced<token_keeper>();
  go(keep, keeper, ticker(std::chrono::milliseconds(1)));
  const wait_group users;
  for (int i = 0; i < 2; ++i) go(authenticate, keeper, users.token());
  co_await users.wait();
  const channel<> stopped;
  co_await keeper->stopping.send(stopped);
  co_await stopped.receive();
}

task<> program() {
  go(server);
  co_return;
}

}  // namespace fixed

namespace idiomatic {

task<> keep(std::shared_ptr<token_keeper> self, ticker clean_up) {
  bool any = true;  // tokens are there already
  for (;;) {
    std::optional<channel<>> stopped;
    const std::size_t what =
        co_await select(on_receive(self->added), on_receive(clean_up.channel()),
                        on_receive(self->stopping, stopped));
    if (what == 2) {
      co_await stopped->send();
      co_return;
    }
    if (what == 1 && any) const auto held = co_await self->tokens_lock.lock();
    any = what == 0;
  }
}

task<> authenticate(std::shared_ptr<token_keeper> by, wait_group_token) {
  const auto held = co_await by->tokens_lock.lock();
  co_await by->added.send();
}

task<> server() {
  const auto keeper = std::make_shared<token_keeper>();
  go(keep, keeper, ticker(std::chrono::milliseconds(1)));  // leaks: sync.Mutex.Lock
  const wait_group users;
  for (int i = 0; i < 2; ++i) go(authenticate, keeper, users.token());  // leaks: chan send
  co_await users.wait();
  const channel<> stopped;
  co_await keeper->stopping.send(stopped);
  co_await stopped.receive();
}

task<> program() {
  go(server);  // leaks: sync.WaitGroup.Wait
  co_return;
}

}  // namespace idiomatic

const corpus::entry entered{{.name = "etcd7492",
                             .leaky = leaky::program,
                             .fixed = fixed::program,
                             .idiomatic = idiomatic::program}};

}  // namespace
