#include <leash/selector.hpp>

#include <algorithm>

namespace leash::detail {
namespace {

void destroy_selector(object& selector) noexcept { std::destroy_at(&selector.as<selector_body>()); }

constexpr object_class selector_kind{"selector", &destroy_selector};

// At most one time-out, and one `otherwise`: `but` does not count.
void refuse_a_second(const selector_body& body, const kept_case& added, const kept_case* but) {
  const auto same = [&](const auto& each) {
    return each.get() != but &&
           ((added.limit && each->limit) || (added.otherwise && each->otherwise));
  };
  if (std::any_of(body.cases.begin(), body.cases.end(), same))
    throw error(errc::bad_option,
                "a selector has at most one on_timeout() and one otherwise(): set() the old one");
}

// Its count lies in the arena, too.
std::shared_ptr<kept_case> shared(std::unique_ptr<kept_case> owned) {
  return {owned.release(), std::default_delete<kept_case>(),
          block_allocator<kept_case, block_kind::buffer>()};
}

[[noreturn]] void throw_in_use() { throw error(errc::selector_in_use); }

}  // namespace

handle make_selector() {
  return handle::announce(make_object<selector_body>(selector_kind), set_of(capability::use));
}

selector_body& idle_selector(const handle& named) {
  if (!named) throw error(errc::nil_handle, "use of a nil selector: it was moved from");
  auto& body = named.use()->as<selector_body>();
  if (body.in_use.load(std::memory_order_acquire)) throw_in_use();
  return body;
}

void add_case(selector_body& body, std::unique_ptr<kept_case> added) {
  refuse_a_second(body, *added, nullptr);
  const std::size_t count = body.cases.size() + 1;
  body.pointers.resize(count);
  body.objects.resize(count);
  body.targets.resize(count);
  body.cases.push_back(shared(std::move(added)));
}

void set_case(selector_body& body, std::size_t index, std::unique_ptr<kept_case> given) {
  refuse_a_second(body, *given, &case_at(body, index));
  body.cases[index] = shared(std::move(given));
}

kept_case& case_at(selector_body& body, std::size_t index) {
  if (index >= body.cases.size())
    throw error(errc::bad_option, "the selector has no case of that index: add() returns them");
  return *body.cases[index];
}

selector_operation::selector_operation(selector_body& body, std::source_location where)
    : body_(&body), where_(where) {
  if (body.in_use.exchange(true, std::memory_order_acquire)) throw_in_use();
}

void selector_operation::bind(promise_base& frame) noexcept {
  frame.where = where_;
  self_ = frame.owner;
  cases_ = body_->pointers.data();
  order_ = body_->objects.data();
  targets_ = body_->targets.data();
  count_ = static_cast<std::uint32_t>(body_->cases.size());
  for (std::uint32_t i = 0; i < count_; ++i) {
    kept_case& each = *body_->cases[i];
    cases_[i] = each.rearm();
    if (cases_[i] != nullptr) cases_[i]->node.index = i;
    if (each.otherwise) otherwise_ = i;
    if (!each.limit) continue;
    timeout_ = i;
    deadline_ = in_future(*self_->home.load(std::memory_order_relaxed), *each.limit);
  }
}

task<std::size_t> select_one(handle selector, std::source_location where) {
  auto& body = selector.target()->as<selector_body>();
  std::optional<task<>> rest;
  const std::size_t chosen = co_await selector_operation(body, where);
  const std::shared_ptr<kept_case> happened = body.cases[chosen];
  happened->happened(rest);
  if (rest) co_await std::move(*rest);
  co_return chosen;
}

}  // namespace leash::detail
