#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <vector>

#include <leash/detail/base/arena.hpp>
#include <leash/detail/base/handle.hpp>

#include "leak/proof/local_proof.hpp"
#include "leak/proof/prove_all.hpp"
#include "leak/report/leak_board.hpp"
#include "leak/trace/place.hpp"
#include "sched/drop_watch.hpp"
#include "sched/environment.hpp"

// What is looked at when a handle is dropped: whether those who hold the others wait for ever now.

namespace leash::detail {
namespace {

constexpr std::size_t most_holders = 8;

struct holders {
  std::array<goroutine*, most_holders> all{};
  std::size_t count = 0;
};

// The goroutines in whose frames the object's handles lie. One that is outside all frames is nobody's.
holders holders_of(object& owner) noexcept {
  holders found;
  const std::lock_guard guard(owner.handle_lock);
  std::size_t handles = 0;
  for (const handle* each = handle::first_of(owner); each != nullptr && ++handles <= most_holders;
       each = each->next()) {
    const block_header* block = in_arena(each) ? find_block(each) : nullptr;
    if (block == nullptr) continue;
    const block_kind kind = block->kind.load(std::memory_order_acquire);
    auto* holder = static_cast<goroutine*>(block->owner.load(std::memory_order_acquire));
    if (holder == nullptr || (kind != block_kind::frame && kind != block_kind::closure)) continue;
    const auto end = found.all.begin() + static_cast<std::ptrdiff_t>(found.count);
    if (std::find(found.all.begin(), end, holder) == end) found.all[found.count++] = holder;
  }
  return found;
}

// What the lists of handles say of these, without anything being stopped: a few goroutines that may wait for ever. They do
// not know of all that can be used (what a struct refers to, what the heap holds), so it is a trial.
struct trial {
  std::array<goroutine*, local_proof::most_goroutines> suspected{};
  std::size_t count = 0;
};

// In a frame of its own: what it has read is not to lie on the stack when the world is looked at.
[[gnu::noinline]] trial try_out(goroutine& first) noexcept {
  trial result;
  local_proof proof;
  if (!proof.prove(first)) return result;
  for (const proven_goroutine& each : proof) result.suspected[result.count++] = each.record;
  return result;
}

// How often the world is stopped because of trials: for a twentieth of the time at most, but for a tenth of a second that is
// saved up; and for a place that trials were wrong about not again for a while, which doubles each time. What is not looked at
// now is left to the patrol.
class stop_budget {
 public:
  using clock = std::chrono::steady_clock;

  bool may_stop(const trial& said) noexcept {
    const std::lock_guard guard(lock_);
    const clock::time_point present = clock::now();
    credit_ = std::min<clock::duration>(most, credit_ + (present - counted_at_) / part);
    counted_at_ = present;
    const mistrust& of_place = about(said);
    return credit_.count() > 0 && (of_place.place != place_of(said) || present >= of_place.until);
  }
  void stopped(const trial& said, clock::duration took, bool was_right) noexcept {
    const std::lock_guard guard(lock_);
    credit_ -= took;
    mistrust& of_place = about(said);
    if (was_right || of_place.place != place_of(said)) of_place = {.place = place_of(said)};
    if (was_right) return;
    // Once may be by chance: another worker had not yet let go of what it had.
    of_place.until = clock::now() + of_place.pause;
    of_place.pause =
        std::min<clock::duration>(longest, std::max<clock::duration>(shortest, 2 * of_place.pause));
  }

 private:
  struct mistrust {
    std::uintptr_t place = 0;
    clock::time_point until{};
    clock::duration pause{};
  };
  static constexpr int part = 20;
  static constexpr clock::duration most = std::chrono::milliseconds(100);
  static constexpr clock::duration shortest = std::chrono::milliseconds(1);
  static constexpr clock::duration longest = std::chrono::seconds(1);

  static std::uintptr_t place_of(const trial& said) noexcept {
    return address_of(said.suspected[0]->created_at.load(std::memory_order_acquire));
  }
  // Places that share an entry take it from one another.
  mistrust& about(const trial& said) noexcept {
    return places_[place_of(said) / sizeof(void*) % places_.size()];
  }

  std::mutex lock_;
  clock::time_point counted_at_ = clock::now();
  clock::duration credit_ = most;
  std::array<mistrust, 64> places_{};
};

stop_budget& budget() noexcept {
  static auto& only = *new stop_budget;
  return only;
}

// Announces what is proven of those that a trial suspects.
void look_closely(goroutine& first, const drop_list::drop* drop) noexcept try {
  const trial said = try_out(first);
  if (said.count == 0 || !budget().may_stop(said)) return;
  const auto began = std::chrono::steady_clock::now();
  std::vector<proven_goroutine> proven = prove_all(asked_by::drop);
  std::erase_if(proven, [&](const proven_goroutine& each) {
    return std::find(said.suspected.begin(), said.suspected.end(), each.record) ==
           said.suspected.end();
  });
  budget().stopped(said, std::chrono::steady_clock::now() - began, !proven.empty());
  announce_leaks(proven, drop);
} catch (...) {
  return;  // out of memory: a patrol, perhaps
}

}  // namespace

void handles_dropped(const drop_list& noted) noexcept {
  if (proof_here().off) return;
  for (std::size_t i = 0; i < noted.count; ++i) {
    const drop_list::drop& drop = noted.drops[i];
    const holders found = holders_of(*drop.owner);
    for (std::size_t k = 0; k < found.count; ++k) look_closely(*found.all[k], &drop);
  }
}

void waits_begun(const wait_list& waits) noexcept {
  if (proof_here().off) return;
  const std::size_t last = std::min(waits.count, wait_list::most);
  for (std::size_t i = 0; i < last; ++i) {
    const wait_list::begun& each = waits.waits[i];
    if (each.waiter->word.load(std::memory_order_acquire) != each.word) continue;
    look_closely(*each.waiter, nullptr);
  }
}

}  // namespace leash::detail
