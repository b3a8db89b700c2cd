#include "tool/nginx.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "support/wait_until.hpp"

namespace leash::test {
namespace {

constexpr const char* program = "/usr/sbin/nginx";
constexpr const char* echo_module = "/usr/lib/nginx/modules/ngx_http_echo_module.so";

void demand(const char* path, const char* package) {
  if (access(path, R_OK) != 0)
    throw std::runtime_error(std::string("this test needs ") + path + ": apt-get install " +
                             package);
}

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

std::filesystem::path new_server_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "leash-nginx-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), name);
  return name;
}

std::uint16_t free_port() {
  const int socket = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  checked(bind(socket, reinterpret_cast<sockaddr*>(&address), size), "bind");
  checked(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  close(socket);
  return ntohs(address.sin_port);
}

void make_certificate(const std::filesystem::path& folder) {
  const std::string line =
      "cd '" + folder.string() +
      "' && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
      " -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout key.pem"
      " -out certificate.pem >openssl.log 2>&1";
  if (std::system(line.c_str()) != 0)
    throw std::runtime_error("openssl made no certificate: apt-get install openssl");
}

}  // namespace

nginx::nginx(const options& chosen) : scheme_(chosen.tls ? "https" : "http") {
  demand(program, "nginx");
  demand(echo_module, "libnginx-mod-http-echo");
  folder_ = new_server_folder();
  if (chosen.tls) make_certificate(folder_);
  for (int attempt = 1; !start(chosen); ++attempt) {
    if (attempt < 5) continue;  // somebody was quicker to take the port
    std::ifstream log(folder_ / "error.log");
    const std::string why{std::istreambuf_iterator<char>(log), {}};
    end();
    throw std::runtime_error("nginx does not start: " + why);
  }
}

nginx::~nginx() { end(); }

void nginx::end() {
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

nginx::options nginx::quick() { return {.locations = "location / { echo fast; }"}; }

nginx::options nginx::slowed(int seconds) {
  return {.locations =
              "location / { proxy_pass http://sleeper; }\n"
              "}\n"
              "upstream sleeper { server unix:sleeper.socket; }\n"
              "server {\n"
              "listen unix:sleeper.socket;\n"
              "access_log off;\n"
              "location / { echo_sleep " +
              std::to_string(seconds) + "; echo slow; }"};
}

void nginx::write_configuration(const options& chosen) const {
  std::ofstream file(folder_ / "nginx.conf");
  file << "load_module " << echo_module << ";\n"
       << "daemon off;\nmaster_process off;\npid pid;\nerror_log error.log;\n"
       << "events { worker_connections 16384; }\n"
       << "http {\n"
       << "log_format line '" << chosen.log_line << "';\naccess_log access.log line;\n"
       << "keepalive_requests 1000000;\nkeepalive_timeout 1h;\n";
  for (const char* use : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    file << use << "_temp_path temporary;\n";
  file << "server {\nlisten 127.0.0.1:" << port_ << (chosen.tls ? " ssl" : "")
       << (chosen.http2 ? " http2" : "") << ";\n";
  if (chosen.tls) file << "ssl_certificate certificate.pem;\nssl_certificate_key key.pem;\n";
  file << chosen.locations << "\n}\n}\n";
}

// Tells whether it listens; it has ended otherwise.
bool nginx::start(const options& chosen) {
  port_ = free_port();
  write_configuration(chosen);
  const std::string folder = folder_.string() + "/";
  const std::array<const char*, 8> words{program,      "-p", folder.c_str(), "-c",
                                         "nginx.conf", "-e", "error.log",    nullptr};
  const pid_t parent = getpid();
  process_ = checked(fork(), "fork");
  if (process_ == 0) {
    // Only what is safe in the child of a process with threads.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);  // it has gone already
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (chdir(folder.c_str()) == 0) execv(program, const_cast<char* const*>(words.data()));
    _exit(127);
  }
  bool ended = false;
  wait_until([&] {
    ended = waitpid(process_, nullptr, WNOHANG) != 0;
    return ended || std::filesystem::exists(folder_ / "pid");  // it is written once it listens
  });
  return !ended;
}

std::string nginx::url(std::string_view path) const {
  return scheme_ + "://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

std::vector<std::string> nginx::log() const {
  std::ifstream file(folder_ / "access.log");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line) && !file.eof();) lines.push_back(line);
  return lines;
}

std::vector<std::string> nginx::log_of(std::size_t requests) const {
  std::vector<std::string> lines;
  wait_until([&] { return (lines = log()).size() >= requests; });
  return lines;
}

void nginx::pause() const { kill(process_, SIGSTOP); }
void nginx::resume() const { kill(process_, SIGCONT); }

}  // namespace leash::test
