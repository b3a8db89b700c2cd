#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <leash/http_message.hpp>

namespace leash::http {

// Why a transfer brought no answer.
struct transfer_failure {
  int code = 0;         // libcurl's CURLcode, which is also curl's exit code
  std::string message;  // a sentence that names the URL and the cause
};

// How far a transfer had come when it failed.
enum class transfer_stage { looking_up, connecting, securing, waiting, receiving };

// Which of a request's limits an answer has gone beyond.
enum class limit { none, head, body, decompressed };

// What is known about a failed transfer, from which the sentence is made.
struct failure_facts {
  int code = 0;             // a CURLcode
  std::string_view detail;  // libcurl's own words; may be empty
  int os_error = 0;         // errno of the failed connect or socket, or 0
  transfer_stage stage = transfer_stage::looking_up;
  std::string_view effective_url;
  std::size_t head_size = 0;        // bytes of all heads that came
  std::size_t body_size = 0;        // bytes of the body that came
  std::int64_t expected_size = -1;  // what the answer announced, or -1
  limit exceeded = limit::none;
};

std::string failure_sentence(const request& asked, const failure_facts& facts);

// The URL as it may be shown: a password in it is masked.
std::string shown_url(std::string_view url);

// "2 s", "150 ms", "1.5 s": as people write it.
std::string shown_duration(std::chrono::nanoseconds duration);

}  // namespace leash::http
