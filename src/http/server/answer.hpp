#pragma once

#include <boost/beast/core/string_type.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <string>
#include <string_view>

#include <leash/http_message.hpp>
#include <leash/http_server.hpp>

// Between our messages and Beast's.

namespace leash::http {

using beast_request = boost::beast::http::request<boost::beast::http::string_body>;
using beast_answer = boost::beast::http::response<boost::beast::http::string_body>;
using beast_head = boost::beast::http::response<boost::beast::http::empty_body>;

request taken_from(beast_request&& came);
// The whole answer, with its body.
beast_answer made_of(response&& given);
// Status and headers alone.
beast_head head_of(const response& given);

// A text of our own.
response plain(int status, std::string body);

// What a failed read of a request is answered with; status 0: with nothing, the connection is broken.
response refusal_of(boost::system::error_code failure);

}  // namespace leash::http
