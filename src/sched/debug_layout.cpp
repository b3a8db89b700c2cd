#include "debug_layout.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <source_location>

#include "worker.hpp"

#include <leash/detail/sched/goroutine.hpp>
#include <leash/detail/sched/promise.hpp>

// What packaging/gdb/leash.py reads goroutines by, in a program without debug information and in a core
// file: one symbol, from which all else is found. The script knows the order of the fields, and their
// version.

namespace leash::detail {
namespace {

constexpr std::size_t reason_count = static_cast<std::size_t>(wait_reason::blocking) + 1;

// What source_location points to, in libstdc++: static data of the program.
struct location_data {
  const char* file;
  const char* function;
  unsigned line;
  unsigned column;
};
static_assert(sizeof(std::source_location) == sizeof(const location_data*));

}  // namespace

struct debug_layout {
  std::uint64_t version;  // 0: no runtime has been made yet
  // The records: `*record_count` of them from `records` on, `record_size` bytes each.
  const void* records;
  const void* record_count;
  std::uint64_t record_size;
  // Where in a record its fields are.
  std::uint64_t word;
  std::uint64_t reason;
  std::uint64_t home;
  std::uint64_t top;
  std::uint64_t id;
  std::uint64_t creator;
  std::uint64_t created_at;
  std::uint64_t born;     // moments of the runtime's clock, in units of `moment_unit` nanoseconds
  std::uint64_t resumed;  // likewise
  std::uint64_t moment_unit;
  std::uint64_t virtual_time;  // in what `home` points to: whether that clock is not steady_clock
  // In a frame's promise.
  std::uint64_t parent;
  std::uint64_t where;
  // In a place.
  std::uint64_t file;
  std::uint64_t function;
  std::uint64_t line;
  std::uint64_t reason_count;
  const char* const* reasons;
};

}  // namespace leash::detail

extern "C" {
// Kept although nothing in the program reads it.
[[gnu::used]] leash::detail::debug_layout leash_debug_layout{};
}

namespace leash::detail {
namespace {

std::array<const char*, reason_count> reason_texts{};

}  // namespace

void publish_debug_layout(const scheduler& any) noexcept {
  static const bool published = [&any] {
    for (std::size_t i = 0; i < reason_count; ++i)
      reason_texts[i] = text_of(static_cast<wait_reason>(i));
    const auto& pool = goroutine_pool::instance();
    leash_debug_layout = {
        .version = 1,
        .records = &pool[0],
        .record_count = &pool.size_place(),
        .record_size = sizeof(goroutine),
        .word = offsetof(goroutine, word),
        .reason = offsetof(goroutine, reason),
        .home = offsetof(goroutine, home),
        .top = offsetof(goroutine, top),
        .id = offsetof(goroutine, id),
        .creator = offsetof(goroutine, creator),
        .created_at = offsetof(goroutine, created_at),
        .born = offsetof(goroutine, born),
        .resumed = offsetof(goroutine, resumed),
        .moment_unit = static_cast<std::uint64_t>(moment_of(1).time_since_epoch().count()),
        // offsetof is for simpler classes.
        .virtual_time = static_cast<std::uint64_t>(
            reinterpret_cast<const char*>(&any.virtual_time) - reinterpret_cast<const char*>(&any)),
        .parent = offsetof(promise_base, parent),
        .where = offsetof(promise_base, where),
        .file = offsetof(location_data, file),
        .function = offsetof(location_data, function),
        .line = offsetof(location_data, line),
        .reason_count = reason_count,
        .reasons = reason_texts.data(),
    };
    return true;
  }();
  static_cast<void>(published);
}

}  // namespace leash::detail
