#pragma once

// The codes of the failures that a network in memory stands in for: curl's, as http::client gives them
// (https://curl.se/libcurl/c/libcurl-errors.html).

namespace leash::testing::failure_code {

inline constexpr int no_such_host = 6;
inline constexpr int refused = 7;
inline constexpr int partial = 18;
inline constexpr int timed_out = 28;
inline constexpr int reset = 56;
inline constexpr int too_large = 63;

}  // namespace leash::testing::failure_code
