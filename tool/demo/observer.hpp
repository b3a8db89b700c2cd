#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <leash/leash.hpp>

namespace leash::tool {

// What happens to the goroutines of an experiment.
enum class happening {
  started,   // the racer began
  answered,  // its backend answered
  received,  // the racer has an answer, and returns it
  sent,      // its answer was taken, or lies in the buffer
  dropped,   // it did not insist on sending
  noticed,   // it saw that the context is done
  returned,  // its goroutine ended by itself
  unwound,   // its goroutine was unwound
};

struct event {
  std::chrono::nanoseconds at{0};
  happening what{};
  std::string who;
};

// Writes down what happens when. Any goroutine; cheap to copy, copies write into one log.
class observer {
 public:
  observer() : log_(std::make_shared<log>()) {}

  void note(happening what, std::string_view who) const {
    const std::lock_guard guard(log_->lock);
    log_->events.push_back({now() - log_->began, what, std::string(who)});
  }
  std::optional<event> find(happening what, std::string_view who) const {
    const std::lock_guard guard(log_->lock);
    for (const event& each : log_->events)
      if (each.what == what && each.who == who) return each;
    return std::nullopt;
  }
  bool has_ended(std::string_view who) const {
    return find(happening::returned, who) || find(happening::unwound, who);
  }
  std::vector<event> events() const {
    const std::lock_guard guard(log_->lock);
    return log_->events;
  }
  std::chrono::nanoseconds elapsed() const { return now() - log_->began; }

 private:
  struct log {
    std::mutex lock;
    std::vector<event> events;
    const std::chrono::steady_clock::time_point began = now();
  };
  std::shared_ptr<log> log_;
};

// Lives in a goroutine's frame and tells how that ended.
class exit_note {
 public:
  exit_note(observer log, std::string_view who) : log_(std::move(log)), who_(who) {}
  exit_note(exit_note&&) = delete;
  ~exit_note() { log_.note(unwinding() ? happening::unwound : happening::returned, who_); }

 private:
  observer log_;
  std::string who_;
};

}  // namespace leash::tool
