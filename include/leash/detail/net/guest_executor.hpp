#pragma once

#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>

#include <atomic>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace leash::detail {

// An executor of a runtime's io_context, which does not go away before the last copy has gone. An
// operation on an io_context that other threads run is completed by such a thread: it posts the handler
// here and is not out of the io_context yet when the goroutine has run on, and ended its runtime.
template <class Inner>
class guest_executor {
 public:
  // `guests` counts the copies.
  guest_executor(Inner inner, std::atomic<std::size_t>& guests) noexcept
      : inner_(std::move(inner)), guests_(&guests) {
    enter();
  }
  guest_executor(const guest_executor& other) noexcept
      : inner_(other.inner_), guests_(other.guests_) {
    enter();
  }
  guest_executor& operator=(const guest_executor& other) noexcept {
    // Of the same io_context, as executors that are assigned to each other are.
    if (this != &other) inner_ = other.inner_;
    return *this;
  }
  ~guest_executor() {
    // `inner_` may count itself out of the io_context, and does so before this guest is gone.
    std::atomic<std::size_t>& guests = *guests_;
    {
      const Inner last(std::move(inner_));
    }
    // Release: pairs with the acquire of who waits for the last guest.
    guests.fetch_sub(1, std::memory_order_release);
  }

  template <class Function>
  void execute(Function&& function) const {
    inner_.execute(std::forward<Function>(function));
  }

  template <class Property>
    requires boost::asio::can_query<const Inner&, Property>::value
  auto query(const Property& property) const ->
      typename boost::asio::query_result<const Inner&, Property>::type {
    return boost::asio::query(inner_, property);
  }
  template <class Property>
    requires boost::asio::can_require<const Inner&, Property>::value
  auto require(const Property& property) const {
    return like(boost::asio::require(inner_, property));
  }
  template <class Property>
    requires boost::asio::can_prefer<const Inner&, Property>::value
  auto prefer(const Property& property) const {
    return like(boost::asio::prefer(inner_, property));
  }

  friend bool operator==(const guest_executor& a, const guest_executor& b) noexcept {
    return a.inner_ == b.inner_;
  }
  friend bool operator!=(const guest_executor& a, const guest_executor& b) noexcept {
    return !(a == b);
  }

 private:
  void enter() const noexcept { guests_->fetch_add(1, std::memory_order_relaxed); }
  template <class Other>
  guest_executor<std::decay_t<Other>> like(Other&& other) const {
    return {std::forward<Other>(other), *guests_};
  }

  Inner inner_;
  std::atomic<std::size_t>* guests_;
};

}  // namespace leash::detail
