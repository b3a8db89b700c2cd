#include "http/debug/pages.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "http/debug/debug_address.hpp"
#include "http/debug/query.hpp"

namespace leash::http {
namespace {

constexpr std::array all_pages{index_path, goroutine_path, goroutineleak_path,
                               why_path,   cmdline_path,   metrics_path};

std::string what_there_is() {
  return fmt::format("There are:\n  {}\n", fmt::join(all_pages, "\n  "));
}

bool is_page(std::string_view path) {
  return std::ranges::find(all_pages, path) != all_pages.end();
}

streamed_response moved_to(std::string_view path) {
  streamed_response answer = text_answer(301, fmt::format("It is at {}\n", path));
  answer.head.headers.push_back({"Location", std::string(path)});
  return answer;
}

streamed_response wrong_method(const request& asked) {
  streamed_response answer =
      text_answer(405, fmt::format("{} is not allowed here: use GET or HEAD\n", asked.method));
  answer.head.headers.push_back({"Allow", "GET, HEAD"});
  return answer;
}

streamed_response foreign_host() {
  return text_answer(
      403,
      "This server answers only requests to localhost or to an IP address, so that no "
      "web page can reach it by a name of its own.\n");
}

task<streamed_response> page_at(const request& asked, const target& at, profile_slots slots) {
  if (at.path == goroutine_path)
    co_return co_await goroutine_page(asked, at.query, profiled::all, slots);
  if (at.path == goroutineleak_path)
    co_return co_await goroutine_page(asked, at.query, profiled::leaked, slots);
  if (at.path == why_path) co_return co_await why_page(asked, at.query, slots);
  expect_no_query(at.query, at.path);
  if (at.path == index_path) co_return co_await index_page(asked, slots);
  if (at.path == cmdline_path) co_return cmdline_page();
  co_return metrics_page();
}

task<streamed_response> answered(const request& asked, bool local, profile_slots slots) {
  const std::string* host = find_header(asked.headers, "Host");
  if (local && host != nullptr && !is_local_host(*host)) co_return foreign_host();
  const target at = split_target(asked.url);
  if (at.path == "/debug/pprof") co_return moved_to(index_path);
  if (!is_page(at.path)) co_return text_answer(404, "There is no such page. " + what_there_is());
  if (asked.method != "GET" && asked.method != "HEAD") co_return wrong_method(asked);
  std::string wrong;
  try {
    co_return co_await page_at(asked, at, slots);
  } catch (const bad_query& refused) {
    wrong = refused.what();
  }
  co_return text_answer(400, wrong + "\n");
}

}  // namespace

task<> no_body(body_writer&) { co_return; }

streamed_response text_answer(int status, std::string body, std::string_view type) {
  streamed_response answer;
  answer.head.status = status;
  answer.head.headers = {{"Content-Type", std::string(type)},
                         {"X-Content-Type-Options", "nosniff"},
                         {"Cache-Control", "no-store"}};
  answer.head.body = std::move(body);
  return answer;
}

server::streaming_handler debug_pages(bool local) {
  return [local, slots = profile_slots()](const request& asked) {
    return answered(asked, local, slots);
  };
}

}  // namespace leash::http
