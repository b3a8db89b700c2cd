#include "model/outcomes.hpp"

#include <algorithm>
#include <sstream>

namespace leash::testing::model {
namespace {

template <class Change>
void change_all(std::set<world>& worlds, Change change) {
  std::set<world> changed;
  for (world each : worlds) {
    change(each);
    changed.insert(std::move(each));
  }
  worlds = std::move(changed);
}

// Whether a step of the actor's is yet to be issued.
bool is_awaited(const world& in, std::size_t actor) {
  return std::any_of(in.to_issue.begin(), in.to_issue.end(),
                     [actor](const auto& each) { return each.second.actor == actor; });
}

// Lets happen what time brings next before `limit`. False: nothing.
bool next_in_time(world& in, std::int64_t limit) {
  constexpr std::size_t nobody = actors + 2;
  std::size_t found = nobody;
  std::int64_t first = limit;
  const auto look = [&](const std::optional<std::int64_t>& time, std::size_t who) {
    if (!time || *time >= first) return;
    first = *time;
    found = who;
  };
  for (std::size_t i = 0; i < actors; ++i) look(in.all[i].deadline, i);
  look(in.alarms[0].at, actors);
  look(in.alarms[1].at, actors + 1);
  if (found == nobody) return false;
  found < actors ? time_out(in, found) : go_off(in, of_timer + found - actors);
  return true;
}

// The lines of one text that the other has not.
std::string lines_only_in(const std::string& text, const std::string& other) {
  std::istringstream lines(text);
  std::string found;
  for (std::string line; std::getline(lines, line);)
    if (other.find(line + '\n') == std::string::npos) found += "  " + line + '\n';
  return found;
}

}  // namespace

// All that can move does, in every order.
void outcomes::run(std::set<world>& worlds) {
  std::set<world> known = worlds;
  std::set<world> settled;
  std::vector<world> open(worlds.begin(), worlds.end());
  while (!open.empty()) {
    const world from = std::move(open.back());
    open.pop_back();
    bool moves = false;
    const auto reach = [&](world next) {
      moves = true;
      if (known.insert(next).second) open.push_back(std::move(next));
    };
    if (!from.to_issue.empty()) reach(issue_next(from));
    for (std::size_t i = 0; i < actors; ++i)
      if (!from.ahead[i].empty() && from.all[i].now == phase::idle && !is_awaited(from, i)) {
        made_sense_ = made_sense_ && makes_sense(from, i, from.ahead[i].front().second);
        reach(begin_next(from, i));
      }
    for (std::size_t i = 0; i < actors; ++i)
      if (can_move(from, i))
        for (world& next : moves_of(from, i)) reach(std::move(next));
    if (!moves) settled.insert(from);
  }
  worlds = std::move(settled);
}

outcomes::outcomes() {
  world first;
  for (std::size_t i = 0; i < actors; ++i) model::respawn(first, i);
  all_.insert(first);
}

void outcomes::respawn(std::size_t actor) {
  change_all(all_, [actor](world& each) { model::respawn(each, actor); });
}

void outcomes::cancel(std::size_t actor) {
  change_all(all_, [actor](world& each) { model::cancel(each, actor); });
}

void outcomes::issue(const std::vector<std::pair<std::size_t, step>>& steps) {
  change_all(all_, [&steps](world& each) { each.to_issue = steps; });
}

void outcomes::issue_freely(const std::vector<std::pair<std::size_t, step>>& steps) {
  change_all(all_, [&steps](world& each) {
    for (const auto& given : steps) {
      const std::size_t actor = given.second.actor;
      if (is_awaited(each, actor))
        each.ahead[actor].push_back(given);
      else
        each.to_issue.push_back(given);
    }
  });
}

void outcomes::settle(std::int64_t now) {
  run(all_);
  std::set<world> there;
  while (!all_.empty()) {
    std::set<world> on_the_way;
    for (world each : all_) {
      if (next_in_time(each, now)) {
        on_the_way.insert(std::move(each));
      } else {
        each.now = now;
        there.insert(std::move(each));
      }
    }
    run(on_the_way);
    all_ = std::move(on_the_way);
  }
  all_ = std::move(there);
}

std::set<std::string> outcomes::all_seen() const {
  std::set<std::string> texts;
  for (const world& each : all_) texts.insert(seen(each));
  return texts;
}

std::string outcomes::agree(const std::string& seen_now) {
  std::string difference;
  std::set<world> such;
  for (const world& each : all_) {
    const std::string text = seen(each);
    if (text == seen_now)
      such.insert(each);
    else
      difference += "leash:\n" + lines_only_in(seen_now, text) + "the model, or one of several:\n" +
                    lines_only_in(text, seen_now);
  }
  if (such.empty()) return difference;
  all_ = std::move(such);
  return {};
}

}  // namespace leash::testing::model
