#include <leash/http.hpp>

#include <utility>

#include "http/async_transfer.hpp"

#include <leash/asio.hpp>

namespace leash::http {
namespace {

// Not a member: it keeps what it needs, so that a client may go while its tasks are still to run.
task<response> transfer(std::shared_ptr<curl_multi> multi, request asked) {
  auto running = std::make_shared<curl_transfer>(std::move(asked));
  co_await async_transfer(*multi, running, use_goroutine);
  if (running->outcome() != transfer_outcome::answered)
    throw error(running->failure().code, running->failure().message);
  co_return std::move(running->answer());
}

}  // namespace

client::client() : multi_(std::make_shared<curl_multi>(leash::io_context().get_executor())) {}

client::~client() = default;

task<response> client::get(std::string url) const { return send(request{.url = std::move(url)}); }

task<response> client::send(request asked) const { return transfer(multi_, std::move(asked)); }

}  // namespace leash::http
