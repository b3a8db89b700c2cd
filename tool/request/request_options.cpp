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
  command.add_option("-X,--request", words->method_, "The method; GET, or POST with -d");
  one_each(command.add_option("-H,--header", words->headers_, "A header; 'Name:' omits one"));
  one_each(command.add_option("-d,--data", words->data_, "The body; @file reads it from there"));
  command.add_flag("-k,--insecure", flags.insecure, "Accept any certificate");
  command.add_flag("-L,--location", flags.follow_redirects, "Follow redirects");
  command.add_option("-m,--max-time", words->max_time_, "Seconds for a whole request");
  command.add_option("--connect-timeout", words->connect_timeout_, "Seconds to connect");
  return words;
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
  if (!method_.empty()) asked.method = method_;
  asked.connect_timeout = seconds_of("--connect-timeout", connect_timeout_);
  asked.timeout = seconds_of("--max-time", max_time_);
  return asked;
}

}  // namespace leash::tool
