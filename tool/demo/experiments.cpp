#include "demo/experiments.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace leash::tool {
namespace {

using namespace std::chrono_literals;
using answers = channel<std::string>;

task<std::string> request(http::client client, std::string url) {
  co_return (co_await client.get(std::move(url))).body;
}

// One contender: asks, then does with the answer what the experiment is about. A failed request would end
// the program, so it becomes an answer.
task<std::string> ask(const field& on, const backend& whom, const observer& log) {
  std::string answer;
  try {
    answer = co_await request(on.client, whom.url);
  } catch (const http::error& failure) {
    answer = failure.what();
  }
  log.note(happening::answered, whom.name);
  co_return answer;
}

task<> send_it(field on, backend whom, answers out, observer log) {
  const exit_note note(log, whom.name);
  std::string answer = co_await ask(on, whom, log);
  co_await out.send(std::move(answer));
  log.note(happening::sent, whom.name);
}

task<> send_or_be_done(field on, backend whom, answers out, observer log, context ctx) {
  const exit_note note(log, whom.name);
  std::string answer = co_await ask(on, whom, log);
  const std::size_t chosen = co_await select(on_send(out, std::move(answer)), on_done(ctx));
  log.note(chosen == 0 ? happening::sent : happening::noticed, whom.name);
}

task<> send_or_drop(field on, backend whom, answers out, observer log) {
  const exit_note note(log, whom.name);
  std::string answer = co_await ask(on, whom, log);
  const std::size_t chosen = co_await select(on_send(out, std::move(answer)), otherwise());
  log.note(chosen == 0 ? happening::sent : happening::dropped, whom.name);
}

task<std::string> contend(field on, backend whom, observer log) {
  const exit_note note(log, whom.name);
  co_return co_await ask(on, whom, log);
}

task<std::string> receive_first(answers from, observer log) {
  std::string first = (co_await from.receive()).value_or("");
  log.note(happening::received, "main");
  co_return first;
}

task<> until_ended(observer log, std::string who) {
  while (!log.has_ended(who)) co_await sleep(1ms);
}

// The racers, as the article writes them: each returns the first answer.

task<std::string> leaky(field on, observer log) {
  const answers ch;
  go(send_it, on, on.google, ch, log);
  go(send_it, on, on.bing, ch, log);
  co_return co_await receive_first(ch, log);
}

task<std::string> with_buffer(field on, observer log) {
  const answers ch(2);
  go(send_it, on, on.google, ch, log);
  go(send_it, on, on.bing, ch, log);
  co_return co_await receive_first(ch, log);
}

task<std::string> with_done_case(field on, observer log) {
  const cancelable_context ctx = with_cancel(background());
  const answers ch(1);
  go(send_or_be_done, on, on.google, ch, log, ctx.context());
  go(send_or_be_done, on, on.bing, ch, log, ctx.context());
  std::string first = co_await receive_first(ch, log);
  ctx.cancel();
  co_return first;
}

task<std::string> with_leash(field on, observer log) {
  const cancelable_context ctx = with_cancel(background());
  const answers ch(1);
  go(ctx, send_it, on, on.google, ch, log);
  go(ctx, send_it, on, on.bing, ch, log);
  std::string first = co_await receive_first(ch, log);
  ctx.cancel();
  co_return first;
}

// Who comes late finds what is left; both may have dropped theirs by then.
task<std::string> receive_if_any(answers from, observer log, std::string last) {
  std::optional<std::string> got;
  bool is_over = false;
  while (!got && !is_over) {
    is_over = log.has_ended(last);
    co_await select(on_receive(from, got), on_timeout(1ms));
  }
  log.note(happening::received, "main");
  co_return std::move(got).value_or("nobody");
}

// `late`: the receiver is busy elsewhere until the quick contender is through.
task<std::string> with_otherwise(field on, observer log, std::size_t slots, bool late) {
  const answers ch(slots);
  go(send_or_drop, on, on.google, ch, log);
  go(send_or_drop, on, on.bing, ch, log);
  if (!late) co_return co_await receive_first(ch, log);
  co_await until_ended(log, on.google.name);
  co_return co_await receive_if_any(ch, log, on.bing.name);
}

task<std::string> with_race(field on, observer log) {
  auto won = co_await race(contend(on, on.google, log), contend(on, on.bing, log));
  log.note(happening::received, "main");
  co_return std::move(won.value);
}

task<std::string> racer(experiment which, field on, observer log) {
  switch (which) {
    case experiment::unbuffered:
      return leaky(std::move(on), std::move(log));
    case experiment::buffered:
      return with_buffer(std::move(on), std::move(log));
    case experiment::done_case:
      return with_done_case(std::move(on), std::move(log));
    case experiment::on_leash:
      return with_leash(std::move(on), std::move(log));
    case experiment::otherwise:
      return with_otherwise(std::move(on), std::move(log), 0, false);
    case experiment::otherwise_late:
      return with_otherwise(std::move(on), std::move(log), 0, true);
    case experiment::otherwise_slot:
      return with_otherwise(std::move(on), std::move(log), 1, true);
    case experiment::race:
      break;
  }
  return with_race(std::move(on), std::move(log));
}

// Returns when the contenders have ended and are counted no more, or when `whom` stands in a send that
// nobody will take: long after its answer, it has neither sent it nor ended.
task<> settle(const field& on, observer log, std::size_t goroutines) {
  const auto patience = 100ms;
  for (const backend* each : {&on.google, &on.bing})
    while (!log.has_ended(each->name)) {
      const auto answered = log.find(happening::answered, each->name);
      if (answered && log.elapsed() > answered->at + patience) co_return;
      co_await sleep(1ms);
    }
  const auto limit = log.elapsed() + patience;
  while (num_goroutines() > goroutines && log.elapsed() < limit) co_await sleep(1ms);
}

void describe_loser(const field& on, const observer& log, finding& found) {
  // Where the quick one's answer was lost, that is the fate to tell.
  found.loser = found.winner == on.bing.name ? on.google.name : on.bing.name;
  found.fate = ending::blocked;
  found.fate_at = found.looked_at;
  constexpr std::pair<happening, ending> endings[] = {{happening::unwound, ending::unwound},
                                                      {happening::noticed, ending::noticed},
                                                      {happening::dropped, ending::dropped},
                                                      {happening::sent, ending::sent}};
  for (const auto& [what, fate] : endings)
    if (const auto seen = log.find(what, found.loser)) {
      found.fate = fate;
      found.fate_at = seen->at;
      break;
    }
  const auto answered = log.find(happening::answered, found.loser);
  const auto sent = log.find(happening::sent, found.loser);
  if (answered && sent) found.send_took = sent->at - answered->at;
}

std::vector<proven_leak> proven_leaks() {
  std::vector<proven_leak> found;
  const leak_report report = leaks();
  goroutine_cursor cursor = report.goroutines();
  for (auto batch = cursor.next(); !batch.empty(); batch = cursor.next())
    for (const goroutine_trace& each : batch)
      found.push_back({each.id, each.reason, each.stack.front(), each.created_at});
  return found;
}

// Those that were not leaked before.
std::vector<proven_leak> new_leaks(const std::vector<proven_leak>& before) {
  std::vector<proven_leak> fresh = proven_leaks();
  std::erase_if(fresh, [&](const proven_leak& each) {
    return std::ranges::find(before, each.id, &proven_leak::id) != before.end();
  });
  return fresh;
}

}  // namespace

