#include <optional>
#include <string>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "http/debug/pages.hpp"
#include "http/debug/process_figures.hpp"

#include <leash/detail/leak/census.hpp>
#include <leash/leaks.hpp>
#include <leash/runtime.hpp>

namespace leash::http {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric gauge(double value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric made;
  made.label = std::move(labels);
  made.gauge.value = value;
  return made;
}

MetricFamily family(std::string name, std::string help, std::vector<ClientMetric> metrics) {
  return {std::move(name), std::move(help), MetricType::Gauge, std::move(metrics)};
}

std::string compiler() {
#if defined(__clang__)
  return "clang " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__) + "." +
         std::to_string(__clang_patchlevel__);
#else
  return "gcc " __VERSION__;
#endif
}

void add_goroutines(std::vector<MetricFamily>& into) {
  const detail::goroutine_census now = detail::count_goroutines();
  const auto state = [](const char* name, std::size_t count) {
    return gauge(static_cast<double>(count), {{"state", name}});
  };
  into.push_back(family("leash_goroutines", "Goroutines, by what they do.",
                        {state("running", now.running), state("runnable", now.runnable),
                         state("waiting", now.waiting)}));
  const memory_usage held = memory();
  into.push_back(family("leash_frames", "Coroutine frames of goroutines.",
                        {gauge(static_cast<double>(held.live_frames))}));
  into.push_back(family("leash_blocks", "Frames, closures and channel buffers of goroutines.",
                        {gauge(static_cast<double>(held.live_blocks))}));
  into.push_back(family("leash_memory_bytes",
                        "Memory of the frames, closures and channel buffers of goroutines.",
                        {gauge(static_cast<double>(held.live_bytes))}));
  into.push_back(family("leash_build_info", "The version of leash and what compiled it; always 1.",
                        {gauge(1, {{"version", LEASH_VERSION}, {"compiler", compiler()}})}));
}

void add_leaks(std::vector<MetricFamily>& into) {
  constexpr std::size_t most_sites = 50;
  std::vector<ClientMetric> sites;
  for (const detail::leaked_site& each : detail::count_leaked_sites(most_sites))
    sites.push_back(gauge(static_cast<double>(each.count), {{"site", each.created_at}}));
  into.push_back(family("leash_leaked_goroutines",
                        "Goroutines that have been found to be leaked, by where they were started.",
                        std::move(sites)));
  const leak_statistics now = count_leaks();
  const auto counter = [](std::uint64_t value, std::vector<ClientMetric::Label> labels = {}) {
    ClientMetric made;
    made.label = std::move(labels);
    made.counter.value = static_cast<double>(value);
    return made;
  };
  const auto add = [&into](const char* name, const char* help, std::vector<ClientMetric> values) {
    into.push_back({name, help, MetricType::Counter, std::move(values)});
  };
  add("leash_leaks_announced_total", "Goroutines that were found to be leaked.",
      {counter(now.announced)});
  add("leash_leaks_refuted_total", "Of them, those that ran all the same.", {counter(now.refuted)});
  add("leash_leaks_unwound_total", "Of them, those that the patrol unwound.",
      {counter(now.unwound)});
  add("leash_frames_exposed_total",
      "Frames that are taken for live because somebody else used, or was sent, what is in them.",
      {counter(now.exposed_by_sending, {{"how", "sent"}}),
       counter(now.exposed_by_use, {{"how", "used"}})});
}

void add_process(std::vector<MetricFamily>& into) {
  const process_figures now = read_process_figures();
  ClientMetric cpu;
  cpu.counter.value = now.cpu_seconds;
  into.push_back({"process_cpu_seconds_total",
                  "Total user and system CPU time spent in seconds.",
                  MetricType::Counter,
                  {cpu}});
  const auto add = [&into](const char* name, const char* help, std::optional<double> value) {
    if (value) into.push_back(family(name, help, {gauge(*value)}));
  };
  add("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
      now.start_time);
  add("process_resident_memory_bytes", "Resident memory size in bytes.", now.resident_bytes);
  add("process_virtual_memory_bytes", "Virtual memory size in bytes.", now.virtual_bytes);
  add("process_threads", "Number of OS threads in the process.", now.threads);
  add("process_open_fds", "Number of open file descriptors.", now.open_files);
  add("process_max_fds", "Maximum number of open file descriptors.", now.most_open_files);
}

}  // namespace

streamed_response metrics_page() {
  std::vector<MetricFamily> all;
  add_goroutines(all);
  add_leaks(all);
  add_process(all);
  return text_answer(200, prometheus::TextSerializer().prometheus::Serializer::Serialize(all),
                     "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace leash::http
