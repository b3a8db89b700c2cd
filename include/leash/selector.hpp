#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <source_location>
#include <utility>

#include <leash/detail/sync/selector_core.hpp>
#include <leash/error.hpp>
#include <leash/select.hpp>

namespace leash {

// A select whose cases are put together at run time.
//
//   selector any;
//   for (auto& each : inputs) any.add(on_receive(each, value));
//   any.add(on_done(ctx));
//   while (true) {
//     const std::size_t i = co_await any.wait();
//     …
//   }
//
// Takes the cases that select() takes, with what they do or without, in any mixture. It owns them: their
// channels and contexts, and the values to be sent. What a receive writes to has to outlive the waits. It can
// be waited on again and again; a send case that has sent its value does not happen any more, until it is
// set anew (a void channel's does). Movable. One goroutine waits at a time, and nothing is changed
// meanwhile: errc::selector_in_use is thrown otherwise; errc::nil_handle for a selector that was moved from.
class selector {
 public:
  selector() : handle_(detail::make_selector()) {}

  // Returns the index of the new case: 0, 1, 2 …
  template <class Case>
  std::size_t add(Case given) {
    detail::selector_body& body = detail::idle_selector(handle_);
    detail::add_case(body, keep(std::move(given)));
    return body.cases.size() - 1;
  }
  // Puts another case in the place of an old one.
  template <class Case>
  void set(std::size_t index, Case given) {
    detail::selector_body& body = detail::idle_selector(handle_);
    detail::set_case(body, index, keep(std::move(given)));
  }
  // The value of the send case `index`, which does not happen any more; empty when it was sent or taken.
  // Throws errc::bad_option when that case sends no T.
  template <class T>
  std::optional<T> take(std::size_t index) {
    detail::selector_body& body = detail::idle_selector(handle_);
    void* place = detail::case_at(body, index).unsent(&detail::type_tag<T>);
    if (place == nullptr)
      throw error(errc::bad_option, "selector::take: the case does not send such a value");
    return std::exchange(*static_cast<std::optional<T>*>(place), std::nullopt);
  }

  // co_await: suspends until one of the cases happens; its index. Throws errc::closed_channel when that is a
  // send on a closed channel: the value is still there to be taken. Without cases it blocks for ever.
  task<std::size_t> wait(std::source_location where = std::source_location::current()) {
    detail::idle_selector(handle_);
    return detail::select_one(handle_, where);
  }

  std::size_t size() const { return detail::idle_selector(handle_).cases.size(); }
  bool is_nil() const noexcept { return !handle_; }
  selector(selector&&) noexcept = default;
  selector& operator=(selector&&) noexcept = default;
  ~selector() = default;

 private:
  template <class Case>
  std::unique_ptr<detail::kept_case> keep(Case&& given) {
    using kept = detail::kept_as<std::remove_cvref_t<Case>>;
    return std::unique_ptr<detail::kept_case>(new (*handle_.target())
                                                  kept(std::forward<Case>(given)));
  }

  detail::handle handle_;
};

}  // namespace leash
