#pragma once

#include <initializer_list>

#include <leash/context.hpp>
#include <leash/error.hpp>

namespace leash {

// Why a signal_context is done, when a signal has ended it.
class signal_received final : public error {
 public:
  explicit signal_received(int number);
  // SIGINT, SIGTERM …
  int number() const noexcept { return number_; }

 private:
  int number_;
};

// A context below `parent` that is cancelled when the process gets one of these signals; its cause() is
// signal_received then.
//
//   leash::run([]() -> leash::task<> {
//     const auto until_told = leash::signal_context({SIGINT, SIGTERM});
//     leash::go(until_told, serve);
//     co_await until_told.context().done();
//     …  // clean up; a second Ctrl-C ends the program
//   });
//
// What these signals did before (for SIGINT: end the program) they do again when the context is done, for
// whatever reason, or its owner goes. Several at once, also one below another, are all cancelled by a signal that
// they have in common; it gets its old meaning back when the last of them is done. The program must not set
// handlers of its own for these signals meanwhile. The handler itself only posts a semaphore; a helper thread, from
// the first call to the end of the process, does the cancelling.
// Throws errc::bad_option for what is no signal, or one that cannot be caught. Any thread.
cancelable_context signal_context(std::initializer_list<int> signals,
                                  const context& parent = background());

}  // namespace leash
