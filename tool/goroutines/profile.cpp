#include "goroutines/profile.hpp"

#include <algorithm>
#include <cctype>
#include <string>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>
#include <protozero/pbf_message.hpp>

#include "goroutines/gunzip.hpp"

// The protobuf message perftools.profiles.Profile. Samples come before what they refer to, so it is gone
// through twice: for the tables, then for the samples.

namespace leash::tool {
namespace {

enum class profile_field : protozero::pbf_tag_type {
  sample_type = 1,
  sample = 2,
  location = 4,
  function = 5,
  string = 6,
};
enum class value_type_field : protozero::pbf_tag_type { type = 1 };
enum class sample_field : protozero::pbf_tag_type { location_id = 1, value = 2, label = 3 };
enum class label_field : protozero::pbf_tag_type { key = 1, text = 2, number = 3 };
enum class location_field : protozero::pbf_tag_type { id = 1, line = 4 };
enum class line_field : protozero::pbf_tag_type { function_id = 1, line = 2 };
enum class function_field : protozero::pbf_tag_type { id = 1, name = 2, file = 4 };

// What a sample's stack may have at most: the time that a hostile profile takes is bounded by it.
constexpr std::size_t most_frames = 256;

struct function_row {
  std::size_t name = 0;
  std::size_t file = 0;
};
struct line_row {
  std::uint64_t function = 0;
  std::int64_t line = 0;
};

// A field of that wire type: what has another one is skipped, as are unknown fields.
template <class Field>
constexpr std::uint32_t varint(Field field) {
  return protozero::tag_and_type(field, protozero::pbf_wire_type::varint);
}
template <class Field>
constexpr std::uint32_t bytes(Field field) {
  return protozero::tag_and_type(field, protozero::pbf_wire_type::length_delimited);
}

std::string_view view_of(protozero::data_view data) { return {data.data(), data.size()}; }

class profile_reader {
 public:
  explicit profile_reader(std::string_view bytes) : bytes_(bytes) { read_tables(); }

  void read_samples(const std::function<void(const profile_sample&)>& each) {
    const std::size_t counted = index_of_count();
    for (protozero::pbf_message<profile_field> whole(bytes_.data(), bytes_.size()); whole.next();) {
      if (whole.tag_and_type() == bytes(profile_field::sample))
        read_sample(whole.get_message(), counted, each);
      else
        whole.skip();
    }
  }

 private:
  void read_tables() {
    for (protozero::pbf_message<profile_field> whole(bytes_.data(), bytes_.size()); whole.next();) {
      switch (whole.tag_and_type()) {
        case bytes(profile_field::sample_type):
          types_.push_back(type_of(whole.get_message()));
          break;
        case bytes(profile_field::location):
          read_location(whole.get_message());
          break;
        case bytes(profile_field::function):
          read_function(whole.get_message());
          break;
        case bytes(profile_field::string):
          strings_.push_back(view_of(whole.get_view()));
          break;
        default:
          whole.skip();
      }
    }
  }

  static std::size_t type_of(protozero::pbf_message<value_type_field> message) {
    std::size_t type = 0;
    while (message.next())
      if (message.tag_and_type() == varint(value_type_field::type))
        type = message.get_uint64();
      else
        message.skip();
    return type;
  }

  void read_function(protozero::pbf_message<function_field> message) {
    std::uint64_t id = 0;
    function_row row;
    while (message.next()) switch (message.tag_and_type()) {
        case varint(function_field::id):
          id = message.get_uint64();
          break;
        case varint(function_field::name):
          row.name = message.get_uint64();
          break;
        case varint(function_field::file):
          row.file = message.get_uint64();
          break;
        default:
          message.skip();
      }
    functions_[id] = row;
  }

  void read_location(protozero::pbf_message<location_field> message) {
    std::uint64_t id = 0;
    std::vector<line_row> lines;
    while (message.next()) switch (message.tag_and_type()) {
        case varint(location_field::id):
          id = message.get_uint64();
          break;
        case bytes(location_field::line):
          lines.push_back(line_of(message.get_message()));
          break;
        default:
          message.skip();
      }
    locations_[id] = std::move(lines);
  }

  static line_row line_of(protozero::pbf_message<line_field> message) {
    line_row row;
    while (message.next()) switch (message.tag_and_type()) {
        case varint(line_field::function_id):
          row.function = message.get_uint64();
          break;
        case varint(line_field::line):
          row.line = message.get_int64();
          break;
        default:
          message.skip();
      }
    return row;
  }

