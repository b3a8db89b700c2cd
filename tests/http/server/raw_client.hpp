#pragma once

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace leash::testing {

// A client on a plain thread that sends what it is told, and reads when it is told.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
  }
  // One that has room for little of what it does not read.
  raw_client(std::uint16_t port, int receive_buffer) {
    socket_.open(boost::asio::ip::tcp::v4());
    socket_.set_option(boost::asio::socket_base::receive_buffer_size(receive_buffer));
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
  }

  void send(std::string_view bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }

  // All that comes until the server closes the connection, in whatever way.
  std::string rest() {
    std::string all;
    boost::system::error_code end;
    boost::asio::read(socket_, boost::asio::dynamic_buffer(all), end);
    return all;
  }

  // The next bytes, at most so many; empty at the end.
  std::string some(std::size_t most) {
    std::string got(most, '\0');
    boost::system::error_code end;
    got.resize(socket_.read_some(boost::asio::buffer(got), end));
    return got;
  }

  std::string ask(std::string_view request) {
    send(request);
    return rest();
  }

 private:
  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_{context_};
};

}  // namespace leash::testing
