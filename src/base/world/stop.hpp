#pragma once

#include <cstddef>
#include <cstdint>

// All threads of the process but this one, stopped for a moment.
//
// Nothing that runs meanwhile allocates, locks, or calls the C library: a thread may stand in the middle of that.

namespace leash::detail {

// Why the world cannot be stopped.
enum class refusal : std::uint8_t {
  none,
  blocked_signal,  // a thread does not let the signal in
  no_answer,  // a thread has not come in time: it cannot be interrupted in what it does, or gets no processor
  no_listing,    // there is no /proc to list threads by
  many_threads,  // more than there is room for
};

class stopped_world {
 public:
  // Stops it, if it can: see failed(). One thread at a time.
  stopped_world() noexcept;
  stopped_world(stopped_world&&) = delete;
  ~stopped_world() { resume(); }

  refusal failed() const noexcept { return failed_; }
  // The thread because of which it failed; 0: none.
  int culprit() const noexcept { return culprit_; }
  // Lets everybody go on; once.
  void resume() noexcept;

  std::size_t signalled() const noexcept { return signalled_; }
  // From the closing of the gate until all stood; nanoseconds.
  std::int64_t took() const noexcept { return took_; }

 private:
  void stop() noexcept;
  bool look_at_all(int directory) noexcept;
  void look_at(int thread) noexcept;

  refusal failed_ = refusal::none;
  int culprit_ = 0;
  int first_started_ = 0;  // of the threads but the main one
  bool standing_ = false;
  bool all_stand_ = false;
  bool signal_workers_ = false;
  bool late_ = false;  // who has not come by now is looked at closely
  std::size_t signalled_ = 0;
  std::int64_t took_ = 0;
};

}  // namespace leash::detail
