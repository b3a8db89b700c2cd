#include <leash/trace.hpp>

#include "leak/goroutine_reader.hpp"

namespace leash {

struct goroutine_cursor::state {
  detail::trace_batch room;
  detail::goroutine_reader reader{room};
};

goroutine_cursor::goroutine_cursor() : state_(new state) {}
goroutine_cursor::goroutine_cursor(goroutine_cursor&& other) noexcept = default;
goroutine_cursor& goroutine_cursor::operator=(goroutine_cursor&& other) noexcept = default;
goroutine_cursor::~goroutine_cursor() = default;

std::span<const goroutine_trace> goroutine_cursor::next() { return state_->reader.next(); }

}  // namespace leash
