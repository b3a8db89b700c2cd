#include "goroutines/instance_options.hpp"

#include "bench/load_values.hpp"

namespace leash::tool {
namespace {

constexpr std::size_t most_sites = 1'000'000;
constexpr std::size_t most_at_once = 10'000;

}  // namespace

std::shared_ptr<instance_options> instance_options::add_to(CLI::App& command) {
  auto made = std::make_shared<instance_options>();
  command.add_option("instance", made->instances_, "Whose: http://host:port, or a saved profile");
  command.option_defaults()->group("The instances");
  command
      .add_option("--file-sd", made->file_sds_,
                  "Also the targets of one of Prometheus's file_sd files")
      ->type_name("FILE")
      ->expected(1)
      ->take_all();
  command.add_option("-c,--concurrency", made->concurrency_, "So many at a time; otherwise 16")
      ->type_name("COUNT");
  command.option_defaults()->group("Each request");
  made->asked_ = request_options::add_get_to(command, "30", "64M");
  return made;
}

void instance_options::add_output_to(CLI::App& command) {
  command.add_option("--top", top_, "Only the first sites; otherwise all")->type_name("COUNT");
  command.add_option("--format", format_, "text, or json: for programs")
      ->check(CLI::IsMember({"text", "json"}));
}

void instance_options::read_into(goroutines_options& options, const char* missing) const {
  options.asked = asked_->read();
  if (instances_.empty() && file_sds_.empty()) throw CLI::ValidationError("instance", missing);
  options.words = instances_;
  options.file_sds = file_sds_;
  options.concurrency = count_of("--concurrency", concurrency_, most_at_once);
  if (!top_.empty()) options.top = count_of("--top", top_, most_sites);
  options.json = format_ == "json";
}

}  // namespace leash::tool
