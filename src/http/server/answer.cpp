#include "http/server/answer.hpp"

#include <boost/beast/http/error.hpp>

#include <utility>

#include "http/text.hpp"

namespace leash::http {

namespace beast = boost::beast;

namespace {

beast::string_view view_of(std::string_view text) { return {text.data(), text.size()}; }

bool is_the_servers(std::string_view name) {
  return equal_ignoring_case(name, "Content-Length") ||
         equal_ignoring_case(name, "Transfer-Encoding") || equal_ignoring_case(name, "Connection");
}

template <class Message>
void fill_head(Message& answer, const response& given) {
  answer.result(static_cast<unsigned>(given.status == 0 ? 200 : given.status));
  for (const header& field : given.headers)
    if (!is_the_servers(field.name)) answer.insert(view_of(field.name), view_of(field.value));
}

}  // namespace

request taken_from(beast_request&& came) {
  request asked;
  asked.method = std::string(came.method_string());
  asked.url = std::string(came.target());
  for (const auto& field : came)
    asked.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  asked.body = std::move(came.body());
  return asked;
}

beast_answer made_of(response&& given) {
  beast_answer answer;
  fill_head(answer, given);
  answer.body() = std::move(given.body);
  return answer;
}

beast_head head_of(const response& given) {
  beast_head answer;
  fill_head(answer, given);
  return answer;
}

response plain(int status, std::string body) {
  response given;
  given.status = status;
  given.body = std::move(body);
  return given;
}

response refusal_of(boost::system::error_code failure) {
  using beast::http::error;
  if (failure.category() != beast::http::make_error_code(error{}).category() ||
      failure == error::end_of_stream || failure == error::partial_message)
    return {};
  if (failure == error::body_limit) return plain(413, "the body is too large\n");
  if (failure == error::header_limit) return plain(431, "the request's head is too large\n");
  return plain(400, failure.message() + "\n");
}

}  // namespace leash::http
