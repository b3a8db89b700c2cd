#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <source_location>
#include <string_view>

#include <leash/detail/base/function_name.hpp>
#include <leash/trace.hpp>

#include "leak/trace/goroutine_reader.hpp"

// A goroutine's text in the shape of Go's debug=2, for outputs of any kind: one of them works in a signal's handler.
// Nothing here allocates.

namespace leash::detail {

// What a text is written to: `void text(std::string_view)`, and `void frame(const std::source_location&)`, which writes a
// place as a frame of a stack, by write_frame or what comes to the same.
template <class Output>
void write_number(Output& out, std::uint64_t number) {
  std::array<char, 20> digits;
  const auto [end, failed] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.text({digits.data(), end});
}

template <class Output>
void write_line_of(Output& out, const std::source_location& place) {
  out.text("\n\t");
  out.text(place.file_name());
  out.text(":");
  write_number(out, place.line());
  out.text(" +0x0\n");
}

template <class Output>
void write_frame(Output& out, const std::source_location& place) {
  out.text(function_name(place.function_name()).view());
  out.text("(...)");
  write_line_of(out, place);
}

// Whether a trace says of who is leaked that it is, as Go's goroutineleak profile does and its other texts do not.
enum class leak_mention : std::uint8_t { none, in_brackets };

template <class Output>
void write_trace(Output& out, const goroutine_trace& trace,
                 leak_mention mention = leak_mention::none) {
  out.text("goroutine ");
  write_number(out, trace.id);
  out.text(" [");
  out.text(trace.reason);
  if (mention == leak_mention::in_brackets && trace.leak == leak_state::proven)
    out.text(" (leaked)");
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(trace.since).count();
  if (trace.state == goroutine_state::waiting && minutes > 0) {
    out.text(", ");
    write_number(out, static_cast<std::uint64_t>(minutes));
    out.text(" minutes");
  }
  out.text("]:\n");
  for (std::size_t i = 0; i < trace.stack.size(); ++i) {
    if (trace.elided != 0 && i == trace_batch::half_a_stack) {
      out.text("...");
      write_number(out, trace.elided);
      out.text(" frames elided...\n");
    }
    out.frame(trace.stack[i]);
  }
  out.text("created by ");
  out.text(function_name(trace.created_at.function_name()).view());
  if (trace.creator != 0) {
    out.text(" in goroutine ");
    write_number(out, trace.creator);
  }
  write_line_of(out, trace.created_at);
  out.text("\n");
}

}  // namespace leash::detail
