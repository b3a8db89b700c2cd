#include <leash/memory_network.hpp>

#include <map>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include <leash/go.hpp>
#include <leash/scope.hpp>
#include <leash/time.hpp>

namespace leash::testing {
namespace {

constexpr int no_such_host = 6;
constexpr int timed_out = 28;
constexpr int too_large = 63;

// "http://a:8001" of "A:8001/search?q": without a scheme, http.
std::string address_in(std::string_view url) {
  constexpr std::string_view mark = "://";
  const std::size_t scheme = url.find(mark);
  std::string address(scheme == std::string_view::npos ? "http" : url.substr(0, scheme));
  address += mark;
  const std::string_view rest =
      scheme == std::string_view::npos ? url : url.substr(scheme + mark.size());
  address += rest.substr(0, rest.find_first_of("/?#"));
  for (char& each : address)
    if (each >= 'A' && each <= 'Z') each = static_cast<char>(each - 'A' + 'a');
  return address;
}

}  // namespace

struct memory_network::state {
  struct server {
    memory_handler handler;
    memory_traffic traffic;
  };
  std::mutex lock;
  std::map<std::string, server> servers;

  std::string addresses() {
    const std::lock_guard guard(lock);
    std::string all;
    for (const auto& each : servers) all += (all.empty() ? "" : ", ") + each.first;
    return all.empty() ? "none" : all;
  }
};

namespace {

// Counts a request from its beginning to its end, whatever that is.
template <class State>
class counted {
 public:
  counted(State& on, memory_traffic& of) : on_(on), of_(of) {
    const std::lock_guard guard(on_.lock);
    ++of_.begun;
    ++of_.in_flight;
  }
  counted(counted&&) = delete;
  ~counted() {
    const std::lock_guard guard(on_.lock);
    --of_.in_flight;
    ++(answered_ ? of_.answered : unwinding() ? of_.canceled : of_.failed);
  }
  void answer() noexcept { answered_ = true; }

 private:
  State& on_;
  memory_traffic& of_;
  bool answered_ = false;
};

}  // namespace

memory_network::memory_network() : state_(std::make_shared<state>()) {}

void memory_network::serve(std::string_view address, memory_handler handler) const {
  const std::lock_guard guard(state_->lock);
  state_->servers[address_in(address)].handler = std::move(handler);
}

memory_traffic memory_network::traffic(std::string_view address) const {
  const std::lock_guard guard(state_->lock);
  const auto at = state_->servers.find(address_in(address));
  return at == state_->servers.end() ? memory_traffic{} : at->second.traffic;
}

task<http::response> memory_network::get(std::string url) const {
  http::request asked;
  asked.url = std::move(url);
  return sent(state_, std::move(asked));
}

task<http::response> memory_network::send(http::request asked) const {
  return sent(state_, std::move(asked));
}

task<http::response> memory_network::sent(std::shared_ptr<state> on, http::request asked) {
  memory_handler handler;
  memory_traffic* traffic = nullptr;
  {
    const std::lock_guard guard(on->lock);
    const auto at = on->servers.find(address_in(asked.url));
    if (at != on->servers.end()) {
      handler = at->second.handler;
      traffic = &at->second.traffic;  // a map keeps it where it is
    }
  }
  if (traffic == nullptr)
    throw http::error(no_such_host, fmt::format("{}: no such host: the memory_network serves {}",
                                                asked.url, on->addresses()));
  counted<state> request(*on, *traffic);
  http::response answer;
  const auto began = now();
  try {
    task<http::response> answering = handler(asked);
    if (asked.timeout > asked.timeout.zero())
      answer = co_await timeout(asked.timeout, std::move(answering));
    else
      answer = co_await std::move(answering);
  } catch (const http::error& failed) {
    throw http::error(failed.code(), fmt::format("{}: {}", asked.url, failed.what()));
  } catch (const error& ended) {
    if (ended.code() != errc::timed_out) throw;
    throw http::error(
        timed_out,
        fmt::format("{}: timed out after {} ms", asked.url,
                    std::chrono::duration_cast<std::chrono::milliseconds>(asked.timeout).count()));
  }
  if (asked.max_body != 0 && answer.body.size() > asked.max_body)
    throw http::error(too_large, fmt::format("{}: the body has {} bytes, and at most {} are taken",
                                             asked.url, answer.body.size(), asked.max_body));
  answer.url = asked.url;
  answer.times.total = std::chrono::duration_cast<std::chrono::microseconds>(now() - began);
  request.answer();
  co_return answer;
}

}  // namespace leash::testing
