#include <nlohmann/json.hpp>

#include "demo/demo.hpp"
#include "shown/milliseconds.hpp"

namespace leash::tool {
namespace {

using json = nlohmann::ordered_json;

json json_of(const memory_usage& used) {
  return {{"frames", used.live_frames}, {"blocks", used.live_blocks}, {"bytes", used.live_bytes}};
}

json json_of(const finding& found) {
  json events = json::array();
  for (const event& each : found.events)
    events.push_back({{"ms", exact_ms(each.at)}, {"what", name_of(each.what)}, {"who", each.who}});
  json leaked = json::array();
  for (const proven_leak& each : found.leaked)
    leaked.push_back({{"goroutine", each.id},
                      {"reason", each.reason},
                      {"file", each.at.file_name()},
                      {"line", each.at.line()},
                      {"created_file", each.created_at.file_name()},
                      {"created_line", each.created_at.line()}});
  return {{"name", name_of(found.which)},
          {"winner", found.winner},
          {"elapsed_ms", exact_ms(found.elapsed)},
          {"goroutines", {{"before", found.goroutines_before}, {"after", found.goroutines_after}}},
          {"looked_at_ms", exact_ms(found.looked_at)},
          {"loser",
           {{"name", found.loser}, {"fate", name_of(found.fate)}, {"ms", exact_ms(found.fate_at)}}},
          {"memory",
           {{"before", json_of(found.memory_before)}, {"after", json_of(found.memory_after)}}},
          {"leaked", std::move(leaked)},
          {"events", std::move(events)}};
}

json json_of(const backend& served) {
  return {{"name", served.name}, {"ms", served.time.count()}, {"url", served.url}};
}

}  // namespace

std::string json_of(const demo_report& report) {
  json steps = json::array();
  for (const finding& each : report.findings) steps.push_back(json_of(each));
  const finding& leaky = report.findings.at(0);
  const finding& buffered = report.findings.at(1);
  const json whole{
      {"backends", {json_of(report.google), json_of(report.bing)}},
      {"experiments", std::move(steps)},
      {"table",
       {{"second_send_us", static_cast<double>(buffered.send_took.count()) / 1e3},
        {"goroutine_ended_ms", exact_ms(buffered.fate_at)},
        {"slot_bytes", report.slot_bytes},
        {"leaked_goroutine_bytes", leaked_bytes(leaky)},
        {"frames_before", buffered.memory_before.live_frames},
        {"frames_after", buffered.memory_after.live_frames}}},
      {"left", {{"goroutines", report.left}, {"blocked_ms", exact_ms(report.left_for)}}}};
  return whole.dump(2);
}

}  // namespace leash::tool
