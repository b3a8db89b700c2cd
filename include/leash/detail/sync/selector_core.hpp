#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>
#include <vector>

#include <leash/detail/base/arena.hpp>
#include <leash/detail/base/block_vector.hpp>
#include <leash/detail/base/handle.hpp>
#include <leash/detail/sync/select_core.hpp>
#include <leash/task.hpp>

// The cases of a select that is put together at run time.
//
// Invariants
// - Each case lies in a traced block of its own, which belongs to the selector's object: whoever may use the
//   selector has a listed handle with capability `use` to that, and through it the cases' handles.
// - A case has a handle to what it waits for, which can do what the case does: a receive can end the wait of
//   a sender, and has to be found by a proof.
// - The cases and the arrays change only while nobody waits.

namespace leash::detail {

class kept_case {
 public:
  virtual ~kept_case() = default;

  // Before every wait. Null: a case that waits for no object, or has nothing to send any more.
  virtual select_case* rearm() noexcept = 0;
  // After it was chosen, with no lock held. A handler may leave something to be awaited.
  virtual void happened(std::optional<task<>>& rest) = 0;
  // The std::optional<T> of a send of T's, whose type is `type`; null otherwise.
  virtual void* unsent(const void* type) noexcept = 0;

  std::optional<std::chrono::nanoseconds> limit;  // of a timeout
  bool otherwise = false;

  static void* operator new(std::size_t bytes, object& owner) {
    return allocate_block(bytes, block_kind::traced, &owner);
  }
  static void operator delete(void* block, object&) noexcept { free_block(block); }
  static void operator delete(void* block) noexcept { free_block(block); }
};

struct selector_body {
  block_vector<std::shared_ptr<kept_case>> cases;  // a handler may replace its own
  // What a wait needs, one a case.
  block_vector<select_case*> pointers;
  block_vector<hidden_pointer<object>> objects;
  block_vector<wait_target> targets;
  std::atomic<bool> in_use{false};
};

handle make_selector();
// Throws errc::nil_handle for a selector that was moved from, errc::selector_in_use while one waits.
selector_body& idle_selector(const handle& named);
// Throws errc::bad_option for a second time-out or `otherwise`, and for an index that there is not.
void add_case(selector_body& body, std::unique_ptr<kept_case> added);
void set_case(selector_body& body, std::size_t index, std::unique_ptr<kept_case> given);
kept_case& case_at(selector_body& body, std::size_t index);

class [[nodiscard]] selector_operation final : public select_wait {
 public:
  // Throws errc::selector_in_use.
  selector_operation(selector_body& body, std::source_location where);
  ~selector_operation() { body_->in_use.store(false, std::memory_order_release); }

  void bind(promise_base& frame) noexcept;
  bool await_ready() noexcept { return ready(); }
  void await_suspend(std::coroutine_handle<>) noexcept { suspend(); }
  std::size_t await_resume() noexcept { return resumed(); }

 private:
  selector_body* body_;
  std::source_location where_;
};

// Waits, then does what the chosen case says, in this goroutine.
task<std::size_t> select_one(handle selector, std::source_location where);

template <class T>
inline constexpr char type_tag = 0;

// One of select.hpp's cases.
template <class Case>
class kept_as final : public kept_case {
 public:
  explicit kept_as(Case&& given) : case_(std::move(given)) {
    if constexpr (waits) {
      if (case_.target) named_ = handle(case_.target.get(), Case::uses);
      if constexpr (sends) case_.own();
    } else {
      if constexpr (requires { case_.limit; })
        limit = case_.limit;
      else
        otherwise = true;
    }
  }

  select_case* rearm() noexcept override {
    if constexpr (sends)
      if (!case_.owned()) return nullptr;
    case_.prepare();
    if constexpr (waits)
      return &case_;
    else
      return nullptr;
  }
  void happened(std::optional<task<>>& rest) override {
    case_.deliver();
    if constexpr (sends) case_.sent();
    if constexpr (Case::has_handler) {
      if constexpr (std::is_same_v<decltype(case_.handle_it()), task<>>)
        rest.emplace(case_.handle_it());
      else
        case_.handle_it();
    }
  }
  void* unsent(const void* type) noexcept override {
    if constexpr (sends)
      if (type == &type_tag<typename Case::value_type>) return &case_.owned();
    return nullptr;
  }

 private:
  static constexpr bool waits = std::is_base_of_v<select_case, Case>;
  static constexpr bool sends = requires(Case& each) { each.own(); };

  Case case_;
  handle named_;
};

}  // namespace leash::detail
