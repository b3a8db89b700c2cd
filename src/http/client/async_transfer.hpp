#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>

#include <memory>
#include <type_traits>
#include <utility>

#include "http/client/curl_multi.hpp"

namespace leash::http {

// A transfer as an Asio operation, for any completion token; its signature is void().
//
// The outcome is the transfer's to tell: an operation that is cancelled may have been answered
// already. A cancellation, of any type, emitted on multi's executor, aborts the transfer; the
// handler is called once libcurl is done with it. multi must be there until the operation has been
// started (a token may do that later) and for as long as it may be cancelled.
template <class Token>
auto async_transfer(curl_multi& multi, std::shared_ptr<curl_transfer> transfer, Token&& token) {
  auto initiation = [](auto handler, curl_multi* runner, std::shared_ptr<curl_transfer> started) {
    using handler_type = decltype(handler);
    if (auto slot = boost::asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
      slot.assign([runner, weak = std::weak_ptr(started)](boost::asio::cancellation_type type) {
        if (type == boost::asio::cancellation_type::none) return;
        if (auto aborted = weak.lock()) runner->abort(std::move(aborted));
      });
    }
    // Shared only because completions must be copyable; it has one user.
    auto kept = std::make_shared<handler_type>(std::move(handler));
    runner->start(std::move(started), [fallback = runner->get_executor(), kept](curl_transfer&) {
      const auto executor = boost::asio::get_associated_executor(*kept, fallback);
      if (auto slot = boost::asio::get_associated_cancellation_slot(*kept); slot.is_connected()) {
        slot.clear();
      }
      boost::asio::dispatch(executor, std::move(*kept));
    });
  };
  return boost::asio::async_initiate<Token, void()>(initiation, token, &multi, std::move(transfer));
}

}  // namespace leash::http
