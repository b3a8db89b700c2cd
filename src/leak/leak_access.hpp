#pragma once

#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <leash/leaks.hpp>

#include "leak/proof/proven_goroutine.hpp"

namespace leash::detail {

struct proven_goroutines {
  std::vector<proven_goroutine> all;
};

// The private parts of leak_report.
struct leak_access {
  static std::shared_ptr<const proven_goroutines> shared(const leak_report& report) noexcept {
    return report.proven_;
  }
  static leak_report make(std::vector<proven_goroutine> proven) {
    leak_report made;
    if (!proven.empty())
      made.proven_ = std::make_shared<const proven_goroutines>(std::move(proven));
    return made;
  }
};

inline std::span<const proven_goroutine> in_list(const proven_goroutines* list) noexcept {
  return list == nullptr ? std::span<const proven_goroutine>() : list->all;
}

}  // namespace leash::detail
