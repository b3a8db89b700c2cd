#include <leash/trace.hpp>

#include "leak/leak_access.hpp"
#include "leak/trace/goroutine_reader.hpp"

namespace leash {

struct goroutine_cursor::state {
  state() : reader(room) {}
  explicit state(std::shared_ptr<const detail::proven_goroutines> list)
      : only(std::move(list)), reader(room, detail::in_list(only.get())) {}

  std::shared_ptr<const detail::proven_goroutines> only;
  detail::trace_batch room;
  detail::goroutine_reader reader;
};

goroutine_cursor::goroutine_cursor() : state_(new state) {}
goroutine_cursor::goroutine_cursor(const leak_report& leaked)
    : state_(new state(detail::leak_access::shared(leaked))) {}
goroutine_cursor::goroutine_cursor(goroutine_cursor&& other) noexcept = default;
goroutine_cursor& goroutine_cursor::operator=(goroutine_cursor&& other) noexcept = default;
goroutine_cursor::~goroutine_cursor() = default;

std::span<const goroutine_trace> goroutine_cursor::next() { return state_->reader.next(); }

}  // namespace leash
