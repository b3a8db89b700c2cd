#include "goroutines/gunzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <new>

#include <fmt/format.h>

#include "goroutines/profile.hpp"

namespace leash::tool {
namespace {

constexpr std::size_t first_piece = std::size_t{64} << 10;

class inflater {
 public:
  explicit inflater(std::string_view packed) {
    // zlib reads through this pointer, and never writes.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream_.avail_in =
        static_cast<uInt>(std::min<std::size_t>(packed.size(), std::numeric_limits<uInt>::max()));
    constexpr int gzip_only = 16 + MAX_WBITS;
    if (inflateInit2(&stream_, gzip_only) != Z_OK) throw std::bad_alloc();
  }
  inflater(const inflater&) = delete;
  inflater& operator=(const inflater&) = delete;
  ~inflater() { inflateEnd(&stream_); }

  // Fills some of `room`; returns how much. Nothing: the end.
  std::size_t fill(char* room, std::size_t size) {
    if (over_) return 0;
    stream_.next_out = reinterpret_cast<Bytef*>(room);
    stream_.avail_out =
        static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
    const uInt before = stream_.avail_out;
    const int how = inflate(&stream_, Z_NO_FLUSH);
    if (how == Z_MEM_ERROR) throw std::bad_alloc();
    const std::size_t filled = before - stream_.avail_out;
    if (how == Z_STREAM_END)
      begin_next_member();
    else if (how == Z_BUF_ERROR || (how == Z_OK && filled == 0 && stream_.avail_in == 0))
      throw profile_error("its gzip data ends early: it was cut off on its way; fetch it again");
    else if (how != Z_OK)
      throw profile_error(fmt::format("its gzip data is damaged ({}); fetch it again",
                                      stream_.msg == nullptr ? "unknown" : stream_.msg));
    return filled;
  }
  bool is_over() const noexcept { return over_; }

 private:
  // A file may be several gzip files, one after another.
  void begin_next_member() {
    over_ = stream_.avail_in == 0;
    if (!over_) inflateReset(&stream_);
  }

  z_stream stream_{};
  bool over_ = false;
};

}  // namespace

bool is_gzip(std::string_view bytes) noexcept { return bytes.starts_with("\x1f\x8b"); }

std::string gunzip(std::string_view packed, std::size_t limit) {
  inflater from(packed);
  std::string unpacked;
  std::size_t filled = 0;
  while (!from.is_over()) {
    if (filled == unpacked.size()) {
      if (filled > limit)
        throw profile_error(fmt::format(
            "it unpacks to more than {} bytes; --max-filesize raises the limit", limit));
      // One byte more than the limit tells that it was passed.
      unpacked.resize(std::min(std::max(2 * filled, first_piece), limit + 1));
    }
    filled += from.fill(unpacked.data() + filled, unpacked.size() - filled);
  }
  if (filled > limit)
    throw profile_error(
        fmt::format("it unpacks to more than {} bytes; --max-filesize raises the limit", limit));
  unpacked.resize(filled);
  return unpacked;
}

}  // namespace leash::tool
