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

  // The request, but for its URL. Throws CLI::ValidationError for what cannot be read.
  http::request read() const;

 private:
  http::request flags_;
  std::vector<std::string> headers_;
  std::vector<std::string> data_;
  std::string method_;
  std::optional<std::string> agent_;
  std::size_t max_filesize_ = 0;
  bool http1_1_ = false;
  bool http2_ = false;
  bool http2_prior_knowledge_ = false;
  long speed_time_ = 0;
  std::string connect_timeout_ = "0";
  std::string max_time_ = "0";
};

}  // namespace leash::tool
