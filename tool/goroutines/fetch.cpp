#include "goroutines/fetch.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

#include <leash/http.hpp>
#include <leash/leash.hpp>

#include "goroutines/profile.hpp"
#include "goroutines/saved_report.hpp"

namespace leash::tool {
namespace {

std::string content_of(const std::string& path, std::size_t limit) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) throw profile_error("it is a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw profile_error(errno == 0 ? "it cannot be read" : std::strerror(errno));
  std::string content;
  constexpr std::size_t piece = std::size_t{64} << 10;
  while (file && content.size() <= limit) {
    const std::size_t before = content.size();
    content.resize(before + piece);
    file.read(content.data() + before, piece);
    content.resize(before + static_cast<std::size_t>(file.gcount()));
  }
  if (content.size() > limit)
    throw profile_error(
        fmt::format("it is larger than {} bytes; --max-filesize raises the limit", limit));
  return content;
}

// The sentence's end, for a status that brings no profile.
std::string refusal(int status, bool leaks) {
  if (status == 404 && leaks)
    return "answered with status 404: a program of leash shows its leaks at its LEASH_DEBUG_ADDR, "
           "a Go program from 1.26 on that imports net/http/pprof at /debug/pprof/goroutineleak";
  if (status == 404)
    return "answered with status 404: a program of leash shows its goroutines at its "
           "LEASH_DEBUG_ADDR, a Go program that imports net/http/pprof at /debug/pprof/goroutine";
  if (status == 401 || status == 403)
    return fmt::format("answered with status {}: -u and -H say who asks", status);
  if (status >= 300 && status < 400)
    return fmt::format("answered with status {}: -L follows redirects", status);
  return fmt::format("answered with status {}, which brings no profile", status);
}

struct look {
  const goroutines_options& options;
  const http::client& client;
  const semaphore& places;
};

task<std::string> profile_of(const look& with, const instance& from) {
  if (from.url.empty()) {
    const std::size_t limit = with.options.asked.max_body;
    co_return co_await blocking([&from, limit] { return content_of(from.file, limit); });
  }
  http::request asked = with.options.asked;
  asked.url = from.url;
  http::response answer = co_await with.client.send(std::move(asked));
  if (answer.status != 200) throw profile_error(refusal(answer.status, with.options.leaks));
  co_return std::move(answer.body);
}

task<> look_at_one(const look& with, const instance& from, looked_at& into) {
  const semaphore::permit place = co_await with.places.acquire();
  into.name = from.name;
  try {
    const std::string profile = co_await profile_of(with, from);
    into.sites = tally_profile(profile, with.options.asked.max_decompressed,
                               with.options.leaks ? &into.suspects : nullptr);
  } catch (const http::error& failure) {
    into.failure = failure.what();
  } catch (const profile_error& failure) {
    into.failure = fmt::format("{}: {}", from.name, failure.what());
  } catch (const std::bad_alloc&) {
    into.failure = fmt::format("{}: out of memory", from.name);
  }
}

}  // namespace

task<snapshot> look_at(const goroutines_options& options, const std::vector<instance>& instances) {
  const http::client client;
  const semaphore places(options.concurrency);
  const look with{options, client, places};
  snapshot seen;
  seen.instances.resize(instances.size());
  const auto all = [&](scope& children) -> task<> {
    for (std::size_t i = 0; i < instances.size(); ++i)
      children.go([&with, &from = instances[i], &into = seen.instances[i]] {
        return look_at_one(with, from, into);
      });
    co_return;
  };
  co_await with_scope(all);
  co_return seen;
}

task<goroutines_report> watch(const goroutines_options& options,
                              const std::vector<instance>& instances) {
  const snapshot before = co_await look_at(options, instances);
  co_await sleep(options.diff_after);
  const snapshot now = co_await look_at(options, instances);
  co_return difference(before, now);
}

snapshot read_earlier(const goroutines_options& options, const std::vector<instance>& instances) {
  const std::string& path = options.diff_with;
  try {
    const std::string content = content_of(path, options.asked.max_body);
    if (content.starts_with('{')) return read_report(content);
    if (instances.size() != 1)
      throw profile_error(
          fmt::format("it is the profile of one process, and cannot be compared with {}: save "
                      "a report by --format json, and compare with that",
                      instances.size()));
    looked_at then{
        .name = instances.front().name, .sites = std::nullopt, .suspects = {}, .failure = {}};
    then.sites = tally_profile(content, options.asked.max_decompressed);
    snapshot earlier;
    earlier.instances.push_back(std::move(then));
    return earlier;
  } catch (const profile_error& failure) {
    throw std::runtime_error(fmt::format("{}: {}", path, failure.what()));
  }
}

}  // namespace leash::tool
