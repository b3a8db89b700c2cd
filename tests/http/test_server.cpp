#include "http/test_server.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <chrono>
#include <optional>

namespace leash::http::testing {

using boost::asio::ip::tcp;
using error_code = boost::system::error_code;

std::string answer(std::string_view body, std::string_view status, std::string_view more_headers) {
  std::string text("HTTP/1.1 ");
  text.append(status).append("\r\nContent-Length: ").append(std::to_string(body.size()));
  text.append("\r\n").append(more_headers).append("\r\n").append(body);
  return text;
}

// One connection. It reads all the time, so that it sees the client leave while it waits or sends.
class test_server::session : public std::enable_shared_from_this<session> {
 public:
  session(test_server& server, tcp::socket socket) : server_(server), socket_(std::move(socket)) {
    server_.count(&test_server::open_, 1);
  }

  void read() {
    socket_.async_read_some(boost::asio::buffer(chunk_),
                            [self = shared_from_this()](error_code error, std::size_t size) {
                              if (self->ended_) return;
                              if (error) return self->end_of_client(error);
                              self->input_.append(self->chunk_.data(), size);
                              self->serve();
                              if (!self->ended_) self->read();
                            });
  }

  void proceed() {
    if (ended_) return;
    if (next_ == steps_.size()) {
      steps_.clear();
      return serve();
    }
    const step& now = steps_[next_++];
    switch (now.what) {
      case step::kind::send:
        boost::asio::async_write(socket_, boost::asio::buffer(now.text),
                                 [self = shared_from_this()](error_code error, std::size_t) {
                                   if (!error) self->proceed();
                                 });
        return;
      case step::kind::hold:
        server_.pass_gate(now.text, shared_from_this());
        return;
      case step::kind::reset:
        socket_.set_option(tcp::socket::linger(true, 0));
        return end(false);
      case step::kind::close:
        return end(false);
    }
  }

 private:
  void serve() {
    if (ended_ || !steps_.empty()) return;  // one answer after the other
    std::optional<received_request> asked = take_request();
    if (!asked) return;
    steps_ = server_.respond_to(std::move(*asked));
    next_ = 0;
    proceed();
  }

  std::optional<received_request> take_request() {
    const auto head_end = input_.find("\r\n\r\n");
    if (head_end == std::string::npos) return std::nullopt;
    received_request asked;
    std::string_view head(input_.data(), head_end + 2);
    bool first = true;
    std::size_t body_size = 0;
    while (!head.empty()) {
      const std::string_view line = head.substr(0, head.find("\r\n"));
      head.remove_prefix(line.size() + 2);
      if (std::exchange(first, false)) {
        const auto space = line.find(' ');
        asked.method = line.substr(0, space);
        asked.target = line.substr(space + 1, line.rfind(' ') - space - 1);
        continue;
      }
      const auto colon = line.find(':');
      const auto value = line.find_first_not_of(' ', colon + 1);
      asked.headers.push_back(
          {std::string(line.substr(0, colon)),
           std::string(value == std::string_view::npos ? "" : line.substr(value))});
    }
    if (const std::string* length = find_header(asked.headers, "Content-Length")) {
      body_size = std::stoul(*length);
    }
    if (input_.size() < head_end + 4 + body_size) return std::nullopt;
    asked.body = input_.substr(head_end + 4, body_size);
    input_.erase(0, head_end + 4 + body_size);
    return asked;
  }

  void end_of_client(error_code error) {
    if (error == boost::asio::error::connection_reset)
      server_.count(&test_server::reset_by_client_, 1);
    end(true);
  }

  void end(bool by_client) {
    ended_ = true;
    error_code ignored;
    socket_.close(ignored);
    // Who sees that a connection is gone sees also who closed it.
    if (by_client) server_.count(&test_server::closed_by_client_, 1);
    server_.count(&test_server::open_, -1);
  }

  test_server& server_;
  tcp::socket socket_;
  std::array<char, 16384> chunk_{};
  std::string input_;
  script steps_;
  std::size_t next_ = 0;
  bool ended_ = false;
};

test_server::test_server()
    : acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}),
      port_(acceptor_.local_endpoint().port()) {
  acceptor_.listen(1024);
  accept();
  thread_ = std::thread([this] { io_.run(); });
}

test_server::~test_server() {
  io_.stop();
  thread_.join();
}

void test_server::accept() {
  acceptor_.async_accept([this](error_code error, tcp::socket socket) {
    if (!error) {
      error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      count(&test_server::accepted_, 1);
      std::make_shared<session>(*this, std::move(socket))->read();
    }
    accept();
  });
}

void test_server::on(std::string path, script steps) {
  on(std::move(path), [steps = std::move(steps)](const received_request&) { return steps; });
}

void test_server::on(std::string path, answerer respond) {
  const std::lock_guard lock(mutex_);
  answerers_[std::move(path)] = std::move(respond);
}

test_server::script test_server::respond_to(received_request asked) {
  const std::lock_guard lock(mutex_);
  const auto found = answerers_.find(asked.target.substr(0, asked.target.find('?')));
  script steps = found == answerers_.end() ? script{send(answer("no such page", "404 Not Found"))}
                                           : found->second(asked);
  requests_.push_back(std::move(asked));
  changed_.notify_all();
  return steps;
}

void test_server::open_gate(const std::string& gate) {
  boost::asio::post(io_, [this, gate] {
    open_gates_.insert(gate);
    for (const auto& waiting : std::exchange(waiting_[gate], {})) {
      if (const auto passer = waiting.lock()) passer->proceed();
    }
  });
}

// Who waits is kept alive by its read alone: nobody waits for a client that has left.
void test_server::pass_gate(const std::string& gate, const std::shared_ptr<session>& passer) {
  if (open_gates_.contains(gate)) return passer->proceed();
  auto& waiting = waiting_[gate];
  std::erase_if(waiting, [](const auto& other) { return other.expired(); });
  waiting.push_back(passer);
}

std::string test_server::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void test_server::count(int test_server::* counter, int change) {
  const std::lock_guard lock(mutex_);
  this->*counter += change;
  changed_.notify_all();
}

int test_server::accepted() const {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

int test_server::open_connections() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

int test_server::closed_by_client() const {
  const std::lock_guard lock(mutex_);
  return closed_by_client_;
}

int test_server::reset_by_client() const {
  const std::lock_guard lock(mutex_);
  return reset_by_client_;
}

std::vector<received_request> test_server::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

bool test_server::wait_until(const std::function<bool()>& condition) const {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  std::unique_lock lock(mutex_);
  while (true) {
    lock.unlock();
    const bool holds = condition();  // takes the mutex itself
    lock.lock();
    if (holds || std::chrono::steady_clock::now() >= give_up) return holds;
    changed_.wait_for(lock, std::chrono::milliseconds(20));
  }
}

}  // namespace leash::http::testing
