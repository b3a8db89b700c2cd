#include "http/server/connection_watch.hpp"

#include <sys/socket.h>

#include <boost/asio/post.hpp>

#include <utility>

namespace leash::http {

using boost::asio::ip::tcp;

hang_up_watch::hang_up_watch(tcp::socket& socket, std::shared_ptr<cancelable_context> leash)
    : socket_(socket) {
  const int descriptor = socket.native_handle();
  socket.async_wait(tcp::socket::wait_read,
                    [descriptor, leash = std::move(leash)](boost::system::error_code failure) {
                      // When the socket is closed meanwhile, this may look at another; its leash is of no use then.
                      char next = 0;
                      if (!failure && ::recv(descriptor, &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
                        leash->cancel();
                    });
}

hang_up_watch::~hang_up_watch() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

namespace {

using clock = std::chrono::steady_clock;
constexpr clock::rep no_deadline = 0;

}  // namespace

struct deadline_watch::state {
  state(const boost::asio::any_io_executor& executor, std::chrono::nanoseconds look_every,
        std::shared_ptr<cancelable_context> leash)
      : timer(executor), period(look_every), leash(std::move(leash)) {}

  boost::asio::steady_timer timer;
  const std::chrono::nanoseconds period;
  // Relaxed throughout: a deadline that is seen late is looked at again a period later.
  std::atomic<clock::rep> deadline{no_deadline};
  std::atomic<bool> over{false};
  const std::shared_ptr<cancelable_context> leash;
};

deadline_watch::deadline_watch(tcp::socket& socket, std::chrono::nanoseconds look_every,
                               std::shared_ptr<cancelable_context> leash)
    : state_(std::make_shared<state>(socket.get_executor(), look_every, std::move(leash))) {
  if (look_every > look_every.zero()) look(state_);
}

// The timer may be in its handler now: it is cancelled where that runs.
deadline_watch::~deadline_watch() {
  state_->over.store(true, std::memory_order_relaxed);
  if (state_->period <= state_->period.zero()) return;
  boost::asio::post(state_->timer.get_executor(), [watched = state_] { watched->timer.cancel(); });
}

void deadline_watch::set(std::chrono::nanoseconds limit) noexcept {
  const clock::rep deadline =
      limit <= limit.zero() ? no_deadline : (clock::now() + limit).time_since_epoch().count();
  state_->deadline.store(deadline, std::memory_order_relaxed);
}

void deadline_watch::look(const std::shared_ptr<state>& watched) {
  watched->timer.expires_after(watched->period);
  watched->timer.async_wait([watched](boost::system::error_code failure) {
    if (failure || watched->over.load(std::memory_order_relaxed)) return;
    const clock::rep deadline = watched->deadline.load(std::memory_order_relaxed);
    if (deadline != no_deadline && clock::now().time_since_epoch().count() >= deadline)
      watched->leash->cancel();
    else
      look(watched);
  });
}

}  // namespace leash::http
