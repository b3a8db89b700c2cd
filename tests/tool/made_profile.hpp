#pragma once

#include <zlib.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <protozero/pbf_writer.hpp>

namespace leash::test {

struct made_frame {
  std::string function;
  std::string file;
  std::int64_t line = 0;
};

// Goroutines at one place, as a program would tell of them.
struct made_sample {
  std::int64_t count = 0;
  std::vector<made_frame> stack;  // innermost first
  std::string reason;             // empty: no such label; likewise below
  std::string created;
  std::int64_t waiting = -1;
  std::string leak;
};

// A profile of pprof's, with a location and a function for each frame.
class made_profile {
 public:
  explicit made_profile(std::string type = "goroutine") {
    const std::uint32_t name = number_of(std::move(type));
    const std::uint32_t unit = number_of("count");
    protozero::pbf_writer whole(bytes_);
    protozero::pbf_writer written(whole, 1);
    written.add_int64(1, name);
    written.add_int64(2, unit);
  }

  made_profile& add(const made_sample& sample) {
    std::vector<std::uint64_t> locations;
    for (const made_frame& each : sample.stack) locations.push_back(location_of(each));
    const std::vector<std::int64_t> values{sample.count};
    protozero::pbf_writer whole(bytes_);
    protozero::pbf_writer written(whole, 2);
    written.add_packed_uint64(1, locations.begin(), locations.end());
    written.add_packed_int64(2, values.begin(), values.end());
    if (!sample.reason.empty()) add_label(written, "reason", sample.reason);
    if (!sample.created.empty()) add_label(written, "created", sample.created);
    if (!sample.leak.empty()) add_label(written, "leak", sample.leak);
    if (sample.waiting >= 0) {
      protozero::pbf_writer label(written, 3);
      label.add_int64(1, number_of("waiting"));
      label.add_int64(3, sample.waiting);
    }
    return *this;
  }

  std::string bytes() const {
    std::string whole = bytes_;
    protozero::pbf_writer written(whole);
    for (const std::string& each : strings_) written.add_string(6, each);
    return whole;
  }

 private:
  std::uint32_t number_of(std::string text) {
    for (std::uint32_t i = 0; i < strings_.size(); ++i)
      if (strings_[i] == text) return i;
    strings_.push_back(std::move(text));
    return static_cast<std::uint32_t>(strings_.size() - 1);
  }

  void add_label(protozero::pbf_writer& sample, const char* key, const std::string& text) {
    protozero::pbf_writer label(sample, 3);
    label.add_int64(1, number_of(key));
    label.add_int64(2, number_of(text));
  }

  std::uint64_t location_of(const made_frame& frame) {
    const std::uint64_t id = ++last_id_;
    protozero::pbf_writer whole(bytes_);
    {
      protozero::pbf_writer function(whole, 5);
      function.add_uint64(1, id);
      function.add_int64(2, number_of(frame.function));
      function.add_int64(4, number_of(frame.file));
    }
    protozero::pbf_writer location(whole, 4);
    location.add_uint64(1, id);
    protozero::pbf_writer line(location, 4);
    line.add_uint64(1, id);
    line.add_int64(2, frame.line);
    return id;
  }

  std::string bytes_;
  std::vector<std::string> strings_{""};
  std::uint64_t last_id_ = 0;
};

inline std::string gzipped(const std::string& bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    throw std::runtime_error("zlib does not pack");
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// So many goroutines of a leash program that wait in f at f.cpp:line.
inline made_sample waiting_in(const std::string& function, std::int64_t count) {
  return {.count = count,
          .stack = {{function, function + ".cpp", 7}},
          .reason = "chan send",
          .created = "main.cpp:1",
          .waiting = -1,
          .leak = {}};
}

}  // namespace leash::test
