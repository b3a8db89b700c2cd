#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <leash/http.hpp>
#include <leash/leash.hpp>

namespace leash::tool {

// What `leash race` was asked for.
struct race_options {
  std::vector<std::string> urls;
  http::request asked;  // but for the URL
  std::chrono::nanoseconds hedge_delay{0};
  std::vector<std::pair<int, int>> accept{{200, 399}};  // statuses that may win, ends included
  std::string output;
  bool include_head = false;
  bool silent = false;
  bool verbose = false;
  bool timeline = false;
  bool json = false;
};

// What became of one URL.
struct attempt_report {
  std::chrono::nanoseconds started{0};
  std::chrono::nanoseconds ended{0};
  bool has_started = false;
  leash::fate fate = leash::fate::canceled;
  int status = 0;
  int code = 0;         // curl's number for the failure; 22 for a status that may not win
  std::string failure;  // a sentence
};

inline constexpr std::size_t nobody = ~std::size_t{0};

struct race_report {
  std::vector<attempt_report> attempts;
  std::size_t winner = nobody;
  http::response answer;
  std::chrono::nanoseconds elapsed{0};
};

// Races the URLs and fills in the report. Whoever races often keeps one client, and so its connections.
task<> race_urls(const race_options& options, const http::client& client, race_report& report);

// What the process exits with when nobody won: the failures' common code, else the last one's.
int failure_code(const race_report& report);

}  // namespace leash::tool
