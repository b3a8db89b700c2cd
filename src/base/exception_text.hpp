#pragma once

#include <exception>
#include <string>

namespace leash::detail {

// What an exception, which there is, has to say.
std::string text_of(const std::exception_ptr& thrown);

}  // namespace leash::detail
