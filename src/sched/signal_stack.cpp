#include "signal_stack.hpp"

#include <sys/mman.h>

#include <csignal>
#include <cstddef>
#include <cstdint>

namespace leash::detail {
namespace {

// The lowest page of it is a guard. Its memory is touched only when a handler runs.
constexpr std::size_t guard_bytes = 4096;
constexpr std::size_t mapped_bytes = (std::size_t{64} << 10) + guard_bytes;

}  // namespace

signal_stack::signal_stack() noexcept {
  stack_t present{};
  if (sigaltstack(nullptr, &present) != 0 || (present.ss_flags & SS_DISABLE) == 0) return;
  void* mapped = mmap(nullptr, mapped_bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return;
  mprotect(mapped, guard_bytes, PROT_NONE);
  stack_t ours{};
  ours.ss_sp = static_cast<std::byte*>(mapped) + guard_bytes;
  ours.ss_size = mapped_bytes - guard_bytes;
  if (sigaltstack(&ours, nullptr) != 0) {
    munmap(mapped, mapped_bytes);
    return;
  }
  mapped_ = mapped;
  const auto begin = reinterpret_cast<std::uintptr_t>(ours.ss_sp);
  const std::uintptr_t end = begin + ours.ss_size;
  known_ = known_stack(begin, end);
  known_.left_at(end);
}

signal_stack::~signal_stack() {
  if (mapped_ == nullptr) return;
  stack_t none{};
  none.ss_flags = SS_DISABLE;
  if (sigaltstack(&none, nullptr) != 0) return;
  known_ = known_stack();
  munmap(mapped_, mapped_bytes);
}

}  // namespace leash::detail