  // Which of a sample's values is the number of goroutines.
  std::size_t index_of_count() const {
    std::string names;
    for (std::size_t i = 0; i < types_.size(); ++i) {
      const std::string_view name = text_at(types_[i]);
      if (name == "goroutine" || name == "goroutineleak") return i;
      names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
    }
    if (names.empty()) throw protozero::exception();
    throw profile_error(fmt::format(
        "it is a profile of {}, not of goroutines: that one is at /debug/pprof/goroutine", names));
  }

  void read_sample(protozero::pbf_message<sample_field> message, std::size_t counted,
                   const std::function<void(const profile_sample&)>& each) {
    profile_sample sample;
    stack_.clear();
    std::size_t value = 0;
    const auto take_value = [&](std::int64_t given) {
      if (value++ == counted) sample.count = given;
    };
    while (message.next()) switch (message.tag_and_type()) {
        case varint(sample_field::location_id):
          push(message.get_uint64());
          break;
        case bytes(sample_field::location_id):
          for (const std::uint64_t id : message.get_packed_uint64()) push(id);
          break;
        case varint(sample_field::value):
          take_value(message.get_int64());
          break;
        case bytes(sample_field::value):
          for (const std::int64_t given : message.get_packed_int64()) take_value(given);
          break;
        case bytes(sample_field::label):
          read_label(message.get_message(), sample);
          break;
        default:
          message.skip();
      }
    sample.stack = stack_;
    each(sample);
  }

  void push(std::uint64_t location) {
    const auto found = locations_.find(location);
    if (found == locations_.end()) return;
    const std::vector<line_row>& lines = found->second;
    for (const line_row& line : lines) {
      if (stack_.size() == most_frames) break;
      stack_.push_back(frame_of(line));
    }
    // The outermost one is kept in any case: it says whose goroutine this is.
    if (stack_.size() == most_frames && !lines.empty()) stack_.back() = frame_of(lines.back());
  }

  profile_frame frame_of(const line_row& line) const {
    const auto found = functions_.find(line.function);
    if (found == functions_.end()) return {{}, {}, line.line};
    return {text_at(found->second.name), text_at(found->second.file), line.line};
  }

  void read_label(protozero::pbf_message<label_field> message, profile_sample& sample) const {
    std::size_t key = 0;
    std::size_t text = 0;
    std::int64_t number = 0;
    while (message.next()) switch (message.tag_and_type()) {
        case varint(label_field::key):
          key = message.get_uint64();
          break;
        case varint(label_field::text):
          text = message.get_uint64();
          break;
        case varint(label_field::number):
          number = message.get_int64();
          break;
        default:
          message.skip();
      }
    const std::string_view name = text_at(key);
    if (name == "reason") sample.reason = text_at(text);
    if (name == "created") sample.created = text_at(text);
    if (name == "leak") sample.leak = text_at(text);
    if (name == "waiting") sample.waiting = std::max<std::int64_t>(number, 0);
  }

  std::string_view text_at(std::size_t index) const {
    if (index >= strings_.size())
      throw profile_error("it is damaged: it names a string that it does not have");
    return strings_[index];
  }

  std::string_view bytes_;
  std::vector<std::string_view> strings_;
  std::vector<std::size_t> types_;
  std::unordered_map<std::uint64_t, function_row> functions_;
  std::unordered_map<std::uint64_t, std::vector<line_row>> locations_;
  std::vector<profile_frame> stack_;
};

// What people are likely to have fetched instead; nothing to say: another thing.
std::string_view what_it_is(std::string_view bytes) {
  const auto visible = std::find_if(bytes.begin(), bytes.end(),
                                    [](unsigned char byte) { return std::isspace(byte) == 0; });
  const std::string_view text(visible, bytes.end());
  if (text.empty()) return "it is empty";
  if (text.starts_with("goroutine "))
    return "it is a profile as text: leave debug=1 or debug=2 out of its URL";
  if (text.starts_with('<'))
    return "it is a web page, not a profile: that one is at /debug/pprof/goroutine";
  if (text.starts_with('{') || text.starts_with('['))
    return "it is JSON, not a profile: that one is at /debug/pprof/goroutine";
  return "it is not a profile in pprof's form, or it is damaged";
}

}  // namespace

void read_profile(std::string_view given, std::size_t limit,
                  const std::function<void(const profile_sample&)>& each) {
  std::string unpacked;
  std::string_view profile = given;
  if (is_gzip(given)) profile = unpacked = gunzip(given, limit);
  try {
    profile_reader(profile).read_samples(each);
  } catch (const protozero::exception&) {
    throw profile_error(std::string(what_it_is(profile)));
  }
}

}  // namespace leash::tool
