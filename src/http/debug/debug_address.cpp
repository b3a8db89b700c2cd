#include "http/debug/debug_address.hpp"

#include <boost/asio/ip/address.hpp>

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "http/text.hpp"

#include <leash/error.hpp>

namespace leash::http {
namespace {

struct host_and_port {
  std::string_view host;
  std::string_view port;
};

// At the last colon, unless that is inside of the brackets of an IPv6 address.
host_and_port split(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto bracket = text.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket))
    return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

std::optional<boost::asio::ip::address> address_of(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  boost::system::error_code failure;
  auto address = boost::asio::ip::make_address(std::string(host), failure);
  if (failure) return std::nullopt;
  return address;
}

[[noreturn]] void refuse(std::string_view given, std::string_view why) {
  throw leash::error(
      errc::bad_option,
      fmt::format("the debug server cannot listen on \"{}\": {}; give an address such as "
                  "127.0.0.1:6060, [::1]:6060 or localhost:6060",
                  given, why));
}

}  // namespace

std::string debug_address::text() const {
  const bool version_6 = host.find(':') != std::string::npos;
  return version_6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

debug_address parse_debug_address(std::string_view given) {
  const auto [host, port] = split(given);
  debug_address parsed;
  const auto [end, bad] = std::from_chars(port.data(), port.data() + port.size(), parsed.port);
  if (bad != std::errc{} || end != port.data() + port.size())
    refuse(given, "there is no port from 0 to 65535 at its end");
  const bool is_default = host.empty() || equal_ignoring_case(host, "localhost");
  const auto address = address_of(is_default ? "127.0.0.1" : host);
  if (!address) refuse(given, fmt::format("\"{}\" is no IP address", host));
  parsed.host = address->to_string();
  parsed.loopback = address->is_loopback();
  return parsed;
}

bool is_local_host(std::string_view host) {
  const std::string_view name = address_of(host) ? host : split(host).host;
  return equal_ignoring_case(name, "localhost") || address_of(name).has_value();
}

}  // namespace leash::http
