#include "http/client/socket_set.hpp"

#include <curl/curl.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace leash::http {
namespace {

// Two sockets that are each other's ends.
class pair {
 public:
  pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()), 0); }
  ~pair() {
    close_near();
    close_far();
  }
  pair(const pair&) = delete;
  pair& operator=(const pair&) = delete;

  int near() const { return ends_[0]; }
  void far_says_something() const { EXPECT_EQ(::write(ends_[1], "x", 1), 1); }
  void fill_near() const {
    while (::write(ends_[0], "x", 1) == 1) {
    }
  }
  void read_far() const {
    std::array<char, 4096> bytes{};
    while (::read(ends_[1], bytes.data(), bytes.size()) > 0) {
    }
  }
  void read_near() const {
    char byte = 0;
    EXPECT_EQ(::read(ends_[0], &byte, 1), 1);
  }
  void close_near() { close(ends_[0]); }
  void close_far() { close(ends_[1]); }

 private:
  static void close(int& end) {
    if (end >= 0) ::close(std::exchange(end, -1));
  }

  std::array<int, 2> ends_{-1, -1};
};

class SocketSet : public ::testing::Test, public socket_listener {
 protected:
  void TearDown() override { set->release(); }

  void socket_ready(int socket, int events) override {
    heard.emplace_back(socket, events);
    if (then) then(socket);
  }
  // All handlers that have something to do; how many they were, 1000 at most. What the kernel
  // has to say of a socket it says at once here, so nothing is waited for.
  std::size_t run_what_is_ready() {
    io.restart();
    std::size_t ran = 0;
    while (ran < 1000 && io.poll_one() == 1) ++ran;
    return ran;
  }
  // Until nothing is left to wait for.
  void run() {
    io.restart();
    io.run();
  }

  using events = std::vector<std::pair<int, int>>;

  boost::asio::io_context io;
  std::shared_ptr<socket_set> set = std::make_shared<socket_set>(io.get_executor(), *this);
  events heard;
  std::function<void(int)> then;
};

TEST_F(SocketSet, TellsWhatIsWanted) {
  const pair sockets;
  set->announce(sockets.near());
  set->want(sockets.near(), CURL_POLL_OUT);
  then = [&](int socket) { set->want(socket, CURL_POLL_NONE); };
  run();
  EXPECT_EQ(heard, (events{{sockets.near(), CURL_CSELECT_OUT}}));
}

// One that is being connected may be connected a moment later: the listener is to look once.
TEST_F(SocketSet, AsksOnceBeforeItWaitsForTheFirstWrite) {
  const pair sockets;
  sockets.fill_near();
  set->announce(sockets.near());
  set->want(sockets.near(), CURL_POLL_OUT);
  EXPECT_TRUE(heard.empty()) << "not before want() has returned";
  run_what_is_ready();
  EXPECT_EQ(heard, (events{{sockets.near(), CURL_CSELECT_OUT}}));
  sockets.read_far();
  then = [&](int socket) { set->want(socket, CURL_POLL_NONE); };
  run();
  EXPECT_EQ(heard, events(2, {sockets.near(), CURL_CSELECT_OUT}));
}

TEST_F(SocketSet, DoesNotAskOfWhatIsWantedNoMore) {
  const pair resting;
  const pair forgotten;
  for (const int socket : {resting.near(), forgotten.near()}) {
    set->announce(socket);
    set->want(socket, CURL_POLL_OUT);
  }
  set->want(resting.near(), CURL_POLL_NONE);
  set->forget(forgotten.near());
  run();
  EXPECT_TRUE(heard.empty());
}

TEST_F(SocketSet, AsksASuccessorOfTheSameNumberOnce) {
  const pair sockets;
  sockets.fill_near();
  for (int i = 0; i < 2; ++i) {
    set->announce(sockets.near());
    set->want(sockets.near(), CURL_POLL_OUT);
  }
  run_what_is_ready();
  EXPECT_EQ(heard.size(), 1u);
}

TEST_F(SocketSet, AsksNothingMoreOnceReleased) {
  const pair sockets;
  const pair others;
  for (const int socket : {sockets.near(), others.near()}) {
    set->announce(socket);
    set->want(socket, CURL_POLL_OUT);
  }
  then = [&](int) { set->release(); };
  run();
  EXPECT_EQ(heard.size(), 1u);
}

