#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace leash::detail {

// How many goroutines there are in each state; hidden ones are left out.
struct goroutine_census {
  std::size_t running = 0;
  std::size_t runnable = 0;
  std::size_t waiting = 0;
};

// Looks at each record's state and at nothing else: a million take some 10 ms. Any thread.
goroutine_census count_goroutines() noexcept;

// Where goroutines are started that have been found to be leaked, and wait still.
struct leaked_site {
  std::string created_at;  // file:line; "other": of places beyond the most
  std::size_t count = 0;
};

// The `most` places with the most of them first, then the others together. Of what has been found out already: nothing is proven for
// this. Any thread.
std::vector<leaked_site> count_leaked_sites(std::size_t most);

}  // namespace leash::detail
