#include <leash/error.hpp>

#include <utility>

namespace leash {
namespace {

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "leash"; }

  // What the standard library has a name for is equal to that: code that knows nothing of leash can tell.
  std::error_condition default_error_condition(int code) const noexcept override {
    switch (static_cast<errc>(code)) {
      case errc::canceled:
        return std::errc::operation_canceled;
      case errc::deadline_exceeded:
      case errc::timed_out:
        return std::errc::timed_out;
      default:
        return {code, *this};
    }
  }

  std::string message(int code) const override {
    switch (static_cast<errc>(code)) {
      case errc::canceled:
        return "context canceled: whoever owns the context ended this work";
      case errc::deadline_exceeded:
        return "context deadline exceeded: allow more time or do less";
      case errc::closed_channel:
        return "the channel is closed: let only the last sender close it, once, after its last "
               "send";
      case errc::nil_channel:
        return "the channel is nil: give it a value with channel<T>(capacity) first";
      case errc::no_winner:
        return "no attempt of the race succeeded: look at each attempt's own error";
      case errc::timed_out:
        return "the task did not end in time and was unwound: allow more time or do less";
      case errc::negative_counter:
        return "negative WaitGroup counter: done() and add(-1) only for what was added before";
      case errc::selector_in_use:
        return "somebody waits on the selector: let one goroutine wait, and change it in between";
      case errc::no_reply_slot:
        return "all senders of the reply_channel are given out: make it with one slot for each";
      case errc::no_runtime:
        return "no leash runtime on this thread: call it from inside leash::run";
      case errc::blocks_worker:
        return "this call blocks its thread, which is a worker of leash: co_await instead, or call "
               "it "
               "from a thread of your own";
      case errc::bad_option:
        return "an option has a value that cannot be used";
      case errc::nil_handle:
        return "the handle is nil: it was moved from; use what it was moved to, or a copy";
      case errc::not_locked:
        return "the guard holds no lock: lock first, and unlock once";
      case errc::not_explored:
        return "only inside leash::testing::explore() or bubble(): call it from code that runs "
               "there";
      case errc::goroutines_left:
        return "goroutines are left that never end: each needs a condition on which it exits";
    }
    return "unknown leash error " + std::to_string(code);
  }
};

// What a cause adds to a sentence.
std::string described(const std::exception_ptr& cause) {
  if (!cause) return {};
  try {
    std::rethrow_exception(cause);
  } catch (const std::exception& known) {
    return std::string("; the cause: ") + known.what();
  } catch (...) {
    return "; the cause is no std::exception";
  }
}

}  // namespace

const std::error_category& leash_category() noexcept {
  static const category instance;
  return instance;
}

std::error_code make_error_code(errc code) noexcept {
  return {static_cast<int>(code), leash_category()};
}

error::error(errc code) : error(code, make_error_code(code).message()) {}
error::error(errc code, std::string what)
    : std::system_error(make_error_code(code)), text_(std::move(what)) {}
error::error(errc code, std::exception_ptr cause)
    : error(code, make_error_code(code).message() + described(cause)) {
  cause_ = std::move(cause);
}

}  // namespace leash
