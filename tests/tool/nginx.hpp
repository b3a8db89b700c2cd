#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace leash::test {

// A real nginx on a loopback port of its own, with a folder of its own. It ends with this object, and with
// this process however that ends.
class nginx {
 public:
  // What its server answers to: `location` blocks as nginx has them.
  struct options {
    std::string locations;
    bool tls = false;    // with a certificate that it signed itself
    bool http2 = false;  // over TLS
    std::string log_line = "$status $request_uri";
  };

  // Throws when nginx, or its echo module, is not installed.
  explicit nginx(const options& chosen);
  ~nginx();
  nginx(const nginx&) = delete;
  nginx& operator=(const nginx&) = delete;

  // Answers at once: "fast\n".
  static options quick();
  // Answers "slow\n" after that many seconds. The wait is a second server's, that nginx asks in turn, as
  // the echo module does not look whether its own client is still there.
  static options slowed(int seconds);

  std::string url(std::string_view path = "/") const;
  // Its access log by now: "499 /path" is a request whose client went before it was answered.
  std::vector<std::string> log() const;
  // Waits until the log has that many lines, and returns it.
  std::vector<std::string> log_of(std::size_t requests) const;

  // Between these two it does nothing; connections and requests wait.
  void pause() const;
  void resume() const;

 private:
  void write_configuration(const options& chosen) const;
  bool start(const options& chosen);
  void end();

  std::string scheme_;
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  pid_t process_ = 0;
};

}  // namespace leash::test
