#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <string>
#include <vector>

namespace leash::test {

// A port that listens and takes no connection any more: the kernel drops further requests instead of answering them.
class full_backlog {
 public:
  full_backlog() {
    listener_.listen(0);
    for (int i = 0; i < 8; ++i)
      waiting_.emplace_back(io_).async_connect(listener_.local_endpoint(), [](auto) {});
    io_.poll();
  }
  full_backlog(const full_backlog&) = delete;
  full_backlog& operator=(const full_backlog&) = delete;

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(listener_.local_endpoint().port()) + "/";
  }

 private:
  using tcp = boost::asio::ip::tcp;

  boost::asio::io_context io_;
  tcp::acceptor listener_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::vector<tcp::socket> waiting_;
};

}  // namespace leash::test
