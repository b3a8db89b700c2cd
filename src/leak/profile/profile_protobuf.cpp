#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include <protozero/pbf_writer.hpp>

#include "leak/profile/profile_state.hpp"

#include <leash/profile.hpp>

// A profile as a message of the type perftools.profiles.Profile. Its parts can come in any order, but those of
// one kind in theirs: the numbers of strings, functions and places are known before any of them is written.

namespace leash {
namespace {

using protozero::pbf_writer;

enum profile_field : protozero::pbf_tag_type {
  sample_type = 1,
  sample = 2,
  mapping = 3,
  location = 4,
  function = 5,
  string_table = 6,
  time_nanos = 9,
  duration_nanos = 10,
  period_type = 11,
  period = 12,
};
enum value_type_field : protozero::pbf_tag_type { type = 1, unit = 2 };
enum sample_field : protozero::pbf_tag_type { sample_locations = 1, sample_values = 2, label = 3 };
enum label_field : protozero::pbf_tag_type { key = 1, text = 2, number = 3, number_unit = 4 };
enum mapping_field : protozero::pbf_tag_type {
  mapping_id = 1,
  mapping_file = 5,
  has_functions = 7,
  has_filenames = 8,
  has_line_numbers = 9,
};
enum location_field : protozero::pbf_tag_type { location_id = 1, its_mapping = 2, line = 4 };
enum line_field : protozero::pbf_tag_type { its_function = 1, its_line = 2 };
enum function_field : protozero::pbf_tag_type {
  function_id = 1,
  function_name = 2,
  system_name = 3,
  function_file = 4,
};

constexpr std::size_t piece_size = 16 << 10;
constexpr std::uint64_t the_mapping = 1;

void write_label(pbf_writer& into, std::uint32_t name, std::uint32_t value) {
  if (value == sample_key::none) return;
  pbf_writer written(into, label);
  written.add_int64(key, name);
  written.add_int64(text, value);
}

void write_label(pbf_writer& into, std::uint32_t name, std::uint32_t value, std::uint32_t unit) {
  if (value == sample_key::none) return;
  pbf_writer written(into, label);
  written.add_int64(key, name);
  written.add_int64(number, value);
  written.add_int64(number_unit, unit);
}

std::string program() {
  std::error_code unknown;
  return std::filesystem::read_symlink("/proc/self/exe", unknown).string();
}

}  // namespace

struct goroutine_protobuf::state {
  explicit state(goroutine_profile&& written) : profile(std::move(written)) {
    detail::string_table& strings = tables().strings;
    goroutine =
        strings.number_of(tables().type == profile_type::goroutine ? "goroutine" : "goroutineleak");
    count = strings.number_of("count");
    seconds = strings.number_of("seconds");
    reason = strings.number_of("reason");
    age = strings.number_of("age");
    waiting = strings.number_of("waiting");
    created = strings.number_of("created");
    leak = strings.number_of("leak");
    file = strings.number_of(program());
    next_sample = tables().samples.begin();
  }

  goroutine_profile::state& tables() const noexcept { return *profile.state_; }

  void write_head(pbf_writer into) const;
  void write_sample(pbf_writer into, const sample_key& key, std::int64_t count) const;
  void write_place(pbf_writer into, std::size_t index) const;
  void write_function(pbf_writer into, std::size_t index) const;

  // Writes what is left of one kind, as much as a piece takes. False: there is more.
  template <class Write>
  bool write_all(std::string& into, std::size_t count, Write write) {
    for (; next < count; ++next) {
      if (into.size() >= full) return false;
      write(next);
    }
    next = 0;
    return true;
  }

  bool write_samples(std::string& into);

