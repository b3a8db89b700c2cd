#pragma once

#include <concepts>
#include <stdexcept>
#include <string>
#include <utility>

#include <leash/http_message.hpp>
#include <leash/task.hpp>

namespace leash::http {

// A request that brought no answer. what() is a sentence that names the URL and the cause. A status such
// as 404 is an answer, not an error.
class error : public std::runtime_error {
 public:
  error(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
  // libcurl's number, which is also curl's exit code: 6 no such host, 7 no connection, 28 timed out, …
  int code() const noexcept { return code_; }

 private:
  int code_;
};

// What brings requests to servers and answers back: http::client, and, for code that is explored or runs in a bubble,
// testing::memory_network. Code that asks by `const auto& transport` takes either.
template <class T>
concept transport = requires(const T& by, std::string url, request asked) {
  { by.get(std::move(url)) } -> std::same_as<task<response>>;
  { by.send(std::move(asked)) } -> std::same_as<task<response>>;
};

}  // namespace leash::http
