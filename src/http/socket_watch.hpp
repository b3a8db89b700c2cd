#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <memory>

namespace leash::http {

// Told that a watched socket is ready. Called on the watch's executor.
class socket_listener {
 public:
  // events: CURL_CSELECT_IN, CURL_CSELECT_OUT or CURL_CSELECT_ERR. May release the watch.
  virtual void socket_ready(int socket, int events) = 0;

 protected:
  ~socket_listener() = default;
};

// Watches a socket that belongs to libcurl, from its opening to its closing.
//
// What libcurl wants stands until it says otherwise, so a wait that ended is begun again. The
// socket's number may be somebody else's a moment after it was closed; a watch is one socket's, not
// a number's: once released it stays silent, whatever waits of it are still on their way. The
// registration with the reactor is kept while the connection idles in libcurl's cache.
//
// Invariant: the listener is alive until release(). Everything here happens on the executor.
class socket_watch : public std::enable_shared_from_this<socket_watch> {
 public:
  // opened: libcurl asked us for the socket and will tell us when to close it. Others (the pair on
  // which a name look-up reports) come unannounced and are released when no longer wanted.
  socket_watch(const boost::asio::any_io_executor& executor, socket_listener& listener, int socket,
               bool opened);
  ~socket_watch();
  socket_watch(const socket_watch&) = delete;
  socket_watch& operator=(const socket_watch&) = delete;

  bool opened() const noexcept { return opened_; }
  // interest: CURL_POLL_IN, CURL_POLL_OUT, CURL_POLL_INOUT, or CURL_POLL_NONE to rest. Never tells
  // the listener anything before it returns.
  void want(int interest);
  // Lets go of the socket without closing it. Must come before it is closed.
  void release() noexcept;

 private:
  void arm();
  void wait_for(boost::asio::posix::stream_descriptor::wait_type type, int event, bool& waiting);
  void report_error();

  boost::asio::posix::stream_descriptor descriptor_;
  socket_listener& listener_;
  const int socket_;
  const bool opened_;
  int interest_ = 0;
  bool waiting_to_read_ = false;
  bool waiting_to_write_ = false;
  bool released_ = false;
};

}  // namespace leash::http
