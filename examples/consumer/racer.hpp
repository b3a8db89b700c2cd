#pragma once

#include <chrono>
#include <string>

#include <leash/leash.hpp>

// Asks two engines, of which one is fast; the other is cancelled. Returns who won.
inline leash::task<std::string> search(std::chrono::milliseconds fast,
                                       std::chrono::milliseconds slow) {
  const auto engine = [](std::string name,
                         std::chrono::milliseconds latency) -> leash::task<std::string> {
    co_await leash::sleep(latency);
    co_return name;
  };
  const auto won = co_await leash::race(engine("Google", fast), engine("Bing", slow));
  co_return won.value;
}
