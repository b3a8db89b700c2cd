#pragma once

#include <string>

namespace leash::tool {

// A URL as it may be shown: it may carry a password, which is nobody's business.
inline std::string without_user(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t host = scheme == url.npos ? 0 : scheme + 3;
  const std::size_t at = url.substr(0, url.find('/', host)).rfind('@');
  return at == url.npos || at < host ? url : url.substr(0, host) + url.substr(at + 1);
}

}  // namespace leash::tool
