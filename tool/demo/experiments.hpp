#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include <leash/http.hpp>
#include <leash/leash.hpp>

#include "demo/backends.hpp"
#include "demo/observer.hpp"

// The article's racers, each run once and looked at.

namespace leash::tool {

enum class experiment {
  unbuffered,      // the leak
  buffered,        // fix 1
  done_case,       // fix 2, as the article writes it
  on_leash,        // fix 2, as leash does it
  otherwise,       // fix 3
  otherwise_late,  // fix 3's trap: the receiver is not there yet
  otherwise_slot,  // its cure: a slot
  race,            // leash's race
};
inline constexpr std::size_t experiments = 8;

// What became of the loser.
enum class ending { blocked, sent, dropped, noticed, unwound };

// A goroutine that is proven to be leaked.
struct proven_leak {
  std::uint64_t id = 0;
  std::string reason;
  std::source_location at;
  std::source_location created_at;
};

struct finding {
  experiment which{};
  std::string winner;
  std::chrono::nanoseconds elapsed{0};  // until the racer had its answer
  std::string loser;
  ending fate{};
  std::chrono::nanoseconds fate_at{0};
  std::chrono::nanoseconds looked_at{0};  // when "after" was measured
  std::size_t goroutines_before = 0;
  std::size_t goroutines_after = 0;
  memory_usage memory_before;
  memory_usage memory_after;
  std::chrono::nanoseconds send_took{0};  // the loser's send, where it sent
  std::vector<proven_leak> leaked;        // by this experiment
  std::vector<event> events;
};

struct field {
  http::client client;
  backend google;
  backend bing;
};

// Runs one; returns when nothing more can happen in it.
task<finding> run_experiment(field on, experiment which);

// What one slot of a racer's channel takes.
std::size_t bytes_of_slot();

std::string_view name_of(experiment which) noexcept;
std::string_view name_of(ending fate) noexcept;
std::string_view name_of(happening what) noexcept;

}  // namespace leash::tool