  goroutine_profile profile;
  std::uint32_t goroutine, count, seconds, reason, age, waiting, created, leak, file;
  enum class part { head, samples, places, functions, strings, end } now = part::head;
  decltype(goroutine_profile::state::samples)::const_iterator next_sample;
  std::size_t next = 0;
  std::size_t full = 0;  // the size at which the piece is done
};

void goroutine_protobuf::state::write_head(pbf_writer into) const {
  const auto nanoseconds = [](auto time) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  };
  for (const profile_field field : {sample_type, period_type}) {
    pbf_writer written(into, field);
    written.add_int64(type, goroutine);
    written.add_int64(unit, count);
  }
  into.add_int64(period, 1);
  into.add_int64(time_nanos, nanoseconds(tables().taken.time_since_epoch()));
  if (tables().duration.count() != 0)
    into.add_int64(duration_nanos, nanoseconds(tables().duration));
  // It says that every place is known by name, so that nobody looks for debug information.
  pbf_writer written(into, mapping);
  written.add_uint64(mapping_id, the_mapping);
  written.add_int64(mapping_file, file);
  written.add_bool(has_functions, true);
  written.add_bool(has_filenames, true);
  written.add_bool(has_line_numbers, true);
}

void goroutine_protobuf::state::write_sample(pbf_writer into, const sample_key& key,
                                             std::int64_t value) const {
  pbf_writer written(into, sample);
  const auto frames = key.frames();
  written.add_packed_uint64(sample_locations, frames.begin(), frames.end());
  written.add_packed_int64(sample_values, &value, &value + 1);
  write_label(written, reason, key.numbers[sample_key::reason]);
  write_label(written, created, key.numbers[sample_key::created]);
  write_label(written, leak, key.numbers[sample_key::leak]);
  write_label(written, age, key.numbers[sample_key::age], seconds);
  write_label(written, waiting, key.numbers[sample_key::waiting], seconds);
}

bool goroutine_protobuf::state::write_samples(std::string& into) {
  for (; next_sample != tables().samples.end(); ++next_sample) {
    if (into.size() >= full) return false;
    if (next_sample->second != 0)
      write_sample(pbf_writer(into), next_sample->first, next_sample->second);
  }
  return true;
}

void goroutine_protobuf::state::write_place(pbf_writer into, std::size_t index) const {
  const detail::profiled_place& place = tables().places.places()[index];
  pbf_writer written(into, location);
  written.add_uint64(location_id, index + 1);
  written.add_uint64(its_mapping, the_mapping);
  pbf_writer at(written, line);
  at.add_uint64(its_function, place.function);
  at.add_int64(its_line, place.line);
}

void goroutine_protobuf::state::write_function(pbf_writer into, std::size_t index) const {
  const detail::profiled_function& described = tables().places.functions()[index];
  pbf_writer written(into, function);
  written.add_uint64(function_id, index + 1);
  written.add_int64(function_name, described.name);
  written.add_int64(system_name, described.system_name);
  written.add_int64(function_file, described.file);
}

goroutine_protobuf::goroutine_protobuf(goroutine_profile written)
    : state_(std::make_unique<state>(std::move(written))) {}
goroutine_protobuf::goroutine_protobuf(goroutine_protobuf&&) noexcept = default;
goroutine_protobuf& goroutine_protobuf::operator=(goroutine_protobuf&&) noexcept = default;
goroutine_protobuf::~goroutine_protobuf() = default;

bool goroutine_protobuf::next(std::string& into) {
  using part = state::part;
  state& self = *state_;
  self.full = into.size() + piece_size;
  const auto& places = self.tables().places;
  const auto& strings = self.tables().strings.all();
  bool done = true;
  switch (self.now) {
    case part::head:
      self.write_head(pbf_writer(into));
      break;
    case part::samples:
      done = self.write_samples(into);
      break;
    case part::places:
      done = self.write_all(into, places.places().size(),
                            [&](std::size_t i) { self.write_place(pbf_writer(into), i); });
      break;
    case part::functions:
      done = self.write_all(into, places.functions().size(),
                            [&](std::size_t i) { self.write_function(pbf_writer(into), i); });
      break;
    case part::strings:
      done = self.write_all(into, strings.size(), [&](std::size_t i) {
        pbf_writer(into).add_string(string_table, strings[i]);
      });
      break;
    case part::end:
      return false;
  }
  if (done) self.now = static_cast<part>(static_cast<int>(self.now) + 1);
  return true;
}

std::string goroutine_protobuf::whole() {
  std::string all;
  while (next(all)) {
  }
  return all;
}

}  // namespace leash
