#include <boost/asio/signal_set.hpp>

#include <charconv>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "command.hpp"
#include "race_output.hpp"
#include "say.hpp"

#include <leash/asio.hpp>

namespace leash::tool {
namespace {

// The options as they were written.
struct race_words {
  std::vector<std::string> headers;
  std::vector<std::string> data;
  std::string method;
  std::string hedge_delay = "0";
  std::string accept;
  std::string format = "text";
  std::string connect_timeout = "0";
  std::string max_time = "0";
};

std::chrono::nanoseconds seconds(double count) {
  return std::chrono::round<std::chrono::nanoseconds>(std::chrono::duration<double>(count));
}

std::chrono::nanoseconds limit_of(const char* option, const std::string& text) {
  double count = 0;
  const char* end = text.data() + text.size();
  const auto [rest, bad] = std::from_chars(text.data(), end, count);
  if (bad == std::errc{} && rest == end && count >= 0 && count <= 1e6) return seconds(count);
  throw CLI::ValidationError(
      option, fmt::format("{} is not a number of seconds such as 2 or 0.5 (0: no limit)", text));
}

std::chrono::nanoseconds duration_of(const std::string& text) {
  double count = 0;
  const char* end = text.data() + text.size();
  const auto [rest, bad] = std::from_chars(text.data(), end, count);
  const std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  if (bad == std::errc{} && count >= 0 && count < 1e6) {
    if (unit == "us") return seconds(count / 1e6);
    if (unit == "ms") return seconds(count / 1e3);
    if (unit == "s" || (unit.empty() && count == 0)) return seconds(count);
  }
  throw CLI::ValidationError("--hedge-delay",
                             fmt::format("{} is not a time such as 50ms, 1.5s or 0", text));
}

std::vector<std::pair<int, int>> ranges_of(const std::string& text) {
  std::vector<std::pair<int, int>> ranges;
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto number = [&]() -> std::optional<int> {
    int value = 0;
    const auto [rest, bad] = std::from_chars(at, end, value);
    if (bad != std::errc{} || value < 100 || value > 999) return std::nullopt;
    at = rest;
    return value;
  };
  while (true) {
    const auto low = number();
    auto high = low;
    if (low && at != end && *at == '-') {
      ++at;
      high = number();
    }
    if (!low || !high || *high < *low || (at != end && *at != ','))
      throw CLI::ValidationError(
          "--accept", fmt::format("{} is not a list of statuses such as 200-399,404", text));
    ranges.emplace_back(*low, *high);
    if (at == end) return ranges;
    ++at;
  }
}

std::string data_of(const std::string& given) {
  if (!given.starts_with('@')) return given;
  std::ifstream file(given.substr(1), std::ios::binary);
  if (!file)
    throw CLI::ValidationError("-d", fmt::format("the file {} cannot be read", given.substr(1)));
  return {std::istreambuf_iterator<char>(file), {}};
}

void add_header(http::request& asked, const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || colon == 0)
    throw CLI::ValidationError("-H", fmt::format("{} is not a header such as 'Name: value'", text));
  const std::string name = text.substr(0, colon);
  const std::size_t value = text.find_first_not_of(" \t", colon + 1);
  if (value == std::string::npos)
    asked.omit.push_back(name);
  else
    asked.headers.push_back({name, text.substr(value)});
}

void read_words(const race_words& words, race_options& options) {
  http::request& asked = options.asked;
  for (const std::string& header : words.headers) add_header(asked, header);
  for (const std::string& data : words.data) {
    if (&data != words.data.data()) asked.body += '&';
    asked.body += data_of(data);
  }
  if (!words.data.empty()) {
    asked.method = "POST";
    if (http::find_header(asked.headers, "Content-Type") == nullptr)
      asked.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  }
  if (!words.method.empty()) asked.method = words.method;
  asked.connect_timeout = limit_of("--connect-timeout", words.connect_timeout);
  asked.timeout = limit_of("--max-time", words.max_time);
  options.hedge_delay = duration_of(words.hedge_delay);
  if (!words.accept.empty()) options.accept = ranges_of(words.accept);
  options.json = words.format == "json";
}

constexpr int interrupted = 130;

task<int> until_interrupted(boost::asio::signal_set& signals) {
  co_await signals.async_wait(use_goroutine);
  co_return interrupted;
}

task<int> race_to_the_end(const race_options& options, race_report& report) {
  co_await race_urls(options, report);
  co_return 0;
}

task<int> race_or_interrupt(const race_options& options, race_report& report) {
  // Heard from before the first request on.
  boost::asio::signal_set signals(leash::io_context(), SIGINT);
  co_return (co_await first(race_to_the_end(options, report), until_interrupted(signals))).value;
}

int run_race(const race_options& options) {
  if (const int code = check_output(options); code != 0) return code;
  race_report report;
  if (run([&] { return race_or_interrupt(options, report); }, {.watchdog = {}}) == interrupted) {
    say("leash: interrupted; all requests were cancelled\n");
    return interrupted;
  }
  return write_race(options, report);
}

}  // namespace

void add_race(CLI::App& app, int& code) {
  CLI::App* command =
      app.add_subcommand("race", "Ask several URLs at once; the first good answer wins");
  auto options = std::make_shared<race_options>();
  auto words = std::make_shared<race_words>();
  http::request& asked = options->asked;
  command->add_option("url", options->urls, "Whom to ask")->required();
  const auto one_each = [](CLI::Option* option) { option->expected(1)->take_all(); };
  command->add_option("-X,--request", words->method, "The method; GET, or POST with -d");
  one_each(command->add_option("-H,--header", words->headers, "A header; 'Name:' omits one"));
  one_each(command->add_option("-d,--data", words->data, "The body; @file reads it from there"));
  command->add_option("-o,--output", options->output, "Where the body goes; otherwise stdout");
  command->add_flag("-i,--include", options->include_head, "The answer's head before its body");
  command->add_flag("-s,--silent", options->silent, "Say nothing about failures");
  command->add_flag("-v,--verbose", options->verbose, "What goes over the wire, on stderr");
  command->add_flag("-k,--insecure", asked.insecure, "Accept any certificate");
  command->add_flag("-L,--location", asked.follow_redirects, "Follow redirects");
  command->add_option("-m,--max-time", words->max_time, "Seconds for a whole request");
  command->add_option("--connect-timeout", words->connect_timeout, "Seconds to connect");
  command->add_option("--hedge-delay", words->hedge_delay,
                      "Ask the next URL only after this, as 50ms; or at once after a failure");
  command->add_option("--accept", words->accept, "Statuses that may win; otherwise 200-399");
  command->add_flag("--timeline", options->timeline, "What happened when, on stderr");
  command->add_option("--format", words->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
  command->callback([options, words, &code] {
    read_words(*words, *options);
    code = run_race(*options);
  });
}

}  // namespace leash::tool
