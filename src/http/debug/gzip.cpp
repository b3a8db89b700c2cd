#include "http/debug/gzip.hpp"

#include <array>
#include <new>

namespace leash::http {

gzip::gzip() {
  constexpr int gzip_window = 15 + 16;  // the largest window, in gzip's format
  constexpr int usual_memory = 8;
  if (deflateInit2(&stream_, Z_BEST_SPEED, Z_DEFLATED, gzip_window, usual_memory,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
}

gzip::~gzip() { deflateEnd(&stream_); }

void gzip::add(std::string_view piece, std::string& into) { run(piece, Z_NO_FLUSH, into); }

void gzip::finish(std::string& into) { run({}, Z_FINISH, into); }

void gzip::run(std::string_view piece, int flush, std::string& into) {
  std::array<char, 4096> room;
  // zlib reads what it takes for something that it could change.
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
  stream_.avail_in = static_cast<uInt>(piece.size());
  do {
    stream_.next_out = reinterpret_cast<Bytef*>(room.data());
    stream_.avail_out = static_cast<uInt>(room.size());
    deflate(&stream_, flush);
    into.append(room.data(), room.size() - stream_.avail_out);
  } while (stream_.avail_out == 0);
}

}  // namespace leash::http
