#include "http/h2_server.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

#include "support/wait_until.hpp"

namespace leash::http::testing {
namespace {

using boost::asio::ip::tcp;

pid_t spawn(std::vector<std::string> words, const std::filesystem::path& log) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_CREAT | O_WRONLY | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t process = 0;
  const int error =
      posix_spawnp(&process, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::system_error(error, std::generic_category(), words[0]);
  return process;
}

std::filesystem::path new_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "leash-h2-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), name);
  }
  return name;
}

std::uint16_t free_port() {
  boost::asio::io_context io;
  return tcp::acceptor(io, {boost::asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
}

bool listens(std::uint16_t port) {
  boost::asio::io_context io;
  tcp::socket probe(io);
  boost::system::error_code error;
  probe.connect({boost::asio::ip::address_v4::loopback(), port}, error);
  return !error;
}

void make_certificate(const std::filesystem::path& folder) {
  const pid_t maker = spawn(
      {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
       "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
       "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"},
      folder / "openssl.log");
  int status = 0;
  waitpid(maker, &status, 0);
  if (status != 0) throw std::runtime_error("openssl made no certificate");
}

}  // namespace

bool h2_server::installed() {
  for (const char* path : {"/usr/sbin/nghttpd", "/usr/bin/nghttpd", "/usr/local/bin/nghttpd"}) {
    if (access(path, X_OK) == 0) return true;
  }
  return false;
}

h2_server::h2_server(over transport)
    : transport_(transport), folder_(new_folder()), port_(free_port()) {
  std::vector<std::string> words{"nghttpd", "--verbose", "--address=127.0.0.1",
                                 "--htdocs=" + folder_.string()};
  if (transport_ == over::plain) words.emplace_back("--no-tls");
  words.push_back(std::to_string(port_));
  if (transport_ == over::tls) {
    make_certificate(folder_);
    words.push_back(folder_ / "key.pem");
    words.push_back(folder_ / "certificate.pem");
  }

  const char* path = getenv("PATH");
  setenv("PATH", (std::string(path == nullptr ? "" : path) + ":/usr/sbin").c_str(), 1);
  process_ = spawn(std::move(words), folder_ / "nghttpd.log");
  if (!test::wait_until([this] { return listens(port_); }))
    throw std::runtime_error("nghttpd is not up");
}

h2_server::~h2_server() {
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void h2_server::put(std::string_view name, std::string_view content) {
  std::ofstream(folder_ / name) << content;
}

void h2_server::put_zeros(std::string_view name, std::uintmax_t size) {
  put(name, "");
  std::filesystem::resize_file(folder_ / name, size);
}

std::string h2_server::url(std::string_view name) const {
  const char* scheme = transport_ == over::tls ? "https" : "http";
  return std::string(scheme) + "://127.0.0.1:" + std::to_string(port_) + "/" + std::string(name);
}

int h2_server::logged(std::string_view text) const {
  std::ifstream log(folder_ / "nghttpd.log");
  const std::string content{std::istreambuf_iterator<char>(log), std::istreambuf_iterator<char>()};
  int times = 0;
  for (auto at = content.find(text); at != std::string::npos; at = content.find(text, at + 1))
    ++times;
  return times;
}

}  // namespace leash::http::testing
