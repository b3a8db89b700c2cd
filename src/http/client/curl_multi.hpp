#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <functional>
#include <memory>

#include "http/client/curl_transfer.hpp"

namespace leash::http {

class curl_driver;

// Runs any number of transfers at once and keeps their connections for the next ones.
//
//   curl_multi multi(io.get_executor());
//   auto transfer = std::make_shared<curl_transfer>(request{.url = "http://127.0.0.1/"});
//   multi.start(transfer, [](curl_transfer& done) { … done.answer().body … });
//
// The executor must run one handler at a time: an io_context that one thread at a time runs (not
// always the same one), or a strand. Its context must outlive this object. All of libcurl happens
// there; start, abort and the destructor may be called from any thread, also from a completion.
class curl_multi {
 public:
  struct options {
    // About so many are kept open for the next transfers, beside those that are in use.
    long max_idle_connections = 64;
    // An aborted transfer's answer that has not begun after two of these, or not ended after twenty,
    // is given up with its connection.
    std::chrono::milliseconds look_at_drains_every{5};
  };

  // Called on the executor exactly once for each start, never before start has returned. No
  // callback of libcurl touches the transfer any more. It must not throw. When the executor's
  // context is destroyed with transfers under way, completions are destroyed without being called.
  using completion = std::function<void(curl_transfer&)>;

  explicit curl_multi(boost::asio::any_io_executor executor);
  curl_multi(boost::asio::any_io_executor executor, const options& chosen);
  // Aborts what is running: their completions are still called, on the executor.
  ~curl_multi();
  curl_multi(const curl_multi&) = delete;
  curl_multi& operator=(const curl_multi&) = delete;

  void start(std::shared_ptr<curl_transfer> transfer, completion done);

  // Ends a transfer at once. With HTTP/2 its stream is reset; with HTTP/1.1 its connection is reset, or
  // the rest of its answer drained when that is little (see losers). Its completion then finds it
  // aborted, or answered or failed if that came first. Aborting what is not started yet keeps it from
  // starting; aborting what is done does nothing.
  void abort(std::shared_ptr<curl_transfer> transfer);

  // Lets a transfer go on whose sink or source has said "not now". May be called from any thread; does
  // nothing when it does not pause or has ended.
  void resume(std::shared_ptr<curl_transfer> transfer);

  const boost::asio::any_io_executor& get_executor() const noexcept { return executor_; }

 private:
  boost::asio::any_io_executor executor_;
  std::shared_ptr<curl_driver> driver_;
};

}  // namespace leash::http
