#include <gtest/gtest.h>

#include <source_location>
#include <string>
#include <string_view>

#include <leash/detail/base/function_name.hpp>
#include <leash/task.hpp>

namespace leash::detail {
namespace {

std::string cleaned(const char* pretty) { return std::string(function_name(pretty).view()); }

struct sample {
  const char* pretty;
  std::string_view name;
};

TEST(FunctionName, IsCleanedOfWhatClangAdds) {
  constexpr sample samples[] = {
      {"int main()", "main"},
      {"leash::task<> (anonymous namespace)::leak_racer(const std::string &)", "leak_racer"},
      {"static task<> (anonymous namespace)::local::st()", "local::st"},
      {"task<int *> net::session::serve(std::vector<std::string>)", "net::session::serve"},
      {"const std::string &ref()", "ref"},
      {"std::vector<int> *tr()", "tr"},
      {"unsigned long long ull()", "ull"},
      {"std::function<void (int)> retf()", "retf"},
      {"void (*fp(int))(double)", "fp"},
      {"decltype(auto) da()", "da"},
      {"void lot(void (*)(int), int (&)[3])", "lot"},
      {"void outer::inner::m() const &", "outer::inner::m"},
      {"net::session::session()", "net::session::session"},
      {"net::session::~session()", "net::session::~session"},
      {"void withl()::L::m()", "withl::L::m"},
  };
  for (const sample& each : samples) EXPECT_EQ(cleaned(each.pretty), each.name) << each.pretty;
}

TEST(FunctionName, OfALambdaSaysWhereItIs) {
  constexpr sample samples[] = {
      {"auto main()::(anonymous class)::operator()(int) const", "main::lambda"},
      {"auto (anonymous class)::operator()(int) const", "lambda"},
      {"auto withl()::(anonymous class)::operator()()::(anonymous class)::operator()() const",
       "withl::lambda::lambda"},
      {"auto net::session::serve(int) const::(anonymous class)::operator()(auto) const [x:auto = "
       "int]",
       "net::session::serve::lambda"},
      {"main()::<lambda(int)>", "main::lambda"},
      {"withl()::<lambda()>::<lambda()>", "withl::lambda::lambda"},
      {"<lambda(int)>", "lambda"},
      {"void main()::<lambda(int)>::operator()(main()::<lambda(int)>::_ZZ4mainENKUliE_clEi.Frame*)",
       "main::lambda"},
      {"void serve(serve(std::vector<int>)::_Z5serveSt6vectorIiSaIiEE.Frame*)::<lambda(auto:11)>::"
       "operator()(serve(serve(std::vector<int>)::_Z5serve.Frame*)::<lambda(auto:11)>::_ZZ5serve."
       "Frame*)",
       "serve::lambda"},
      {"void main::{lambda(int)#1}::operator()(int) const", "main::lambda"},
      {"auto main()::'lambda'(int)::operator()(int) const", "main::lambda"},
  };
  for (const sample& each : samples) EXPECT_EQ(cleaned(each.pretty), each.name) << each.pretty;
}

TEST(FunctionName, KeepsTemplatesShort) {
  constexpr sample samples[] = {
      {"task<> net::worker<int>::go(U, std::function<void (T)>) [T = int, U = char]",
       "net::worker<int>::go"},
      {"task<> net::worker<std::vector<std::basic_string<char>>>::run(T) [T = int]",
       "net::worker<...>::run"},
      {"void bb<true>::f() [B = true]", "bb<true>::f"},
      {"void num() [with int N = 3]", "num"},
      {"void worker<T>::run(T) [with T = int]", "worker<T>::run"},
      {"task<> tf(T) [T = std::vector<int>]", "tf"},
      {"void callf(F) [F = (lambda at names.cpp:27:13)]", "callf"},
      {"int f<&s::operator->>(int)", "f<&s::operator->>"},
  };
  for (const sample& each : samples) EXPECT_EQ(cleaned(each.pretty), each.name) << each.pretty;
}

TEST(FunctionName, OfAnOperatorIsWhole) {
  constexpr sample samples[] = {
      {"task<> (anonymous namespace)::local::operator()(int) const", "local::operator()"},
      {"bool (anonymous namespace)::local::operator bool()", "local::operator bool"},
      {"{anonymous}::local::operator bool()", "local::operator bool"},
      {"void (anonymous namespace)::local::operator<<(int)", "local::operator<<"},
      {"bool local::operator<(int)", "local::operator<"},
      {"local *local::operator->()", "local::operator->"},
      {"int local::operator[](int)", "local::operator[]"},
      {"static void *local::operator new(std::size_t)", "local::operator new"},
      {"std::strong_ordering operator<=>(const a &, const b &)", "operator<=>"},
      {"int operators::operator_count()", "operators::operator_count"},
  };
  for (const sample& each : samples) EXPECT_EQ(cleaned(each.pretty), each.name) << each.pretty;
}

TEST(FunctionName, IsCleanedOfWhatGccAdds) {
  constexpr sample samples[] = {
      {"const std::string& ref()", "ref"},
      {"std::vector<int>* tr()", "tr"},
      {"void (* fp(int))(double)", "fp"},
      {"static void* {anonymous}::local::operator new(std::size_t)", "local::operator new"},
      {"std::string f[abi:cxx11](int)", "f"},
      {"void {anonymous}::leak_racer(leak_racer(const std::string&, int*)::_ZN12_GLOBAL__N_110leak_"
       "racerERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEEPi.Frame*)",
       "leak_racer"},
      {"void {anonymous}::local::operator()({anonymous}::local::operator()(int) const::_ZNK12_"
       "GLOBAL__N_15localclEi.Frame*)",
       "local::operator()"},
      {"void net::worker<int>::go(net::worker<int>::go<std::__cxx11::basic_string<char> "
       ">(std::__cxx11::basic_string<char>)::_ZN3net6workerIiE2goE.Frame*)",
       "net::worker<int>::go"},
      {"void tf(tf<int>(int)::_Z2tfIiE4taskIvET_.Frame*)", "tf"},
  };
  for (const sample& each : samples) EXPECT_EQ(cleaned(each.pretty), each.name) << each.pretty;
}

TEST(FunctionName, IsLeftAloneWhereItIsClean) {
  for (const char* name : {"main", "net::session::serve", "worker<int>::run", "main::lambda"})
    EXPECT_EQ(cleaned(name), name);
}

TEST(FunctionName, IsNeverEmptyUnlessNothingIsGiven) {
  EXPECT_EQ(cleaned(""), "");
  EXPECT_EQ(cleaned(nullptr), "");
  for (const char* odd : {"()", "(", "<", "[with]", "(anonymous namespace)", "operator", "'lambda",
                          "void ", "{", "decltype(", "(*", "<lambda"})
    EXPECT_NE(cleaned(odd), "") << odd;
}

TEST(FunctionName, ThatIsTooLongIsCut) {
  const std::string longest(5000, 'x');
  const std::string name = cleaned(longest.c_str());
  EXPECT_LT(name.size(), 300u);
  EXPECT_TRUE(name.ends_with("xxx..."));
  EXPECT_EQ(cleaned(("void " + longest + " f(int)").c_str()), "f");
}

template <class T>
struct station {
  std::source_location call() { return std::source_location::current(); }
};
std::source_location here() { return std::source_location::current(); }

// As this very compiler writes them.
TEST(FunctionName, IsCleanOfThisCompilersTexts) {
  EXPECT_EQ(cleaned(here().function_name()), "leash::detail::here");
  const std::string member = cleaned(station<int>().call().function_name());
  EXPECT_TRUE(member == "leash::detail::station<int>::call" ||
              member == "leash::detail::station<T>::call")
      << member;
  const auto inside = [] { return std::source_location::current(); };
  EXPECT_TRUE(cleaned(inside().function_name()).ends_with("::lambda"));
}

}  // namespace
}  // namespace leash::detail
