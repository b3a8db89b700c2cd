#pragma once

#include <leash/detail/base/object.hpp>
#include <leash/detail/sched/goroutine.hpp>

namespace leash::detail {

// The goroutines on a context's leash; the first part of a context's body, guarded by its lock. `bound`
// are still to be claimed by a cancel; a cancel moves them to `claimed` as it goes, some hundred at a
// time, so that it never holds the lock for long.
struct leash_list {
  goroutine* bound = nullptr;
  goroutine* claimed = nullptr;
};

// Binds a goroutine that does not run yet. The context is pinned until unbind.
void bind_to_leash(goroutine& fresh, object& context) noexcept;
void unbind_from_leash(goroutine& ended) noexcept;

// The cancel's part: claims everybody who is bound and waits, to be unwound. `context.done` is set
// already. Takes and releases the context's lock.
void claim_bound(object& context) noexcept;

}  // namespace leash::detail
