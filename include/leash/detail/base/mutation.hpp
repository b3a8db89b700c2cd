#pragma once

#include <cstdint>

// The rules that the tests must be able to see broken. A build with LEASH_MUTATIONS=1 reads the
// environment variable LEASH_MUTATE once at start and switches that one rule off; in every other
// build `mutated` is a constant false and costs nothing.

namespace leash::detail {

enum class rule : std::uint8_t {
  none,
  epoch_survives_reuse,       // a record's epoch never goes back
  claim_before_consume,       // a value moves only after its waiter was claimed
  grant_version_on_link,      // making a handle bumps the object's version
  grant_version_on_move,      // moving a handle bumps the object's version
  separate_handle_lock,       // the handle list has a lock of its own
  owner_by_lookup,            // a frame's header is found by its address
  owner_at_first_await,       // a frame belongs to its goroutine before its body runs
  borrow_scan,                // closures are scanned for addresses in frames
  all_borrow_targets,         // every target of a closure is kept
  published_waits,            // a wait stands in the record
  generation_survives_reuse,  // an object's header is never constructed anew
  park_checks_done,           // a parking goroutine looks at `done` after it stored its word
  doom_before_effect,         // a doomed goroutine does nothing more
  doom_at_barrier,            // nor does it leave a barrier
  children_before_body,       // a barrier's children are gone before the frames they borrow from
  claim_all_then_destroy,     // survivors are all claimed before the first is destroyed
  links_encoded,              // list links do not look like pointers
  wait_pins_object,           // a wait keeps its object
  leave_before_destroy,       // an unwound goroutine leaves the queues that it stands in
  claimer_changes_word,       // the claim itself changes the word, not the resumption
  borrow_grows_version,       // a borrow bumps the version of the frame borrowed from
  sent_pointers_expose,       // a pointer sent through a channel exposes the frame it points into
  foreign_use_exposes,        // so does the use of a handle in somebody else's frame
  displaced_die_unlocked,     // a displaced value is destroyed after the lock is released
  locks_in_order,             // a select locks its objects by address
  locks_each_once,            // and each of them once
  children_unlocked,          // cancelling a context takes no lock of a child under its own
  cancel_only_enqueues,       // cancel() destroys no frame itself
  child_forgotten,            // an unwound await does not destroy its child a second time
  signal_passed_on,           // who is unwound before a cond's signal had its effect passes it on
  leaver_lets_in,             // who leaves the queue of a lock lets in whoever waited for that only
  departure_listed,           // and can be seen to be able to while it waits
  grant_listed,               // a lock that is handed over is its next holder's at once
  token_given_up,             // the run token of a body that is unwound goes to the next
  writers_first,              // no reader is let in while a writer waits
  lent_is_open,               // what is lent may be used by anybody, and is taken for live
  lend_grows_version,      // a lend bumps the version of its block when it begins and when it ends
  weak_can_use,            // who knows a traced block weakly counts as able to use it
  versions_read_again,     // so is who waits for what somebody got a handle to
  generation_read_again,   // or what is another object by now
  parent_cancels,          // who can cancel a context can cancel those below
  shield_hides_leash,      // the leash of a shielded goroutine wakes nobody
  external_is_live,        // a wait for what has no handle is live
  local_proof_has_limits,  // what a local proof has no room for is live
  local_proof_knows_no_borrower,  // what somebody borrows is live for it
  local_proof_reads_again,        // it reads everything twice as well
  world_stands,                   // a proof looks at threads that stand
  frames_read_standing,           // and reads frames when they do, not before
  registers_are_roots,            // what a stopped thread has in a register can be used
  vectors_are_roots,              // also in one of those for vectors
  stacks_are_roots,               // and on its stack
  memory_is_a_root,               // and in static memory, on the heap, in any other page
  tags_are_masked,                // a pointer may have a tag in its upper 16 bits
  all_frames_are_reached,         // a goroutine can use what is in all its frames
  content_is_reached,             // and in the objects that it can reach
  leaks_stay,                     // a leak that was found stays one
  pinned_are_spared,              // nobody is unwound whose frame can be used
  leaks_claimed_first,            // all that is proven is claimed before any of it is destroyed
  failed_claim_stops,             // who cannot be claimed keeps those after it from being unwound
  served_is_woken,                // who has got a value, or given one, is made ready
  unlock_wakes_next,              // who waits longest gets the mutex that is let go
  broadcast_wakes_all,            // a broadcast wakes all
  close_wakes_senders,            // a close wakes senders too
  done_is_told,                   // a cancel wakes who waits for the context's end
  select_takes_one,               // a select that has found a case looks at no other
  timeout_is_armed,               // a select's time-out ends it
  group_waits_for_zero,           // a wait group wakes when nothing is left
  permits_all_given_back,         // all permits of a guard come back
  last_reader_lets_in,            // the last reader lets the writer in
  once_wakes_all,                 // all who wait for a once go on when it has run
  closed_is_drained,              // what is buffered in a closed channel can be received
  all_joiners_told,               // everybody who joins a goroutine is told of its end
};

#ifdef LEASH_MUTATIONS
bool mutated(rule which) noexcept;
#else
constexpr bool mutated(rule) noexcept { return false; }
#endif

}  // namespace leash::detail
