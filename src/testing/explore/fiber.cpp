// Before any header: a checked longjmp() takes a jump to another stack for a mistake.
#undef _FORTIFY_SOURCE

#include "testing/explore/fiber.hpp"

#include <cxxabi.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <utility>

#include <leash/detail/base/sanitizer.hpp>

#if LEASH_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#if LEASH_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace leash::detail {
namespace {

// Who is left, and who is entered: for the first moments on a new stack.
constinit thread_local fiber* leaving = nullptr;
constinit thread_local fiber* entering = nullptr;

std::size_t page_bytes() noexcept { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

}  // namespace

fiber::fiber() noexcept : begun_(true), place_(stack_of_this_thread()) {
#if LEASH_TSAN
  shadow_ = __tsan_get_current_fiber();
#endif
}

fiber::fiber(body called, void* argument) : body_(called), argument_(argument) {
  // With a page below it that nobody may touch.
  mapped_ = stack_bytes + page_bytes();
  stack_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (stack_ == MAP_FAILED) throw std::bad_alloc();
  mprotect(stack_, page_bytes(), PROT_NONE);
  getcontext(&context_);
  context_.uc_stack.ss_sp = static_cast<char*>(stack_) + page_bytes();
  context_.uc_stack.ss_size = stack_bytes;
  context_.uc_link = nullptr;
  bottom_ = context_.uc_stack.ss_sp;
  size_ = stack_bytes;
  const auto from = reinterpret_cast<std::uintptr_t>(bottom_);
  place_ = known_stack(from, from + stack_bytes);
  makecontext(&context_, &fiber::enter, 0);
#if LEASH_TSAN
  shadow_ = __tsan_create_fiber(0);
#endif
}

fiber::~fiber() {
  if (stack_ == nullptr) return;
#if LEASH_TSAN
  __tsan_destroy_fiber(shadow_);
#endif
  munmap(stack_, mapped_);
}

void fiber::enter() {
  fiber& self = *entering;
#if LEASH_ASAN
  __sanitizer_finish_switch_fiber(nullptr, &leaving->bottom_, &leaving->size_);
#endif
  self.body_(self.argument_);
}

// A jump asks nothing of the kernel, for which swapcontext() has to remember the signal mask; sanitizers know only that one.
[[gnu::noinline]] void fiber::jump_to(fiber& other) noexcept {
#if LEASH_SANITIZED
  swapcontext(&context_, &other.context_);
#else
  if (_setjmp(left_at_) != 0) return;
  if (std::exchange(other.begun_, true)) _longjmp(other.left_at_, 1);
  setcontext(&other.context_);
#endif
}

[[gnu::noinline]] void fiber::switch_to(fiber& other) noexcept {
  static_assert(sizeof(exceptions) == 2 * sizeof(void*));
  // As the ABI lays them out: the stack of caught exceptions, and the number of those in flight.
  auto* const in_flight = reinterpret_cast<exceptions*>(abi::__cxa_get_globals());
  exceptions_ = *in_flight;
  *in_flight = other.exceptions_;
  leaving = this;
  entering = &other;
#if LEASH_TSAN
  __tsan_switch_to_fiber(other.shadow_, 0);
#endif
#if LEASH_ASAN
  __sanitizer_start_switch_fiber(&shadow_, other.bottom_, other.size_);
#endif
  const saved_registers here;
  place_.left_at(here.stack());
  other.place_.entered();
  jump_to(other);
#if LEASH_ASAN
  __sanitizer_finish_switch_fiber(shadow_, &leaving->bottom_, &leaving->size_);
#endif
}

}  // namespace leash::detail
