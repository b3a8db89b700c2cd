#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <protozero/pbf_reader.hpp>

// A goroutine profile, read back. It throws std::runtime_error for one that a reader could stumble over.

namespace leash::testing {

struct read_frame {
  std::string function;
  std::string file;
  std::int64_t line = 0;

  bool operator==(const read_frame&) const = default;
};

struct read_sample {
  std::vector<read_frame> frames;  // leaf first
  std::int64_t count = 0;
  std::map<std::string, std::string> texts;
  std::map<std::string, std::int64_t> seconds;
};

struct read_profile {
  std::vector<read_sample> samples;
  std::string sample_type, sample_unit, period_type, period_unit;
  std::int64_t period = 0, time_nanos = 0, duration_nanos = 0;
  std::vector<std::string> strings;
  std::size_t functions = 0, places = 0;

  std::int64_t total() const {
    std::int64_t sum = 0;
    for (const read_sample& each : samples) sum += each.count;
    return sum;
  }
};

namespace profile_reading {

inline void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(std::string("the profile is wrong: ") + what);
}

// All fields of a message: numbers and, of what has a length, bytes.
struct field {
  std::uint32_t tag = 0;
  std::uint64_t number = 0;
  std::string bytes;
};

inline std::vector<field> fields_of(const std::string& message) {
  std::vector<field> all;
  for (protozero::pbf_reader reader(message); reader.next();) {
    field next;
    next.tag = reader.tag();
    if (reader.wire_type() == protozero::pbf_wire_type::varint)
      next.number = reader.get_uint64();
    else
      next.bytes = reader.get_bytes();
    all.push_back(std::move(next));
  }
  return all;
}

inline std::uint64_t number_in(const std::vector<field>& fields, std::uint32_t tag) {
  for (const field& each : fields)
    if (each.tag == tag) return each.number;
  return 0;
}

inline std::vector<std::uint64_t> packed(const std::string& bytes) {
  std::vector<std::uint64_t> numbers;
  const char* at = bytes.data();
  while (at != bytes.data() + bytes.size())
    numbers.push_back(protozero::decode_varint(&at, bytes.data() + bytes.size()));
  return numbers;
}

class profile_reader {
 public:
  explicit profile_reader(const std::string& bytes) : all_(fields_of(bytes)) {}

  read_profile read() {
    for (const field& each : all_)
      if (each.tag == 6) into_.strings.push_back(each.bytes);
    check_strings();
    for (const field& each : all_)
      if (each.tag == 5) read_function(fields_of(each.bytes));
    for (const field& each : all_)
      if (each.tag == 4) read_place(fields_of(each.bytes));
    for (const field& each : all_)
      if (each.tag == 2) read_one_sample(each.bytes);
    read_rest();
    return std::move(into_);
  }

 private:
  void check_strings() const {
    require(!into_.strings.empty() && into_.strings[0].empty(), "string 0 is not empty");
    std::map<std::string, int> times;
    for (const std::string& each : into_.strings)
      require(++times[each] == 1, "a string is there twice");
  }
  std::string text(std::uint64_t number) const {
    require(number < into_.strings.size(), "a string that is not there");
    return into_.strings[number];
  }
  void read_function(const std::vector<field>& fields) {
    require(number_in(fields, 1) == ++into_.functions, "functions' ids are not sequential");
    functions_.push_back({text(number_in(fields, 2)), text(number_in(fields, 4)), 0});
  }
  void read_place(const std::vector<field>& fields) {
    require(number_in(fields, 1) == ++into_.places, "locations' ids are not sequential");
    require(number_in(fields, 2) == 1, "a location without a mapping");
    for (const field& each : fields) {
      if (each.tag != 4) continue;
      const auto line = fields_of(each.bytes);
      const std::uint64_t function = number_in(line, 1);
      require(function >= 1 && function <= functions_.size(), "a function that is not there");
      places_.push_back(functions_[function - 1]);
      places_.back().line = static_cast<std::int64_t>(number_in(line, 2));
    }
    require(places_.size() == into_.places, "a location without a line");
  }
  void read_one_sample(const std::string& bytes) {
    read_sample sample;
    for (const field& each : fields_of(bytes)) {
      if (each.tag == 1) {
        for (const std::uint64_t id : packed(each.bytes)) {
          require(id >= 1 && id <= places_.size(), "a location that is not there");
          sample.frames.push_back(places_[id - 1]);
        }
      } else if (each.tag == 2) {
        const auto values = packed(each.bytes);
        require(values.size() == 1, "not one value");
        sample.count = static_cast<std::int64_t>(values[0]);
      } else if (each.tag == 3) {
        read_label(fields_of(each.bytes), sample);
      }
    }
    into_.samples.push_back(std::move(sample));
  }
  void read_label(const std::vector<field>& fields, read_sample& of) const {
    const std::string key = text(number_in(fields, 1));
    require(!key.empty(), "a label without a key");
    if (number_in(fields, 2) != 0) {
      of.texts[key] = text(number_in(fields, 2));
    } else {
      require(text(number_in(fields, 4)) == "seconds", "a number that is no seconds");
      of.seconds[key] = static_cast<std::int64_t>(number_in(fields, 3));
    }
  }
  void read_rest() {
    std::size_t mappings = 0;
    for (const field& each : all_) {
      if (each.tag == 3) ++mappings;
      if (each.tag != 1 && each.tag != 11) continue;
      const auto fields = fields_of(each.bytes);
      (each.tag == 1 ? into_.sample_type : into_.period_type) = text(number_in(fields, 1));
      (each.tag == 1 ? into_.sample_unit : into_.period_unit) = text(number_in(fields, 2));
    }
    require(mappings == 1, "not one mapping");
    into_.period = static_cast<std::int64_t>(number_in(all_, 12));
    into_.time_nanos = static_cast<std::int64_t>(number_in(all_, 9));
    into_.duration_nanos = static_cast<std::int64_t>(number_in(all_, 10));
  }

  std::vector<field> all_;
  std::vector<read_frame> functions_;
  std::vector<read_frame> places_;
  read_profile into_;
};

}  // namespace profile_reading

inline read_profile read(const std::string& bytes) {
  return profile_reading::profile_reader(bytes).read();
}

}  // namespace leash::testing
