#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <leash/http_message.hpp>

#include "goroutines/instance.hpp"

namespace leash::tool {

// What `leash goroutines` was asked for.
struct goroutines_options {
  std::vector<std::string> words;     // URLs and files, as they were written
  std::vector<std::string> file_sds;  // file_sd files
  http::request asked;                // but for the URL
  std::size_t concurrency = 16;
  std::int64_t threshold = 10'000;
  std::size_t top = 0;                     // 0: all
  std::chrono::nanoseconds diff_after{0};  // zero: no second look
  std::string diff_with;                   // a file; empty: none
  bool json = false;
  bool leaks = false;  // only what can never run again, and suspects apart
};

}  // namespace leash::tool
