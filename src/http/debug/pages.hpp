#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <leash/http_server.hpp>

#include "http/debug/profile_slots.hpp"

// The pages of the debug server. Each is asked by GET or HEAD; of a HEAD, only the head is made.

namespace leash::http {

inline constexpr std::string_view index_path = "/debug/pprof/";
inline constexpr std::string_view goroutine_path = "/debug/pprof/goroutine";
inline constexpr std::string_view goroutineleak_path = "/debug/pprof/goroutineleak";
inline constexpr std::string_view cmdline_path = "/debug/pprof/cmdline";
inline constexpr std::string_view why_path = "/debug/leash/why";
inline constexpr std::string_view metrics_path = "/metrics";

// A whole answer, with the headers that all pages have.
streamed_response text_answer(int status, std::string body,
                              std::string_view type = "text/plain; charset=utf-8");

// Text is sent in pieces of at least so many bytes.
inline constexpr std::size_t piece_size = 16 << 10;

// The body of a HEAD's answer is never run: it says only that there would be one.
task<> no_body(body_writer&);

// Of which goroutines a profile is.
enum class profiled : std::uint8_t {
  all,
  leaked,  // what is proven when it is asked for
};

// Throws bad_query.
task<streamed_response> goroutine_page(const request& asked, std::string_view query, profiled what,
                                       profile_slots slots);
task<streamed_response> index_page(const request& asked, profile_slots slots);
// Throws bad_query.
task<streamed_response> why_page(const request& asked, std::string_view query, profile_slots slots);
streamed_response cmdline_page();
streamed_response metrics_page();

// All of it: finds the page, or says what there is. `local`: see is_local_host.
server::streaming_handler debug_pages(bool local);

}  // namespace leash::http
