#pragma once

#include <cstddef>
#include <vector>

#include <leash/detail/base/arena.hpp>

namespace leash::testing {

// All blocks that are in use, by their headers. The list leads LeakSanitizer to all of them for as long as it exists.
std::vector<detail::block_header*> blocks_in_use();

}  // namespace leash::testing
