#include <leash/memory_network.hpp>

#include <exception>
#include <map>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "testing/network/failure_codes.hpp"

#include <leash/detail/base/explored.hpp>
#include <leash/error.hpp>
#include <leash/scope.hpp>
#include <leash/semaphore.hpp>
#include <leash/time.hpp>

// What a network knows is shared by those who ask, but is no object of leash; nor is what a handler knows. So that an exploration sees
// which steps meet there, and looks into both orders, each server has a mark: an object that is used whenever something of the server is.
// No handler is called, copied or destroyed under a lock: it may hold handles, whose operations let others run.

namespace leash::testing {
namespace {

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

class mark {
 public:
  // Together with what comes next.
  void use() const noexcept {
    if (detail::somebody_explores()) detail::tell_locked(*object());
  }
  // Others may run before this returns.
  void use(const char* what) const noexcept { detail::operation_over(what, object()); }

 private:
  detail::object* object() const noexcept { return detail::semaphore_access::target(object_); }

  semaphore object_{1};
};

}  // namespace

struct memory_network::state {
  struct server {
    std::shared_ptr<const memory_handler> handler;
    memory_traffic traffic;
    mark used;
  };
  std::mutex lock;
  std::map<std::string, server> servers;  // none is ever taken out
  mark names;                             // which servers there are

  // Null: there is none.
  server* find(std::string_view url) {
    names.use();
    const std::lock_guard guard(lock);
    const auto at = servers.find(address_in(url));
    return at == servers.end() ? nullptr : &at->second;
  }

  std::string addresses() {
    const std::lock_guard guard(lock);
    std::string all;
    for (const auto& each : servers) all += (all.empty() ? "" : ", ") + each.first;
    return all.empty() ? "none" : all;
  }
};

namespace {

// Counts a request from its beginning to its end, which is that it was cancelled unless something else is said.
template <class State, class Server>
class counted {
 public:
  counted(State& on, Server& of) : on_(on), of_(of) {
    {
      const std::lock_guard guard(on_.lock);
      ++of_.traffic.begun;
      ++of_.traffic.in_flight;
    }
    of_.used.use("request");
  }
  counted(counted&&) = delete;
  ~counted() {
    {
      const std::lock_guard guard(on_.lock);
      --of_.traffic.in_flight;
      ++(of_.traffic.*end_);
    }
    of_.used.use("end of request");
  }
  void answer() noexcept { end_ = &memory_traffic::answered; }
  void fail() noexcept { end_ = &memory_traffic::failed; }

 private:
  State& on_;
  Server& of_;
  std::size_t memory_traffic::* end_ = &memory_traffic::canceled;
};

// Keeps what the handler throws apart from what its time limit does.
task<http::response> outcome_of(task<http::response> answering, std::exception_ptr& thrown) {
  try {
    co_return co_await std::move(answering);
  } catch (...) {
    thrown = std::current_exception();
  }
  co_return http::response{};
}

task<http::response> answer_in_time(task<http::response> answering, const http::request& asked) {
  if (asked.timeout <= asked.timeout.zero()) co_return co_await std::move(answering);
  std::exception_ptr thrown;
  http::response answer;
  try {
    answer = co_await timeout(asked.timeout, outcome_of(std::move(answering), thrown));
  } catch (const error& ended) {
    if (ended.code() != errc::timed_out) throw;
    throw http::error(
        failure_code::timed_out,
        fmt::format("timed out after {} ms",
                    std::chrono::duration<double, std::milli>(asked.timeout).count()));
  }
  if (thrown) std::rethrow_exception(thrown);
  co_return answer;
}

}  // namespace

memory_network::memory_network() : state_(std::make_shared<state>()) {}

void memory_network::serve(std::string_view address, memory_handler handler) const {
  if (!handler)
    throw error(
        errc::bad_option,
        fmt::format("memory_network: the handler of {} is empty: give one that answers, such "
                    "as answers(\"hello\")",
                    address));
  auto given = std::make_shared<const memory_handler>(std::move(handler));
  state::server* changed = nullptr;
  {
    const std::lock_guard guard(state_->lock);
    changed = &state_->servers[address_in(address)];
    std::swap(changed->handler, given);
  }
  state_->names.use();
  changed->used.use("serve");
}

memory_traffic memory_network::traffic(std::string_view address) const {
  const state::server* of = state_->find(address);
  if (of == nullptr) return {};
  memory_traffic seen;
  {
    const std::lock_guard guard(state_->lock);
    seen = of->traffic;
  }
  of->used.use("look");
  return seen;
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
  state::server* const of = on->find(asked.url);
  if (of == nullptr)
    throw http::error(
        failure_code::no_such_host,
        fmt::format("{}: no such host: the memory_network serves {}", asked.url, on->addresses()));
  const auto began = now();
  counted<state, state::server> request(*on, *of);
  std::shared_ptr<const memory_handler> handler;
  of->used.use();
  {
    const std::lock_guard guard(on->lock);
    handler = of->handler;
  }
  http::response answer;
  try {
    answer = co_await answer_in_time((*handler)(asked), asked);
    if (asked.max_body != 0 && answer.body.size() > asked.max_body)
      throw http::error(failure_code::too_large,
                        fmt::format("the body has {} bytes, and at most {} are taken",
                                    answer.body.size(), asked.max_body));
  } catch (const http::error& failed) {
    request.fail();
    throw http::error(failed.code(), fmt::format("{}: {}", asked.url, failed.what()));
  } catch (...) {
    request.fail();
    throw;
  }
  answer.url = asked.url;
  answer.times.total = std::chrono::duration_cast<std::chrono::microseconds>(now() - began);
  request.answer();
  co_return answer;
}

}  // namespace leash::testing
