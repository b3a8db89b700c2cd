#include "leak/report/leak_board.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include <leash/detail/base/exposure.hpp>
#include <leash/detail/base/function_name.hpp>
#include <leash/leaks.hpp>
#include <leash/runtime.hpp>

#include "base/world/gate.hpp"
#include "leak/leak_access.hpp"
#include "leak/proof/prove_all.hpp"
#include "leak/report/trace_groups.hpp"
#include "leak/trace/place.hpp"
#include "sched/worker.hpp"

namespace leash {
namespace {

std::atomic<leak_handler> installed{nullptr};

}  // namespace

leak_handler set_leak_handler(leak_handler handler) noexcept {
  return installed.exchange(handler, std::memory_order_acq_rel);
}

namespace detail {
namespace {

// Relaxed: figures, by which nothing else is read.
std::atomic<std::uint64_t> announced{0};
std::atomic<std::uint64_t> refuted{0};
std::atomic<std::uint64_t> unwound{0};

// True for one caller.
bool mark(const proven_goroutine& leaked) noexcept {
  leak_mark untold = leak_mark::proven;
  return leaked.record->leak.compare_exchange_strong(untold, leak_mark::announced,
                                                     std::memory_order_acq_rel);
}

// Where goroutines are started that leak, and what they wait for then. Each is told of once: a service that leaks a thousand a
// second is not to fill its log.
class known_sites {
 public:
  // Whether it is new. When there are very many, what comes later is not told of.
  bool add(const std::source_location& created_at, const char* reason) {
    constexpr std::size_t most = 1024;
    const std::lock_guard guard(lock_);
    return sites_.size() < most && sites_.emplace(address_of(created_at), reason).second;
  }

 private:
  std::mutex lock_;
  std::set<std::tuple<std::uintptr_t, const char*>> sites_;
};

void append_drop(std::string& into, const drop_list::drop& drop) {
  if (drop.after.line() == 0) return;
  fmt::format_to(std::back_inserter(into),
                 "Shown by a handle that was dropped in {} after {}:{}, by goroutine {}.\n",
                 function_name(drop.after.function_name()).view(), drop.after.file_name(),
                 drop.after.line(), drop.by);
}

// Empty: of all these was told before.
std::string text_of(const leak_report& fresh, const drop_list::drop* drop) {
  static auto& sites = *new known_sites;
  trace_groups groups;
  groups.add_all(fresh.goroutines());
  std::string text;
  std::size_t count = 0;
  for (const trace_groups::group* each : groups.sorted()) {
    if (!sites.add(each->example().created_at, each->example().reason)) continue;
    count += each->count;
    append_group(text, *each);
  }
  if (count == 0) return {};
  if (drop != nullptr) append_drop(text, *drop);
  return fmt::format("leash: {} goroutine{} can never run again:\n\n", count,
                     count == 1 ? "" : "s") +
         text;
}

}  // namespace

void announce_leaks(std::span<const proven_goroutine> found, const drop_list::drop* drop) noexcept
    try {
  std::vector<proven_goroutine> fresh;
  for (const proven_goroutine& each : found)
    if (each.record->leak.load(std::memory_order_relaxed) == leak_mark::proven)
      fresh.push_back(each);
  // Most of the time all of them are known: a patrol finds the same ones again and again.
  if (fresh.empty()) return;
  std::ranges::sort(fresh, {}, &proven_goroutine::record);
  leave_out_mains_at_rest(fresh);
  std::erase_if(fresh, [](const proven_goroutine& each) { return !mark(each); });
  if (fresh.empty()) return;
  announced.fetch_add(fresh.size(), std::memory_order_relaxed);
  const leak_policy policy = policy_in(fresh.front().record->home.load(std::memory_order_acquire));
  if (policy == leak_policy::off) return;
  const leak_report report = leak_access::make(std::move(fresh));
  if (const leak_handler handler = installed.load(std::memory_order_acquire)) {
    // The program's own code: what it keeps on the stack it can use.
    const not_asking meanwhile;
    handler(report);
  } else if (const std::string text = text_of(report, drop); !text.empty()) {
    std::fwrite(text.data(), 1, text.size(), stderr);
  }
  if (policy == leak_policy::abort) std::abort();
} catch (...) {
  return;  // out of memory: the report at the end of run() will say so
}

void proof_refuted(goroutine& leaked) noexcept try {
  if (leaked.leak.exchange(leak_mark::none, std::memory_order_acq_rel) == leak_mark::none) return;
  refuted.fetch_add(1, std::memory_order_relaxed);
  if (policy_in(leaked.home.load(std::memory_order_acquire)) == leak_policy::off) return;
  static auto& sites = *new known_sites;
  const std::source_location from = leaked.created_at.load(std::memory_order_acquire);
  if (!sites.add(from, "")) return;
  const std::string text = fmt::format(
      "leash: goroutine {}, started at {}:{}, was proven to be leaked, and runs all the same.\n"
      "Somebody had a pointer that leash cannot see. It sees those that lie whole in aligned words "
      "of this process's memory: not packed or compressed ones, offsets, XOR links, or handles "
      "that "
      "were cast (docs/leak-proof.md, A1 to A3).\n",
      leaked.id.load(std::memory_order_acquire), from.file_name(), from.line());
  std::fwrite(text.data(), 1, text.size(), stderr);
} catch (...) {
  return;  // out of memory: it is counted
}

void count_unwound(std::size_t goroutines) noexcept {
  unwound.fetch_add(goroutines, std::memory_order_relaxed);
}

}  // namespace detail

leak_statistics count_leaks() noexcept {
  const detail::exposures seen = detail::count_exposures();
  const std::uint64_t refuted = detail::refuted.load(std::memory_order_relaxed);
  return {.announced = detail::announced.load(std::memory_order_relaxed),
          .refuted = refuted,
          .retracted = refuted,
          .unwound = detail::unwound.load(std::memory_order_relaxed),
          .exposed_by_sending = seen.sent,
          .exposed_by_use = seen.foreign};
}

}  // namespace leash
