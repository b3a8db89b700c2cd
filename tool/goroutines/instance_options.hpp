#pragma once

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

#include "goroutines/options.hpp"
#include "request/request_options.hpp"

namespace leash::tool {

// What commands that look at running programs have in common, as it was written: which programs, how to ask them, how much to
// show, in which form.
class instance_options {
 public:
  // Adds the instances and how they are asked, in groups of their own.
  static std::shared_ptr<instance_options> add_to(CLI::App& command);
  // Adds --top and --format to the options' present group.
  void add_output_to(CLI::App& command);

  // Once they have been parsed. `missing` asks for instances when there are none. Throws CLI::ValidationError.
  void read_into(goroutines_options& options, const char* missing) const;

 private:
  std::vector<std::string> instances_;
  std::vector<std::string> file_sds_;
  std::string concurrency_ = "16";
  std::string top_;
  std::string format_ = "text";
  std::shared_ptr<request_options> asked_;
};

}  // namespace leash::tool
