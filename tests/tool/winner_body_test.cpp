// The winner's body is whole, whatever becomes of the losers: ten thousand races, byte by byte, over each HTTP.
#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tool/nginx.hpp"

#include <leash/http.hpp>
#include <leash/leash.hpp>

namespace leash::test {
namespace {

// A body of each size, and how many of a hundred races are about it.
struct kind {
  std::size_t size;
  int share;
};
constexpr std::size_t kibi = 1024;
constexpr std::size_t mebi = kibi * kibi;
constexpr std::array kinds{kind{0, 24},        kind{1, 24},
                           kind{4 * kibi, 24}, kind{64 * kibi - 1, 8},
                           kind{64 * kibi, 8}, kind{64 * kibi + 1, 8},
                           kind{mebi - 1, 1},  kind{mebi, 1},
                           kind{mebi + 1, 1},  kind{10 * mebi, 1}};

// Files of these sizes with bytes that never repeat in step, in a folder of their own.
class bodies {
 public:
  bodies() {
    std::string name = (std::filesystem::temp_directory_path() / "leash-bodies-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for the bodies");
    folder_ = name;
    std::filesystem::permissions(folder_, std::filesystem::perms::all);
    std::mt19937_64 random(1);
    for (const kind& each : kinds) {
      std::string bytes(each.size, '\0');
      for (char& byte : bytes) byte = static_cast<char>(random());
      std::ofstream(folder_ / std::to_string(each.size), std::ios::binary) << bytes;
      bytes_.push_back(std::move(bytes));
    }
  }
  ~bodies() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  bodies(const bodies&) = delete;
  bodies& operator=(const bodies&) = delete;

  std::string location() const { return "location / { root " + folder_.string() + "; }"; }
  std::string_view of(std::size_t index) const { return bytes_[index]; }

 private:
  std::filesystem::path folder_;
  std::vector<std::string> bytes_;
};

// Which size the so-manyeth race is about: each hundred has every size in its share.
std::size_t kind_of(int race) {
  int place = race * 37 % 100;
  std::size_t index = 0;
  while (place >= kinds[index].share) place -= kinds[index++].share;
  return index;
}

class winner_body : public ::testing::Test {
 protected:
  static constexpr int races = 3334;
  static constexpr int goroutines = 8;

  void race_all(const nginx::options& chosen, http::http_version version) {
    const nginx one(chosen);
    const nginx other(chosen);
    run([&]() -> task<> {
      http::client client;
      co_await with_scope([&](scope& all) -> task<> {
        for (int g = 0; g < goroutines; ++g)
          all.go([&, g]() -> task<> {
            for (int i = g; i < races; i += goroutines)
              co_await race_once(client, one, other, version, i);
          });
        co_return;
      });
    });
    EXPECT_EQ(raced_, races);
    EXPECT_EQ(wrong_, 0);
  }

  const bodies wanted;

 private:
  task<> race_once(const http::client& client, const nginx& one, const nginx& other,
                   http::http_version version, int number) {
    const std::size_t index = kind_of(number);
    const std::string path = "/" + std::to_string(kinds[index].size);
    const auto ask = [&](const nginx& server) {
      return client.send({.url = server.url(path), .version = version, .insecure = true});
    };
    const auto won = co_await race(ask(one), ask(other));
    ++raced_;
    const std::string& body = won.value.body;
    if (won.value.status == 200 && body == wanted.of(index)) co_return;
    ++wrong_;
    ADD_FAILURE() << path << ": " << won.value.status << ", " << body.size() << " bytes";
  }

  std::atomic<int> raced_{0};
  std::atomic<int> wrong_{0};
};

TEST_F(winner_body, IsWholeOverHttp1) {
  race_all({.locations = wanted.location()}, http::http_version::any);
}

TEST_F(winner_body, IsWholeOverTls) {
  race_all({.locations = wanted.location(), .tls = true}, http::http_version::http1_1);
}

TEST_F(winner_body, IsWholeOverHttp2) {
  race_all({.locations = wanted.location(), .tls = true, .http2 = true}, http::http_version::any);
}

}  // namespace
}  // namespace leash::test
