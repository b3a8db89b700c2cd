#include "http/server/connection.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "http/server/answer.hpp"
#include "http/server/connection_watch.hpp"

#include <leash/asio.hpp>

namespace leash::http {

namespace beast = boost::beast;
using boost::asio::ip::tcp;

namespace {

// A request's method and version are needed for its answer, and whether another one may follow.
struct exchange {
  unsigned version = 11;
  bool head_only = false;
  bool keep = false;
};

std::chrono::nanoseconds look_every(const server_options& options) {
  std::chrono::nanoseconds shortest = std::max(options.read_timeout, options.write_timeout);
  for (const auto limit : {options.read_timeout, options.write_timeout})
    if (limit > limit.zero()) shortest = std::min(shortest, limit);
  return shortest / 4;
}

task<streamed_response> answer_to(const server::streaming_handler& handler, const request& asked) {
  std::string why;
  try {
    co_return co_await handler(asked);
  } catch (const std::exception& failure) {
    why = failure.what();
  } catch (...) {
    why = "the handler failed";
  }
  co_return streamed_response{plain(500, why + "\n"), {}};
}

class connection final : body_writer {
 public:
  connection(tcp::socket socket, const server_options& options,
             std::shared_ptr<cancelable_context> leash)
      : socket_(std::move(socket)),
        options_(options),
        leash_(std::move(leash)),
        deadline_(socket_, look_every(options_), leash_) {}

  task<> serve(const server::streaming_handler& handler);

 private:
  // False: there will be no more.
  task<bool> exchange_one(const server::streaming_handler& handler);
  task<streamed_response> watched_answer(const server::streaming_handler& handler,
                                         const request& asked);
  task<bool> refuse(boost::system::error_code reason);
  task<> write_whole(response answer, const exchange& with);
  task<> write_streamed(const streamed_response& answer, const exchange& with);
  task<> write(std::string_view piece) override;

  tcp::socket socket_;
  const server_options& options_;
  const std::shared_ptr<cancelable_context> leash_;
  deadline_watch deadline_;
  beast::flat_buffer buffer_;
  boost::system::error_code failure_;  // of the last operation
  bool chunked_ = false;               // the body that is being streamed
};

task<> connection::serve(const server::streaming_handler& handler) {
  socket_.set_option(tcp::no_delay(true), failure_);
  while (co_await exchange_one(handler)) {
  }
  socket_.shutdown(tcp::socket::shutdown_send, failure_);
}

task<bool> connection::exchange_one(const server::streaming_handler& handler) {
  beast::http::request_parser<beast::http::string_body> parser;
  parser.header_limit(options_.max_head);
  parser.body_limit(options_.max_body);
  deadline_.set(options_.read_timeout);
  co_await beast::http::async_read_header(socket_, buffer_, parser, use_goroutine(failure_));
  if (!failure_) {
    deadline_.set(options_.read_timeout);
    co_await beast::http::async_read(socket_, buffer_, parser, use_goroutine(failure_));
  }
  deadline_.clear();
  if (failure_) co_return co_await refuse(failure_);

  exchange now{.version = parser.get().version(),
               .head_only = parser.get().method() == beast::http::verb::head,
               .keep = parser.keep_alive()};
  const request asked = taken_from(parser.release());
  streamed_response answer = co_await watched_answer(handler, asked);
  if (answer.body) {
    chunked_ = now.version >= 11;
    now.keep = now.keep && chunked_;
    co_await write_streamed(answer, now);
  } else {
    co_await write_whole(std::move(answer.head), now);
  }
  co_return now.keep && !failure_;
}

task<streamed_response> connection::watched_answer(const server::streaming_handler& handler,
                                                   const request& asked) {
  const hang_up_watch watch(socket_, leash_);
  co_return co_await answer_to(handler, asked);
}

task<bool> connection::refuse(boost::system::error_code reason) {
  response refusal = refusal_of(reason);
  failure_ = {};
  if (refusal.status != 0) co_await write_whole(std::move(refusal), {});
  co_return false;
}

task<> connection::write_whole(response given, const exchange& with) {
  beast_answer answer = made_of(std::move(given));
  answer.version(with.version);
  answer.keep_alive(with.keep);
  answer.prepare_payload();
  beast::http::response_serializer<beast::http::string_body> serializer(answer);
  // Of a HEAD's answer, the length of what a GET would bring, and nothing of it.
  serializer.split(with.head_only);
  while (!failure_ && !(with.head_only ? serializer.is_header_done() : serializer.is_done())) {
    deadline_.set(options_.write_timeout);
    co_await beast::http::async_write_some(socket_, serializer, use_goroutine(failure_));
  }
  deadline_.clear();
}

task<> connection::write_streamed(const streamed_response& answer, const exchange& with) {
  beast_head head = head_of(answer.head);
  head.version(with.version);
  head.keep_alive(with.keep);
  head.chunked(chunked_);
  beast::http::response_serializer<beast::http::empty_body> serializer(head);
  deadline_.set(options_.write_timeout);
  co_await beast::http::async_write_header(socket_, serializer, use_goroutine(failure_));
  deadline_.clear();
  if (failure_ || with.head_only) co_return;
  bool whole = true;
  try {
    co_await answer.body(*this);
  } catch (...) {
    whole = false;
  }
  if (!whole) failure_ = boost::asio::error::operation_aborted;
  if (failure_ || !chunked_) co_return;
  deadline_.set(options_.write_timeout);
  co_await boost::asio::async_write(socket_, beast::http::make_chunk_last(),
                                    use_goroutine(failure_));
  deadline_.clear();
}

task<> connection::write(std::string_view piece) {
  if (piece.empty()) co_return;
  deadline_.set(options_.write_timeout);
  const boost::asio::const_buffer bytes(piece.data(), piece.size());
  if (chunked_)
    co_await boost::asio::async_write(socket_, beast::http::make_chunk(bytes),
                                      use_goroutine(failure_));
  else
    co_await boost::asio::async_write(socket_, bytes, use_goroutine(failure_));
  deadline_.clear();
  if (!failure_) co_return;
  // Nobody reads any more. The body is not told, but unwound: there is nothing that it could do.
  leash_->cancel();
  co_await this_goroutine::context().done();
}

}  // namespace

task<> converse(tcp::socket socket, std::shared_ptr<const service> served,
                std::shared_ptr<cancelable_context> leash, semaphore::permit) {
  connection self(std::move(socket), served->options, std::move(leash));
  co_await self.serve(served->answer);
}

}  // namespace leash::http
