#pragma once

#include <string>
#include <vector>

#include "model/world_queues.hpp"

namespace leash::testing::model {

// One move of one actor, made in a world of its own; a select may lead to several.
class mover {
 public:
  mover(const world& from, std::size_t actor) : in(from), actor_(actor), who(in.all[actor]) {}

  std::vector<world> operator()();

 private:
  void end(const std::string& what) { finish(in, actor_, what); }
  // Before an operation that can suspend has any effect.
  bool doomed() {
    if (who.doomed) leave(in, actor_);
    return who.doomed;
  }
  void start();
  void send(bool only_try);
  void receive(bool only_try);
  void close();
  void select();
  void park(const std::vector<select_case>& cases);
  void wait_done();
  void take_sender();
  void reply();
  void reset_timer(bool only_stop);
  void join();
  void lock(bool only_try);
  void lock_rw(hold how);
  void try_lock_rw(hold how);
  void wait_cond();
  void broadcast();
  void relock();
  void acquire(bool only_try);
  void add();
  void wait_group();
  void call_once();
  void run_body();
  void complete(const std::string& what);
  void unwind();

  world in;
  const std::size_t actor_;
  actor_state& who;
  std::vector<world> others;
};

}  // namespace leash::testing::model
