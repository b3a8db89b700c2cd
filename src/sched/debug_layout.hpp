#pragma once

namespace leash::detail {

// Fills in leash_debug_layout, what a debugger needs to know; once. Any thread.
void publish_debug_layout() noexcept;

}  // namespace leash::detail
