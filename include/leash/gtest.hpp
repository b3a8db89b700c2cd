#pragma once

#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <utility>

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <leash/explore.hpp>
#include <leash/no_leaks.hpp>

// GoogleTest tests that fail when they leave goroutines behind. In main, for all tests of a program:
//
//   ::testing::InitGoogleTest(&argc, argv);
//   leash::testing::add_no_leaks();
//   return RUN_ALL_TESTS();
//
// or in one test, or fixture: leash::testing::no_leaks guard;
//
// Link leash::testing and GoogleTest. What a test answers for: see no_leaks.hpp. Assertions that fail inside explore() are failures of
// the schedule.

namespace leash::testing {

inline namespace for_gtest {

// While it lives, the test that made it answers for goroutines. On the test's own thread.
class no_leaks {
 public:
  explicit no_leaks(no_leaks_options options = {},
                    std::source_location where = std::source_location::current())
      : check_(std::move(options)), where_(where) {}
  no_leaks(no_leaks&&) = delete;
  ~no_leaks() { check(); }

  // Fails the test when goroutines are left, at the place of the guard, and goes on. Waits as leak_check::finish() does.
  void check() {
    if (const std::string left = check_.finish(); !left.empty())
      ADD_FAILURE_AT(where_.file_name(), static_cast<int>(where_.line())) << left;
  }

  // For threads of the test: see leak_check::thread.
  const leak_check& checked() const noexcept { return check_; }

 private:
  leak_check check_;
  std::source_location where_;
};

// Has every test answer for its goroutines, from before its fixture's SetUp to after its TearDown.
class no_leaks_listener final : public ::testing::EmptyTestEventListener {
 public:
  explicit no_leaks_listener(no_leaks_options options = {}) : options_(std::move(options)) {}

  void OnTestStart(const ::testing::TestInfo&) override { check_.emplace(options_); }
  void OnTestEnd(const ::testing::TestInfo& test) override {
    if (!check_) return;
    if (const std::string left = check_->finish(); !left.empty())
      ADD_FAILURE_AT(test.file(), test.line()) << left;
    check_.reset();
  }

 private:
  no_leaks_options options_;
  std::optional<leak_check> check_;
};

// Adds the listener to the program's. Call it once, after InitGoogleTest and before RUN_ALL_TESTS, behind listeners of your own
// that hear of failures.
inline void add_no_leaks(no_leaks_options options = {}) {
  auto listener = std::make_unique<no_leaks_listener>(std::move(options));
  ::testing::UnitTest::GetInstance()->listeners().Append(listener.release());  // which owns it
}

// Hears of the assertions that fail in an exploration: they are its failures then, told of with the schedule, and no failures
// of the test until that looks at what explore() returned.
class heard_assertions final : public detail::assertion_watch {
 public:
  void begin() override { looked_at_ = failed_.size(); }
  std::string failures() override {
    std::string all;
    for (; looked_at_ < failed_.size(); ++looked_at_) {
      const ::testing::TestPartResult& part = failed_.GetTestPartResult(looked_at_);
      if (!part.failed()) continue;
      if (!all.empty()) all += '\n';
      if (part.file_name() != nullptr)
        all += std::string(part.file_name()) + ":" + std::to_string(part.line_number()) + ": ";
      all += part.message();
    }
    return all;
  }

 private:
  ::testing::TestPartResultArray failed_;
  int looked_at_ = 0;
  const ::testing::ScopedFakeTestPartResultReporter heard_{
      ::testing::ScopedFakeTestPartResultReporter::INTERCEPT_ONLY_CURRENT_THREAD, &failed_};
};

inline const bool assertions_are_heard =
    (detail::set_assertion_watch([]() -> std::unique_ptr<detail::assertion_watch> {
       return std::make_unique<heard_assertions>();
     }),
     true);

}  // namespace for_gtest

}  // namespace leash::testing
