#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

#include <coroutine>
#include <exception>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <leash/detail/net/asio_wait.hpp>
#include <leash/detail/net/guest_executor.hpp>

namespace leash::detail {

// What the handler is called with, all values.
template <class... Args>
struct signature {};

// What is left of the arguments of a handler when its error is thrown: nothing, one, or a tuple.
template <class... Values>
struct asio_values {
  using type = std::tuple<Values...>;
  static type unpack(std::tuple<Values...>&& values) { return std::move(values); }
};
template <class Value>
struct asio_values<Value> {
  using type = Value;
  static type unpack(std::tuple<Value>&& values) { return std::get<0>(std::move(values)); }
};
template <>
struct asio_values<> {
  using type = void;
  static void unpack(std::tuple<>&&) noexcept {}
};

template <class... Args>
class asio_result : public asio_wait {
 public:
  using values = asio_values<Args...>;
  template <class... Given>
  void store(Given&&... given) {
    stored_.emplace(std::forward<Given>(given)...);
  }

 protected:
  typename values::type take(boost::system::error_code*) {
    this->throw_if_dropped();
    return values::unpack(std::move(*stored_));
  }

 private:
  std::optional<std::tuple<Args...>> stored_;
};

template <class... Args>
class asio_result<boost::system::error_code, Args...> : public asio_wait {
 public:
  using values = asio_values<Args...>;
  template <class... Given>
  void store(boost::system::error_code failure, Given&&... given) {
    failure_ = failure;
    stored_.emplace(std::forward<Given>(given)...);
  }

 protected:
  typename values::type take(boost::system::error_code* redirection) {
    this->throw_if_dropped();
    if (redirection != nullptr)
      *redirection = failure_;
    else if (failure_)
      throw boost::system::system_error(failure_);
    return values::unpack(std::move(*stored_));
  }

 private:
  boost::system::error_code failure_;
  std::optional<std::tuple<Args...>> stored_;
};

template <class... Args>
class asio_result<std::exception_ptr, Args...> : public asio_wait {
 public:
  using values = asio_values<Args...>;
  template <class... Given>
  void store(std::exception_ptr failure, Given&&... given) {
    failure_ = std::move(failure);
    stored_.emplace(std::forward<Given>(given)...);
  }

 protected:
  typename values::type take(boost::system::error_code*) {
    this->throw_if_dropped();
    if (failure_) std::rethrow_exception(std::move(failure_));
    return values::unpack(std::move(*stored_));
  }

 private:
  std::exception_ptr failure_;
  std::optional<std::tuple<Args...>> stored_;
};

// The handler: its executor is the runtime's io_context, whatever the operation's own is, so that the
// steps of composed operations and their cancellation run one at a time. When it is destroyed without
// being called, as those of an io_context that is destroyed are, the operation is over all the same.
template <class... Args>
class asio_handler {
 public:
  using executor_type = guest_executor<boost::asio::io_context::executor_type>;
  using cancellation_slot_type = boost::asio::cancellation_slot;

  explicit asio_handler(asio_result<Args...>& into) noexcept
      : into_(&into), executor_(into.context().get_executor(), into.guests()), slot_(into.slot()) {}
  asio_handler(asio_handler&& other) noexcept
      : into_(std::exchange(other.into_, nullptr)),
        executor_(other.executor_),
        slot_(other.slot_) {}
  asio_handler& operator=(asio_handler&&) = delete;
  ~asio_handler() {
    if (into_ != nullptr) into_->drop();
  }

  executor_type get_executor() const noexcept { return executor_; }
  cancellation_slot_type get_cancellation_slot() const noexcept { return slot_; }

  template <class... Given>
  void operator()(Given&&... given) {
    asio_result<Args...>& into = *std::exchange(into_, nullptr);
    into.store(std::forward<Given>(given)...);
    into.complete();
  }

 private:
  asio_result<Args...>* into_;
  executor_type executor_;
  cancellation_slot_type slot_;
};

template <class Initiation, class Signature, class... InitArgs>
class asio_operation;

template <class Initiation, class... Args, class... InitArgs>
class [[nodiscard("an operation does nothing until it is awaited")]] asio_operation<
    Initiation, signature<Args...>, InitArgs...>
    final : public asio_result<Args...> {
 public:
  template <class I, class... Given>
  explicit asio_operation(boost::system::error_code* redirection, I&& initiation, Given&&... args)
      : redirection_(redirection),
        initiation_(std::forward<I>(initiation)),
        args_(std::forward<Given>(args)...) {}
  // Before it is awaited.
  asio_operation(asio_operation&& other) noexcept(
      std::is_nothrow_move_constructible_v<decltype(initiation_)> &&
      std::is_nothrow_move_constructible_v<decltype(args_)>)
      : redirection_(other.redirection_),
        initiation_(std::move(other.initiation_)),
        args_(std::move(other.args_)) {}

  void await_suspend(std::coroutine_handle<>) {
    if (!this->prepare()) return;
    std::apply(
        [this](InitArgs&... args) {
          std::move(initiation_)(asio_handler<Args...>(*this), std::move(args)...);
        },
        args_);
    this->suspend();
  }
  decltype(auto) await_resume() { return this->take(redirection_); }

 private:
  boost::system::error_code* redirection_;
  Initiation initiation_;
  std::tuple<InitArgs...> args_;
};

}  // namespace leash::detail
