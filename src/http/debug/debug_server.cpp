#include <leash/debug_server.hpp>

#include <boost/system/system_error.hpp>

#include <cstdio>
#include <future>
#include <system_error>

#include <fmt/format.h>

#include "http/debug/debug_address.hpp"
#include "http/debug/pages.hpp"

#include <leash/detail/sched/debug_hook.hpp>
#include <leash/go.hpp>
#include <leash/http_server.hpp>
#include <leash/runtime.hpp>

namespace leash::http {
namespace {

// Nobody of the program should wait for it, and it should not take the program's processors.
constexpr runtime_options apart{.processors = 1,
                                .leaks = leak_policy::off,
                                .watchdog = std::chrono::milliseconds::zero(),
                                .hidden = true};

// Enough for a hundred profiles at once, and their slow readers.
constexpr std::size_t most_connections = 256;
constexpr std::size_t largest_body = 64 << 10;

server_options options_of(const debug_address& at) {
  server_options options;
  options.address = at.host;
  options.port = at.port;
  options.max_body = largest_body;
  options.max_connections = most_connections;
  return options;
}

task<> serve(debug_address at, std::promise<std::uint16_t>& listens) {
  std::optional<server> made;
  try {
    made.emplace(debug_pages(at.loopback), options_of(at));
    listens.set_value(made->port());
  } catch (...) {
    listens.set_exception(std::current_exception());
  }
  if (made) co_await made->serve();
}

}  // namespace

struct debug_server::state {
  explicit state(const debug_address& given) : at(given), own(apart) {
    // Waited for by the thread, not by a goroutine: this may be called on a worker of the program.
    std::promise<std::uint16_t> listens;
    own.go(serve, at, std::ref(listens));
    try {
      at.port = listens.get_future().get();
    } catch (const boost::system::system_error& refused) {
      throw std::system_error(refused.code(),
                              fmt::format("the debug server cannot listen on {}", at.text()));
    }
    url = fmt::format("http://{}{}", at.text(), index_path);
  }

  debug_address at;
  std::string url;
  runtime own;
};

debug_server::debug_server(std::string_view address)
    : state_(std::make_unique<state>(parse_debug_address(address))) {}
debug_server::~debug_server() = default;

std::uint16_t debug_server::port() const noexcept { return state_->at.port; }
const std::string& debug_server::url() const noexcept { return state_->url; }
bool debug_server::is_local() const noexcept { return state_->at.loopback; }

}  // namespace leash::http

void* leash_start_debug_server(const char* address) {
  using leash::http::debug_server;
  try {
    auto started = std::make_unique<debug_server>(address);
    fmt::print(stderr, "leash: debug server at {}\n", started->url());
    if (!started->is_local())
      fmt::print(stderr,
                 "leash: other machines may reach it, and it asks nobody for a password: for this "
                 "machine alone, set LEASH_DEBUG_ADDR=127.0.0.1:{}\n",
                 started->port());
    return started.release();
  } catch (const std::system_error& refused) {
    if (refused.code() == leash::errc::bad_option) throw;
    fmt::print(stderr,
               "leash: {}. The program goes on without it: set LEASH_DEBUG_ADDR to an address that "
               "is free (with port 0, leash finds one).\n",
               refused.what());
    return nullptr;
  }
}

void leash_stop_debug_server(void* server) noexcept {
  delete static_cast<leash::http::debug_server*>(server);
}
