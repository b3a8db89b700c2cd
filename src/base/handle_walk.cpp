#include <leash/detail/base/handle_walk.hpp>

namespace leash::detail {

handle_walk::~handle_walk() {
  if (!marked_) return;
  const lock_guard guard(owner_->handle_lock);
  take_mark();
}

// Returns what stands behind it.
const handle* handle_walk::take_mark() noexcept {
  if (!marked_) return nullptr;
  handle* before = handle::decode(mark_.previous_);
  handle* after = handle::decode(mark_.next_);
  if (before != nullptr)
    before->next_ = mark_.next_;
  else
    owner_->first_handle = mark_.next_;
  if (after != nullptr) after->previous_ = mark_.previous_;
  mark_.previous_ = mark_.next_ = 0;
  marked_ = false;
  return after;
}

void handle_walk::put_mark(const handle& next) noexcept {
  auto& after = const_cast<handle&>(next);
  mark_.previous_ = after.previous_;
  mark_.next_ = handle::encode(&after);
  if (handle* before = handle::decode(after.previous_))
    before->next_ = handle::encode(&mark_);
  else
    owner_->first_handle = handle::encode(&mark_);
  after.previous_ = handle::encode(&mark_);
  marked_ = true;
}

}  // namespace leash::detail
