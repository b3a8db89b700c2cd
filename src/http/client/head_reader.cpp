#include "http/client/head_reader.hpp"

#include <algorithm>
#include <charconv>

#include "http/text.hpp"

namespace leash::http {

void head_reader::take_line(std::string_view line) {
  size_ += line.size();
  constexpr std::string_view protocol = "HTTP/";
  if (line.starts_with(protocol)) return begin(line.substr(protocol.size()));
  if (!trimmed(line).empty()) return take_field(line);
  complete_ = true;
}

// "1.1 200 OK"
void head_reader::begin(std::string_view status_line) {
  complete_ = false;
  constexpr std::size_t as_many_as_most_have = 12;
  into_.headers.clear();
  into_.headers.reserve(as_many_as_most_have);
  into_.trailers.clear();
  into_.body.clear();
  const auto version_end = std::min(status_line.find(' '), status_line.size());
  into_.version = status_line.substr(0, version_end);
  const std::string_view status = trimmed(status_line.substr(version_end));
  status_ = 0;  // of what is no number
  std::from_chars(status.data(), status.data() + status.size(), status_);
  into_.reason = trimmed(status.substr(std::min(status.find(' '), status.size())));
}

void head_reader::take_field(std::string_view line) {
  std::vector<header>& fields = complete_ ? into_.trailers : into_.headers;
  const bool folded = line.front() == ' ' || line.front() == '\t';  // as old servers do
  if (folded && !fields.empty()) {
    fields.back().value.append(" ").append(trimmed(line));
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  fields.push_back(
      {std::string(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1)))});
}

}  // namespace leash::http
