#include "leak/leak_board.hpp"

#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include <leash/detail/base/function_name.hpp>
#include <leash/runtime.hpp>

#include "leak/goroutine_reader.hpp"
#include "leak/trace_text.hpp"
#include "sched/worker.hpp"

namespace leash::detail {
namespace {

std::atomic<std::uint64_t> announced{0};
std::atomic<std::uint64_t> refuted{0};

// True for one caller.
bool mark(const proven_goroutine& leaked) noexcept {
  leak_mark none = leak_mark::none;
  return leaked.record->leak.compare_exchange_strong(none, leak_mark::proven,
                                                     std::memory_order_acq_rel);
}

// Where goroutines are started that leak, and what they wait for then. Each is told of once: a service that leaks a thousand a
// second is not to fill its log.
class known_sites {
 public:
  // Whether it is new. When there are very many, what comes later is not told of.
  bool add(const goroutine& leaked) {
    constexpr std::size_t most = 1024;
    const std::source_location at = leaked.created_at.load(std::memory_order_acquire);
    const site fresh{at.file_name(), at.line(), at.column(),
                     leaked.reason.load(std::memory_order_acquire)};
    const std::lock_guard guard(lock_);
    return sites_.size() < most && sites_.insert(fresh).second;
  }

 private:
  using site = std::tuple<const char*, std::uint_least32_t, std::uint_least32_t, wait_reason>;

  std::mutex lock_;
  std::set<site> sites_;
};

class text_output {
 public:
  void text(std::string_view more) { all_ += more; }
  void frame(const std::source_location& place) { write_frame(*this, place); }
  std::string take() { return std::move(all_); }

 private:
  std::string all_;
};

std::string text_of(std::span<const proven_goroutine> leaked, const drop_list::drop* drop) {
  text_output out;
  out.text(fmt::format("leash: {} goroutine{} can never run again:\n\n", leaked.size(),
                       leaked.size() == 1 ? "" : "s"));
  const auto room = std::make_unique<trace_batch>();
  goroutine_reader reader(*room, leaked);
  for (auto traces = reader.next(); !traces.empty(); traces = reader.next())
    for (const goroutine_trace& each : traces) write_trace(out, each);
  if (drop != nullptr && drop->after.line() != 0)
    out.text(fmt::format("Shown by a handle that was dropped in {} after {}:{}, by goroutine {}.\n",
                         function_name(drop->after.function_name()).view(), drop->after.file_name(),
                         drop->after.line(), drop->by));
  return out.take();
}

}  // namespace

void announce_leaks(std::span<const proven_goroutine> found, const drop_list::drop* drop) noexcept
    try {
  std::vector<proven_goroutine> fresh;
  for (const proven_goroutine& each : found)
    if (mark(each)) fresh.push_back(each);
  if (fresh.empty()) return;
  announced.fetch_add(fresh.size(), std::memory_order_relaxed);
  const scheduler* home = fresh.front().record->home.load(std::memory_order_acquire);
  if (home == nullptr || home->policy.load(std::memory_order_relaxed) == leak_policy::off) return;
  static auto& sites = *new known_sites;
  std::erase_if(fresh, [](const proven_goroutine& each) { return !sites.add(*each.record); });
  if (fresh.empty()) return;
  const std::string text = text_of(fresh, drop);
  std::fwrite(text.data(), 1, text.size(), stderr);
} catch (...) {
  return;  // out of memory: the report at the end of run() will say so
}

void proof_refuted(goroutine& runs) noexcept {
  runs.leak.store(leak_mark::none, std::memory_order_relaxed);
  refuted.fetch_add(1, std::memory_order_relaxed);
}

leak_counts count_leaks() noexcept {
  return {announced.load(std::memory_order_relaxed), refuted.load(std::memory_order_relaxed)};
}

}  // namespace leash::detail
