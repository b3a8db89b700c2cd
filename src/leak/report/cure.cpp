#include "leak/report/cure.hpp"

#include <algorithm>
#include <array>

namespace leash::detail {
namespace {

struct entry {
  std::string_view reason;
  std::string_view cure;
};

constexpr std::array cures{
    entry{"chan send",
          "give the channel room for every sender, channel<T>(n), or select between the send and "
          "on_done(context)."},
    entry{"chan receive",
          "let the last sender close() the channel on every way out, or select between the receive "
          "and on_done(context)."},
    entry{"select",
          "give the select a case that ends it: on_done(context), on_timeout(duration), or "
          "otherwise."},
    entry{"sleep",
          "give the loop a done channel or a context: select(on_done(context), "
          "on_timeout(duration)) instead of sleep(duration)."},
    entry{"chan send (nil chan)", "make the channel before it is used: channel<T>()."},
    entry{"chan receive (nil chan)", "make the channel before it is used: channel<T>()."},
    entry{"select (no cases)", "wait for something that happens: context.done()."},
    entry{"context done",
          "keep the cancelable_context where somebody can cancel it, or give it a deadline."},
    entry{"goroutine join", "let the goroutine that is joined end: it is leaked, too."},
    entry{"scope join", "let the scope's goroutines end: one of them is leaked, too."},
    entry{"sync.Mutex.Lock",
          "lock in the same order everywhere, and let the guard go on every way out."},
    entry{"sync.RWMutex.Lock",
          "lock in the same order everywhere, and let the guard go on every way out."},
    entry{"sync.RWMutex.RLock",
          "do not lock for reading again while a writer waits, and let the guard go on every way "
          "out."},
    entry{"sync.WaitGroup.Wait",
          "give each goroutine a token(), which is done() on every way out."},
    entry{"sync.Cond.Wait",
          "change the condition under the mutex, then notify; look at it before each wait."},
    entry{"semacquire", "give the permits back on every way out: let their guard go."},
    entry{"sync.Once.Do", "let the first caller's function end."},
};

}  // namespace

std::string_view cure_for(std::string_view reason) noexcept {
  const auto at = std::ranges::find(cures, reason, &entry::reason);
  return at == cures.end() ? std::string_view() : at->cure;
}

}  // namespace leash::detail
