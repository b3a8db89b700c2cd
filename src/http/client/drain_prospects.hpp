#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace leash::http {

// Whether answers that have not begun are likely to come soon, by what became of the last ones of the same URL (its
// query apart; some URLs share an entry). Where several in a row did not come, only one in a while is waited for,
// to find out whether that has changed.
class drain_prospects {
 public:
  // To be asked once for each.
  bool are_good(std::string_view url) noexcept {
    entry& known = of(url);
    if (known.failures < believed) return true;
    known.passed_over = static_cast<std::uint8_t>((known.passed_over + 1) % tried_again);
    return known.passed_over == 0;
  }

  void learn(std::string_view url, bool came) noexcept {
    entry& known = of(url);
    known.failures =
        came ? std::uint8_t{0} : std::min(static_cast<std::uint8_t>(known.failures + 1), believed);
  }

 private:
  static constexpr std::uint8_t believed = 4;      // failures in a row
  static constexpr std::uint8_t tried_again = 64;  // one of so many

  struct entry {
    std::uint8_t failures = 0;
    std::uint8_t passed_over = 0;
  };

  entry& of(std::string_view url) noexcept {
    const std::string_view page = url.substr(0, url.find_first_of("?#"));
    return entries_[std::hash<std::string_view>{}(page) % entries_.size()];
  }

  std::array<entry, 256> entries_{};
};

}  // namespace leash::http
