#include "why/why_url.hpp"

#include <algorithm>

namespace leash::tool {

std::string why_url(const std::string& whose, const std::string& id) {
  std::string url = whose.find("://") == whose.npos ? "http://" + whose : whose;
  // What stands behind the host is that of another page.
  const std::size_t host = url.find("://") + 3;
  url.erase(std::min(url.find_first_of("/?#", host), url.size()));
  url += "/debug/leash/why";
  if (!id.empty()) url += "?id=" + id;
  return url;
}

}  // namespace leash::tool
