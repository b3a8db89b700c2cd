#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>

#include <leash/error.hpp>

#include "leak/signals/fatal_signals.hpp"
#include "leak/signals/quit_signal.hpp"
#include "sched/run_watch.hpp"

namespace leash::detail {
namespace {

std::mutex runtimes_lock;
std::size_t runtimes = 0;  // guarded by it

bool is_wanted() {
  const char* text = std::getenv("LEASH_TRACEBACK");
  const std::string_view given = text == nullptr ? "" : text;
  if (given == "off") return false;
  if (given.empty() || given == "all") return true;
  throw error(errc::bad_option,
              "LEASH_TRACEBACK=" + std::string(given) + ": give off or all, or unset it");
}

}  // namespace

void runtime_begins() {
  const bool wanted = is_wanted();
  const std::lock_guard guard(runtimes_lock);
  if (runtimes == 0 && wanted) {
    catch_quit_signal();
    catch_fatal_signals();
  }
  ++runtimes;
}

void runtime_ends() noexcept {
  const std::lock_guard guard(runtimes_lock);
  if (--runtimes != 0) return;
  release_fatal_signals();
  release_quit_signal();
}

}  // namespace leash::detail
