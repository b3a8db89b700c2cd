#include "oom/oom_texts.hpp"

namespace leash::tool {

const oom_texts oom_english{
    .title = "1000 requests a second: how long does the leaky service live?",
    .setting =
        "A race asks two engines at once and takes the first answer. At 1000 races a\n"
        "second, the article says, the process is dead within minutes. So that it takes\n"
        "seconds, more of them start here: how many is measured. The engines are timers\n"
        "of {} and {} ms. The service is a process of its own that may hold {}.",
    .headings = {"The leaky service: channel<std::string> ch;",
                 "The cured one, as many races: channel<std::string> ch(2);"},
    .goroutines = "goroutines",
    .memory = "resident memory",
    .ends = {"The kernel killed it: out of memory after {} s, {} races ({} a second).",
             "Killed (SIGKILL) after {} s, {} races ({} a second): its resident\n"
             "memory, looked at every 5 ms, was past the limit. No control group held it.",
             "Alive: after {} s and {} races ({} a second) it ended by itself.",
             "Still running after {} s and {} races ({} a second): this demo waits no longer.",
             "It failed after {} s, {} races ({} a second)."},
    .group =
        "Its limit was a control group's (cgroup v{}), which does not count the pages that\n"
        "it inherited from its parent.",
    .counts = "Goroutine count: {} before, Goroutine count: {} at the end.",
    .held = "Resident memory: {} at the end, {} at most.",
    .gigabyte = "How long a gigabyte lasts at 1000 races a second",
    .leash_row = "leash:   {:.0f} bytes a leaked goroutine, measured in this run: {:.1f} minutes",
    .go_row = "Go 1.27: about 2.8 KB, which was not measured here: {:.1f} minutes",
    .closing =
        "A smaller goroutine buys time; it is no cure. The golden rule: whoever starts a\n"
        "goroutine must know when, and on what condition, it will exit."};

}  // namespace leash::tool
