// Reading profiles: the sites in them, and what is no profile.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "goroutines/gunzip.hpp"
#include "goroutines/profile.hpp"
#include "goroutines/site.hpp"
#include "tool/made_profile.hpp"

namespace leash::test {
namespace {

using tool::site;
using tool::tally_profile;

constexpr std::size_t limit = std::size_t{1} << 20;

std::pair<site, tool::site_tally> only_site(const made_sample& sample) {
  const auto sites = tally_profile(made_profile().add(sample).bytes(), limit);
  EXPECT_EQ(sites.size(), 1U);
  return *sites.begin();
}

std::string failure_of(const std::string& bytes, std::size_t most = limit) {
  try {
    tally_profile(bytes, most);
  } catch (const tool::profile_error& failure) {
    return failure.what();
  }
  return "it was read";
}

made_sample of_go(const std::vector<std::string>& functions) {
  made_sample sample{
      .count = 1, .stack = {}, .reason = {}, .created = {}, .waiting = -1, .leak = {}};
  for (const std::string& each : functions) sample.stack.push_back({each, "f.go", 1});
  sample.stack.push_back({"main.worker", "main.go", 5});
  return sample;
}

TEST(GoroutineProfile, LabelsSayWhyAndWhereFrom) {
  const auto [where, tally] = only_site({.count = 3,
                                         .stack = {{"leak_racer", "racer.cpp", 12},
                                                   {"serve", "serve.cpp", 40},
                                                   {"created by main", "main.cpp", 9}},
                                         .reason = "chan send",
                                         .created = "main.cpp:9",
                                         .waiting = 600,
                                         .leak = {}});
  EXPECT_EQ(where.function, "leak_racer");
  EXPECT_EQ(where.place(), "racer.cpp:12");
  EXPECT_EQ(where.reason, "chan send");
  EXPECT_EQ(where.created, "main.cpp:9");
  EXPECT_EQ(where.entry, "serve");
  EXPECT_EQ(tally.count, 3);
  EXPECT_EQ(tally.waiting, 600);
}

TEST(GoroutineProfile, WhatBelongsToLeashIsNotTheSite) {
  const auto [where, tally] = only_site({.count = 1,
                                         .stack = {{"leash::detail::joined", "scope.hpp", 3},
                                                   {"leash::with_scope", "scope.hpp", 9},
                                                   {"handle", "handle.cpp", 4}},
                                         .reason = "scope join",
                                         .created = {},
                                         .waiting = -1,
                                         .leak = {}});
  EXPECT_EQ(where.function, "handle");
}

TEST(GoroutineProfile, SamplesOfOneSiteAreAddedAndTheLongestWaitIsKept) {
  made_sample young = waiting_in("f", 5);
  made_sample old = waiting_in("f", 2);
  young.waiting = 10;
  old.waiting = 3600;
  made_sample gone = waiting_in("f", 0);
  gone.waiting = 86400;
  const auto sites = tally_profile(made_profile().add(young).add(old).add(gone).bytes(), limit);
  ASSERT_EQ(sites.size(), 1U);
  EXPECT_EQ(sites.begin()->second.count, 7);
  EXPECT_EQ(sites.begin()->second.waiting, 3600);
}

TEST(GoroutineProfile, GosReasonsAreReadFromItsRuntimesFunctions) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> known{
      {{"runtime.gopark", "runtime.chansend", "runtime.chansend1"}, "chan send"},
      {{"runtime.gopark", "runtime.chanrecv", "runtime.chanrecv2"}, "chan receive"},
      {{"runtime.gopark", "runtime.selectgo"}, "select"},
      {{"runtime.gopark", "runtime.block"}, "select (no cases)"},
      {{"runtime.gopark", "time.Sleep"}, "sleep"},
      {{"runtime.gopark", "runtime.netpollblock", "internal/poll.runtime_pollWait"}, "IO wait"},
      {{"runtime.gopark", "runtime.semacquire1", "sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock"},
       "sync.Mutex.Lock"},
      {{"runtime.gopark", "runtime.semacquire1", "internal/sync.(*Mutex).lockSlow",
        "internal/sync.(*Mutex).Lock", "sync.(*Mutex).Lock", "sync.(*RWMutex).Lock"},
       "sync.RWMutex.Lock"},
      {{"runtime.gopark", "runtime.semacquire1", "sync.(*WaitGroup).Wait"}, "sync.WaitGroup.Wait"},
      {{"runtime.gopark", "sync.runtime_notifyListWait", "sync.(*Cond).Wait"}, "sync.Cond.Wait"},
      {{"runtime.gopark"}, "waiting"},
      {{"syscall.Syscall", "syscall.read"}, "syscall"},
      {{}, "running"}};
  for (const auto& [functions, reason] : known) {
    const auto [where, tally] = only_site(of_go(functions));
    EXPECT_EQ(where.reason, reason);
    EXPECT_EQ(where.function, "main.worker") << reason;
  }
}

TEST(GoroutineProfile, AProgramsOwnInternalPackageIsNotGos) {
  made_sample sample = of_go({"runtime.gopark", "runtime.chansend1"});
  sample.stack.insert(sample.stack.begin() + 2, {"example.com/a/internal/b.Put", "b.go", 3});
  EXPECT_EQ(only_site(sample).first.function, "example.com/a/internal/b.Put");
}

TEST(GoroutineProfile, AFunctionOfTheRuntimeThatIsAGoroutineItselfIsItsSite) {
  made_sample sample = of_go({"runtime.gopark", "time.Sleep"});
  sample.stack.pop_back();
  EXPECT_EQ(only_site(sample).first.function, "time.Sleep");
}

TEST(GoroutineProfile, OneThatHasNotRunIsRunnable) {
  const auto [where, tally] =
      only_site({.count = 1, .stack = {}, .reason = {}, .created = {}, .waiting = -1, .leak = {}});
  EXPECT_EQ(where.reason, "runnable");
  EXPECT_EQ(where.place(), "an unknown place");
}

TEST(GoroutineProfile, OfAVeryDeepStackBothEndsAreKept) {
  made_sample sample = waiting_in("inner", 1);
  for (int i = 0; i < 5000; ++i) sample.stack.push_back({"middle", "middle.cpp", i});
  sample.stack.push_back({"outer", "outer.cpp", 1});
  const auto [where, tally] = only_site(sample);
  EXPECT_EQ(where.function, "inner");
  EXPECT_EQ(where.entry, "outer");
}

TEST(GoroutineProfile, ItMayBeGzippedAlsoInSeveralPieces) {
  const std::string bytes = made_profile().add(waiting_in("f", 5)).bytes();
  EXPECT_EQ(tally_profile(gzipped(bytes), limit).begin()->second.count, 5);
  const std::string pieces = gzipped(bytes.substr(0, 10)) + gzipped(bytes.substr(10));
  EXPECT_EQ(tally_profile(pieces, limit).begin()->second.count, 5);
}

TEST(GoroutineProfile, WhatUnpacksToTooMuchIsNotUnpacked) {
  const std::string bomb = gzipped(std::string(std::size_t{64} << 20, 'x'));
  EXPECT_EQ(failure_of(bomb, 1000),
            "it unpacks to more than 1000 bytes; --max-filesize raises the limit");
  const std::string exact = gzipped(std::string(1000, 'x'));
  EXPECT_EQ(tool::gunzip(exact, 1000).size(), 1000U);
  EXPECT_THROW(tool::gunzip(exact, 999), tool::profile_error);
}

TEST(GoroutineProfile, OfAnotherKindOfProfileItSaysWhich) {
  EXPECT_EQ(failure_of(made_profile("cpu").bytes()),
            "it is a profile of cpu, not of goroutines: that one is at /debug/pprof/goroutine");
  EXPECT_EQ(tally_profile(made_profile("goroutineleak").bytes(), limit).size(), 0U);
}

TEST(GoroutineProfile, CountsThatAreTooLargeForANumberStayAtTheLargest) {
  const auto most = std::numeric_limits<std::int64_t>::max();
  const auto sites = tally_profile(
      made_profile().add(waiting_in("f", most)).add(waiting_in("f", most)).bytes(), limit);
  EXPECT_EQ(sites.begin()->second.count, most);
  EXPECT_EQ(tool::saturated_sum(-most, -most), std::numeric_limits<std::int64_t>::min());
}

// Whatever bytes come, they are read or refused.
TEST(GoroutineProfile, ADamagedProfileIsRefusedOrReadAsFarAsItGoes) {
  const std::string whole =
      made_profile().add(waiting_in("f", 5)).add(of_go({"runtime.gopark"})).bytes();
  const std::string packed = gzipped(whole);
  std::size_t refused = 0;
  for (const std::string& good : {whole, packed})
    for (std::size_t i = 0; i < good.size(); ++i) {
      failure_of(good.substr(0, i));
      for (const int change : {1, 0x80, 0xff}) {
        std::string bad = good;
        bad[i] = static_cast<char>(bad[i] ^ change);
        refused += failure_of(bad) != "it was read" ? 1 : 0;
      }
    }
  EXPECT_GT(refused, 100U);
  for (std::size_t i = 0; i < packed.size(); ++i)
    EXPECT_NE(failure_of(packed.substr(0, i)), "it was read") << i;
}

}  // namespace
}  // namespace leash::test
