#pragma once

#include <curl/curl.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <unordered_map>

#include "http/client/answer_drain.hpp"
#include "http/client/curl_transfer.hpp"
#include "http/client/drain_prospects.hpp"
#include "http/client/easy_handle_pool.hpp"
#include "http/client/reset_flush.hpp"
#include "http/client/spoken_versions.hpp"

namespace leash::http {

// What becomes of the transfers of a multi handle that are aborted.
//
// With HTTP/2 the stream is reset, at once, and its connection stays. With HTTP/1.1 the connection can only go, and is
// reset: closed in good order it would keep its port for a minute (TIME-WAIT, RFC 9293 3.6.1), and a thousand races
// a second would soon have none left. Unless what is left of the answer is little and comes soon, which is
// drained; at most `most_drains` at a time, and those that have not begun only where that has gone well. The transfers themselves are done with when
// take() returns.
//
// Everything happens on the executor, outside libcurl's callbacks.
class losers : public std::enable_shared_from_this<losers> {
 public:
  // look_every: how often it is looked at what is drained; see answer_drain. handles: where theirs go.
  losers(const boost::asio::any_io_executor& executor, CURLM* multi, easy_handle_pool& handles,
         std::chrono::milliseconds look_every);
  losers(const losers&) = delete;
  losers& operator=(const losers&) = delete;

  // Takes the handle of a transfer, which is in the multi handle, out of it now or later.
  void take(const std::shared_ptr<curl_transfer>& transfer);
  // Whether the handle, which libcurl is done with, is one of these; it is gone then.
  bool have_ended(CURL* easy, CURLcode code);
  // The transfer, whose handle is still there, has an answer: which version its server speaks.
  void learn_from(const curl_transfer& transfer);
  std::size_t connections() const noexcept { return drains_.size(); }
  // While libcurl lets go of an unfinished transfer: a socket that it closes now is to be reset.
  bool gives_up() const noexcept { return gives_up_; }
  // Lets go of the multi handle, which is about to be destroyed.
  void clear();

 private:
  static constexpr std::size_t most_drains = 256;

  using drains = std::unordered_map<CURL*, std::unique_ptr<answer_drain>>;

  spoken version_of(const curl_transfer& transfer) const;
  bool is_to_drain(const curl_transfer& transfer);
  void drain(const std::shared_ptr<curl_transfer>& transfer);
  void reset(const curl_transfer& transfer);
  void give_up(CURL* easy);
  // Lets go of the handle, and of its place in the multi handle.
  drains::iterator end(drains::iterator which, bool came);
  void look_again_soon();
  void end_overdue();

  CURLM* const multi_;
  easy_handle_pool& handles_;
  const std::chrono::milliseconds look_every_;
  spoken_versions versions_;
  drain_prospects prospects_;
  drains drains_;
  std::unordered_map<CURL*, reset_flush> flushes_;
  boost::asio::steady_timer timer_;
  bool looking_again_ = false;
  bool gives_up_ = false;
};

}  // namespace leash::http
