#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace leash::tool {

// A process whose goroutines are looked at: where its profile comes from, and what it is called.
struct instance {
  std::string name;
  std::string url;  // empty: a saved profile, in a file
  std::string file;
};

// Where programs have the profile that is wanted, when nobody says otherwise.
inline constexpr std::string_view path_of_goroutines = "/debug/pprof/goroutine";
inline constexpr std::string_view path_of_leaks = "/debug/pprof/goroutineleak?suspects=1";

// What a word of the command line names: http://host:port, host:port, a URL of a profile, or a file.
// Throws std::runtime_error, a sentence, for what is none of them.
instance instance_of(const std::string& word, std::string_view usual_path);

// The one at host:port.
instance instance_at(const std::string& scheme, const std::string& target, const std::string& path,
                     std::string_view usual_path);

// The targets of one of Prometheus's file_sd files, JSON or YAML. __scheme__ and __metrics_path__ hold;
// other labels are not looked at. Throws std::runtime_error, a sentence that says where the mistake is.
std::vector<instance> read_file_sd(const std::string& path, std::string_view usual_path);

// Those that a command line names, each once. What does not name one is a failure, a sentence: the others are looked at all
// the same.
struct named_instances {
  std::vector<instance> known;
  std::vector<std::string> failures;
};
named_instances find_instances(const std::vector<std::string>& words,
                               const std::vector<std::string>& file_sds,
                               std::string_view usual_path);

}  // namespace leash::tool
