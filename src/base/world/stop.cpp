#include "base/world/stop.hpp"

#include <signal.h>

#include <algorithm>

#include <leash/detail/base/mutation.hpp>
#include <leash/detail/base/sanitizer.hpp>

#include "base/world/gate.hpp"
#include "base/world/raw_system.hpp"
#include "base/world/standing.hpp"

// Built without sanitizers, see libraries.cmake.

namespace leash::detail {
namespace {

constexpr std::int64_t microsecond = 1'000;
// Counted is what this thread has waited. When it got no processor itself, as when the whole process is held up, the others
// had none either.
constexpr std::int64_t patience = 10'000 * microsecond;
// Who is asleep comes within this; from then on those that have not come are asked whether they block the signal. Some do for
// a moment: while they start a thread, or are about to leave the handler.
constexpr std::int64_t usual = 2'000 * microsecond;
// Workers come to the gate themselves, between two turns, if these are short: in the middle of one they stand with much that
// is about to be over.
constexpr std::int64_t long_turn = 100 * microsecond;
// How long to wait for the next to come before looking again: somebody may have come without waking this thread.
constexpr std::int64_t between_looks = 200 * microsecond;

constinit int signalled_threads[most_standing_threads] = {};

// As the kernel lists them; the name, which ends in a zero, begins with its first character.
struct entry {
  std::uint64_t number;
  std::int64_t next;
  std::uint16_t bytes;
  std::uint8_t type;
  char first_of_name;
};

int number_in(const char* text) noexcept {
  int number = 0;
  if (*text < '0' || *text > '9') return 0;
  for (; *text >= '0' && *text <= '9'; ++text) number = number * 10 + (*text - '0');
  return number;
}

const known_thread* known_by_number(int thread) noexcept {
  const known_threads known = all_known_threads();
  for (std::uint32_t i = 0; i < known.count; ++i)
    if (__atomic_load_n(&known.first[i].thread, __ATOMIC_SEQ_CST) ==
        static_cast<std::uint32_t>(thread))
      return &known.first[i];
  return nullptr;
}

bool stands(int thread) noexcept {
  const std::uint32_t gate = __atomic_load_n(&world_gate, __ATOMIC_SEQ_CST);
  const std::uint32_t arrived = __atomic_load_n(&arrived_threads, __ATOMIC_SEQ_CST);
  const std::uint32_t count = arrived < most_standing_threads ? arrived : most_standing_threads;
  for (std::uint32_t i = 0; i < count; ++i) {
    const standing_thread& place = standing_threads[i];
    if (__atomic_load_n(&place.thread, __ATOMIC_SEQ_CST) == static_cast<std::uint32_t>(thread) &&
        place.gate == gate)
      return true;
  }
  const known_thread* known = known_by_number(thread);
  return known != nullptr && __atomic_load_n(&known->idle_from, __ATOMIC_SEQ_CST) != 0;
}

// It comes to the gate by itself when its turn is over.
bool is_worker(int thread) noexcept {
  const known_thread* known = known_by_number(thread);
  return known != nullptr && __atomic_load_n(&known->rests_from, __ATOMIC_RELAXED) != 0;
}

// The set of signals that a thread blocks; 0: it is gone.
std::uint64_t blocked_by(int thread) noexcept {
  char path[64] = "/proc/self/task/";
  std::size_t at = 16;
  char digits[16];
  int count = 0;
  for (int rest = thread; rest != 0; rest /= 10)
    digits[count++] = static_cast<char>('0' + rest % 10);
  while (count > 0) path[at++] = digits[--count];
  for (const char* rest = "/status"; *rest != 0; ++rest) path[at++] = *rest;
  path[at] = 0;
  const int file = raw::open(path, O_RDONLY);
  if (file < 0) return 0;
  char text[4096];
  const long length = raw::read(file, text, sizeof(text) - 1);
  raw::close(file);
  constexpr char sought[] = "SigBlk:\t";
  constexpr long sought_length = sizeof(sought) - 1;
  for (long i = 0; i + sought_length < length; ++i) {
    long k = 0;
    while (k < sought_length && text[i + k] == sought[k]) ++k;
    if (k != sought_length) continue;
    std::uint64_t mask = 0;
    for (long j = i + k; j < length; ++j) {
      const char digit = text[j];
      if (digit >= '0' && digit <= '9')
        mask = mask << 4 | static_cast<std::uint64_t>(digit - '0');
      else if (digit >= 'a' && digit <= 'f')
        mask = mask << 4 | static_cast<std::uint64_t>(digit - 'a' + 10);
      else
        break;
    }
    return mask;
  }
  return 0;
}

constexpr std::uint64_t bit_of(int number) noexcept { return std::uint64_t{1} << (number - 1); }

// ThreadSanitizer has a thread of its own that touches nothing of the program's. It is the first that was started, and lets no
// signal in that others send.
bool is_of_sanitizer(bool first_started, std::uint64_t blocked) noexcept {
  constexpr int first_of_real_time = 34;
  constexpr std::uint64_t sent = ~(bit_of(first_of_real_time) - 1) | bit_of(SIGHUP) |
                                 bit_of(SIGINT) | bit_of(SIGQUIT) | bit_of(SIGUSR1) |
                                 bit_of(SIGUSR2) | bit_of(SIGALRM) | bit_of(SIGTERM);
  return LEASH_TSAN != 0 && first_started && (blocked & sent) == sent;
}

// The C library blocks all there is while it starts a thread, also the two signals that it keeps for itself and lets no program
// block.
bool is_for_a_moment(std::uint64_t blocked) noexcept {
  constexpr std::uint64_t own = bit_of(32) | bit_of(33);
  return (blocked & own) == own;
}

}  // namespace

stopped_world::stopped_world() noexcept {
  if (mutated(rule::world_stands)) return;
  install_stop_handler();
  const std::uint32_t before = __atomic_load_n(&arrived_threads, __ATOMIC_SEQ_CST);
  for (std::uint32_t i = 0; i < std::min(before, most_standing_threads); ++i) {
    standing_threads[i].gate = 0;
    __atomic_store_n(&standing_threads[i].thread, 0, __ATOMIC_SEQ_CST);
  }
  __atomic_store_n(&arrived_threads, 0, __ATOMIC_SEQ_CST);
  const std::int64_t began = raw::nanoseconds();
  __atomic_fetch_add(&world_gate, 1, __ATOMIC_SEQ_CST);
  standing_ = true;
  stop();
  took_ = raw::nanoseconds() - began;
  if (failed_ != refusal::none) resume();
}

void stopped_world::resume() noexcept {
  if (!standing_) return;
  standing_ = false;
  __atomic_fetch_add(&world_gate, 1, __ATOMIC_SEQ_CST);
  raw::futex_wake(&world_gate, INT_MAX);
}

// Until a whole listing shows nobody who does not stand: then nobody is left who could start another.
void stopped_world::stop() noexcept {
  const int directory = raw::open("/proc/self/task", O_RDONLY | O_DIRECTORY);
  if (directory < 0) {
    failed_ = refusal::no_listing;
    return;
  }
  std::int64_t looked = raw::nanoseconds();
  std::int64_t waited = 0;
  for (;;) {
    const std::uint32_t arrived = __atomic_load_n(&arrived_threads, __ATOMIC_SEQ_CST);
    all_stand_ = true;
    if (!look_at_all(directory) && failed_ == refusal::none) failed_ = refusal::no_listing;
    if (all_stand_ || failed_ != refusal::none) break;
    const std::int64_t present = raw::nanoseconds();
    waited += std::min(present - looked, 2 * between_looks);
    looked = present;
    if (waited > patience) {
      failed_ = refusal::no_answer;
      break;
    }
    late_ = waited > usual;
    signal_workers_ = waited > long_turn;
    raw::futex_wait_for(&arrived_threads, arrived, signal_workers_ ? between_looks : long_turn / 2);
  }
  raw::close(directory);
}

bool stopped_world::look_at_all(int directory) noexcept {
  raw::rewind(directory);
  first_started_ = 0;
  alignas(8) char listing[8192];
  for (;;) {
    const long bytes = raw::list(directory, listing, sizeof(listing));
    if (bytes < 0) return false;
    if (bytes == 0) return true;
    for (long at = 0; at < bytes;) {
      const auto* each = reinterpret_cast<const entry*>(listing + at);
      at += each->bytes;
      if (const int thread = number_in(&each->first_of_name); thread != 0) {
        // They are listed in the order of their numbers.
        if (first_started_ == 0 && thread != raw::this_process()) first_started_ = thread;
        look_at(thread);
      }
      if (failed_ != refusal::none) return true;
    }
  }
}

void stopped_world::look_at(int thread) noexcept {
  if (thread == raw::this_thread() || stands(thread)) return;
  std::size_t i = 0;
  while (i < signalled_ && signalled_threads[i] != thread) ++i;
  const bool fresh = i == signalled_;
  if (fresh && !signal_workers_ && is_worker(thread)) {
    all_stand_ = false;
    return;
  }
  if (fresh && signalled_ == most_standing_threads) {
    failed_ = refusal::many_threads;
    return;
  }
  if (fresh || late_) {
    // Asked at once of who has not come for a while; under ThreadSanitizer of everybody, so as not to wait for its own thread.
    const bool ask = late_ || LEASH_TSAN != 0;
    const std::uint64_t blocked = ask ? blocked_by(thread) : 0;
    if (is_of_sanitizer(thread == first_started_, blocked)) return;
    if ((blocked & bit_of(stop_signal())) != 0 && !is_for_a_moment(blocked)) {
      failed_ = refusal::blocked_signal;
      culprit_ = thread;
      return;
    }
  }
  all_stand_ = false;
  culprit_ = thread;
  if (!fresh) return;
  signalled_threads[signalled_++] = thread;
  raw::send_signal(thread, stop_signal());
}

}  // namespace leash::detail
