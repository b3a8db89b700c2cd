#include <leash/http.hpp>

#include <utility>

#include "http/client/async_transfer.hpp"
#include "http/client/download.hpp"
#include "http/client/upload.hpp"

#include <leash/asio.hpp>
#include <leash/scope.hpp>

namespace leash::http {
namespace {

task<response> answer_of(std::shared_ptr<curl_multi> multi, std::shared_ptr<curl_transfer> asked) {
  co_await async_transfer(*multi, asked, use_goroutine);
  if (asked->outcome() != transfer_outcome::answered)
    throw error(asked->failure().code, asked->failure().message);
  co_return std::move(asked->answer());
}

// No members: they keep what they need, so that a client may go while its tasks are still to run.

task<response> transfer(std::shared_ptr<curl_multi> multi, request asked) {
  auto running = std::make_shared<curl_transfer>(std::move(asked));
  co_return co_await answer_of(multi, running);
}

task<response> transfer_with(std::shared_ptr<curl_multi> multi, request asked,
                             receive_channel<std::string> body) {
  auto source = std::make_shared<upload>();
  auto running = std::make_shared<curl_transfer>(std::move(asked), nullptr, source);
  response answer;
  co_await with_scope([&](scope& both) -> task<> {
    both.go(upload::fill_from, body, source, multi, running);
    answer = co_await answer_of(multi, running);
    both.cancel();  // whatever is left of the body
  });
  co_return answer;
}

}  // namespace

task<incoming> client::begun(std::shared_ptr<curl_multi> multi, request asked) {
  auto from = std::make_unique<download>(std::move(multi), std::move(asked));
  co_await from->begin();
  co_return incoming(std::move(from));
}

client::client() : multi_(std::make_shared<curl_multi>(leash::io_context().get_executor())) {}

client::~client() = default;

task<response> client::get(std::string url) const { return send(request{.url = std::move(url)}); }

task<response> client::send(request asked) const { return transfer(multi_, std::move(asked)); }

task<response> client::send(request asked, receive_channel<std::string> body) const {
  return transfer_with(multi_, std::move(asked), std::move(body));
}

task<incoming> client::open(request asked) const {
  if (asked.version == http_version::any) asked.version = http_version::http1_1;
  return begun(multi_, std::move(asked));
}

}  // namespace leash::http
