#pragma once

#include <stdexcept>

namespace leash::tool {

// To be called before anything is opened. A standard stream that the command was started without would
// be the next file or socket that it opens, and what is said would go there. After this it is one that
// cannot be written to.
void occupy_standard_streams();

// What stdout was given was not taken. what() is a sentence.
class output_failure : public std::runtime_error {
 public:
  explicit output_failure(int error);
  static constexpr int exit_code = 23;  // as curl has it
};

// Writes out what stdout still holds; throws output_failure. Called after each part of the output, as the
// C library forgets the cause of an earlier failure.
void flush_standard_output();

// Why something could not be written, for a sentence's end.
const char* write_failure(int error);

}  // namespace leash::tool
