#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "http/debug/gzip.hpp"
#include "http/debug/pages.hpp"
#include "http/debug/query.hpp"

#include <leash/error.hpp>
#include <leash/go.hpp>
#include <leash/profile.hpp>
#include <leash/scope.hpp>
#include <leash/time.hpp>
#include <leash/trace.hpp>

// The server has one thread for all requests: who works for long gives way in between.

namespace leash::http {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t piece_size = 16 << 10;

// Copies hold one permit; the last gives it back.
using held_slot = std::shared_ptr<semaphore::permit>;

task<semaphore::permit> acquired(semaphore from) { co_return co_await from.acquire(); }

// Null: all of them were taken for too long.
task<held_slot> take_slot(semaphore from) {
  constexpr auto patience = 5s;
  try {
    co_return std::make_shared<semaphore::permit>(co_await timeout(patience, acquired(from)));
  } catch (const error& failure) {
    if (failure.code() != errc::timed_out) throw;
  }
  co_return nullptr;
}

streamed_response busy() {
  streamed_response answer = text_answer(
      503, "Too many profiles are being made or sent at this moment: try again in a second\n");
  answer.head.headers.push_back({"Retry-After", "1"});
  return answer;
}

task<> add_all(goroutine_profile& into, std::int64_t count) {
  goroutine_cursor cursor;
  for (auto batch = cursor.next(); !batch.empty(); batch = cursor.next()) {
    for (const goroutine_trace& each : batch) into.add(each, count);
    co_await this_goroutine::yield();
  }
}

task<goroutine_profile> collected() {
  goroutine_profile all;
  co_await add_all(all, 1);
  co_return all;
}

// What changed in the meantime. Ages would change by time alone, so they are left out.
task<goroutine_profile> difference(std::chrono::seconds duration) {
  goroutine_profile changed(profile_labels::lasting);
  const auto begun = std::chrono::steady_clock::now();
  co_await add_all(changed, -1);
  co_await sleep(duration);
  co_await add_all(changed, 1);
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

// One by one, goroutines need no slot: nothing of them is kept.
struct text_stream {
  text_stream(trace_form form, held_slot slot) : pieces(form), slot(std::move(slot)) {}

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

streamed_response head_of_profile(bool is_difference) {
  streamed_response answer = text_answer(200, {}, "application/octet-stream");
  answer.head.headers.push_back(
      {"Content-Disposition", is_difference ? R"(attachment; filename="goroutine-delta")"
                                            : R"(attachment; filename="goroutine")"});
  return answer;
}

// The body of a HEAD's answer is never run: it says only that there would be one.
task<> nothing(body_writer&) { co_return; }

}  // namespace

task<streamed_response> goroutine_page(const request& asked, std::string_view query,
                                       profile_slots slots) {
  const goroutine_query wanted = parse_goroutine_query(query);
  const bool is_difference = wanted.seconds.count() != 0;
  streamed_response answer = wanted.debug == 0 ? head_of_profile(is_difference) : head_of_text();
  answer.body = nothing;
  if (asked.method == "HEAD") co_return answer;
  held_slot slot;
  if (wanted.debug != 2) {
    slot = co_await take_slot(is_difference ? slots.differences : slots.now);
    if (!slot) co_return busy();
  }
  if (wanted.debug == 0) {
    goroutine_profile profile =
        is_difference ? co_await difference(wanted.seconds) : co_await collected();
    const auto stream = std::make_shared<profile_stream>(std::move(profile), std::move(slot));
    answer.body = [stream](body_writer& out) { return send_profile(*stream, out); };
  } else {
    const auto stream = std::make_shared<text_stream>(
        wanted.debug == 1 ? trace_form::grouped : trace_form::each, std::move(slot));
    answer.body = [stream](body_writer& out) { return send_text(*stream, out); };
  }
  co_return answer;
}

}  // namespace leash::http
