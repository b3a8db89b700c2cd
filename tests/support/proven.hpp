#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <leash/leash.hpp>
#include <leash/testing.hpp>

#include "leak/proof/prove_all.hpp"
#include "support/waits.hpp"

namespace leash::testing {

// For tests of what exactly is proven. Goroutines tell their names where they begin the wait in which they stay:
//
//   left_by(1, []() -> task<> {
//     const channel<int> answers;
//     go([answers]() -> task<> { stays("loser"); co_await answers.send(1); });
//     co_return;
//   })                                   // "loser"
//
// A goroutine that is proven and has told no name is called "?".
class what_is_proven {
 public:
  // The running goroutine begins its last wait.
  static void stays(std::string_view name) {
    named added{this_record(), this_goroutine::id()};
    name.copy(added.name.data(), added.name.size() - 1);
    const std::lock_guard guard(lock());
    all().push_back(added);
  }

  // Until so many of those that have told their names wait. Who has ended since does not count.
  static task<> settled(std::size_t count) {
    co_await until([count] {
      const std::lock_guard guard(lock());
      return count == static_cast<std::size_t>(
                          std::count_if(all().begin(), all().end(), [](const named& each) {
                            return each.record->id.load() == each.id &&
                                   detail::state_of(each.record->word.load()) ==
                                       detail::wait_state::waiting;
                          }));
    });
  }

  // What is proven, which should be so many. Perhaps a worker, which got no processor, has not yet let go of who waits: it is
  // looked at again.
  static task<std::vector<detail::proven_goroutine>> prove(std::size_t expected) {
    constexpr int times = 100;
    std::vector<detail::proven_goroutine> found;
    for (int i = 0; i < times && found.size() != expected; ++i) {
      found = detail::prove_all();
      co_await sleep(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(found.size(), expected);
    co_return found;
  }

  // The names of all that are proven now, in the order of the alphabet, with blanks between them.
  static std::string proven() {
    std::vector<std::string> names;
    for (const detail::proven_goroutine& each : detail::prove_all())
      names.push_back(name_of(*each.record));
    std::sort(names.begin(), names.end());
    std::string text;
    for (const std::string& each : names) text += (text.empty() ? "" : " ") + each;
    return text;
  }

  // Of who has told this name, and has not ended since.
  static detail::goroutine& record_of(const std::string& name) {
    const std::lock_guard guard(lock());
    return *std::find_if(all().begin(), all().end(), [&](const named& each) {
              return each.text() == name && each.record->id.load() == each.id;
            })->record;
  }

  static std::string name_of(const detail::goroutine& record) {
    const std::lock_guard guard(lock());
    for (const named& each : all())
      if (each.record == &record && each.id == record.id.load()) return each.text();
    return "?";
  }

  static void forget_all() {
    const std::lock_guard guard(lock());
    all().clear();
  }

 private:
  struct named {
    detail::goroutine* record;
    std::uint64_t id;
    // No std::string: in what it does not use of its room, old pointers from the stack would come to lie on the heap.
    std::array<char, 32> name{};
    std::string text() const { return name.data(); }
  };

  static std::mutex& lock() {
    static std::mutex one;
    return one;
  }
  static std::vector<named>& all() {
    static std::vector<named> some;
    return some;
  }
};

class ProvenOverWorkers : public OverWorkers, public what_is_proven {
 protected:
  void SetUp() override { forget_all(); }

  // What is proven when `body` has returned and `count` goroutines stay where they are. Main keeps what the body
  // returned until then. Several times over, and the most that was: a word that something else has left behind may keep one from
  // being proven, but nothing may ever be proven that is not leaked.
  template <class Body>
  static std::string left_by(std::size_t count, Body body) {
    constexpr int times = 5;
    std::string most;
    for (int i = 0; i < times; ++i) {
      std::string found = left_once_by(count, body);
      if (found.size() > most.size()) most = std::move(found);
    }
    return most;
  }

 private:
  template <class Body>
  static std::string left_once_by(std::size_t count, Body& body) {
    forget_all();
    std::string found;
    run([&]() -> task<> {
      if constexpr (std::is_same_v<std::invoke_result_t<Body&>, task<>>) {
        co_await body();
        co_await settled(count);
        found = proven();
      } else {
        const auto kept = co_await body();
        co_await settled(count);
        found = proven();
      }
    });
    return found;
  }
};

}  // namespace leash::testing
