#pragma once

#include <cstddef>
#include <cstdint>

#include "race/stress_world.hpp"

// What the goroutines of the exactly-once stress do at random.

namespace leash::testing {

// Who does something: with its own random numbers.
struct actor {
  actor(world& where, std::uint64_t seed, bool patient)
      : where(&where), random(seed), patient(patient) {}

  world* where;
  random_source random;
  bool patient;  // may do what only another can end
};

// One random operation.
task<> do_something(actor& self);

// Does random operations until none is left, or that many.
task<> act(world* where, std::uint64_t seed, bool patient, std::size_t most);

// The same for a thread that is no worker: what does not suspend.
void act_from_outside(world& where, std::uint64_t seed);

// Single operations, for those who want to choose.
task<> send_one(actor& self, channel<token> to);
task<> receive_one(actor& self, channel<token> from);
void try_to_send(actor& self, const channel<token>& to);
void try_to_receive(actor& self, const channel<token>& from);

// A value on its way into a select: notes afterwards whether it was sent, or is whole again.
class offer {
 public:
  offer(world& where, const channel<token>& to);
  token& value() { return value_; }
  void settle(bool chosen);

 private:
  world* where_;
  token value_;
};

// Notes what a select has received.
void take_in(world& where, bool chosen, const std::optional<token>& value);

// Changes when the goroutine that runs has been suspended in a wait.
std::uint64_t wait_epoch();

// One random select.
task<> select_one(actor& self);

}  // namespace leash::testing
