#include "http/client/curl_driver.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <utility>
#include <vector>

namespace leash::http {
namespace {

// Once for the process; thread-safe, as this static is and as libcurl's own is not everywhere.
void initialize_libcurl() {
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialized != CURLE_OK) throw std::bad_alloc();
}

// One that libcurl would look up for every request, all that it knows of.
bool environment_names_a_proxy() {
  constexpr std::array<const char*, 5> variables{"http_proxy", "https_proxy", "HTTPS_PROXY",
                                                 "all_proxy", "ALL_PROXY"};
  return std::ranges::any_of(variables, [](const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
  });
}

template <class Value>
void set(CURLM* multi, CURLMoption option, Value value) {
  if (curl_multi_setopt(multi, option, value) != CURLM_OK) throw std::bad_alloc();
}

}  // namespace

curl_driver::curl_driver(boost::asio::any_io_executor executor, const curl_multi::options& options)
    : executor_(std::move(executor)),
      max_idle_connections_(options.max_idle_connections),
      handles_(static_cast<std::size_t>(std::max(options.max_idle_connections, 1L))),
      direct_(!environment_names_a_proxy()),
      timer_(executor_) {
  initialize_libcurl();
  multi_ = curl_multi_init();
  if (multi_ == nullptr) throw std::bad_alloc();
  set(multi_, CURLMOPT_SOCKETFUNCTION, &curl_driver::on_socket);
  set(multi_, CURLMOPT_SOCKETDATA, static_cast<void*>(this));
  set(multi_, CURLMOPT_TIMERFUNCTION, &curl_driver::on_timer);
  set(multi_, CURLMOPT_TIMERDATA, static_cast<void*>(this));
  sockets_ = std::make_shared<socket_set>(executor_, *this);
  losers_ = std::make_shared<losers>(executor_, multi_, handles_, options.look_at_drains_every);
  bound_connections();
}

curl_driver::~curl_driver() {
  stop();  // not closed before: the context went away, and with it whoever waited
}

void curl_driver::start(std::shared_ptr<curl_transfer> transfer,
                        curl_multi::completion completion) {
  curl_transfer& starting = *transfer;
  if (starting.outcome() != transfer_outcome::pending) return completion(starting);  // aborted
  if (multi_ == nullptr) {
    starting.finish_aborted();
    return completion(starting);
  }
  CURL* easy =
      starting.open(handles_, {&curl_driver::on_open, &curl_driver::on_close, this, direct_});
  if (easy == nullptr) return completion(starting);
  running_.emplace(easy, running{std::move(transfer), std::move(completion)});
  bound_connections();
  // Asks for its first run by the timer callback; nothing is done in here.
  starting_ = true;
  const CURLMcode added = curl_multi_add_handle(multi_, easy);
  starting_ = false;
  if (added != CURLM_OK) {
    const running refused = std::move(running_.extract(easy).mapped());
    refused.transfer->finish(CURLE_OUT_OF_MEMORY);
    refused.completion(*refused.transfer);
  }
  run_due();
}

void curl_driver::abort(const std::shared_ptr<curl_transfer>& transfer) {
  CURL* easy = transfer->handle();
  if (easy == nullptr) {
    if (transfer->outcome() == transfer_outcome::pending) transfer->finish_aborted();
    return;
  }
  auto node = running_.extract(easy);
  if (node.empty()) return;  // another driver's
  const running ended = std::move(node.mapped());
  losers_->take(ended.transfer);
  bound_connections();
  handles_.give_back(ended.transfer->finish_aborted(), ended.transfer->lasting());
  ended.completion(*ended.transfer);
}

void curl_driver::resume(const std::shared_ptr<curl_transfer>& transfer) {
  CURL* easy = transfer->handle();
  const auto found = running_.find(easy);
  if (easy == nullptr || found == running_.end()) return;
  // May call its callbacks at once; what they refuse does not end the transfer by itself.
  const CURLcode code = curl_easy_pause(easy, CURLPAUSE_CONT);
  if (code != CURLE_OK) end(found, code);
}

void curl_driver::end(std::unordered_map<CURL*, running>::iterator which, CURLcode code) {
  const running ended = std::move(running_.extract(which).mapped());
  curl_multi_remove_handle(multi_, ended.transfer->handle());
  handles_.give_back(ended.transfer->finish(code), ended.transfer->lasting());
  bound_connections();
  ended.completion(*ended.transfer);
}

void curl_driver::close() {
  for (auto& [easy, ended] : stop()) {
    ended.transfer->finish_aborted();
    ended.completion(*ended.transfer);
  }
}

