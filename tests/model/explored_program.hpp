#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/step.hpp"

// Small programs of which all schedules are compared with the model.

namespace leash::testing::model {

struct small_program {
  std::vector<step> before{};  // one after the other
  std::vector<step> burst{};   // at the same time
  // Each actor does its steps of the burst one after the other; else it has one at most.
  bool freely = false;
};
std::string text_of(const small_program& shown);

// Steps of actor 0.
step operation(action what, std::size_t object = 0, std::size_t number = 0);
step choice(action how, select_case a, select_case b, select_case c = {});
// Some of each kind.
std::vector<step> operations();
step by(std::size_t actor, step what);

struct comparison {
  // False: the program makes no sense, or what comes before is open; the rest is not known then.
  bool made = false;
  std::size_t schedules = 0;
  // Empty: what leash does is what the model can do, and all that the model can do leash does in some schedule.
  std::string difference;
};
// In every schedule.
comparison compare(const small_program& given);

}  // namespace leash::testing::model
