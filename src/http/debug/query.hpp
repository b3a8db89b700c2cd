#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace leash::http {

// What a request asks for: the path and, decoded, what follows the question mark.
struct target {
  struct parameter {
    std::string key;
    std::string value;
  };

  std::string_view path;
  std::string_view query;
};

target split_target(std::string_view url) noexcept;

// A query that cannot be answered; what() says which key is wrong, and what is allowed.
class bad_query : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws bad_query for one that is not written as URLs are.
std::vector<target::parameter> parse_query(std::string_view query);

// What /debug/pprof/goroutine is asked for.
struct goroutine_query {
  int debug = 0;                    // 0: protobuf; 1, 2: Go's texts
  std::chrono::seconds seconds{0};  // more: the difference after so long
  bool suspects = false;            // of leaks: those that are only suspected are there, too
};

// Throws bad_query. `leaks`: of /debug/pprof/goroutineleak.
goroutine_query parse_goroutine_query(std::string_view query, bool leaks);

// The number of the one that /debug/leash/why is asked about; 0: all. Throws bad_query.
std::uint64_t parse_why_query(std::string_view query);
// For pages that take nothing. Throws bad_query.
void expect_no_query(std::string_view query, std::string_view page);

}  // namespace leash::http
