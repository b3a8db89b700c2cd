#include "demo/demo_texts.hpp"

namespace leash::tool {

const demo_texts english{
    .title = "The silent killer: goroutine leaks",
    .servers =
        "Two HTTP servers run on this machine: {} answers after {} ms ({}), {} after {} ms ({}).\n"
        "Ask both at once, take the first answer. Every number below was measured in this run.",
    .headings = {"The API racer, first version (it leaks)", "The cure: a buffered channel",
                 "Cure 2: a context, as the article writes it", "Cure 2 on a leash: go(context, …)",
                 "Cure 3: select with otherwise (a send that does not insist)",
                 "The trap in cure 3: the receiver is not there yet", "The trap's cure: one slot",
                 "leash's race: all of it in one line"},
    .notes =
        {"channel<std::string> ch;  both send into it; the caller receives once.",
         "channel<std::string> ch(2);  a slot for everyone who sends.",
         "select(on_send(ch, answer), on_done(ctx));  the request itself runs on.",
         "The loser is unwound in the middle of its request; its transfer is aborted.",
         "select(on_send(ch, answer), otherwise());  ch is unbuffered.",
         "The same, while the caller is busy when the first answer comes: that answer is lost.",
         "The same late caller, with channel<std::string> ch(1): the first answer waits for it.",
         "co_await race(request(google), request(bing));"},
    .winner = "winner: {} after {} ms",
    .goroutines = "Goroutine count: {} before, Goroutine count: {} after (looked at {} ms)",
    .fates = {"loser: {} is blocked in its send for good; it was still there at {} ms",
              "loser: {} put its answer into the buffer at {} ms and ended",
              "loser: {} could not send at {} ms, dropped its answer and ended",
              "loser: {} saw at {} ms that the context is done and ended",
              "loser: {} was unwound at {} ms, destructors and all"},
    .proof =
        "leash proves: goroutine {} [{}] at {}:{}, started at {}:{}, can never run again.\n"
        "Nobody who could receive from ch is left: the channel has handles in that goroutine only.",
    .cure = "The cure, as the article's table has it: a buffer, or cancellation by a context.",
    .timeline = "Its timeline",
    .line_start = "two goroutines start",
    .line_answered = "{} is done",
    .line_received = "the caller has its answer and returns",
    .line_sends = "{} is done and tries to write to ch...",
    .line_forever = "{}'s goroutine is blocked for good (still there at {} ms)",
    .table = "Why it works",
    .rows = {"1. the second send does not suspend: it took {} µs",
             "2. {}'s goroutine ended by itself at {} ms",
             "3. one slot stays occupied: {} bytes, beside {} bytes of the leaked goroutine",
             "4. live frames: {} before, {} after"},
    .growth =
        "One leaked goroutine holds {} bytes: at 1000 requests a second, {:.1f} MiB a minute.",
    .summary =
        "Left behind by the first version: {} goroutine, blocked for {} ms by now. It is unwound "
        "as this ends.",
    .rule =
        "The golden rule: whoever starts a goroutine must know when, and on what condition, it "
        "will exit."};

}  // namespace leash::tool
