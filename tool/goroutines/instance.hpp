#pragma once

#include <string>
#include <vector>

namespace leash::tool {

// A process whose goroutines are looked at: where its profile comes from, and what it is called.
struct instance {
  std::string name;
  std::string url;  // empty: a saved profile, in a file
  std::string file;
};

// What a word of the command line names: http://host:port, host:port, a URL of a profile, or a file.
// Throws std::runtime_error, a sentence, for what is none of them.
instance instance_of(const std::string& word);

// The one at host:port.
instance instance_at(const std::string& scheme, const std::string& target, const std::string& path);

// The targets of one of Prometheus's file_sd files, JSON or YAML. __scheme__ and __metrics_path__ hold;
// other labels are not looked at. Throws std::runtime_error, a sentence that says where the mistake is.
std::vector<instance> read_file_sd(const std::string& path);

// Adds those that are not there yet.
void add_new(std::vector<instance>& known, const std::vector<instance>& more);

}  // namespace leash::tool
