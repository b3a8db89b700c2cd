#include "race/race.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>

#include <fmt/format.h>

#include "shown/say.hpp"

namespace leash::tool {
namespace {

constexpr int refused_status = 22;
constexpr int out_of_memory = 27;

class refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

bool may_win(const race_options& options, int status) {
  return std::any_of(options.accept.begin(), options.accept.end(), [status](const auto& range) {
    return range.first <= status && status <= range.second;
  });
}

void trace(std::size_t index, http::trace_kind kind, std::string_view line) {
  const char mark = kind == http::trace_kind::note             ? '*'
                    : kind == http::trace_kind::request_header ? '>'
                                                               : '<';
  say("{} {} {}\n", index + 1, mark, line);
}

struct race_field {
  const race_options& options;
  const http::client& client;
  race_report& report;
  std::chrono::steady_clock::time_point began;
};

task<http::response> ask(const race_field& on, std::size_t index) {
  attempt_report& mine = on.report.attempts[index];
  http::request asked = on.options.asked;
  asked.url = on.options.urls[index];
  if (on.options.verbose)
    asked.on_trace = [index](http::trace_kind kind, std::string_view line) {
      trace(index, kind, line);
    };
  mine.started = now() - on.began;
  mine.has_started = true;
  http::response answer = co_await on.client.send(std::move(asked));
  mine.status = answer.status;
  if (!may_win(on.options, answer.status))
    throw refused(fmt::format("{}: answered with status {}, which --accept does not let win",
                              on.options.urls[index], answer.status));
  co_return answer;
}

task<http::response> attempt(const race_field& on, std::size_t index) {
  attempt_report& mine = on.report.attempts[index];
  try {
    co_return co_await ask(on, index);
  } catch (const http::error& failure) {
    mine.failure = failure.what();
    mine.code = failure.code();
  } catch (const refused& failure) {
    mine.failure = failure.what();
    mine.code = refused_status;
  } catch (const std::bad_alloc&) {
    mine.failure = on.options.urls[index] + ": out of memory";
    mine.code = out_of_memory;
  }
  throw std::runtime_error(mine.failure);
}

void take_over(race_report& report, const std::vector<receipt>& receipts) {
  for (std::size_t i = 0; i < receipts.size(); ++i) {
    report.attempts[i].fate = receipts[i].fate;
    report.attempts[i].ended = receipts[i].after;
  }
}

}  // namespace

task<> race_urls(const race_options& options, const http::client& client, race_report& report) {
  report.attempts.assign(options.urls.size(), {});
  race_field on{options, client, report, now()};
  std::vector<task<http::response>> attempts;
  for (std::size_t i = 0; i < options.urls.size(); ++i) attempts.push_back(attempt(on, i));
  try {
    auto won = co_await leash::race(leash::race_options{.hedge_delay = options.hedge_delay},
                                    std::move(attempts));
    report.winner = won.index;
    report.answer = std::move(won.value);
    take_over(report, won.receipts);
  } catch (const no_winner& lost) {
    take_over(report, lost.receipts());
  }
  report.elapsed = now() - on.began;
}

int failure_code(const race_report& report) {
  const auto last = std::max_element(
      report.attempts.begin(), report.attempts.end(),
      [](const attempt_report& a, const attempt_report& b) { return a.ended < b.ended; });
  return last->code;
}

}  // namespace leash::tool
