#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "http/debug/pages.hpp"
#include "http/debug/query.hpp"

#include <leash/blocking.hpp>
#include <leash/go.hpp>
#include <leash/why.hpp>

// A condition is found by a proof, which takes long where there are many goroutines: it is made on a thread of its own, so that
// the server's goes on answering.

namespace leash::http {
namespace {

struct why_stream {
  explicit why_stream(held_slot held) : slot(std::move(held)) {}

  why_text pieces;
  held_slot slot;
};

task<> send_all(why_stream& all, body_writer& out) {
  std::string piece;
  while (co_await blocking([&] { return all.pieces.next(piece); })) {
    if (piece.size() >= piece_size) co_await out.write(std::exchange(piece, {}));
  }
  co_await out.write(piece);
}

}  // namespace

task<streamed_response> why_page(const request& asked, std::string_view query,
                                 profile_slots slots) {
  const std::uint64_t id = parse_why_query(query);
  streamed_response answer = text_answer(200, {});
  answer.body = no_body;
  if (asked.method == "HEAD") co_return answer;
  held_slot slot = co_await take_slot(slots.now);
  if (!slot) co_return busy_answer();
  if (id != 0) {
    const std::string text = co_await blocking([id] { return why(id); });
    if (!text.empty()) co_return text_answer(200, text);
    co_return text_answer(
        404, fmt::format("There is no goroutine {}: it has ended, or there never was one\n", id));
  }
  const auto stream = std::make_shared<why_stream>(std::move(slot));
  answer.body = [stream](body_writer& out) { return send_all(*stream, out); };
  co_return answer;
}

}  // namespace leash::http
