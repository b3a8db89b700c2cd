#pragma once

#include <exception>
#include <string>
#include <system_error>

namespace leash {

// What leash itself reports. Every code's message says what to do next.
enum class errc {
  canceled = 1,       // the context was cancelled
  deadline_exceeded,  // the context's deadline passed
  closed_channel,     // a send or a second close on a closed channel
  nil_channel,        // close of a nil channel, or a thread that would block on one for ever
  no_winner,          // every attempt of a race failed
  timed_out,          // timeout() ended its task
  negative_counter,   // more was done than was added
  selector_in_use,    // a selector was used while a goroutine waits on it
  no_reply_slot,      // a reply_channel was asked for more senders than it has slots
  no_runtime,         // a call that needs a running runtime was made outside one
  blocks_worker,      // a call that blocks its thread was made on a worker
  bad_option,         // an option or an environment variable has a value that cannot be used
  nil_handle,         // an operation on what was moved from
  not_locked,         // a guard that holds no lock was to be unlocked, or to wait with
  not_explored,  // what only an exploration can do was asked for elsewhere, or what it cannot do inside one
  goroutines_left,  // a bubble's main has returned, and others never will
};

const std::error_category& leash_category() noexcept;
std::error_code make_error_code(errc code) noexcept;

// The one exception that leash raises; code() is an errc, what() is a sentence for people.
class error : public std::system_error {
 public:
  explicit error(errc code);
  error(errc code, std::string what);
  // For what a context ended: `cause` is what was given to cancel(), or null.
  error(errc code, std::exception_ptr cause);

  const char* what() const noexcept override { return text_.c_str(); }
  // Why the context was cancelled, where that was said; else null.
  const std::exception_ptr& cause() const noexcept { return cause_; }

 private:
  std::string text_;
  std::exception_ptr cause_;
};

}  // namespace leash

template <>
struct std::is_error_code_enum<leash::errc> : std::true_type {};
