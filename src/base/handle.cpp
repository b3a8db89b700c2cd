#include <leash/detail/base/handle.hpp>

#include <leash/detail/base/mutation.hpp>

namespace leash::detail {
namespace {

void grow_versions(object& owner, capability_set can) noexcept {
  // Written under the handle lock only; release pairs with the prover's acquire, which re-reads
  // versions without the lock.
  for (capability_set rest = can; rest != 0; rest &= rest - 1) {
    auto& version = owner.versions[static_cast<std::size_t>(__builtin_ctz(rest))];
    version.store(version.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
}

spin_lock& list_lock(object& owner) noexcept {
  return mutated(rule::separate_handle_lock) ? owner.lock : owner.handle_lock;
}

// Counts are written under the handle lock; free_if_unused reads them without it.
void change_count(object& owner, std::uint32_t by) noexcept {
  owner.handle_count.store(owner.handle_count.load(std::memory_order_relaxed) + by,
                           std::memory_order_release);
}

std::atomic<drop_watcher> watcher{nullptr};

void tell_watcher(object& owner) noexcept {
  if (const drop_watcher told = watcher.load(std::memory_order_relaxed)) told(owner);
}

}  // namespace

[[gnu::cold]] void operation_lock::tell() noexcept {
  static_assert(offsetof(object, lock) == 0);
  tell_locked(reinterpret_cast<object&>(*this));
}

void set_drop_watcher(drop_watcher given) noexcept {
  watcher.store(given, std::memory_order_relaxed);
}

// 0 must decode to null, so that zeroed memory is an empty list: p ^ ~0 for p != null.
std::uintptr_t handle::encode(handle* plain) noexcept {
  if (mutated(rule::links_encoded)) return reinterpret_cast<std::uintptr_t>(plain);
  return plain == nullptr ? 0 : ~reinterpret_cast<std::uintptr_t>(plain);
}

handle* handle::decode(std::uintptr_t encoded) noexcept {
  if (mutated(rule::links_encoded)) return reinterpret_cast<handle*>(encoded);
  return encoded == 0 ? nullptr : reinterpret_cast<handle*>(~encoded);
}

handle handle::announce(object* made, capability_set can) noexcept {
  made->lock.lock_untold();
  made->alive = true;
  made->pins = 1;  // until the first handle is listed
  made->lock.unlock();
  handle first(made, can);
  made->lock.lock_untold();
  made->pins -= 1;
  made->lock.unlock();
  return first;
}

void handle::link(object* target, capability_set can) noexcept {
  word_ = tagged(target, can);
  previous_ = 0;
  spin_lock& lock = list_lock(*target);
  lock.lock();
  next_ = target->first_handle;
  if (handle* second = decode(next_)) second->previous_ = encode(this);
  target->first_handle = encode(this);
  change_count(*target, 1);
  if (!mutated(rule::grant_version_on_link)) grow_versions(*target, can);
  lock.unlock();
}

void handle::take(handle& other) noexcept {
  object& owner = *other.target();
  word_ = other.word_;
  spin_lock& lock = list_lock(owner);
  lock.lock();
  previous_ = other.previous_;
  next_ = other.next_;
  if (handle* before = decode(previous_))
    before->next_ = encode(this);
  else
    owner.first_handle = encode(this);
  if (handle* after = decode(next_)) after->previous_ = encode(this);
  if (!mutated(rule::grant_version_on_move)) grow_versions(owner, capabilities());
  lock.unlock();
  other.forget();
}

void handle::unlink() noexcept {
  object& owner = *target();
  const capability_set could = capabilities();
  spin_lock& lock = list_lock(owner);
  lock.lock();
  handle* before = decode(previous_);
  handle* after = decode(next_);
  if (before != nullptr)
    before->next_ = next_;
  else
    owner.first_handle = next_;
  if (after != nullptr) after->previous_ = previous_;
  const std::uint32_t left = owner.handle_count.load(std::memory_order_relaxed) - 1;
  change_count(owner, static_cast<std::uint32_t>(-1));
  lock.unlock();
  forget();
  if (left == 0) return free_if_unused(&owner);
  constexpr std::uint32_t few = 8;
  if (left <= few && could != 0 && owner.pins != 0) tell_watcher(owner);
}

void free_if_unused(object* candidate) noexcept {
  candidate->lock.lock_untold();
  unlock_and_free_if_unused(*candidate);
}

void unlock_and_free_if_unused(object& candidate) noexcept {
  const bool free = candidate.alive && candidate.pins == 0 &&
                    candidate.handle_count.load(std::memory_order_acquire) == 0;
  if (free) candidate.alive = false;
  candidate.lock.unlock();
  if (!free) return;
  candidate.kind->destroy(candidate);
  if (!mutated(rule::generation_survives_reuse))
    candidate.generation.fetch_add(1, std::memory_order_release);
  else
    candidate.generation.store(0, std::memory_order_release);
  candidate.done.store(false, std::memory_order_relaxed);
  candidate.outside.store(0, std::memory_order_relaxed);
  candidate.parent.store(nullptr, std::memory_order_relaxed);
  object_pool::instance().release(&candidate);
}

void pin(object& kept) noexcept {
  kept.lock.lock_untold();
  kept.pins += 1;
  kept.lock.unlock();
}

void unpin(object& pinned) noexcept {
  pinned.lock.lock_untold();
  pinned.pins -= 1;
  unlock_and_free_if_unused(pinned);
}

}  // namespace leash::detail
