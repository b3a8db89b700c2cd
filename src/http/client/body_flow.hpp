#pragma once

#include <cstddef>
#include <string_view>

#include <leash/http_message.hpp>

namespace leash::http {

// Where an answer goes that is not kept in memory. Called on the transfer's executor, inside libcurl's callbacks: it may
// not call back into the transfer, and must not throw but std::bad_alloc.
class body_sink {
 public:
  virtual ~body_sink() = default;
  // The head that stays, before any of its body.
  virtual void take_head(const response& head) = 0;
  // False: not now; the transfer pauses until it is resumed, then the same bytes come again.
  virtual bool take(std::string_view bytes) = 0;
};

// Where a request's body comes from that is not in the request.
class body_source {
 public:
  virtual ~body_source() = default;
  static constexpr std::ptrdiff_t not_now = -1;
  // Fills `space` and returns how much it put there; 0 at the end; not_now: the transfer pauses until it is resumed.
  virtual std::ptrdiff_t give(char* space, std::size_t size) = 0;
};

}  // namespace leash::http
