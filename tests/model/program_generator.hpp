#pragma once

#include <rapidcheck.h>

#include "model/step.hpp"

namespace leash::testing::model {

// `together`: also with steps at the same time.
rc::Gen<program> programs(bool together);

}  // namespace leash::testing::model
