#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace leash::http {

// Compresses what comes in pieces.
class gzip {
 public:
  gzip();
  gzip(gzip&&) = delete;
  ~gzip();

  // Appends to `into` what is ready.
  void add(std::string_view piece, std::string& into);
  void finish(std::string& into);

 private:
  void run(std::string_view piece, int flush, std::string& into);

  z_stream stream_{};
};

}  // namespace leash::http
