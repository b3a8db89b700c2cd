#include "corpus/runner/findings.hpp"

#include <algorithm>
#include <set>
#include <stdexcept>

#include <fmt/format.h>

namespace corpus {
namespace {

using leash::testing::explore_options;
using leash::testing::explore_result;
using leash::testing::failure;
using leash::testing::failure_kind;
using leash::testing::left_goroutine;

void first_of(std::size_t& known, std::size_t schedule) {
  if (known == 0 || schedule < known) known = schedule;
}

// Whether marks have to be proven.
enum class proof : bool { is_needed, is_counted };

class comparison {
 public:
  comparison(const entered_shape& of, std::string_view space, proof how)
      : file_(of.file), how_(how), marks_(marks_of(std::string(of.file), space)) {
    for (const mark& each : marks_.all)
      found_.all.push_back({.what = each, .left = 0, .proven = 0});
  }

  variant_findings with(program run, explore_options options) {
    options.stop_at_first_failure = false;
    options.explain = false;
    const explore_result result = leash::testing::explore(options, run);
    found_.schedules = result.schedules;
    if (result.bound_hit != 0)
      found_.unexpected.push_back(
          fmt::format("{} schedules did not come to an end", result.bound_hit));
    for (const failure& each : result.failures) look_at(each);
    return std::move(found_);
  }

 private:
  void look_at(const failure& what) {
    if (what.kind != failure_kind::leak && what.kind != failure_kind::left_over &&
        what.kind != failure_kind::deadlock)
      found_.unexpected.push_back(fmt::format("schedule {}: {}", what.schedule,
                                              what.message.substr(0, what.message.find('\n'))));
    for (const left_goroutine& each : what.goroutines) look_at(each, what);
  }

  void look_at(const left_goroutine& left, const failure& by) {
    if (left.wait_reason == "running") return;
    // Main was started by the exploration.
    const bool is_main = left.created_at.file_name() != file_;
    const unsigned line = is_main ? marks_.main_line : left.created_at.line();
    const auto at = std::ranges::find_if(found_.all, [&](const finding& each) {
      return each.what.line == line && each.what.reason == left.wait_reason;
    });
    const std::string_view name = file_.substr(file_.rfind('/') + 1);
    if (at == found_.all.end()) {
      found_.unexpected.push_back(fmt::format(
          "{}:{}: {} is not marked, and is left {} by schedule {}, seed {}", name, line,
          left.wait_reason, left.proven ? "(proven)" : "(not proven)", by.schedule, by.seed));
      return;
    }
    first_of(at->left, by.schedule);
    if (left.proven) first_of(at->proven, by.schedule);
    if (at->what.suspect && left.proven)
      found_.unexpected.push_back(
          fmt::format("{}:{}: {} is proven by schedule {}, seed {}, and must not be", name, line,
                      left.wait_reason, by.schedule, by.seed));
    if (!at->what.suspect && !left.proven && how_ == proof::is_needed)
      found_.unexpected.push_back(
          fmt::format("{}:{}: {} is left but not proven by schedule {}, seed {}", name, line,
                      left.wait_reason, by.schedule, by.seed));
  }

  const std::string_view file_;
  const proof how_;
  const marks marks_;
  variant_findings found_;
};

template <class Include>
std::size_t places(const std::vector<finding>& all, Include include) {
  std::set<unsigned> lines;
  for (const finding& each : all)
    if (!each.what.suspect && include(each)) lines.insert(each.what.line);
  return lines.size();
}

template <class Include>
std::size_t count(const std::vector<finding>& all, Include include) {
  return static_cast<std::size_t>(std::ranges::count_if(
      all, [&](const finding& each) { return !each.what.suspect && include(each); }));
}

constexpr auto any = [](const finding&) { return true; };
constexpr auto is_proven = [](const finding& each) { return each.proven != 0; };
constexpr auto is_left = [](const finding& each) { return each.left != 0; };

}  // namespace

std::size_t variant_findings::pairs() const { return count(all, any); }
std::size_t variant_findings::pairs_proven() const { return count(all, is_proven); }
std::size_t variant_findings::pairs_left() const { return count(all, is_left); }
std::size_t variant_findings::birthplaces() const { return places(all, any); }
std::size_t variant_findings::birthplaces_proven() const { return places(all, is_proven); }

std::size_t variant_findings::schedules_needed() const {
  std::size_t last = 0;
  for (const finding& each : all)
    last = std::max(last, each.what.suspect ? each.left : each.proven);
  return last;
}

shape_findings explore_shape(const entered_shape& what, const explore_options& options) {
  shape_findings found;
  found.of = what;
  const shape& given = what.what;
  if (given.leaky != nullptr)
    found.leaky = comparison(what, "leaky", proof::is_needed).with(given.leaky, options);
  if (given.fixed != nullptr)
    found.fixed = comparison(what, "fixed", proof::is_needed).with(given.fixed, options);
  if (given.idiomatic != nullptr)
    found.idiomatic =
        comparison(what, "idiomatic", proof::is_counted).with(given.idiomatic, options);
  return found;
}

}  // namespace corpus
