#pragma once

#include <sys/epoll.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace leash::http {

// Told that a watched socket is ready. Called on the set's executor.
class socket_listener {
 public:
  // events: CURL_CSELECT_IN, CURL_CSELECT_OUT or CURL_CSELECT_ERR. May release the set.
  virtual void socket_ready(int socket, int events) = 0;

 protected:
  ~socket_listener() = default;
};

// Watches the sockets of a multi handle, from their opening to their closing.
//
// They are in an epoll set of their own, and one wait of the executor is for all of them: what libcurl wants of a
// socket stands until it says otherwise, which is what epoll has, and would be a system call for every wait of the
// executor's. A socket that rests in libcurl's cache stays in the set, and leaves it when it says something all the same.
//
// A socket that is being connected is asked once, a moment later, before the kernel is to watch it: within a host it
// is connected by then, which saves a change of the set and a wait for it.
//
// A socket's number may be somebody else's a moment after it was closed. So every stay in the set has a stamp of its
// own, and what is heard of an earlier one is dropped.
//
// Invariants
// - The listener is alive until release(). Everything here happens on the executor.
// - While something is wanted of some socket, the executor waits for the set, or a batch of events is being handed
//   out. What is wanted of a socket is registered, or the socket is in `untried_` and the executor is about to run
//   try_once(); when nothing is wanted, nothing keeps the executor's run() from returning.
class socket_set : public std::enable_shared_from_this<socket_set> {
 public:
  // Throws boost::system::system_error.
  socket_set(const boost::asio::any_io_executor& executor, socket_listener& listener);
  socket_set(const socket_set&) = delete;
  socket_set& operator=(const socket_set&) = delete;

  // A socket that libcurl has asked us for: forget() will come before it is closed. Others (the pair on which a name
  // look-up reports) come unannounced, and leave when nothing is wanted of them.
  void announce(int socket);
  // interest: CURL_POLL_IN, CURL_POLL_OUT, CURL_POLL_INOUT, or CURL_POLL_NONE to rest. Never tells the listener
  // anything before it returns.
  void want(int socket, int interest);
  void forget(int socket);
  // Of all sockets; the set is of no use after it.
  void release();

 private:
  struct watched {
    int interest = 0;
    std::uint32_t registered = 0;  // with epoll, for these events; 0: not at all
    std::uint32_t stamp = 0;       // 0: it has never been registered
    bool announced = false;
  };

  watched& of(int socket);
  void try_once();
  void watch(int socket, watched& which);
  bool enroll(int socket, watched& which, std::uint32_t events);
  void withdraw(int socket, watched& which);
  void wait();
  void rest();
  void take_batch();
  void hand_out();
  void report_error(int socket, std::uint32_t stamp);

  boost::asio::posix::stream_descriptor epoll_;
  socket_listener& listener_;
  std::vector<watched> sockets_;  // by number
  std::size_t wanted_ = 0;        // of how many sockets something is
  std::uint32_t last_stamp_ = 0;
  std::array<epoll_event, 64> batch_{};
  std::size_t next_ = 0;  // of the batch
  std::size_t end_ = 0;
  std::vector<int> untried_;  // some may be there twice
  bool waits_ = false;
  bool hands_out_ = false;
  bool released_ = false;
};

}  // namespace leash::http
