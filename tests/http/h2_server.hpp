#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace leash::http::testing {

// nghttpd: HTTP/2 on a loopback port, over TLS with a certificate that it signed itself or (plain)
// without, serving the files that the test puts into its folder.
class h2_server {
 public:
  static bool installed();

  enum class over { tls, plain };

  explicit h2_server(over transport = over::tls);  // returns when it listens
  ~h2_server();                                    // ends the process and removes the folder
  h2_server(const h2_server&) = delete;
  h2_server& operator=(const h2_server&) = delete;

  void put(std::string_view name, std::string_view content);
  void put_zeros(std::string_view name, std::uintmax_t size);
  std::string url(std::string_view name) const;
  // How often its log, which tells of every frame, has the text by now.
  int logged(std::string_view text) const;
  // How many connections have ended by now.
  int closed() const { return logged("] closed") - 1; }  // one was ours, to see whether it listens

 private:
  const over transport_;
  std::filesystem::path folder_;
  std::uint16_t port_;
  pid_t process_;
};

}  // namespace leash::http::testing