task<finding> run_experiment(field on, experiment which) {
  finding found;
  const std::vector<proven_leak> leaked_before = proven_leaks();
  found.which = which;
  found.goroutines_before = num_goroutines();
  found.memory_before = memory();
  const observer log;
  log.note(happening::started, "main");
  found.winner = co_await racer(which, on, log);
  found.elapsed = log.find(happening::received, "main").value().at;
  co_await settle(on, log, found.goroutines_before);
  found.looked_at = log.elapsed();
  found.goroutines_after = num_goroutines();
  found.memory_after = memory();
  found.leaked = new_leaks(leaked_before);
  describe_loser(on, log, found);
  found.events = log.events();
  co_return found;
}

std::size_t bytes_of_slot() {
  const auto bytes_of = [](std::size_t slots) {
    const std::size_t before = memory().live_bytes;
    const answers made(slots);
    return memory().live_bytes - before;
  };
  return bytes_of(1) - bytes_of(0);
}

std::string_view name_of(experiment which) noexcept {
  constexpr std::array<std::string_view, experiments> names{
      "unbuffered",         "buffered",  "context_done_case",
      "context_on_leash",   "otherwise", "otherwise_late_receiver",
      "otherwise_one_slot", "race"};
  return names[static_cast<std::size_t>(which)];
}

std::string_view name_of(ending fate) noexcept {
  constexpr std::string_view names[] = {"blocked", "sent", "dropped", "noticed", "unwound"};
  return names[static_cast<std::size_t>(fate)];
}

std::string_view name_of(happening what) noexcept {
  constexpr std::string_view names[] = {"started", "answered", "received", "sent",
                                        "dropped", "noticed",  "returned", "unwound"};
  return names[static_cast<std::size_t>(what)];
}

}  // namespace leash::tool
