#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace leash::http {

// Which of the two HTTPs a connection speaks, as far as is known.
enum class spoken { unknown, http1, http2 };

// What the servers spoke when they last answered, by scheme, host and port.
class spoken_versions {
 public:
  spoken of(std::string_view url) const {
    const auto found = by_server_.find(server_of(url));
    return found == by_server_.end() ? spoken::unknown : found->second;
  }

  void learn(std::string_view url, spoken version) {
    const std::string_view server = server_of(url);
    if (const auto found = by_server_.find(server); found != by_server_.end()) {
      found->second = version;
      return;
    }
    if (by_server_.size() == most) by_server_.clear();  // relearned with the next answers
    by_server_.emplace(server, version);
  }

 private:
  static constexpr std::size_t most = 4096;

  // "https://host:443", as it is written in the URL.
  static std::string_view server_of(std::string_view url) {
    const auto scheme = url.find("://");
    return url.substr(0, url.find_first_of("/?#", scheme == url.npos ? 0 : scheme + 3));
  }

  std::map<std::string, spoken, std::less<>> by_server_;
};

}  // namespace leash::http
