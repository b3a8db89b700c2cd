#include <leash/spawn.hpp>

#include <exception>

#include <leash/detail/sync/context_core.hpp>
#include <leash/go.hpp>

namespace leash::detail {
namespace {

void destroy_completion(object& completion) noexcept {
  auto& body = completion.as<completion_body>();
  if (body.how == goroutine_end::failed && !body.heard)
    report_unheard(body.failure, body.id, body.creator, body.created_at);
  if (body.how == goroutine_end::returned && !body.taken && body.destroy_value != nullptr)
    body.destroy_value(body.value);
  if (body.value != nullptr && body.value != body.small) free_block(body.value);
  std::destroy_at(&body);
}

constexpr object_class completion_kind{"goroutine", &destroy_completion};

}  // namespace

handle make_completion(std::size_t block_bytes, void (*destroy_value)(void*) noexcept) {
  object* made = make_object<completion_body>(completion_kind);
  auto& body = made->as<completion_body>();
  handle first = handle::announce(made, set_of(capability::join));
  body.destroy_value = destroy_value;
  body.value = block_bytes == 0 ? static_cast<void*>(body.small)
                                : allocate_block(block_bytes, block_kind::buffer, made);
  return first;
}

void let_go(const handle& named) noexcept {
  if (!unwinding() && std::uncaught_exceptions() == 0) return;
  object& completion = *named.target();
  completion.lock.lock();
  completion.as<completion_body>().heard = true;
  completion.lock.unlock();
}

bool has_ended(const handle& named) noexcept {
  object& completion = *named.target();
  completion.lock.lock();
  const bool over = completion.as<completion_body>().how != goroutine_end::not_yet;
  completion.lock.unlock();
  operation_over("look", &completion, over ? effect::some : effect::nothing);
  return over;
}

void completion_source::failed(std::exception_ptr what, const goroutine& thrower) noexcept {
  object& completion = *completion_.target();
  completion.lock.lock();
  const bool heard = body().heard;
  completion.lock.unlock();
  // It was let go: nobody is left but this closure.
  if (!heard && completion.handle_count.load(std::memory_order_acquire) == 1) {
    report_uncaught(thrower, what);
    body().heard = true;
  }
  body().failure = std::move(what);
  body().id = thrower.id;
  body().creator = thrower.creator;
  body().created_at = thrower.created_at;
  how_ = goroutine_end::failed;
}

void completion_source::unwound() noexcept {
  how_ = goroutine_end::unwound;
  object* leash = current_goroutine()->leash.load(std::memory_order_relaxed);
  // Else it was unwound for another reason: its runtime ends.
  if (leash == nullptr || !leash->done.load(std::memory_order_seq_cst)) return;
  body().reason = leash->as<context_body>().reason;
  body().failure = leash->as<context_body>().cause;
}

void completion_source::ended() noexcept {
  object& completion = *completion_.target();
  goroutine* woken = nullptr;
  completion.lock.lock();
  body().how = how_;
  while (wait_node* node = body().joiners.claim_first(completion)) {
    node->waiter->next = woken;
    woken = node->waiter;
    if (mutated(rule::all_joiners_told)) break;
  }
  completion.lock.unlock();
  while (woken != nullptr) {
    goroutine* item = woken;
    woken = item->next;
    make_ready(*item);
  }
}

join_wait::join_wait(handle named, bool owns)
    : object_wait(named.target()), completion_(std::move(named)), owns_(owns) {
  if (!completion_)
    throw error(errc::nil_handle,
                "join of a nil handle: it was moved from, or never named a goroutine");
}

void join_wait::settle() {
  object& completion = *target_;
  completion.lock.lock();
  body().heard = true;
  completion.lock.unlock();
  if (body().how == goroutine_end::failed) std::rethrow_exception(body().failure);
  if (body().how == goroutine_end::unwound) throw error(body().reason, body().failure);
}

void* join_wait::take_value() {
  object& completion = *target_;
  completion.lock.lock();
  const bool taken = std::exchange(body().taken, true);
  completion.lock.unlock();
  if (taken)
    throw error(errc::nil_handle, "joined twice: the first join has the goroutine's value");
  return body().value;
}

}  // namespace leash::detail
