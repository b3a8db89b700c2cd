#pragma once

#include <cstddef>
#include <optional>
#include <source_location>
#include <string>
#include <utility>

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#include <catch2/internal/catch_test_failure_exception.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
#else
// Version 2 shows listeners only to who asks for them.
#ifndef CATCH_CONFIG_EXTERNAL_INTERFACES
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#endif
#include <catch2/catch.hpp>
#endif

#include <leash/no_leaks.hpp>

// Catch2 tests, of its version 2 or 3, that fail when they leave goroutines behind. For all tests of a program, in one of its
// files:
//
//   using leash::testing::no_leaks_listener;
//   CATCH_REGISTER_LISTENER(no_leaks_listener)
//
// or in one test: leash::testing::no_leaks guard;
//
// Link leash::testing and Catch2. With version 2, include this before <catch2/catch.hpp>, but after
// CATCH_CONFIG_MAIN or CATCH_CONFIG_RUNNER where they are defined. What a test answers for: see no_leaks.hpp.

namespace leash::testing {

inline namespace for_catch2 {

// Has the test that runs fail, and go on; throws what Catch2 throws to end a test when no more failures are wanted.
inline void fail_for_leaks(const std::string& left, const char* file, std::size_t line) {
  if (left.empty()) return;
  Catch::AssertionHandler handler(Catch::StringRef("no_leaks", 8),
                                  Catch::SourceLineInfo(file, line), Catch::StringRef(),
                                  Catch::ResultDisposition::ContinueOnFailure);
  handler.handleMessage(Catch::ResultWas::ExplicitFailure, std::string(left));
  handler.complete();
}

// While it lives, the test that made it answers for goroutines. On the test's own thread.
class no_leaks {
 public:
  explicit no_leaks(no_leaks_options options = {},
                    std::source_location where = std::source_location::current())
      : check_(std::move(options)), where_(where) {}
  no_leaks(no_leaks&&) = delete;
  ~no_leaks() {
    try {
      check();
    } catch (const Catch::TestFailureException&) {
      return;  // the failure is counted; the test ends at its next assertion
    }
  }

  // Fails the test when goroutines are left, at the place of the guard, and goes on. Waits as leak_check::finish() does.
  void check() { fail_for_leaks(check_.finish(), where_.file_name(), where_.line()); }

  // For threads of the test: see leak_check::thread.
  const leak_check& checked() const noexcept { return check_; }

 private:
  leak_check check_;
  std::source_location where_;
};

#if CATCH_VERSION_MAJOR >= 3
using listener_base = Catch::EventListenerBase;
#else
using listener_base = Catch::TestEventListenerBase;
#endif

// Has every test case answer for its goroutines, each time that it is entered: with sections, once for each way through them.
class no_leaks_listener : public listener_base {
 public:
  using listener_base::listener_base;

  // Derive from this class, and register that one, to have others.
  virtual no_leaks_options options() const { return {}; }

  void sectionStarting(const Catch::SectionInfo& section) override {
    listener_base::sectionStarting(section);
    if (depth_++ == 0) check_.emplace(options());
  }
  // The outermost section is the test case itself.
  void sectionEnded(const Catch::SectionStats& ended) override {
    if (--depth_ == 0 && check_) finish(ended.sectionInfo.lineInfo);
    listener_base::sectionEnded(ended);
  }

 private:
  void finish(const Catch::SourceLineInfo& test) {
    const std::string left = check_->finish();
    check_.reset();
    try {
      fail_for_leaks(left, test.file, test.line);
    } catch (const Catch::TestFailureException&) {
      return;  // the failure is counted, and this was the end of the test anyway
    }
  }

  std::size_t depth_ = 0;
  std::optional<leak_check> check_;
};

}  // namespace for_catch2

}  // namespace leash::testing
