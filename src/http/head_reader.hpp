#pragma once

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

 private:
  void begin(std::string_view status_line);
  void take_field(std::string_view line);

  response& into_;
  bool complete_ = false;
};

}  // namespace leash::http
