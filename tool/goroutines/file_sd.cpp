#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "goroutines/instance.hpp"

// JSON is read as YAML, which it is a part of: one reader, and one kind of message.

namespace leash::tool {
namespace {

constexpr std::streamoff largest = std::streamoff{16} << 20;

[[noreturn]] void refuse(const std::string& path, const YAML::Mark& at, const std::string& what) {
  const std::string where = at.is_null() ? path : fmt::format("{}:{}", path, at.line + 1);
  throw std::runtime_error(fmt::format(
      "{}: {}; a file_sd file is a list such as [{{\"targets\": [\"host:6060\"]}}]", where, what));
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = file ? std::streamoff(file.tellg()) : -1;
  if (size < 0) throw std::runtime_error(fmt::format("{}: it cannot be read", path));
  if (size > largest) throw std::runtime_error(fmt::format("{}: it is larger than 16 MiB", path));
  file.seekg(0);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::map<std::string, std::string> labels_of(const std::string& path, const YAML::Node& group) {
  std::map<std::string, std::string> labels;
  const YAML::Node given = group["labels"];
  if (!given || given.IsNull()) return labels;
  if (!given.IsMap()) refuse(path, given.Mark(), "labels is not a map of names to texts");
  for (const auto& each : given) {
    if (!each.first.IsScalar() || !each.second.IsScalar())
      refuse(path, each.second.Mark(), "a label is not a text");
    labels[each.first.Scalar()] = each.second.Scalar();
  }
  return labels;
}

void read_group(const std::string& path, const YAML::Node& group, std::string_view usual_path,
                std::vector<instance>& into) {
  if (!group.IsMap()) refuse(path, group.Mark(), "an entry of the list is not a map");
  const YAML::Node targets = group["targets"];
  if (!targets || !targets.IsSequence())
    refuse(path, group.Mark(), "an entry has no list of targets");
  const auto labels = labels_of(path, group);
  const auto label_or = [&](const char* name, const char* otherwise) {
    const auto found = labels.find(name);
    return found == labels.end() ? std::string(otherwise) : found->second;
  };
  const std::string scheme = label_or("__scheme__", "http");
  if (scheme != "http" && scheme != "https")
    refuse(path, group.Mark(), fmt::format("__scheme__ is {}, not http or https", scheme));
  std::string folder = label_or("__metrics_path__", "");
  // That path is usually the one of the metrics, which are no goroutines.
  if (folder.find("pprof") == folder.npos) folder.clear();
  // Or it is that of the other profile.
  if (folder.ends_with(path_of_goroutines) && usual_path != path_of_goroutines) folder.clear();
  for (const YAML::Node& target : targets) {
    if (!target.IsScalar() || target.Scalar().empty())
      refuse(path, target.Mark(), "a target is not a text such as host:6060");
    if (target.Scalar().find_first_of("/ ") != std::string::npos)
      refuse(path, target.Mark(),
             fmt::format("the target {} is not host:port, with no scheme and no path",
                         target.Scalar()));
    into.push_back(instance_at(scheme, target.Scalar(), folder, usual_path));
  }
}

}  // namespace

std::vector<instance> read_file_sd(const std::string& path, std::string_view usual_path) {
  const std::string text = content_of(path);
  std::vector<instance> found;
  try {
    const YAML::Node whole = YAML::Load(text);
    if (!whole.IsSequence()) refuse(path, whole.Mark(), "it is not a list");
    for (const YAML::Node& group : whole) read_group(path, group, usual_path, found);
  } catch (const YAML::Exception& failure) {
    refuse(path, failure.mark, failure.msg);
  }
  if (found.empty()) throw std::runtime_error(fmt::format("{}: it names no target", path));
  return found;
}

}  // namespace leash::tool