TEST_F(SocketSet, TellsItAgainAsLongAsItIsWanted) {
  const pair sockets;
  sockets.far_says_something();
  set->announce(sockets.near());
  set->want(sockets.near(), CURL_POLL_IN);
  then = [&](int socket) {
    if (heard.size() < 3) return;
    sockets.read_near();
    set->want(socket, CURL_POLL_NONE);
  };
  run();
  EXPECT_EQ(heard, events(3, {sockets.near(), CURL_CSELECT_IN}));
}

TEST_F(SocketSet, TellsTheEndToWhoeverWantsSomething) {
  pair sockets;
  set->announce(sockets.near());
  set->want(sockets.near(), CURL_POLL_IN);
  sockets.close_far();
  then = [&](int socket) { set->want(socket, CURL_POLL_NONE); };
  run();
  EXPECT_EQ(heard, (events{{sockets.near(), CURL_CSELECT_IN}}));
}

TEST_F(SocketSet, KeepsNobodyWaitingWhenNothingIsWanted) {
  const pair sockets;
  set->announce(sockets.near());
  set->want(sockets.near(), CURL_POLL_IN);
  set->want(sockets.near(), CURL_POLL_NONE);
  run();
  EXPECT_TRUE(heard.empty());
}

TEST_F(SocketSet, HearsNothingOfASocketThatRests) {
  pair resting;
  const pair busy;
  set->announce(resting.near());
  set->announce(busy.near());
  set->want(resting.near(), CURL_POLL_IN);
  set->want(resting.near(), CURL_POLL_NONE);
  set->want(busy.near(), CURL_POLL_IN);
  resting.close_far();
  // It leaves the set with the first event; a loop that went on would not come to an end here.
  EXPECT_LT(run_what_is_ready(), 10u);
  busy.far_says_something();
  then = [&](int socket) { set->want(socket, CURL_POLL_NONE); };
  run();
  EXPECT_EQ(heard, (events{{busy.near(), CURL_CSELECT_IN}}));
}

TEST_F(SocketSet, HearsAgainOfOneThatHasRested) {
  const pair sockets;
  set->announce(sockets.near());
  then = [&](int socket) {
    sockets.read_near();
    set->want(socket, CURL_POLL_NONE);
  };
  for (int i = 0; i < 3; ++i) {
    set->want(sockets.near(), CURL_POLL_IN);
    sockets.far_says_something();
    run();
  }
  EXPECT_EQ(heard, events(3, {sockets.near(), CURL_CSELECT_IN}));
}

TEST_F(SocketSet, DropsWhatItHasHeardOfASocketThatIsClosed) {
  std::array<pair, 2> sockets;
  for (const pair& each : sockets) {
    each.far_says_something();
    set->announce(each.near());
    set->want(each.near(), CURL_POLL_IN);
  }
  // The first that is told of something closes the other, whose number goes to a socket that has nothing to say.
  std::array<int, 2> successor{-1, -1};
  then = [&](int socket) {
    pair& other = sockets[0].near() == socket ? sockets[1] : sockets[0];
    const int number = other.near();
    set->want(socket, CURL_POLL_NONE);
    set->forget(number);
    other.close_near();
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, successor.data()), 0);
    ASSERT_EQ(successor[0], number);
    set->announce(number);
    set->want(number, CURL_POLL_IN);
    io.stop();
  };
  io.run();
  then = nullptr;
  run_what_is_ready();
  EXPECT_EQ(heard.size(), 1u);
  set->forget(successor[0]);
  for (const int end : successor) ::close(end);
}

TEST_F(SocketSet, LetsGoOfOneThatCameUnannounced) {
  const pair sockets;
  set->want(sockets.near(), CURL_POLL_IN);
  set->want(sockets.near(), CURL_POLL_REMOVE);
  sockets.far_says_something();
  run();
  EXPECT_TRUE(heard.empty());
}

TEST_F(SocketSet, ReportsOneThatCannotBeWatched) {
  const int file = ::open("/dev/null", 0);
  set->announce(file);
  set->want(file, CURL_POLL_IN);
  then = [&](int socket) { set->want(socket, CURL_POLL_NONE); };
  run();
  EXPECT_EQ(heard, (events{{file, CURL_CSELECT_ERR}}));
  set->forget(file);
  ::close(file);
}

TEST_F(SocketSet, ServesManyAtOnce) {
  std::vector<pair> sockets(300);
  for (const pair& each : sockets) {
    each.far_says_something();
    set->announce(each.near());
    set->want(each.near(), CURL_POLL_IN);
  }
  then = [&](int socket) { set->want(socket, CURL_POLL_NONE); };
  run();
  EXPECT_EQ(heard.size(), sockets.size());
}

}  // namespace
}  // namespace leash::http
