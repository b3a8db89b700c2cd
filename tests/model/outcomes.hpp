#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/world.hpp"

namespace leash::testing::model {

// Every world that leash may be in, given what was seen of it so far. There is always one.
class outcomes {
 public:
  outcomes();

  // An actor is started anew, or cancelled, in each of them.
  void respawn(std::size_t actor);
  void cancel(std::size_t actor);
  // Steps that start together.
  void issue(const std::vector<std::pair<std::size_t, step>>& steps);

  // Steps of which each actor does its own, one after the other, without waiting for others; the first ones are issued in order.
  void issue_freely(const std::vector<std::pair<std::size_t, step>>& steps);

  // All that can move does, in every order; then time goes on until `now`, in nanoseconds.
  void settle(std::int64_t now);
  // Keeps the worlds that look so. How they differ when none does, else nothing.
  std::string agree(const std::string& seen_now);
  // Whether what was issued freely made sense in every order.
  bool made_sense() const noexcept { return made_sense_; }
  const world& any() const noexcept { return *all_.begin(); }
  std::size_t size() const noexcept { return all_.size(); }
  // How each of them looks.
  std::set<std::string> all_seen() const;

 private:
  void run(std::set<world>& worlds);

  std::set<world> all_;
  bool made_sense_ = true;
};

}  // namespace leash::testing::model
