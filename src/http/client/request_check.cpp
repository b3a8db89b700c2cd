#include "http/client/request_check.hpp"

#include <curl/curl.h>

#include <string>
#include <string_view>
#include <utility>

#include "http/text.hpp"

namespace leash::http {
namespace {

bool breaks_the_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

transfer_failure bad_argument(const request& asked, std::string_view cause) {
  return {CURLE_BAD_FUNCTION_ARGUMENT, shown_url(asked.url).append(": ").append(cause)};
}

// host:port:address: two colons, none of them first. Whether port and addresses can be used, libcurl says.
bool pins_an_address(std::string_view text) {
  if (breaks_the_line(text)) return false;
  const auto host = text.find(':');
  return host != 0 && host != std::string_view::npos &&
         text.find(':', host + 1) != std::string_view::npos;
}

}  // namespace

std::optional<transfer_failure> refusal_of(const request& asked) {
  if (asked.url.find('\0') != std::string::npos)
    return transfer_failure{CURLE_URL_MALFORMAT,
                            "not a URL that can be used: it holds a NUL character"};
  if (!is_token(asked.method))
    return bad_argument(asked, "\"" + asked.method + "\" is not a method that can be sent");
  for (const header& field : asked.headers) {
    if (is_token(field.name) && !breaks_the_line(field.value)) continue;
    return bad_argument(asked, "the header \"" + field.name +
                                   "\" cannot be sent: a name is one word, and neither name nor "
                                   "value has line breaks");
  }
  for (const std::string& name : asked.omit) {
    if (!is_token(name)) return bad_argument(asked, "\"" + name + "\" is not a header's name");
  }
  if (asked.user.find('\0') != std::string::npos)
    return bad_argument(asked, "the user's name and password hold a NUL character");
  for (const std::string& pin : asked.resolve) {
    if (!pins_an_address(pin))
      return bad_argument(asked, "\"" + pin + "\" pins no address: it takes host:port:address");
  }
  return std::nullopt;
}

}  // namespace leash::http
