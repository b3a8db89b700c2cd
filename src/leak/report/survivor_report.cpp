#include "sched/survivor_report.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <new>
#include <string>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include <leash/detail/base/function_name.hpp>
#include <leash/detail/sched/promise.hpp>

#include "leak/proof/prove_all.hpp"
#include "leak/report/cure.hpp"
#include "leak/trace/place.hpp"
#include "sched/worker.hpp"

namespace leash::detail {
namespace {

// Leaked: proven to be. Suspect: it waits for time only, and nothing can tell it to stop.
enum class survivor_finding : std::uint8_t { leaked, suspect, other };

// Those that stand at one place.
struct survivor_site {
  std::source_location at;
  std::source_location from;
  const char* reason;
  survivor_finding what;
  std::size_t count = 0;
};

bool waits_for_time_only(const goroutine& left) noexcept {
  const wait_reason reason = left.reason.load(std::memory_order_relaxed);
  return left.external.load(std::memory_order_relaxed) &&
         left.leash.load(std::memory_order_relaxed) == nullptr && reason != wait_reason::io_wait &&
         reason != wait_reason::blocking;
}

void append_site(std::string& into, const survivor_site& shown) {
  fmt::format_to(std::back_inserter(into), "  {} {}[{}] at {}:{} in {}\n    started at {}:{}\n",
                 shown.count, shown.what == survivor_finding::leaked ? "leaked " : "", shown.reason,
                 shown.at.file_name(), shown.at.line(),
                 function_name(shown.at.function_name()).view(), shown.from.file_name(),
                 shown.from.line());
  if (shown.what == survivor_finding::suspect)
    into += "    A suspect: it waits for time only, and nothing can tell it to stop.\n";
  if (shown.what == survivor_finding::other) return;
  if (const std::string_view cure = cure_for(shown.reason); !cure.empty())
    fmt::format_to(std::back_inserter(into), "    To cure it: {}\n", cure);
}

}  // namespace

struct survivor_report::state {
  std::vector<proven_goroutine> proven;  // in the order of records
  std::map<std::tuple<std::uintptr_t, std::uintptr_t, const char*, survivor_finding>, survivor_site>
      sites;
  std::size_t count = 0;
  std::size_t leaked = 0;

  bool is_proven(const goroutine& claimed) const noexcept {
    const proven_goroutine* at = find_proven(proven, &claimed);
    return at != nullptr && with_state(at->word, wait_state::claimed) ==
                                claimed.word.load(std::memory_order_relaxed);
  }
};

survivor_report::survivor_report(const scheduler& home) : state_(new state) {
  if (home.live() == 0) return;
  try {
    state_->proven = prove_all();
  } catch (const std::bad_alloc&) {
    return;  // then nothing is said of what is leaked
  }
}

survivor_report::~survivor_report() = default;

void survivor_report::add(const goroutine& claimed) {
  const survivor_finding what = state_->is_proven(claimed)     ? survivor_finding::leaked
                                : waits_for_time_only(claimed) ? survivor_finding::suspect
                                                               : survivor_finding::other;
  const std::source_location at = claimed.top->where;
  const std::source_location from = claimed.created_at.load(std::memory_order_relaxed);
  const char* reason = text_of(claimed.reason.load(std::memory_order_relaxed));
  survivor_site& known = state_->sites[{address_of(at), address_of(from), reason, what}];
  if (known.count++ == 0) known = {at, from, reason, what, 1};
  ++state_->count;
  if (what == survivor_finding::leaked) ++state_->leaked;
}

void survivor_report::print() const {
  constexpr std::size_t most_sites = 20;
  if (state_->count == 0) return;
  const std::size_t count = state_->count;
  std::vector<const survivor_site*> sites;
  for (const auto& [key, each] : state_->sites) sites.push_back(&each);
  std::ranges::sort(sites, [](const survivor_site* a, const survivor_site* b) {
    return std::tuple(a->what, b->count, std::string_view(a->at.file_name()), a->at.line()) <
           std::tuple(b->what, a->count, std::string_view(b->at.file_name()), b->at.line());
  });
  std::string text =
      fmt::format("leash: {} goroutine{} left when main returned", count, count == 1 ? "" : "s");
  if (state_->leaked == count)
    text += count == 1 ? ", and leaked: nothing could ever have woken it"
                       : ", and leaked: nothing could ever have woken them";
  else if (state_->leaked != 0)
    text += fmt::format(", {} of them leaked: nothing could ever have woken {}", state_->leaked,
                        state_->leaked == 1 ? "it" : "them");
  text += ":\n";
  for (std::size_t i = 0; i < sites.size() && i < most_sites; ++i) append_site(text, *sites[i]);
  if (sites.size() > most_sites)
    text += fmt::format("  … and {} more places\n", sites.size() - most_sites);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace leash::detail
