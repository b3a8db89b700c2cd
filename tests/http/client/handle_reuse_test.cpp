// libcurl's handles are used again with the options that they have: no request may find those of another one.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/client/compressed.hpp"
#include "http/client/curl_multi.hpp"
#include "http/client/transfers.hpp"
#include "http/test_server.hpp"

namespace leash::http {
namespace {

using namespace std::chrono_literals;
using testing::answer;
using testing::close;
using testing::received_request;
using testing::send;
using testing::test_server;
using testing::transfers;

class HandleReuse : public ::testing::Test {
 protected:
  HandleReuse() {
    server.on("/", {send(answer("page"))});
    server.on("/moved", {send(answer("", "302 Found", "Location: /\r\n"))});
  }

  std::shared_ptr<curl_transfer> fetch(request asked) {
    if (asked.url.empty()) asked.url = server.url("/");
    return client.fetch(std::move(asked));
  }

  // What a plain GET is, sent by a handle that has done nothing else.
  void expect_plain(std::string_view after) {
    const auto done = fetch({});
    ASSERT_EQ(done->outcome(), transfer_outcome::answered)
        << after << ": " << done->failure().message;
    EXPECT_EQ(done->answer().status, 200) << after;
    EXPECT_EQ(done->answer().body, "page") << after;
    const std::vector<received_request> all = server.requests();
    const received_request& sent = all.back();
    EXPECT_EQ(sent.method, "GET") << after;
    EXPECT_EQ(sent.body, "") << after;
    std::string names;
    for (const header& field : sent.headers) names += field.name + " ";
    EXPECT_EQ(names, "Host User-Agent Accept ") << after;
  }

  test_server server;
  transfers client;
};

TEST_F(HandleReuse, APlainRequestFindsNothingOfTheOneBefore) {
  expect_plain("nothing");
  expect_plain("a plain one");
  fetch({.headers = {{"X-Secret", "1"}}});
  expect_plain("headers");
  fetch({.omit = {"Accept"}});
  expect_plain("a header left out");
  fetch({.method = "POST", .body = "body"});
  expect_plain("a body");
  fetch({.method = "HEAD"});
  expect_plain("HEAD");
  fetch({.method = "DELETE"});
  expect_plain("DELETE");
  fetch({.user = "name:password"});
  expect_plain("a user");
  fetch({.compressed = true});
  expect_plain("compression");
  fetch({.on_trace = [](trace_kind, std::string_view) {}});
  expect_plain("a trace");
  fetch({.url = "not a url"});
  expect_plain("a failure");
  fetch({.url = server.url("/moved"), .follow_redirects = true});
  expect_plain("a redirect");
}

TEST_F(HandleReuse, ARequestWithOptionsFindsThemAfterAPlainOne) {
  expect_plain("nothing");
  fetch({.headers = {{"X-Own", "1"}}});
  EXPECT_NE(find_header(server.requests().back().headers, "X-Own"), nullptr);
  fetch({.method = "POST", .body = "body"});
  EXPECT_EQ(server.requests().back().body, "body");
}

TEST_F(HandleReuse, RedirectsAreFollowedByThoseOnlyThatWantThem) {
  const auto follow = [&](bool wanted) {
    return fetch({.url = server.url("/moved"), .follow_redirects = wanted})->answer().status;
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(follow(true), 200);
    EXPECT_EQ(follow(false), 302);
  }
}

TEST_F(HandleReuse, LimitsHoldForThoseOnlyThatStateThem) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(fetch({.max_body = 2})->outcome(), transfer_outcome::failed);
    EXPECT_EQ(fetch({.max_head = 2})->outcome(), transfer_outcome::failed);
    EXPECT_EQ(fetch({})->outcome(), transfer_outcome::answered);
  }
}

TEST_F(HandleReuse, TimeLimitsHoldForThoseOnlyThatStateThem) {
  server.on("/late", {testing::hold("late"), send(answer("late"))});
  EXPECT_EQ(fetch({.url = server.url("/late"), .timeout = 5ms})->outcome(),
            transfer_outcome::failed);
  server.open_gate("late");
  EXPECT_EQ(fetch({.url = server.url("/late")})->answer().body, "late");
}

TEST_F(HandleReuse, WhatIsAbortedLeavesNothing) {
  server.on("/never", {testing::hold("never")});
  for (int i = 0; i < 3; ++i) {
    const auto loser = client.start({.method = "POST",
                                     .url = server.url("/never"),
                                     .headers = {{"X-Secret", "1"}},
                                     .body = "b"});
    const auto before = server.requests().size();
    client.run_until([&] { return server.requests().size() > before; });
    client.multi().abort(loser);
    client.run_until([&] { return loser->outcome() == transfer_outcome::aborted; });
    expect_plain("an aborted one");
  }
}

}  // namespace
}  // namespace leash::http
