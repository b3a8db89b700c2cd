#include "http/client/transfer_failure.hpp"

#include <curl/curl.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "http/text.hpp"

namespace leash::http {
namespace {

using std::chrono::nanoseconds;

// libcurl's own limit for connecting, in force when the caller set none.
constexpr nanoseconds default_connect_timeout = std::chrono::seconds(300);

std::string_view host_of(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
    url.remove_prefix(scheme + 3);
  }
  url = url.substr(0, url.find_first_of("/?#"));
  if (const auto at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
  if (url.starts_with('[')) return url.substr(0, url.find(']') + 1);
  return url.substr(0, url.find(':'));
}

std::string system_cause(int error) {
  std::string cause = std::generic_category().message(error);
  if (error == ECONNREFUSED) cause += ": check the port, and that the server runs";
  return cause;
}

std::string cause_of(const failure_facts& facts) {
  if (facts.os_error != 0) return system_cause(facts.os_error);
  std::string_view detail = facts.detail;
  for (const std::string_view prefix :
       {"Recv failure: ", "Send failure: ", "SSL certificate problem: ", "SSL: ",
        "URL using bad/illegal format or missing URL: "}) {
    detail = without_prefix(detail, prefix);
  }
  if (detail.empty()) detail = curl_easy_strerror(static_cast<CURLcode>(facts.code));
  return std::string(trimmed(detail));
}

// ", by way of HOST port N", when it is not the URL's host that nobody could connect to.
std::string detour(const failure_facts& facts) {
  constexpr std::string_view before = "Failed to connect to ";
  if (!facts.detail.starts_with(before)) return {};
  std::string_view whom = facts.detail.substr(before.size());
  whom = whom.substr(0, whom.find(" after "));
  std::string_view host = host_of(facts.effective_url);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  if (whom.substr(0, whom.find(' ')) == host) return {};
  return ", by way of its proxy " + std::string(whom);
}

// What libcurl has against a URL, which a transfer's own error does not tell.
std::string url_cause(const request& asked) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
  if (parsed == nullptr) return "out of memory";
  CURLUcode code = CURLUE_NO_HOST;
  if (!asked.url.empty())
    code = curl_url_set(parsed.get(), CURLUPART_URL, asked.url.c_str(), CURLU_GUESS_SCHEME);
  return code == CURLUE_OK ? "it is malformed" : curl_url_strerror(code);
}

std::string how_much_came(const failure_facts& facts) {
  std::string much = std::to_string(facts.body_size);
  if (facts.expected_size >= 0) much += " of " + std::to_string(facts.expected_size);
  return much + " bytes";
}

// The limit by its name in request, as it can be raised there.
std::string excess_sentence(const request& asked, const failure_facts& facts,
                            const std::string& url) {
  const auto larger = [&](const char* what, std::size_t most, const char* name) {
    return url + ": " + what + " is larger than the limit of " + std::to_string(most) +
           " bytes: " + name + " raises it";
  };
  switch (facts.exceeded) {
    case limit::head:
      if (facts.head_size > asked.max_head && asked.max_head != 0)
        return larger("the head of the answer", asked.max_head, "max_head");
      return url + ": the head of the answer, or a line of it, is larger than libcurl takes";
    case limit::decompressed:
      return larger("the decompressed body", asked.max_decompressed,
                    "max_decompressed (--max-filesize)");
    case limit::body:
    case limit::none:  // as announced
      break;
  }
  return larger("the body", asked.max_body, "max_body (--max-filesize)");
}

std::string too_slow_sentence(const request& asked, const failure_facts& facts,
                              const std::string& url) {
  return url + ": slower than " + std::to_string(asked.min_speed) + " bytes a second for " +
         shown_duration(asked.min_speed_time) + ": " + how_much_came(facts) + " came";
}

std::string time_out_sentence(const request& asked, const failure_facts& facts,
                              const std::string& url) {
  if (facts.detail.starts_with("Operation too slow")) return too_slow_sentence(asked, facts, url);
  const bool connecting = facts.stage < transfer_stage::waiting;
  nanoseconds limit = asked.timeout;
  if (connecting) {
    const nanoseconds connect_limit =
        asked.connect_timeout > nanoseconds{0} ? asked.connect_timeout : default_connect_timeout;
    if (limit <= nanoseconds{0} || connect_limit < limit) limit = connect_limit;
  }
  const std::string within = " within " + shown_duration(limit);
  switch (facts.stage) {
    case transfer_stage::looking_up:
      return url + ": the address of host " + std::string(host_of(facts.effective_url)) +
             " was not found" + within;
    case transfer_stage::connecting:
      return "could not connect to " + url + within;
    case transfer_stage::securing:
      return url + ": the TLS handshake was not done" + within;
    case transfer_stage::waiting:
      return url + ": no answer" + within;
    case transfer_stage::receiving:
      break;
  }
  return url + ": the answer was not complete" + within + ": " + how_much_came(facts) + " came";
}

std::string broken_sentence(const failure_facts& facts, const std::string& url) {
  const std::string cause = cause_of(facts);
  switch (facts.stage) {
    case transfer_stage::looking_up:
    case transfer_stage::connecting:
      return "could not connect to " + url + ": " + cause;
    case transfer_stage::securing:
      return url + ": the connection broke in the TLS handshake: " + cause;
    case transfer_stage::waiting:
      return url + ": the connection broke before an answer came: " + cause;
    case transfer_stage::receiving:
      break;
  }
  return url + ": the connection broke in mid-body, after " + how_much_came(facts) + ": " + cause;
}

}  // namespace

