#include "http/socket_watch.hpp"

#include <curl/curl.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

namespace leash::http {

using descriptor = boost::asio::posix::stream_descriptor;

socket_watch::socket_watch(const boost::asio::any_io_executor& executor, socket_listener& listener,
                           int socket, bool opened)
    : descriptor_(executor), listener_(listener), socket_(socket), opened_(opened) {}

socket_watch::~socket_watch() { release(); }

void socket_watch::want(int interest) {
  interest_ = interest == CURL_POLL_REMOVE ? CURL_POLL_NONE : interest;
  if (released_) return;
  if (interest_ == CURL_POLL_NONE) {
    // A resting connection must not keep the executor's run() from returning.
    if (descriptor_.is_open()) descriptor_.cancel();
    return;
  }
  if (!descriptor_.is_open()) {
    boost::system::error_code failed;
    if (descriptor_.assign(socket_, failed)) return report_error();
  }
  arm();
}

void socket_watch::release() noexcept {
  released_ = true;
  if (descriptor_.is_open()) descriptor_.release();  // the destructor would close the socket
}

void socket_watch::arm() {
  if ((interest_ & CURL_POLL_IN) != 0 && !waiting_to_read_) {
    wait_for(descriptor::wait_read, CURL_CSELECT_IN, waiting_to_read_);
  }
  if ((interest_ & CURL_POLL_OUT) != 0 && !waiting_to_write_) {
    wait_for(descriptor::wait_write, CURL_CSELECT_OUT, waiting_to_write_);
  }
}

void socket_watch::wait_for(descriptor::wait_type type, int event, bool& waiting) {
  waiting = true;
  descriptor_.async_wait(
      type, [self = shared_from_this(), event, &waiting](const boost::system::error_code& error) {
        waiting = false;
        if (self->released_) return;
        // CURL_POLL_IN and CURL_CSELECT_IN, and likewise OUT, are the same bit. Interest may have
        // gone and come back since; then a cancelled wait just starts anew.
        const bool canceled = error == boost::asio::error::operation_aborted;
        if ((self->interest_ & event) != 0 && !canceled) {
          self->listener_.socket_ready(self->socket_, error ? CURL_CSELECT_ERR : event);
        }
        // After a true error another wait would only fail at once again.
        if (!self->released_ && (!error || canceled)) self->arm();
      });
}

// The reactor does not take the socket: the transfers on it must fail rather than wait for ever.
void socket_watch::report_error() {
  boost::asio::post(descriptor_.get_executor(), [self = shared_from_this()] {
    if (self->released_ || self->interest_ == CURL_POLL_NONE) return;
    self->listener_.socket_ready(self->socket_, CURL_CSELECT_ERR);
  });
}

static_assert(CURL_POLL_IN == CURL_CSELECT_IN && CURL_POLL_OUT == CURL_CSELECT_OUT);

}  // namespace leash::http
