// What is proven where goroutines wait for channels, and that nothing else is.
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "support/proven.hpp"

namespace leash {
namespace {

using namespace std::chrono_literals;

class ChannelKernels : public testing::ProvenOverWorkers {};

channel<int> global(0);

TEST_P(ChannelKernels, ASendThatNobodyReceives) {
  EXPECT_EQ("sender", left_by(1, []() -> task<> {
              go([values = channel<int>()]() -> task<> {
                stays("sender");
                co_await values.send(1);
              });
              co_return;
            }));
}

TEST_P(ChannelKernels, AReceiveThatNobodySendsTo) {
  EXPECT_EQ("receiver", left_by(1, []() -> task<> {
              go([values = channel<int>()]() -> task<> {
                stays("receiver");
                co_await values.receive();
              });
              co_return;
            }));
}

TEST_P(ChannelKernels, ARangeOverAChannelThatNobodyCloses) {
  EXPECT_EQ("consumer", left_by(1, []() -> task<> {
              const channel<int> values;
              go([values]() -> task<> {
                for (int got = 0; got < 3; ++got) {
                  if (got == 2) stays("consumer");
                  co_await values.receive();
                }
              });
              co_await values.send(1);
              co_await values.send(2);
            }));
}

TEST_P(ChannelKernels, NoRangeOverAChannelThatMainCanClose) {
  EXPECT_EQ("", left_by(1, []() -> task<channel<int>> {
              const channel<int> values;
              go([values]() -> task<> {
                stays("consumer");
                while (co_await values.receive()) {
                }
              });
              co_return values;
            }));
}

TEST_P(ChannelKernels, ASelectOfPrivateChannels) {
  EXPECT_EQ("chooser", left_by(1, []() -> task<> {
              go([a = channel<int>(), b = channel<int>()]() -> task<> {
                std::optional<int> got;
                stays("chooser");
                co_await select(on_receive(a, got), on_send(b, 1));
              });
              co_return;
            }));
}

TEST_P(ChannelKernels, NoSelectOfWhichMainCanEndOneCase) {
  EXPECT_EQ("", left_by(1, []() -> task<receive_channel<int>> {
              const channel<int> b;
              go([a = channel<int>(), b]() -> task<> {
                std::optional<int> got;
                stays("chooser");
                co_await select(on_receive(a, got), on_send(b, 1));
              });
              co_return b.receiver();
            }));
}

TEST_P(ChannelKernels, NoSelectWithATimeout) {
  EXPECT_EQ("", left_by(1, []() -> task<> {
              go([a = channel<int>()]() -> task<> {
                std::optional<int> got;
                stays("chooser");
                co_await select(on_receive(a, got), on_timeout(1h));
              });
              co_return;
            }));
}

TEST_P(ChannelKernels, ASelectorWhoseChannelsNobodyElseHas) {
  EXPECT_EQ("chooser", left_by(1, []() -> task<> {
              go([]() -> task<> {
                const channel<int> a;
                std::optional<int> got;
                selector cases;
                cases.add(on_receive(a, got));
                cases.add(on_send(a, 1));
                stays("chooser");
                co_await cases.wait();
              });
              co_return;
            }));
}

TEST_P(ChannelKernels, TwoThatWaitForOneAnother) {
  EXPECT_EQ("one two", left_by(2, []() -> task<> {
              const channel<int> a;
              const channel<int> b;
              go([a, b]() -> task<> {
                stays("one");
                co_await a.receive();
                co_await b.send(1);
              });
              go([a, b]() -> task<> {
                stays("two");
                co_await b.receive();
                co_await a.send(1);
              });
              co_return;
            }));
}

TEST_P(ChannelKernels, NoneOfACircleThatALiveOneCanEnter) {
  EXPECT_EQ("", left_by(3, []() -> task<> {
              const channel<int> a;
              const channel<int> b;
              go([a, b]() -> task<> {
                stays("one");
                co_await a.receive();
                co_await b.send(1);
              });
              go([a, b]() -> task<> {
                stays("two");
                co_await b.receive();
                co_await a.send(1);
              });
              go([b]() -> task<> {
                stays("sleeper");
                co_await sleep(1h);
                co_await b.send(1);
              });
              co_return;
            }));
}

TEST_P(ChannelKernels, NilChannelsAndWhatHasNoCases) {
  EXPECT_EQ("empty receiver sender", left_by(3, []() -> task<> {
              go([]() -> task<> {
                stays("receiver");
                co_await channel<int>::nil().receive();
              });
              go([]() -> task<> {
                stays("sender");
                co_await channel<int>::nil().send(1);
              });
              go([]() -> task<> {
                stays("empty");
                co_await select();
              });
              co_return;
            }));
}

TEST_P(ChannelKernels, TheOneBehindAnEmptySelectThatIsProvenToo) {
  EXPECT_EQ("child keeper", left_by(2, []() -> task<> {
              go([]() -> task<> {
                const channel<int> values;
                go([values]() -> task<> {
                  stays("child");
                  co_await values.send(1);
                });
                stays("keeper");
                co_await select();
              });
              co_return;
            }));
}

TEST_P(ChannelKernels, NothingThatAGlobalChannelCanEnd) {
  EXPECT_EQ("", left_by(1, []() -> task<> {
              go([]() -> task<> {
                stays("receiver");
                co_await global.receive();
              });
              co_return;
            }));
}

// Collectors of garbage see that the channel is reachable, and take it that it can be sent to.

receive_channel<int> global_receiver;
send_channel<int> global_sender;

TEST_P(ChannelKernels, AReceiverWhoseLastSenderIsGoneThoughAGlobalCanReceive) {
  EXPECT_EQ("receiver", left_by(1, []() -> task<> {
              auto [sender, receiver] = make_channel<int>();
              global_receiver = receiver;
              go([receiver = receiver]() -> task<> {
                stays("receiver");
                co_await receiver.receive();
              });
              co_return;
            }));
  global_receiver = {};
}

TEST_P(ChannelKernels, ASenderWhoseLastReceiverIsGoneThoughMainCanSend) {
  // A sender can close the channel, which ends a send; but not a receive.
  EXPECT_EQ("", left_by(1, []() -> task<> {
              auto [sender, receiver] = make_channel<int>();
              global_sender = sender;
              go([sender = sender]() -> task<> {
                stays("sender");
                co_await sender.send(1);
              });
              co_return;
            }));
  global_sender = {};
}

TEST_P(ChannelKernels, AReceiverWhoseOnlySenderLiesInAFullBufferThatNobodyDrains) {
  EXPECT_EQ("receiver", left_by(1, []() -> task<> {
              go([]() -> task<> {
                const channel<send_channel<int>> box(1);
                auto [sender, receiver] = make_channel<int>();
                co_await box.send(std::move(sender));
                stays("receiver");
                co_await receiver.receive();
              });
              co_return;
            }));
}

TEST_P(ChannelKernels, NoReceiverWhoseOnlySenderLiesInABufferThatMainCanDrain) {
  EXPECT_EQ("", left_by(1, []() -> task<channel<send_channel<int>>> {
              const channel<send_channel<int>> box(1);
              go([box]() -> task<> {
                auto [sender, receiver] = make_channel<int>();
                co_await box.send(std::move(sender));
                stays("receiver");
                co_await receiver.receive();
              });
              co_return box;
            }));
}

// Main cannot receive the token. But the last handle that goes, whatever it can do, takes the buffer with it, and then the token is
// done.
TEST_P(ChannelKernels, NobodyWhomTheLastHandleToABufferWouldWake) {
  EXPECT_EQ("", left_by(1, []() -> task<send_channel<wait_group_token>> {
              const channel<wait_group_token> box(1);
              go([box]() -> task<> {
                const wait_group all;
                co_await box.send(all.token());
                stays("waiter");
                co_await all.wait();
              });
              co_return box.sender();
            }));
}

LEASH_OVER_WORKERS(ChannelKernels);

}  // namespace
}  // namespace leash
