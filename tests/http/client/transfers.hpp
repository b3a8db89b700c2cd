#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "http/client/curl_multi.hpp"

namespace leash::http::testing {

// How many file descriptors this process has open.
inline std::ptrdiff_t open_files() {
  using directory = std::filesystem::directory_iterator;
  return std::distance(directory("/proc/self/fd"), directory());
}

// A curl_multi on an io_context that the test itself runs.
class transfers {
 public:
  explicit transfers(const curl_multi::options& options = {}) {
    multi_.emplace(io_.get_executor(), options);
  }
  ~transfers() { close(); }

  curl_multi& multi() { return *multi_; }
  boost::asio::io_context& io() { return io_; }

  // Counts what is done; a completion that came twice would be counted twice.
  std::shared_ptr<curl_transfer> start(request asked) {
    auto transfer = std::make_shared<curl_transfer>(std::move(asked));
    multi_->start(transfer, [this](curl_transfer&) { ++completions_; });
    return transfer;
  }

  // Runs until there is nothing left to do: connections that rest are not work.
  void run() {
    io_.restart();
    io_.run();
  }

  // For conditions that another thread may bring about: they are looked at again now and then.
  template <class Condition>
  void run_until(Condition condition) {
    while (!condition()) {
      io_.restart();
      io_.run_one_for(std::chrono::milliseconds(5));
    }
  }

  std::shared_ptr<curl_transfer> fetch(request asked) {
    auto transfer = start(std::move(asked));
    run();
    return transfer;
  }

  // As run, but no longer than that.
  void run_for(std::chrono::seconds limit) {
    io_.restart();
    io_.run_for(limit);
  }

  // Only asks for it: it happens on the context.
  void destroy_multi() { multi_.reset(); }

  // Takes the connections down.
  void close() {
    destroy_multi();
    run();
  }

  int completions() const { return completions_; }

 private:
  boost::asio::io_context io_;
  std::optional<curl_multi> multi_;
  int completions_ = 0;
};

}  // namespace leash::http::testing
