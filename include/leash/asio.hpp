#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>

#include <type_traits>
#include <utility>

#include <leash/detail/net/asio_operation.hpp>

// Boost.Asio's operations, awaited by goroutines.
//
//   tcp::socket socket(leash::io_context());
//   co_await socket.async_connect(endpoint, use_goroutine);
//   std::size_t n = co_await socket.async_read_some(buffer(space), use_goroutine);
//
// An operation whose first result is an error_code throws boost::system::system_error; use_goroutine(ec)
// stores the code in ec instead. The I/O object may belong to any io_context, also to one that the program
// runs on threads of its own; the goroutine goes on where its runtime runs. When that io_context is
// destroyed first, its operations throw operation_aborted. A goroutine that is unwound in an operation cancels it, and its frames
// stay until the operation is over: buffers in them are safe.

namespace leash {

// The io_context of the runtime that this goroutine runs on. One worker at a time runs its handlers, so
// that they need no strand among themselves. It is there until run() returns.
// Throws errc::no_runtime outside a runtime.
boost::asio::io_context& io_context();

// The completion token. The operation starts when it is awaited, not before.
class use_goroutine_t {
 public:
  constexpr use_goroutine_t() noexcept = default;
  // The token that stores the error code, also when it is none, and throws nothing.
  constexpr use_goroutine_t operator()(boost::system::error_code& into) const noexcept {
    use_goroutine_t redirected;
    redirected.into_ = &into;
    return redirected;
  }

  constexpr boost::system::error_code* redirection() const noexcept { return into_; }

 private:
  boost::system::error_code* into_ = nullptr;
};
inline constexpr use_goroutine_t use_goroutine{};

}  // namespace leash

template <class Result, class... Args>
class boost::asio::async_result<leash::use_goroutine_t, Result(Args...)> {
 public:
  template <class Initiation, class Token, class... InitArgs>
  static auto initiate(Initiation&& initiation, Token&& token, InitArgs&&... args) {
    using operation = leash::detail::asio_operation<std::decay_t<Initiation>,
                                                    leash::detail::signature<std::decay_t<Args>...>,
                                                    std::decay_t<InitArgs>...>;
    return operation(token.redirection(), std::forward<Initiation>(initiation),
                     std::forward<InitArgs>(args)...);
  }
};
