#pragma once

#include <cstddef>
#include <string_view>

#include <leash/http_message.hpp>

namespace leash::http {

// Fills a response's head from its lines, one at a time as they come. All heads of a transfer pass
// through it: interim ones, those of redirects, and the last one, which is the one that stays.
class head_reader {
 public:
  explicit head_reader(response& into) : into_(into) {}

  void take_line(std::string_view line);
  // The last head that began has ended.
  bool complete() const noexcept { return complete_; }
  // Of the last head that began; 0 before that.
  int status() const noexcept { return status_; }
  // Bytes of all heads and trailers so far.
  std::size_t size() const noexcept { return size_; }

 private:
  void begin(std::string_view status_line);
  void take_field(std::string_view line);

  response& into_;
  bool complete_ = false;
  int status_ = 0;
  std::size_t size_ = 0;
};

}  // namespace leash::http
