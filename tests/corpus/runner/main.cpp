#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <leash/testing.hpp>

#include "corpus/runner/findings.hpp"
#include "corpus/runner/table.hpp"

// Explores the shapes of the corpus and says what was found. Exit status: 0: all that is marked, and nothing else; 1: something is
// missing, or was not to be found; 2: it cannot be run like that.

namespace {

std::vector<corpus::entered_shape> chosen(const std::vector<std::string>& names) {
  std::vector<corpus::entered_shape> all = corpus::all_shapes();
  if (names.empty()) return all;
  for (const std::string& name : names)
    if (std::ranges::none_of(all, [&](const auto& each) { return each.what.name == name; }))
      throw std::runtime_error(name + ": there is no such shape; without a name all are explored");
  std::erase_if(all, [&](const auto& each) {
    return std::ranges::find(names, each.what.name) == names.end();
  });
  return all;
}

int explore(const std::vector<std::string>& names, const std::string& tsv,
            const leash::testing::explore_options& options) {
  std::vector<corpus::shape_findings> found;
  for (const corpus::entered_shape& each : chosen(names))
    found.push_back(corpus::explore_shape(each, options));
  fmt::print("{}", corpus::table_of(found));
  if (!tsv.empty()) {
    std::ofstream out(tsv);
    out << corpus::tsv_of(found);
    out.close();
    if (!out) throw std::runtime_error(tsv + ": cannot be written");
  }
  const std::vector<std::string> wrong = corpus::complaints_of(found);
  std::fflush(stdout);
  for (const std::string& each : wrong) fmt::print(stderr, "{}\n", each);
  return wrong.empty() ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  using leash::testing::strategy;
  const std::map<std::string, strategy> strategies{
      {"random", strategy::random}, {"pct", strategy::pct}, {"exhaustive", strategy::exhaustive}};
  CLI::App app(
      "Explores leak shapes, and compares what is found with what is marked in their sources.");
  std::vector<std::string> names;
  std::string tsv;
  leash::testing::explore_options options;
  app.add_option("shape", names, "Only these shapes");
  app.add_option("--tsv", tsv, "Where the table is written to, tab-separated");
  app.add_option("--schedules", options.schedules, "Schedules of each program")
      ->capture_default_str();
  app.add_option("--seed", options.seed, "Of the first schedule")->capture_default_str();
  app.add_option("--strategy", options.strategy, "random, pct or exhaustive")
      ->transform(CLI::CheckedTransformer(strategies));
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? 0 : 2;
  }
  try {
    return explore(names, tsv, options);
  } catch (const std::exception& wrong) {
    fmt::print(stderr, "leash_corpus: {}\n", wrong.what());
    return 2;
  }
}
