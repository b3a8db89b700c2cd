#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace leash::http {

// Shows, over HTTP, where every goroutine of this program is; see docs/debugging.md for its pages.
//
//   const leash::http::debug_server shown("127.0.0.1:6060");
//   …    go tool pprof http://127.0.0.1:6060/debug/pprof/goroutine
//
// It has a thread and a runtime of its own, so it answers also when all workers of the program are busy, and
// its goroutines are neither counted nor shown. LEASH_DEBUG_ADDR in the environment starts one without a line
// of code, for as long as the program has a runtime.
// There is no authentication: whoever reaches it can read it. Hence it listens on a loopback address, unless
// it is given another one; there it also refuses requests whose Host is a name other than localhost, which is
// how a web page would reach it by a name of its own.
class debug_server {
 public:
  // Listens at once, on "host:port" or ":port". The host is an IP address ([::1] for one of version 6) or
  // localhost; without one it is 127.0.0.1. Port 0 is a free one.
  // Throws errc::bad_option when the address is none, and std::system_error when it cannot listen there.
  explicit debug_server(std::string_view address = "127.0.0.1:6060");
  debug_server(debug_server&&) = delete;
  // Stops it: requests that are being answered are cut off. Not on one of its own goroutines.
  ~debug_server();

  std::uint16_t port() const noexcept;
  // Of its first page: http://127.0.0.1:6060/debug/pprof/
  const std::string& url() const noexcept;
  // Whether only this machine can reach it.
  bool is_local() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace leash::http
