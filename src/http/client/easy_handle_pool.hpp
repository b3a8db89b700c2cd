#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "http/client/easy_handle.hpp"
#include "http/client/easy_options.hpp"

namespace leash::http {

// Handles between two transfers. Making one costs more than all that is set in it, and setting all that costs
// more than sending a request: so a handle keeps what lasts.
//
// curl_easy_reset leaves what a handle has learnt: TLS sessions, which libcurl uses again only under the same
// settings, and cookies, which no handle here may be told to keep.
class easy_handle_pool {
 public:
  struct handle {
    easy_handle easy;  // null: out of memory
    // What is set in it, and else only what every transfer sets anew; none: it is as a new one.
    std::optional<lasting_options> options;
  };

  // Keeps so many.
  explicit easy_handle_pool(std::size_t capacity) : capacity_(capacity) {}

  // One with these options, or as new.
  handle take(const std::optional<lasting_options>& wanted) {
    if (idle_.empty()) return {easy_handle(curl_easy_init()), std::nullopt};
    handle taken = std::move(idle_.back());
    idle_.pop_back();
    if (taken.options && taken.options != wanted) {
      curl_easy_reset(taken.easy.get());
      taken.options.reset();
    }
    return taken;
  }

  // One that has left its multi handle; or null, which is nothing. What its options point to must be there still,
  // unless it has none but these.
  void give_back(easy_handle used, const std::optional<lasting_options>& options) {
    if (!used || idle_.size() >= capacity_) return;
    if (!options) curl_easy_reset(used.get());
    idle_.push_back({std::move(used), options});
  }

 private:
  std::size_t capacity_;
  std::vector<handle> idle_;
};

}  // namespace leash::http