// After this nothing of libcurl is left, no wait refers to this object, and none is pending.
std::unordered_map<CURL*, curl_driver::running> curl_driver::stop() {
  auto ended = std::exchange(running_, {});
  // From here on the callbacks take no more wishes: libcurl may want idle connections watched for
  // its goodbyes, and in the destructor no wait may be begun.
  CURLM* multi = std::exchange(multi_, nullptr);
  if (multi == nullptr) return ended;
  losers_->clear();
  for (const auto& [easy, unused] : ended) curl_multi_remove_handle(multi, easy);
  curl_multi_cleanup(multi);
  sockets_->release();
  wanted_at_.reset();
  disarm_timer();
  return ended;
}

void curl_driver::socket_ready(int socket, int events) {
  int still_running = 0;
  curl_multi_socket_action(multi_, socket, events, &still_running);
  finish_done();
}

void curl_driver::finish_done() {
  std::vector<running> finished;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;
    if (losers_->have_ended(easy, code)) continue;
    losers_->learn_from(*running_.at(easy).transfer);
    curl_multi_remove_handle(multi_, easy);  // the message is gone with it
    running done = std::move(running_.extract(easy).mapped());
    handles_.give_back(done.transfer->finish(code), done.transfer->lasting());
    finished.push_back(std::move(done));
  }
  if (!finished.empty()) bound_connections();
  for (const running& done : finished) done.completion(*done.transfer);
}

// libcurl's bound is on all connections, and what it closes when there are more is an idle one:
// with a fixed bound, more transfers at once than that would never find a connection again.
void curl_driver::bound_connections() {
  const long bound =
      static_cast<long>(running_.size() + losers_->connections()) - 1 + max_idle_connections_;
  // Zero would mean "four times the transfers added".
  set(multi_, CURLMOPT_MAXCONNECTS, std::max(bound, 1L));
}

void curl_driver::timer_fired(std::uint64_t arming) {
  if (arming != arming_) return;  // another has been armed since, or none is wanted
  armed_for_.reset();
  if (!run_due() && wanted_at_) arm_timer(*wanted_at_);
}

bool curl_driver::run_due() {
  if (!wanted_at_ || clock::now() < *wanted_at_) return false;
  wanted_at_.reset();
  socket_ready(CURL_SOCKET_TIMEOUT, 0);
  return true;
}

void curl_driver::run_soon() {
  if (starting_ || std::exchange(run_posted_, true)) return;
  boost::asio::post(executor_, [self = shared_from_this()] {
    self->run_posted_ = false;
    self->run_due();
    if (!self->wanted_at_) self->disarm_timer();  // libcurl does not say so in this case
  });
}

void curl_driver::arm_timer(clock::time_point when) {
  armed_for_ = when;
  timer_.expires_at(when);
  timer_.async_wait([self = shared_from_this(), arming = ++arming_](auto error) {
    if (!error) self->timer_fired(arming);
  });
}

// Left armed without need, it would keep the executor's run() from returning.
void curl_driver::disarm_timer() {
  if (!armed_for_) return;
  armed_for_.reset();
  ++arming_;
  timer_.cancel();
}

int curl_driver::socket_wanted(int socket, int interest) {
  if (multi_ != nullptr) sockets_->want(socket, interest);
  return 0;
}

int curl_driver::timer_wanted(long milliseconds) {
  if (multi_ == nullptr) return 0;
  if (milliseconds < 0) {
    wanted_at_.reset();
    disarm_timer();
    return 0;
  }
  wanted_at_ = clock::now() + std::chrono::milliseconds(milliseconds);
  if (milliseconds == 0) {
    run_soon();
    return 0;
  }
  // libcurl changes its mind several times a request, mostly to later: then the timer stays, and
  // is armed anew when it fires too early.
  if (!armed_for_ || *armed_for_ > *wanted_at_) arm_timer(*wanted_at_);
  return 0;
}

int curl_driver::open_socket(const curl_sockaddr& address) {
  const int socket = ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
  if (socket < 0) return socket;
  sockets_->announce(socket);
  return socket;
}

int curl_driver::close_socket(int socket) {
  sockets_->forget(socket);
  if (losers_->gives_up()) {
    constexpr linger reset{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  return ::close(socket);
}

// Out of memory in one of these ends the program: libcurl has no way to be told that leaves the
// other transfers as they are.
int curl_driver::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) noexcept {
  return static_cast<curl_driver*>(self)->socket_wanted(socket, what);
}

int curl_driver::on_timer(CURLM*, long milliseconds, void* self) noexcept {
  return static_cast<curl_driver*>(self)->timer_wanted(milliseconds);
}

curl_socket_t curl_driver::on_open(void* transfer, curlsocktype, curl_sockaddr* address) noexcept {
  auto& opener = *static_cast<curl_transfer*>(transfer);
  const int socket = static_cast<curl_driver*>(opener.owner())->open_socket(*address);
  if (socket < 0) opener.note_socket_error(errno);
  return socket < 0 ? CURL_SOCKET_BAD : socket;
}

int curl_driver::on_close(void* self, curl_socket_t socket) noexcept {
  return static_cast<curl_driver*>(self)->close_socket(socket);
}

}  // namespace leash::http
