#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace leash::http::testing {

// A gzip stream of `size` zeros: about a thousandth of it.
inline std::string gzipped_zeros(std::size_t size) {
  constexpr int gzip_window = 15 + 16;
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, gzip_window, 9, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    throw std::runtime_error("zlib does not start");
  std::string zeros(std::size_t{1} << 20, '\0');
  std::string out;
  char piece[4096];
  int state = Z_OK;
  while (state != Z_STREAM_END) {
    if (stream.avail_in == 0 && size != 0) {
      stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
      stream.avail_in = static_cast<uInt>(std::min(size, zeros.size()));
      size -= stream.avail_in;
    }
    stream.next_out = reinterpret_cast<Bytef*>(piece);
    stream.avail_out = sizeof piece;
    state = deflate(&stream, size == 0 ? Z_FINISH : Z_NO_FLUSH);
    out.append(piece, sizeof piece - stream.avail_out);
  }
  deflateEnd(&stream);
  return out;
}

}  // namespace leash::http::testing
