#include "debug_presence.hpp"

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include <leash/detail/sched/debug_hook.hpp>

namespace leash::detail {
namespace {

// The server's own runtime is hidden, so nothing that is done under the lock comes back here.
struct debug_state {
  std::mutex lock;
  std::size_t present = 0;
  void* server = nullptr;
  bool complained = false;
};

debug_state& shared() {
  static auto& only = *new debug_state;
  return only;
}

void* started(debug_state& state) {
  const char* address = std::getenv("LEASH_DEBUG_ADDR");
  if (address == nullptr || *address == '\0') return nullptr;
  if (leash_start_debug_server != nullptr) return leash_start_debug_server(address);
  if (!state.complained)
    std::fprintf(stderr,
                 "leash: LEASH_DEBUG_ADDR=%s is ignored: the debug server is in leash::http, which "
                 "this program does not link. Link leash::http.\n",
                 address);
  state.complained = true;
  return nullptr;
}

}  // namespace

debug_presence::debug_presence(bool hidden) : counts_(!hidden) {
  if (!counts_) return;
  debug_state& state = shared();
  const std::lock_guard guard(state.lock);
  if (state.present == 0) state.server = started(state);
  ++state.present;
}

debug_presence::~debug_presence() {
  if (!counts_) return;
  debug_state& state = shared();
  const std::lock_guard guard(state.lock);
  if (--state.present != 0 || state.server == nullptr) return;
  leash_stop_debug_server(state.server);
  state.server = nullptr;
}

}  // namespace leash::detail
