#include "goroutines/instance.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

#include "request/shown_url.hpp"

namespace leash::tool {
namespace {

// host:port, with or without a path behind it.
bool is_address(std::string_view word) {
  const std::string_view host = word.substr(0, word.find('/'));
  const std::size_t colon = host.rfind(':');
  if (colon == host.npos || colon == 0 || colon + 1 == host.size()) return false;
  return std::all_of(host.begin() + static_cast<std::ptrdiff_t>(colon) + 1, host.end(),
                     [](unsigned char each) { return std::isdigit(each) != 0; });
}

// Adds those that are not there yet.
void add_new(std::vector<instance>& known, const std::vector<instance>& more) {
  for (const instance& each : more)
    if (std::none_of(known.begin(), known.end(),
                     [&](const instance& other) { return other.name == each.name; }))
      known.push_back(each);
}

}  // namespace

instance instance_at(const std::string& scheme, const std::string& target, const std::string& path,
                     std::string_view usual_path) {
  const bool has_path = !path.empty() && path != "/";
  const std::string url =
      fmt::format("{}://{}{}", scheme, target, has_path ? path : std::string(usual_path));
  std::string name = without_user(url);
  // What is usual need not be said.
  if (!has_path && scheme == "http") {
    name.erase(name.size() - usual_path.size());
    name.erase(0, scheme.size() + 3);
  }
  return {.name = std::move(name), .url = url, .file = {}};
}

instance instance_of(const std::string& word, std::string_view usual_path) {
  const std::size_t scheme = word.find("://");
  if (scheme != word.npos) {
    const std::string rest = word.substr(scheme + 3);
    const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
    return instance_at(word.substr(0, scheme), rest.substr(0, path), rest.substr(path), usual_path);
  }
  std::error_code missing;
  if (std::filesystem::exists(word, missing)) return {.name = word, .url = {}, .file = word};
  if (is_address(word)) return instance_of("http://" + word, usual_path);
  throw std::runtime_error(
      fmt::format("{}: no such file, and no URL such as http://127.0.0.1:6060", word));
}

named_instances find_instances(const std::vector<std::string>& words,
                               const std::vector<std::string>& file_sds,
                               std::string_view usual_path) {
  named_instances found;
  const auto add = [&](auto read) {
    try {
      add_new(found.known, read());
    } catch (const std::runtime_error& failure) {
      found.failures.emplace_back(failure.what());
    }
  };
  for (const std::string& word : words)
    add([&] { return std::vector{instance_of(word, usual_path)}; });
  for (const std::string& path : file_sds) add([&] { return read_file_sd(path, usual_path); });
  return found;
}

}  // namespace leash::tool
