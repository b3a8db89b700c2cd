#include "request/request_options.hpp"

#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "request/values.hpp"

namespace leash::tool {
namespace {

std::string data_of(const std::string& given) {
  if (!given.starts_with('@')) return given;
  std::ifstream file(given.substr(1), std::ios::binary);
  if (!file)
    throw CLI::ValidationError("-d", fmt::format("the file {} cannot be read", given.substr(1)));
  return {std::istreambuf_iterator<char>(file), {}};
}

void add_header(http::request& asked, const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0)
    throw CLI::ValidationError("-H", fmt::format("{} is not a header such as 'Name: value'", text));
  const std::string name = text.substr(0, colon);
  const std::size_t value = text.find_first_not_of(" \t", colon + 1);
  if (value == std::string::npos)
    asked.omit.push_back(name);
  else
    asked.headers.push_back({name, text.substr(value)});
}

}  // namespace

std::shared_ptr<request_options> request_options::add_to(CLI::App& command) {
  auto words = std::make_shared<request_options>();
  http::request& flags = words->flags_;
  const auto one_each = [](CLI::Option* option) { option->expected(1)->take_all(); };
  command.add_option("-X,--request", words->method_, "The method; GET, or POST with -d")
      ->type_name("METHOD");
  one_each(command.add_option("-H,--header", words->headers_, "A header; 'Name:' omits one")
               ->type_name("HEADER"));
  one_each(command.add_option("-d,--data", words->data_, "The body; @file reads it from there")
               ->type_name("DATA"));
  command.add_option("-A,--user-agent", words->agent_, "The User-Agent header; '' omits it")
      ->type_name("NAME");
  command.add_option("-u,--user", flags.user, "Basic authentication: name:password")
      ->type_name("USER");
  command.add_flag("--compressed", flags.compressed, "Ask for a compressed answer; decompress it");
  command.add_flag("-L,--location", flags.follow_redirects, "Follow redirects");
  words->add_connection_to(command);
  words->add_limits_to(command);
  return words;
}

std::shared_ptr<request_options> request_options::add_get_to(CLI::App& command,
                                                             const char* max_time,
                                                             const char* max_filesize) {
  auto words = std::make_shared<request_options>();
  http::request& flags = words->flags_;
  words->max_time_ = max_time;
  words->max_filesize_ = max_filesize;
  const auto one_each = [](CLI::Option* option) { option->expected(1)->take_all(); };
  one_each(command.add_option("-H,--header", words->headers_, "A header; 'Name:' omits one")
               ->type_name("HEADER"));
  command.add_option("-u,--user", flags.user, "Basic authentication: name:password")
      ->type_name("USER");
  command.add_flag("-L,--location", flags.follow_redirects, "Follow redirects");
  one_each(command.add_option("--resolve", flags.resolve, "Where a host is: host:port:address")
               ->type_name("PIN"));
  command.add_flag("-k,--insecure", flags.insecure, "Accept any certificate");
  command
      .add_option("-m,--max-time", words->max_time_,
                  fmt::format("Seconds for a whole request; otherwise {}", max_time))
      ->type_name("SECONDS");
  command.add_option("--connect-timeout", words->connect_timeout_, "Seconds to connect")
      ->type_name("SECONDS");
  command
      .add_option("--max-filesize", words->max_filesize_,
                  fmt::format("The largest body, as 500k or 2G, packed and unpacked; otherwise {}",
                              max_filesize))
      ->type_name("BYTES");
  return words;
}

void request_options::add_connection_to(CLI::App& command) {
  auto* old = command.add_flag("--http1.1", http1_1_, "Speak HTTP/1.1");
  auto* newer = command.add_flag("--http2", http2_, "HTTP/2; without TLS, by an upgrade");
  auto* known = command.add_flag("--http2-prior-knowledge", http2_prior_knowledge_,
                                 "HTTP/2, without asking whether the server speaks it");
  old->excludes(newer)->excludes(known);
  newer->excludes(known);
  command.add_option("--resolve", flags_.resolve, "Where a host is: host:port:address")
      ->type_name("PIN")
      ->expected(1)
      ->take_all();
  command.add_flag("-k,--insecure", flags_.insecure, "Accept any certificate");
}

void request_options::add_limits_to(CLI::App& command) {
  command.add_option("-m,--max-time", max_time_, "Seconds for a whole request")
      ->type_name("SECONDS");
  command.add_option("--connect-timeout", connect_timeout_, "Seconds to connect")
      ->type_name("SECONDS");
  command
      .add_option("-Y,--speed-limit", flags_.min_speed, "Bytes a second below which it is too slow")
      ->type_name("BYTES");
  command.add_option("-y,--speed-time", speed_time_, "Seconds that it may be too slow; 30")
      ->type_name("SECONDS");
  command.add_option("--max-filesize", max_filesize_, "The largest body, as 500k or 2G; 256M")
      ->type_name("BYTES");
}

http::request request_options::read() const {
  http::request asked = flags_;
  for (const std::string& header : headers_) add_header(asked, header);
  for (const std::string& data : data_) {
    if (&data != data_.data()) asked.body += '&';
    asked.body += data_of(data);
  }
  if (!data_.empty()) {
    asked.method = "POST";
    if (http::find_header(asked.headers, "Content-Type") == nullptr)
      asked.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  }
  if (agent_ && http::find_header(asked.headers, "User-Agent") == nullptr)
    add_header(asked, "User-Agent:" + *agent_);
  if (!asked.user.empty() && asked.user.find(':') == std::string::npos)
    throw CLI::ValidationError("-u", "a user is name:password; this has no colon");
  if (http1_1_) asked.version = http::http_version::http1_1;
  if (http2_) asked.version = http::http_version::http2;
  if (http2_prior_knowledge_) asked.version = http::http_version::http2_prior_knowledge;
  // As in curl, where either of the two switches both on.
  if (!speed_time_.empty()) {
    asked.min_speed_time =
        std::chrono::ceil<std::chrono::seconds>(seconds_of("--speed-time", speed_time_));
    if (asked.min_speed == 0) asked.min_speed = 1;
  }
  if (!max_filesize_.empty())
    asked.max_body = asked.max_decompressed = bytes_of("--max-filesize", max_filesize_);
  if (!method_.empty()) asked.method = method_;
  asked.connect_timeout = seconds_of("--connect-timeout", connect_timeout_);
  asked.timeout = seconds_of("--max-time", max_time_);
  return asked;
}

}  // namespace leash::tool
