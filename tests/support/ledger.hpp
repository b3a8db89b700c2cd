#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include <leash/go.hpp>

namespace leash::testing {

// What has become of a value.
enum class fact : std::uint8_t {
  sent = 1,       // says its sender: a channel has taken it
  returned = 2,   // says its sender: the channel was closed or full, or another case happened
  received = 4,   // says its receiver
  destroyed = 8,  // at last, wherever that was
  unwound = 16,   // destroyed in the middle of a goroutine's unwinding
  buffered = 32,  // went to a channel that has a buffer, with which it may die
};

// Where each value is. Each is issued once, and its facts are noted by whoever sees them.
class ledger {
 public:
  explicit ledger(std::size_t most) : facts_(most) {}

  std::size_t issue() {
    const std::size_t number = next_.fetch_add(1, std::memory_order_relaxed);
    if (number < facts_.size()) return number;
    std::fputs("a ledger is full: make it larger\n", stderr);
    std::abort();
  }

  void note(std::size_t number, fact what) {
    const auto bit = static_cast<std::uint8_t>(what);
    if ((facts_[number].fetch_or(bit) & bit) != 0) ++noted_twice_;
  }

  std::size_t issued() const { return next_; }
  std::size_t count(fact what) const {
    std::size_t found = 0;
    for (std::size_t i = 0; i < issued(); ++i) found += has(facts_[i], what);
    return found;
  }

  // Values with which something went wrong, when all are gone.
  std::size_t wrong() const {
    std::size_t found = noted_twice_;
    for (std::size_t i = 0; i < issued(); ++i) found += !right(facts_[i]);
    return found;
  }

 private:
  static bool has(std::uint8_t facts, fact what) {
    return (facts & static_cast<std::uint8_t>(what)) != 0;
  }
  static bool right(std::uint8_t facts) {
    const bool sent = has(facts, fact::sent);
    const bool returned = has(facts, fact::returned);
    const bool received = has(facts, fact::received);
    if (!has(facts, fact::destroyed)) return false;
    if (received) return sent && !returned;
    if (sent) return !returned && has(facts, fact::buffered);
    return returned || has(facts, fact::unwound);
  }

  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> noted_twice_{0};
  std::vector<std::atomic<std::uint8_t>> facts_;
};

// A value that is in one place at a time.
class token {
 public:
  explicit token(ledger& book) : book_(&book), number_(book.issue()) {}
  token(token&& other) noexcept
      : book_(std::exchange(other.book_, nullptr)), number_(other.number_) {}
  token& operator=(token&&) = delete;
  ~token() {
    if (book_ == nullptr) return;
    if (unwinding()) book_->note(number_, fact::unwound);
    book_->note(number_, fact::destroyed);
  }

  // False when it was moved from.
  bool whole() const { return book_ != nullptr; }
  std::size_t number() const { return number_; }

 private:
  ledger* book_;
  std::size_t number_;
};

}  // namespace leash::testing
