// Name look-ups happen on threads of libcurl's that cannot be stopped: nobody may wait for them.
//
// This program's getaddrinfo stands before the C library's, so that the tests decide when a name
// service answers, and what.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string_view>

#include "http/client/curl_multi.hpp"
#include "http/client/transfers.hpp"
#include "http/test_server.hpp"

namespace leash::http {
namespace {

// Where look-ups of "held.test" stand until it is opened.
class lookup_gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
    ++left_;
    changed_.notify_all();
  }

  int arrived() {
    const std::lock_guard lock(mutex_);
    return arrived_;
  }

  // Lets those pass who stand there, waits until they are gone, and closes again.
  void let_pass() {
    std::unique_lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return left_ == arrived_; });
    open_ = false;
    arrived_ = left_ = 0;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int arrived_ = 0;
  int left_ = 0;
};

lookup_gate& held_lookups() {
  static lookup_gate gate;
  return gate;
}

}  // namespace
}  // namespace leash::http

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** result) {
  const std::string_view host = name == nullptr ? "" : name;
  if (host == "held.test") {
    leash::http::held_lookups().pass();
    return EAI_NONAME;
  }
  if (host == "unknown.test") return EAI_NONAME;
  static const auto real =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(host == "known.test" ? "127.0.0.1" : name, service, hints, result);
}

namespace leash::http {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using testing::send;
using testing::test_server;
using testing::transfers;

TEST(NameLookup, ANameIsLookedUpOnAnotherThread) {
  test_server server;
  server.on("/", {send(answer("found"))});
  transfers client;
  const auto done =
      client.fetch({.url = "http://known.test:" + std::to_string(server.port()) + "/"});
  ASSERT_EQ(done->outcome(), transfer_outcome::answered) << done->failure().message;
  EXPECT_EQ(done->answer().body, "found");
  EXPECT_EQ(done->answer().remote_address, "127.0.0.1");
}

TEST(NameLookup, AnUnknownHostIsNamed) {
  transfers client;
  const auto done = client.fetch({.url = "http://unknown.test:81/a"});
  EXPECT_EQ(done->outcome(), transfer_outcome::failed);
  EXPECT_EQ(done->failure().code, CURLE_COULDNT_RESOLVE_HOST);
  EXPECT_EQ(done->failure().message,
            "http://unknown.test:81/a: no address is known for host unknown.test: check its "
            "spelling and the name service");
}

TEST(NameLookup, AnAbortDoesNotWaitForIt) {
  transfers client;
  const auto transfer = client.start({.url = "http://held.test/"});
  client.run_until([] { return held_lookups().arrived() == 1; });
  client.multi().abort(transfer);
  client.run();  // would stand still: the look-up is let go only after it
  EXPECT_EQ(transfer->outcome(), transfer_outcome::aborted);
  EXPECT_EQ(client.completions(), 1);
  held_lookups().let_pass();
}

TEST(NameLookup, ATimeOutDoesNotWaitForItEither) {
  transfers client;
  const auto transfer = client.fetch({.url = "http://held.test/", .timeout = 30ms});
  EXPECT_EQ(transfer->failure().code, CURLE_OPERATION_TIMEDOUT);
  EXPECT_EQ(transfer->failure().message,
            "http://held.test/: the address of host held.test was not found within 30 ms");
  held_lookups().let_pass();
}

TEST(NameLookup, WhatAnAbandonedOneHeldIsGivenBackWhenItIsDone) {
  transfers client;
  client.fetch({.url = "http://unknown.test/"});  // what libcurl opens once for the process
  const auto baseline = testing::open_files();
  for (int i = 1; i <= 20; ++i) {
    const auto transfer = client.start({.url = "http://held.test/"});
    client.run_until([&] { return held_lookups().arrived() == i; });
    client.multi().abort(transfer);
    client.run();
  }
  EXPECT_GT(testing::open_files(), baseline);
  held_lookups().let_pass();
  client.run_until([&] { return testing::open_files() <= baseline; });
}

TEST(NameLookup, ClosingTheMultiDoesNotWaitForIt) {
  transfers client;
  const auto transfer = client.start({.url = "http://held.test/"});
  client.run_until([] { return held_lookups().arrived() == 1; });
  client.close();
  EXPECT_EQ(transfer->outcome(), transfer_outcome::aborted);
  held_lookups().let_pass();
}

}  // namespace
}  // namespace leash::http
