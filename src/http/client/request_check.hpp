#pragma once

#include <optional>

#include <leash/http_message.hpp>

#include "http/client/transfer_failure.hpp"

namespace leash::http {

// Why the request cannot be sent; nothing when it can. Looks at what libcurl would cut at the first NUL, or
// send as it is: line breaks would be headers of somebody else's making.
std::optional<transfer_failure> refusal_of(const request& asked);

}  // namespace leash::http
