#pragma once

#include <source_location>
#include <string_view>
#include <vector>

#include <leash/task.hpp>

// The leak shapes that leash has to find: small programs, each in a file of its own, with what must be found marked in it.
//
//   namespace leaky {
//   task<> child(channel<> ch) { co_await ch.send(); }
//   task<> program() {
//     go(child, channel<>());  // leaks: chan send
//     co_return;
//   }
//   }  // namespace leaky
//
//   const corpus::entry shown{{.name = "channel_send", .always = true, .leaky = leaky::program}};
//
// A mark stands in the line of the `go` that starts the goroutine: who is started there must be proven leaked while it waits for
// that, in some schedule, or, with `always`, in each. `chan send, select`: in either. A mark `suspect: chan receive` is of one that
// stays behind, but must not be proven: something outside could still end it. Main's mark stands in the line of `task<> program() {`.
// Nothing else may be left in any schedule.
//
// The namespaces leaky, fixed and idiomatic begin and end in lines of their own, as above; `make corpus` reads the marks from there.

namespace corpus {

using program = leash::task<> (*)();

struct shape {
  std::string_view name;
  // Every mark of `leaky` is found in each schedule, so in the first.
  bool always = false;
  // Leaks as marked in namespace leaky of the file.
  program leaky = nullptr;
  // The same, mended: nobody may be left, in any schedule. Namespace fixed.
  program fixed = nullptr;
  // As `leaky`, with what is shared kept as most C++ keeps it. Namespace idiomatic; its marks are counted, proven or not.
  program idiomatic = nullptr;
};

// Enters a shape into the list of all.
class entry {
 public:
  explicit entry(shape entered, std::source_location where = std::source_location::current());
};

struct entered_shape {
  shape what;
  std::string_view file;
};

// In the order of their names.
std::vector<entered_shape> all_shapes();

}  // namespace corpus