std::string failure_sentence(const request& asked, const failure_facts& facts) {
  std::string url = shown_url(asked.url);
  // An empty path, a missing scheme and the like make no difference worth telling.
  if (asked.follow_redirects && host_of(facts.effective_url) != host_of(asked.url)) {
    url += " (redirected to " + shown_url(facts.effective_url) + ")";
  }
  switch (facts.code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
      if (facts.detail.find("HTTP/0.9") != std::string_view::npos) {
        return url + ": the answer is not HTTP: is this the right port?";
      }
      return url + ": only http:// and https:// are spoken here: " + cause_of(facts);
    case CURLE_URL_MALFORMAT:
      return "not a URL that can be used: \"" + url + "\": " + url_cause(asked) +
             "; a URL is http://host/path";
    case CURLE_COULDNT_RESOLVE_HOST:
      return url + ": no address is known for host " + std::string(host_of(facts.effective_url)) +
             ": check its spelling and the name service";
    case CURLE_COULDNT_RESOLVE_PROXY:
      return url + ": no address is known for its proxy: " + cause_of(facts);
    case CURLE_COULDNT_CONNECT:
      return "could not connect to " + url + detour(facts) + ": " + cause_of(facts);
    case CURLE_OPERATION_TIMEDOUT:
      return time_out_sentence(asked, facts, url);
    case CURLE_GOT_NOTHING:
      return url + ": the server closed the connection without an answer";
    case CURLE_PARTIAL_FILE:
      return url + ": the server ended the answer early, after " + how_much_came(facts);
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return broken_sentence(facts, url);
    case CURLE_PEER_FAILED_VERIFICATION:
      return "certificate of " + url + " is not trusted: " + cause_of(facts) +
             "; insecure (-k) goes on all the same";
    case CURLE_SSL_CONNECT_ERROR:
      return url + ": the TLS handshake failed: " + cause_of(facts);
    case CURLE_TOO_MANY_REDIRECTS:
      return url + ": redirected more than " + std::to_string(asked.max_redirects) + " times";
    case CURLE_FILESIZE_EXCEEDED:
      return excess_sentence(asked, facts, url);
    case CURLE_BAD_CONTENT_ENCODING:
      return url + ": the compressed body cannot be decompressed: " + cause_of(facts);
    case CURLE_SETOPT_OPTION_SYNTAX:
      return url + ": cannot pin an address: " + cause_of(facts) +
             "; a pin is host:port:address[,address]";
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return url + ": HTTP/2 went wrong: " + cause_of(facts);
    default:
      break;
  }
  return url + ": " + cause_of(facts);
}

std::string shown_url(std::string_view url) {
  std::string shown(url);
  const auto scheme = shown.find("://");
  const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
  const auto end = std::min(shown.find_first_of("/?#", begin), shown.size());
  const auto at = shown.rfind('@', end);
  if (at == std::string::npos || at < begin || at >= end) return shown;
  const auto colon = shown.find(':', begin);
  if (colon < at) shown.replace(colon + 1, at - colon - 1, "***");
  return shown;
}

std::string shown_duration(nanoseconds duration) {
  const auto decimal = [](std::int64_t value, std::int64_t unit, const char* name) {
    std::string text = std::to_string(value / unit);
    if (value % unit != 0) {
      std::string digits = std::to_string(unit + value % unit).substr(1);
      digits.erase(digits.find_last_not_of('0') + 1);
      text += "." + digits;
    }
    return text + " " + name;
  };
  const auto micro = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  return micro < 1'000'000 ? decimal(micro, 1'000, "ms") : decimal(micro, 1'000'000, "s");
}

}  // namespace leash::http
