#pragma once

#include <string_view>

namespace leash::detail {

// What to do about goroutines that wait for this and are leaked, or left over: one sentence. `reason` as text_of(wait_reason)
// gives it. Empty: it depends.
std::string_view cure_for(std::string_view reason) noexcept;

}  // namespace leash::detail
