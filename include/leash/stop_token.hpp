#pragma once

#include <stop_token>

#include <leash/context.hpp>

// Between contexts and the standard's stop tokens, both ways.
//
//   const auto ctx = with_stop_token(background(), thread.get_stop_token());
//   co_await blocking([&] { return search(query, stop_token_of(ctx)); });

namespace leash {

// A context below `parent` that is also cancelled when a stop is requested of `token`, in the thread that
// requests it; at once when that was done before. Any thread.
cancelable_context with_stop_token(const context& parent, const std::stop_token& token);

// A token of which a stop is requested when ctx is done. Callbacks that are registered with it run in the
// thread that ends ctx, after the goroutines on its leash and on those below were claimed; they must not throw,
// and hold up who ends it. A ctx that is never done gives a token of which a stop cannot be requested. Any
// thread.
std::stop_token stop_token_of(const context& ctx);

}  // namespace leash
