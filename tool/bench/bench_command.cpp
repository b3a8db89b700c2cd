#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "bench/bench_output.hpp"
#include "bench/bench_progress.hpp"
#include "bench/load.hpp"
#include "bench/load_values.hpp"
#include "command.hpp"
#include "request/interrupt.hpp"
#include "request/request_options.hpp"
#include "request/values.hpp"

namespace leash::tool {
namespace {

constexpr std::size_t usual_requests = 200;
constexpr std::size_t usual_concurrency = 50;
constexpr std::size_t usual_limit = 1000;  // with --rate
constexpr std::size_t most_concurrency = 100'000;

// Its own options as they were written; empty: not given.
struct bench_words {
  std::string requests;
  std::string concurrency;
  std::string duration;
  std::string rate;
  std::string hedge_delay = "0";
  std::string accept;
  std::string format = "text";
};

void read_amount(const bench_words& words, bench_options& options) {
  if (!words.requests.empty() && !words.duration.empty())
    throw CLI::ValidationError("--duration", "with -n the run would have two ends: leave one out");
  options.requests = words.requests.empty() ? usual_requests
                                            : count_of("--requests", words.requests, most_requests);
  if (words.duration.empty()) return;
  options.duration = duration_of("--duration", words.duration);
  if (options.duration <= options.duration.zero())
    throw CLI::ValidationError("--duration", "nothing can be measured in no time");
  options.requests = most_requests;
  if (options.rate == 0) return;
  // On a schedule the time says how many there are.
  const double count =
      std::ceil(options.rate * std::chrono::duration<double>(options.duration).count());
  if (count > most_requests)
    throw CLI::ValidationError(
        "--duration",
        fmt::format("that would be over {} requests, more than can be measured: choose "
                    "less time, or a lower --rate",
                    most_requests));
  options.requests = static_cast<std::size_t>(count);
}

void read_words(const bench_words& words, bench_options& options) {
  if (options.raced.urls.size() < 2)
    throw CLI::ValidationError(
        "url",
        "bench compares racing with asking the first URL alone: give it two URLs, or one twice");
  if (!words.rate.empty()) options.rate = rate_of("--rate", words.rate);
  options.concurrency = words.concurrency.empty()
                            ? (options.rate > 0 ? usual_limit : usual_concurrency)
                            : count_of("--concurrency", words.concurrency, most_concurrency);
  read_amount(words, options);
  options.hedge_at_p95 = words.hedge_delay == "p95";
  if (words.hedge_delay.starts_with('p') && !options.hedge_at_p95)
    throw CLI::ValidationError(
        "--hedge-delay",
        fmt::format("{} is neither a time such as 50ms, 1.5s or 0, nor p95", words.hedge_delay));
  if (!options.hedge_at_p95)
    options.raced.hedge_delay = duration_of("--hedge-delay", words.hedge_delay);
  if (!words.accept.empty()) options.raced.accept = statuses_of("--accept", words.accept);
  options.json = words.format == "json";
}

// Each request under way has a connection.
void allow_many_connections() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

task<int> load_to_the_end(const bench_options& options, bench_results& results) {
  co_await apply_load(options, results);
  co_return 0;
}

task<int> load_or_interrupt(const bench_options& options, bench_results& results) {
  interrupt interrupted;
  const terminal screen = terminal::of(STDERR_FILENO);
  if (!screen.moves_cursor)
    co_return (co_await first(load_to_the_end(options, results), interrupted.happens())).value;
  co_return (co_await first(load_to_the_end(options, results), interrupted.happens(),
                            show_progress(options, results, screen)))
      .value;
}

int run_bench(const bench_options& options) {
  if (const int code = check_picture(options); code != 0) return code;
  allow_many_connections();
  const bool by_time = options.duration > options.duration.zero() && options.rate == 0;
  bench_results results(options.raced.urls.size(), by_time ? 0 : options.requests);
  const int code = run([&] { return load_or_interrupt(options, results); }, {.watchdog = {}});
  return write_bench(options, bench_report(results, code == interrupt::exit_code));
}

constexpr const char* footer = R"(How it is measured:
  The same load is put on the first URL alone and on all of them raced: as many
  requests, as many at a time or as many a second. The two take turns (alone,
  racing, racing, alone, and so on), so that what changes in the course of the
  run weighs on both alike; never both at once, as each would be the other's
  load. Each has connections of its own. Every latency is kept: the percentiles
  are exact. They are of the requests that were answered; the failed are counted.

  Without --rate the loop is closed: each of -c goroutines asks again when it has
  its answer. With --rate it is open: requests start on a schedule that waits for
  no answer, and a latency is counted from the scheduled start, so that a stall
  is seen by everyone who would have come in it. That holds for those, too, who
  have to wait as -c are under way; they are counted.

Examples:
  leash bench -n 2000 -c 20 --hedge-delay p95 http://a.example/ http://b.example/
      Asks b only when a takes longer than 95 % of its answers do.
  leash bench --rate 500 -z 30s --svg tail.svg http://a.example/ http://b.example/
      500 requests a second for 30 s alone, and for 30 s racing; and a picture.

Exit status:
  0    Some requests were answered.
  1    Every request failed, or gnuplot could not draw the picture.
  2    The command line could not be understood.
  23   The report or the picture could not be written.
  130  Interrupted by Ctrl-C; what was measured by then is reported.
)";

}  // namespace

void add_bench(CLI::App& app, int& code) {
  CLI::App* command =
      app.add_subcommand("bench", "Measure what racing the URLs gains over asking the first alone");
  command->footer(footer);
  auto options = std::make_shared<bench_options>();
  auto words = std::make_shared<bench_words>();
  command->add_option("url", options->raced.urls, "Whom to ask; the first one also alone")
      ->required();
  command->option_defaults()->group("The load");
  command
      ->add_option("-n,--requests", words->requests,
                   "Requests alone, and as many races; otherwise 200")
      ->type_name("COUNT");
  command
      ->add_option("-c,--concurrency", words->concurrency,
                   "So many at a time; otherwise 50, and with --rate at most 1000")
      ->type_name("COUNT");
  command
      ->add_option("-z,--duration", words->duration,
                   "Instead of -n: so long alone, and so long racing, as 10s; what is under way "
                   "then is waited for")
      ->type_name("TIME");
  command->add_option("--rate", words->rate, "So many start a second, on a schedule")
      ->type_name("RATE");
  command->option_defaults()->group("The race");
  command
      ->add_option("--hedge-delay", words->hedge_delay,
                   "Ask the next URL only after this, as 50ms, or at once after a failure; p95: "
                   "after as long as the first URL alone takes at its p95, looked up before each "
                   "turn of racing")
      ->type_name("TIME");
  command->add_option("--accept", words->accept, "Statuses that may win; otherwise 200-399")
      ->type_name("STATUSES");
  command->option_defaults()->group("Each request");
  auto asked = request_options::add_to(*command);
  command->option_defaults()->group("What is written");
  command
      ->add_option("--svg", options->svg,
                   "A picture of both latency distributions, drawn by gnuplot")
      ->type_name("FILE");
  command->add_option("--format", words->format, "text, or json: for programs")
      ->check(CLI::IsMember({"text", "json"}));
  command->callback([options, asked, words, &code] {
    options->raced.asked = asked->read();
    read_words(*words, *options);
    code = run_bench(*options);
  });
}

}  // namespace leash::tool
