#include "bench/bench_output.hpp"

#include <cstdio>
#include <string>

#include "bench/gnuplot.hpp"
#include "bench/latency_chart.hpp"
#include "request/interrupt.hpp"
#include "shown/output_file.hpp"
#include "shown/say.hpp"
#include "shown/standard_streams.hpp"

namespace leash::tool {
namespace {

constexpr int all_failed = 1;

// What the process is to exit with on its account.
int write_picture(const bench_options& options, const bench_report& report) {
  if (report.is_failure()) {
    say("leash: {} was not drawn: nobody answered\n", options.svg);
    return 0;
  }
  const int why = write_file(options.svg, gnuplot(latency_chart(options, report)));
  if (why == 0) return 0;
  say("leash: cannot write the picture to {}: {}\n", options.svg, write_failure(why));
  return output_failure::exit_code;
}

}  // namespace

int check_picture(const bench_options& options) {
  if (options.svg.empty()) return 0;
  if (const int why = obstacle_to_writing(options.svg); why != 0) {
    say("leash: cannot write to {}: {}; nothing was asked\n", options.svg, write_failure(why));
    return output_failure::exit_code;
  }
  demand_gnuplot();
  return 0;
}

int write_bench(const bench_options& options, const bench_report& report) {
  const std::string text = options.json ? json_of(options, report) : text_of(options, report);
  std::fwrite(text.data(), 1, text.size(), stdout);
  flush_standard_output();
  const int drawn = options.svg.empty() ? 0 : write_picture(options, report);
  if (drawn != 0) return drawn;
  if (report.interrupted) return interrupt::exit_code;
  return report.is_failure() ? all_failed : 0;
}

}  // namespace leash::tool
