#include "http/client/socket_set.hpp"

#include <curl/curl.h>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace leash::http {
namespace {

int new_epoll() {
  const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
  if (descriptor < 0)
    throw boost::system::system_error(errno, boost::system::system_category(), "epoll_create1");
  return descriptor;
}

std::uint32_t events_of(int interest) {
  return ((interest & CURL_POLL_IN) != 0 ? std::uint32_t{EPOLLIN} : 0U) |
         ((interest & CURL_POLL_OUT) != 0 ? std::uint32_t{EPOLLOUT} : 0U);
}

int interest_in(std::uint32_t events) {
  constexpr std::uint32_t end = EPOLLERR | EPOLLHUP;  // whatever is wanted will find out
  return ((events & (EPOLLIN | end)) != 0 ? CURL_CSELECT_IN : 0) |
         ((events & (EPOLLOUT | end)) != 0 ? CURL_CSELECT_OUT : 0);
}

epoll_event event_for(int socket, std::uint32_t stamp, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = std::uint64_t{stamp} << 32 | static_cast<std::uint32_t>(socket);
  return event;
}

}  // namespace

socket_set::socket_set(const boost::asio::any_io_executor& executor, socket_listener& listener)
    : epoll_(executor, new_epoll()), listener_(listener) {}

socket_set::watched& socket_set::of(int socket) {
  const auto number = static_cast<std::size_t>(socket);
  if (number >= sockets_.size()) sockets_.resize(number + 1);
  return sockets_[number];
}

void socket_set::announce(int socket) {
  forget(socket);  // one that is here already is of a socket closed behind our back
  of(socket).announced = true;
}

void socket_set::want(int socket, int interest) {
  if (released_) return;
  watched& which = of(socket);
  if (interest == CURL_POLL_REMOVE) interest = CURL_POLL_NONE;
  if (interest == CURL_POLL_NONE && !which.announced) return forget(socket);
  if (interest != CURL_POLL_NONE && which.interest == CURL_POLL_NONE) ++wanted_;
  if (interest == CURL_POLL_NONE && which.interest != CURL_POLL_NONE) --wanted_;
  which.interest = interest;
  if (interest == CURL_POLL_OUT && which.announced && which.stamp == 0) {
    untried_.push_back(socket);
    if (untried_.size() == 1)
      boost::asio::post(epoll_.get_executor(), [self = shared_from_this()] { self->try_once(); });
  } else {
    watch(socket, which);
  }
  if (wanted_ != 0)
    wait();
  else if (waits_)
    rest();
}

void socket_set::forget(int socket) {
  watched& which = of(socket);
  if (which.interest != CURL_POLL_NONE) --wanted_;
  // Not left to its closing: a process that was forked meanwhile may have it, too.
  withdraw(socket, which);
  which = {};
  if (wanted_ == 0 && waits_) rest();
}

void socket_set::release() {
  released_ = true;
  boost::system::error_code ignored;
  epoll_.close(ignored);
}

void socket_set::try_once() {
  for (const int socket : std::exchange(untried_, {})) {
    if (released_) return;
    const watched& which = of(socket);
    if (which.registered != 0 || which.interest != CURL_POLL_OUT) continue;
    listener_.socket_ready(socket, CURL_CSELECT_OUT);
    if (released_) return;
    watch(socket, of(socket));
  }
}

void socket_set::watch(int socket, watched& which) {
  const std::uint32_t events = events_of(which.interest);
  if (events != 0 && events != which.registered && !enroll(socket, which, events))
    report_error(socket, which.stamp);
}

// False: the kernel does not take it.
bool socket_set::enroll(int socket, watched& which, std::uint32_t events) {
  const bool anew = which.registered == 0;
  if (anew) which.stamp = ++last_stamp_;
  epoll_event event = event_for(socket, which.stamp, events);
  const int change = anew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  const bool taken = ::epoll_ctl(epoll_.native_handle(), change, socket, &event) == 0;
  which.registered = taken ? events : 0;
  return taken;
}

void socket_set::withdraw(int socket, watched& which) {
  if (which.registered == 0 || released_) return;
  which.registered = 0;
  ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, socket, nullptr);
}

void socket_set::wait() {
  if (waits_ || hands_out_ || released_) return;
  waits_ = true;
  epoll_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                    [self = shared_from_this()](const boost::system::error_code& error) {
                      self->waits_ = false;
                      if (self->released_) return;
                      if (!error) return self->take_batch();
                      if (self->wanted_ != 0) self->wait();  // it was cancelled, and wanted again
                    });
}

void socket_set::rest() {
  boost::system::error_code ignored;
  epoll_.cancel(ignored);
}

void socket_set::take_batch() {
  const int count =
      ::epoll_wait(epoll_.native_handle(), batch_.data(), static_cast<int>(batch_.size()), 0);
  next_ = 0;
  end_ = static_cast<std::size_t>(std::max(count, 0));
  hands_out_ = true;
  hand_out();
}

// A few at a time: what each of them makes ready is to have its turn.
void socket_set::hand_out() {
  constexpr std::size_t at_a_time = 4;
  for (const std::size_t until = std::min(next_ + at_a_time, end_); next_ != until;) {
    const epoll_event& event = batch_[next_++];
    const int socket = static_cast<int>(static_cast<std::uint32_t>(event.data.u64));
    watched& which = of(socket);
    if (which.registered == 0 || which.stamp != event.data.u64 >> 32) continue;
    if (which.interest == CURL_POLL_NONE) {
      withdraw(socket, which);  // a connection that rests was closed by its server
      continue;
    }
    const int events = interest_in(event.events) & which.interest;
    if (events != 0) listener_.socket_ready(socket, events);
    if (released_) return;
  }
  if (next_ != end_)
    return boost::asio::post(epoll_.get_executor(), [self = shared_from_this()] {
      if (!self->released_) self->hand_out();
    });
  hands_out_ = false;
  if (wanted_ != 0) wait();
}

// The transfers on it must fail rather than wait for ever.
void socket_set::report_error(int socket, std::uint32_t stamp) {
  boost::asio::post(epoll_.get_executor(), [self = shared_from_this(), socket, stamp] {
    if (self->released_) return;
    const watched& which = self->of(socket);
    if (which.stamp == stamp && which.interest != CURL_POLL_NONE)
      self->listener_.socket_ready(socket, CURL_CSELECT_ERR);
  });
}

static_assert(CURL_POLL_IN == CURL_CSELECT_IN && CURL_POLL_OUT == CURL_CSELECT_OUT);

}  // namespace leash::http
