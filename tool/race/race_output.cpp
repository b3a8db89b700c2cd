#include "race/race_output.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shown/milliseconds.hpp"
#include "shown/output_file.hpp"
#include "shown/say.hpp"
#include "shown/standard_streams.hpp"

namespace leash::tool {
namespace {

using json = nlohmann::ordered_json;

constexpr int write_failed = output_failure::exit_code;

std::string text_of(const attempt_report& attempt) {
  switch (attempt.fate) {
    case fate::won:
      return fmt::format("answered with status {} and won", attempt.status);
    case fate::canceled:
      return attempt.has_started ? "cancelled, its transfer aborted" : "never started";
    case fate::not_started:
      return "never started";
    case fate::late:
      return "answered too late; its answer was dropped";
    case fate::failed:
      break;
  }
  return attempt.failure;
}

void print_timeline(const race_options& options, const race_report& report) {
  struct line {
    std::chrono::nanoseconds at;
    std::size_t number;  // of the line: breaks ties
    std::string what;
  };
  std::vector<line> lines;
  for (std::size_t i = 0; i < report.attempts.size(); ++i) {
    const attempt_report& each = report.attempts[i];
    if (each.has_started)
      lines.push_back({each.started, lines.size(), fmt::format("{} starts", options.urls[i])});
    // A failure's sentence names its URL.
    lines.push_back({each.ended, lines.size(),
                     each.fate == fate::failed
                         ? text_of(each)
                         : fmt::format("{} {}", options.urls[i], text_of(each))});
  }
  std::sort(lines.begin(), lines.end(), [](const line& a, const line& b) {
    return std::tie(a.at, a.number) < std::tie(b.at, b.number);
  });
  for (const line& each : lines)
    say("{} {:<8}{}\n", &each == &lines.back() ? "└──" : "├──",
        fmt::format("{}ms", milliseconds(each.at)), each.what);
}

json json_of(const race_options& options, const race_report& report) {
  json attempts = json::array();
  for (std::size_t i = 0; i < report.attempts.size(); ++i) {
    const attempt_report& each = report.attempts[i];
    json row{{"url", options.urls[i]}, {"fate", leash::text_of(each.fate)}};
    if (each.has_started) row["started_ms"] = exact_ms(each.started);
    row["ended_ms"] = exact_ms(each.ended);
    if (each.status != 0) row["status"] = each.status;
    if (!each.failure.empty()) {
      row["error"] = each.failure;
      row["code"] = each.code;
    }
    attempts.push_back(std::move(row));
  }
  json whole{{"winner", nullptr},
             {"elapsed_ms", exact_ms(report.elapsed)},
             {"attempts", std::move(attempts)}};
  if (report.winner != nobody) {
    whole["winner"] = report.winner;
    whole["status"] = report.answer.status;
    whole["body"] = report.answer.body;
  }
  return whole;
}

std::string head_of(const http::response& answer) {
  std::string head = fmt::format("HTTP/{} {}{}{}\r\n", answer.version, answer.status,
                                 answer.reason.empty() ? "" : " ", answer.reason);
  for (const http::header& each : answer.headers)
    head += fmt::format("{}: {}\r\n", each.name, each.value);
  return head + "\r\n";
}

bool goes_to_file(const race_options& options) {
  return !options.output.empty() && options.output != "-";
}

int write_out(const race_options& options, const std::string& what) {
  const bool to_file = goes_to_file(options);
  std::FILE* out = to_file ? std::fopen(options.output.c_str(), "wbe") : stdout;
  const bool good = out != nullptr &&
                    std::fwrite(what.data(), 1, what.size(), out) == what.size() &&
                    std::fflush(out) == 0;
  const int why = errno;
  if (to_file && out != nullptr) std::fclose(out);
  if (good) return 0;
  say("leash: cannot write the answer to {}: {}\n", to_file ? options.output : "standard output",
      write_failure(why));
  return write_failed;
}

}  // namespace

int check_output(const race_options& options) {
  if (!goes_to_file(options)) return 0;
  const int why = obstacle_to_writing(options.output);
  if (why == 0) return 0;
  say("leash: cannot write to {}: {}; nothing was asked\n", options.output, write_failure(why));
  return write_failed;
}

int write_race(const race_options& options, const race_report& report) {
  const bool won = report.winner != nobody;
  if (options.timeline) print_timeline(options, report);
  if (!won && !options.silent && !options.timeline)
    for (const attempt_report& each : report.attempts) say("leash: {}\n", each.failure);
  if (options.json) {
    const int code = write_out(
        options,
        json_of(options, report).dump(2, ' ', false, json::error_handler_t::replace) + "\n");
    return code != 0 || won ? code : failure_code(report);
  }
  if (!won) return failure_code(report);
  return write_out(options,
                   (options.include_head ? head_of(report.answer) : "") + report.answer.body);
}

}  // namespace leash::tool
