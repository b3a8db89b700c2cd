#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "http/debug/gzip.hpp"
#include "http/debug/pages.hpp"
#include "http/debug/profile_slots.hpp"
#include "http/debug/query.hpp"

#include <leash/blocking.hpp>
#include <leash/go.hpp>
#include <leash/leaks.hpp>
#include <leash/profile.hpp>
#include <leash/suspects.hpp>
#include <leash/time.hpp>
#include <leash/trace.hpp>

// The server has one thread for all requests: who works for long gives way in between.

namespace leash::http {
namespace {

// A proof goes through all goroutines at once, which would keep the server's thread.
task<leak_report> proven() {
  co_return co_await blocking([] { return leaks(); });
}

task<goroutine_cursor> look_at(profiled what) {
  if (what == profiled::all) co_return goroutine_cursor();
  co_return goroutine_cursor(co_await proven());
}

task<> add_all(goroutine_profile& into, profiled what, std::int64_t count) {
  goroutine_cursor cursor = co_await look_at(what);
  for (auto batch = cursor.next(); !batch.empty(); batch = cursor.next()) {
    for (const goroutine_trace& each : batch) into.add(each, count);
    co_await this_goroutine::yield();
  }
}

profile_type type_of(profiled what) noexcept {
  return what == profiled::all ? profile_type::goroutine : profile_type::goroutineleak;
}

task<> add_suspects(goroutine_profile& into) {
  for (const suspect& each : co_await blocking([] { return suspects(); })) {
    goroutine_trace one;
    one.state = goroutine_state::waiting;
    one.reason = each.reason;
    one.leak = leak_state::suspect;
    one.age = each.age;
    one.since = each.since;
    one.created_at = each.created_at;
    one.stack = each.stack;
    into.add(one, static_cast<std::int64_t>(each.count));
  }
}

task<goroutine_profile> collected(profiled what, bool with_suspects) {
  goroutine_profile all(profile_labels::all, type_of(what));
  co_await add_all(all, what, 1);
  if (with_suspects) co_await add_suspects(all);
  co_return all;
}

// What changed in the meantime. Ages would change by time alone, so they are left out.
task<goroutine_profile> difference(profiled what, std::chrono::seconds duration) {
  goroutine_profile changed(profile_labels::lasting, type_of(what));
  const auto begun = std::chrono::steady_clock::now();
  co_await add_all(changed, what, -1);
  co_await sleep(duration);
  co_await add_all(changed, what, 1);
  changed.covers(std::chrono::steady_clock::now() - begun);
  co_return changed;
}

struct profile_stream {
  profile_stream(goroutine_profile sent, held_slot slot)
      : pieces(std::move(sent)), slot(std::move(slot)) {}

  goroutine_protobuf pieces;
  gzip compressor;
  held_slot slot;
};

task<> send_profile(profile_stream& profile, body_writer& out) {
  std::string piece;
  std::string compressed;
  while (profile.pieces.next(piece)) {
    profile.compressor.add(piece, compressed);
    piece.clear();
    if (compressed.size() >= piece_size) co_await out.write(std::exchange(compressed, {}));
    co_await this_goroutine::yield();
  }
  profile.compressor.finish(compressed);
  co_await out.write(compressed);
}

// One by one, all goroutines need no slot: nothing of them is kept.
struct text_stream {
  text_stream(goroutine_text pieces, held_slot slot)
      : pieces(std::move(pieces)), slot(std::move(slot)) {}

  goroutine_text pieces;
  held_slot slot;
};

task<> send_text(text_stream& text, body_writer& out) {
  std::string piece;
  while (text.pieces.next(piece)) {
    if (piece.size() >= piece_size) co_await out.write(std::exchange(piece, {}));
    co_await this_goroutine::yield();
  }
  co_await out.write(piece);
}

streamed_response head_of_text() { return text_answer(200, {}); }

streamed_response head_of_profile(profiled what, bool is_difference) {
  streamed_response answer = text_answer(200, {}, "application/octet-stream");
  answer.head.headers.push_back(
      {"Content-Disposition", fmt::format(R"(attachment; filename="{}{}")",
                                          what == profiled::all ? "goroutine" : "goroutineleak",
                                          is_difference ? "-delta" : "")});
  return answer;
}

task<goroutine_text> text_of(profiled what, trace_form form) {
  if (what == profiled::all) co_return goroutine_text(form);
  co_return goroutine_text(form, co_await proven());
}

}  // namespace

task<streamed_response> goroutine_page(const request& asked, std::string_view query, profiled what,
                                       profile_slots slots) {
  const goroutine_query wanted = parse_goroutine_query(query, what == profiled::leaked);
  const bool is_difference = wanted.seconds.count() != 0;
  streamed_response answer =
      wanted.debug == 0 ? head_of_profile(what, is_difference) : head_of_text();
  answer.body = no_body;
  if (asked.method == "HEAD") co_return answer;
  held_slot slot;
  if (wanted.debug != 2 || what == profiled::leaked) {
    slot = co_await take_slot(is_difference ? slots.differences : slots.now);
    if (!slot) co_return busy_answer();
  }
  if (wanted.debug == 0) {
    goroutine_profile profile = is_difference ? co_await difference(what, wanted.seconds)
                                              : co_await collected(what, wanted.suspects);
    const auto stream = std::make_shared<profile_stream>(std::move(profile), std::move(slot));
    answer.body = [stream](body_writer& out) { return send_profile(*stream, out); };
  } else {
    goroutine_text text =
        co_await text_of(what, wanted.debug == 1 ? trace_form::grouped : trace_form::each);
    const auto stream = std::make_shared<text_stream>(std::move(text), std::move(slot));
    answer.body = [stream](body_writer& out) { return send_text(*stream, out); };
  }
  co_return answer;
}

}  // namespace leash::http
