#pragma once

namespace leash::detail {

class scheduler;

// Fills in leash_debug_layout, what a debugger needs to know, once; `any` shows how schedulers look. Any
// thread.
void publish_debug_layout(const scheduler& any) noexcept;

}  // namespace leash::detail
