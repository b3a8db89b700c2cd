#include <algorithm>

#include <fmt/format.h>

#include "demo/demo.hpp"
#include "shown/milliseconds.hpp"

namespace leash::tool {
namespace {

template <class... A>
void line(std::string_view text, const A&... measured) {
  fmt::print("{}\n", fmt::format(fmt::runtime(text), measured...));
}

void timeline_line(std::string_view when, std::string_view what) {
  fmt::print("  {} {:<8}{}\n", when == "∞" ? "└──" : "├──", when, what);
}

void print_timeline(const demo_texts& say, const finding& leaky) {
  line("\n{}", say.timeline);
  const auto at = [](const event& seen) { return fmt::format("{}ms", milliseconds(seen.at)); };
  std::vector<event> shown;
  for (const event& each : leaky.events)
    if (each.what == happening::started || each.what == happening::answered ||
        each.what == happening::received)
      shown.push_back(each);
  for (const event& each : shown) {
    if (each.what == happening::started) timeline_line(at(each), say.line_start);
    if (each.what == happening::received) timeline_line(at(each), say.line_received);
    if (each.what == happening::answered)
      timeline_line(at(each), fmt::format(fmt::runtime(each.who == leaky.loser ? say.line_sends
                                                                               : say.line_answered),
                                          each.who));
  }
  timeline_line(
      "∞", fmt::format(fmt::runtime(say.line_forever), leaky.loser, milliseconds(leaky.looked_at)));
}

// The name alone: where the program was built says nothing to its reader.
std::string_view file_of(const std::source_location& place) {
  const std::string_view path = place.file_name();
  return path.substr(path.rfind('/') + 1);
}

void print_proof(const demo_texts& say, const finding& leaky) {
  for (const proven_leak& each : leaky.leaked)
    line("\n" + std::string(say.proof), each.id, each.reason, file_of(each.at), each.at.line(),
         file_of(each.created_at), each.created_at.line());
  if (!leaky.leaked.empty()) line("{}", say.cure);
}

void print_table(const demo_texts& say, const demo_report& report, const finding& found) {
  line("\n{}", say.table);
  const double micros = static_cast<double>(found.send_took.count()) / 1000;
  line("  " + std::string(say.rows[0]), fmt::format("{:.1f}", micros));
  line("  " + std::string(say.rows[1]), found.loser, milliseconds(found.fate_at));
  line("  " + std::string(say.rows[2]), report.slot_bytes, leaked_bytes(report.findings.front()));
  line("  " + std::string(say.rows[3]), found.memory_before.live_frames,
       found.memory_after.live_frames);
}

}  // namespace

void print_beginning(const demo_texts& say, const demo_report& report) {
  line("{}\n", say.title);
  line(say.servers, report.google.name, report.google.time.count(), report.google.url,
       report.bing.name, report.bing.time.count(), report.bing.url);
  std::fflush(stdout);
}

void print_finding(const demo_texts& say, const demo_report& report) {
  const finding& found = report.findings.back();
  const auto which = static_cast<std::size_t>(found.which);
  line("\n── {}", say.headings[which]);
  line("   {}", say.notes[which]);
  line(say.winner, found.winner, milliseconds(found.elapsed));
  line(say.fates[static_cast<std::size_t>(found.fate)], found.loser, milliseconds(found.fate_at));
  line(say.goroutines, found.goroutines_before, found.goroutines_after,
       milliseconds(found.looked_at));
  if (found.which == experiment::unbuffered) {
    print_timeline(say, found);
    print_proof(say, found);
    const double mib = static_cast<double>(leaked_bytes(found)) * 60'000 / (1 << 20);
    fmt::print("\n");
    line(say.growth, leaked_bytes(found), mib);
  }
  if (found.which == experiment::buffered) print_table(say, report, found);
  std::fflush(stdout);
}

void print_end(const demo_texts& say, const demo_report& report) {
  fmt::print("\n");
  line(say.summary, report.left, milliseconds(report.left_for));
  line("{}", say.rule);
  std::fflush(stdout);
}

}  // namespace leash::tool
