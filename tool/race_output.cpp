#include "race_output.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <tuple>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace leash::tool {
namespace {

using json = nlohmann::ordered_json;

constexpr int write_failed = 23;  // as curl has it

std::int64_t milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::round<std::chrono::milliseconds>(time).count();
}

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
    fmt::print(stderr, "{} {:<8}{}\n", &each == &lines.back() ? "└──" : "├──",
               fmt::format("{}ms", milliseconds(each.at)), each.what);
}

json json_of(const race_options& options, const race_report& report) {
  json attempts = json::array();
  for (std::size_t i = 0; i < report.attempts.size(); ++i) {
    const attempt_report& each = report.attempts[i];
    json row{{"url", options.urls[i]}, {"fate", leash::text_of(each.fate)}};
    if (each.has_started) row["started_ms"] = static_cast<double>(each.started.count()) / 1e6;
    row["ended_ms"] = static_cast<double>(each.ended.count()) / 1e6;
    if (each.status != 0) row["status"] = each.status;
    if (!each.failure.empty()) {
      row["error"] = each.failure;
      row["code"] = each.code;
    }
    attempts.push_back(std::move(row));
  }
  json whole{{"winner", nullptr},
             {"elapsed_ms", static_cast<double>(report.elapsed.count()) / 1e6},
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

int write_out(const race_options& options, const std::string& what) {
  const bool to_file = !options.output.empty() && options.output != "-";
  std::FILE* out = to_file ? std::fopen(options.output.c_str(), "wb") : stdout;
  bool good = out != nullptr && std::fwrite(what.data(), 1, what.size(), out) == what.size();
  if (out != nullptr && std::fflush(out) != 0) good = false;
  const int why = errno;
  if (to_file && out != nullptr) std::fclose(out);
  if (good) return 0;
  fmt::print(stderr, "leash: cannot write the answer to {}: {}\n",
             to_file ? options.output : "standard output", std::strerror(why));
  return write_failed;
}

}  // namespace

int write_race(const race_options& options, const race_report& report) {
  const bool won = report.winner != nobody;
  if (options.timeline) print_timeline(options, report);
  if (!won && !options.silent && !options.timeline)
    for (const attempt_report& each : report.attempts)
      fmt::print(stderr, "leash: {}\n", each.failure);
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
