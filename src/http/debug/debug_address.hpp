#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace leash::http {

// Where a debug server listens.
struct debug_address {
  std::string host;  // an IP address
  std::uint16_t port = 0;
  bool loopback = true;

  // "127.0.0.1:6060", "[::1]:6060"
  std::string text() const;
};

// "host:port" or ":port", where host is an IP address or localhost. Throws errc::bad_option for anything else.
debug_address parse_debug_address(std::string_view given);

// Whether a request with this Host may be answered by a server on a loopback address. A page of another site could
// have its own name point to this machine; it cannot have its browser say "localhost" or an IP address.
bool is_local_host(std::string_view host);

}  // namespace leash::http
