#pragma once

#include <CLI/CLI.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <leash/http.hpp>

namespace leash::tool {

// curl's options that say what to ask for and how far to go, as they were written: what each command
// that sends requests has in common.
class request_options {
 public:
  // Adds the options to `command`; what it is given stands here once it has been parsed.
  static std::shared_ptr<request_options> add_to(CLI::App& command);

  // Those of them that say how to get something, for a command that always asks by GET. A request takes
  // `max_time` seconds and brings `max_filesize`, as 64M, unless they are given.
  static std::shared_ptr<request_options> add_get_to(CLI::App& command, const char* max_time,
                                                     const char* max_filesize);

  // The request, but for its URL. Throws CLI::ValidationError for what cannot be read.
  http::request read() const;

 private:
  void add_connection_to(CLI::App& command);
  void add_limits_to(CLI::App& command);

  http::request flags_;
  std::vector<std::string> headers_;
  std::vector<std::string> data_;
  std::string method_;
  std::optional<std::string> agent_;
  std::string max_filesize_;
  bool http1_1_ = false;
  bool http2_ = false;
  bool http2_prior_knowledge_ = false;
  std::string speed_time_;
  std::string connect_timeout_ = "0";
  std::string max_time_ = "0";
};

}  // namespace leash::tool
