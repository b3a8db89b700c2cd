#include "model/outcomes.hpp"

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

// All that can move does, in every order.
void run(std::set<world>& worlds) {
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
      if (can_move(from, i))
        for (world& next : moves_of(from, i)) reach(std::move(next));
    if (!moves) settled.insert(from);
  }
  worlds = std::move(settled);
}

// The actor whose deadline is the next before `limit`, or none.
std::size_t next_to_time_out(const world& in, int limit) {
  std::size_t found = actors;
  for (std::size_t i = 0; i < actors; ++i) {
    const auto& deadline = in.all[i].deadline;
    if (!deadline || *deadline >= limit) continue;
    if (found == actors || *deadline < *in.all[found].deadline) found = i;
  }
  return found;
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

void outcomes::settle(int now) {
  run(all_);
  std::set<world> there;
  while (!all_.empty()) {
    std::set<world> on_the_way;
    for (world each : all_) {
      const std::size_t who = next_to_time_out(each, now);
      if (who == actors) {
        each.now = now;
        there.insert(std::move(each));
      } else {
        time_out(each, who);
        on_the_way.insert(std::move(each));
      }
    }
    run(on_the_way);
    all_ = std::move(on_the_way);
  }
  all_ = std::move(there);
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
