#include <gtest/gtest.h>

#include <any>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <numeric>
#include <optional>
#include <ostream>
#include <vector>

#include "support/workers.hpp"

#include <leash/channel.hpp>
#include <leash/select.hpp>

// Power series as goroutines that compute one term when they are asked for it, after Doug McIlroy's
// "Squinting at power series", of which Go's test/chan/powser1.go and powser2.go are versions too.

namespace {

using namespace leash;

struct rational {
  std::int64_t over = 0;
  std::int64_t under = 1;

  static rational of(std::int64_t over, std::int64_t under) {
    const auto common = std::gcd(over, under) * (under < 0 ? -1 : 1);
    return {.over = over / common, .under = under / common};
  }
  friend bool operator==(const rational&, const rational&) = default;
  friend rational operator+(rational a, rational b) {
    return of(a.over * b.under + b.over * a.under, a.under * b.under);
  }
  friend rational operator*(rational a, rational b) {
    return of(a.over * b.over, a.under * b.under);
  }
  friend std::ostream& operator<<(std::ostream& to, rational shown) {
    return to << shown.over << '/' << shown.under;
  }
};

// A coefficient; none after the last.
using term = std::optional<rational>;

// What flows through the channels: terms, or values of any type that hold one.
template <class Item>
Item wrapped(term value) {
  if constexpr (std::same_as<Item, std::any>)
    return value ? std::any(*value) : std::any();
  else
    return value;
}
template <class Item>
term unwrapped(const Item& item) {
  if constexpr (std::same_as<Item, std::any>)
    return item.has_value() ? term(std::any_cast<rational>(item)) : term();
  else
    return item;
}

template <class Item>
struct series {
  channel<> wanted;
  channel<Item> terms;
};

template <class Item>
task<term> get(series<Item> from) {
  co_await from.wanted.send();
  co_return unwrapped<Item>(*co_await from.terms.receive());
}

template <class Item>
task<> put(term value, series<Item> to) {
  co_await to.wanted.receive();
  co_await to.terms.send(wrapped<Item>(value));
}

template <class Item>
task<> forward(series<Item> from, series<Item> to) {
  for (term each = rational(); each;) {
    co_await to.wanted.receive();
    each = co_await get(from);
    co_await to.terms.send(wrapped<Item>(each));
  }
}

// The same series twice. Either may be ahead, also while the next term, which may depend on the other, is
// being computed.
template <class Item>
task<> copy_to_two(series<Item> from, std::array<series<Item>, 2> to) {
  std::array<std::deque<term>, 2> kept;
  std::array<bool, 2> asked{};
  for (bool computing = false;;) {
    for (std::size_t i = 0; i < 2; ++i) {
      if (!asked[i] || kept[i].empty()) continue;
      co_await to[i].terms.send(wrapped<Item>(kept[i].front()));
      kept[i].pop_front();
      asked[i] = false;
    }
    const bool ask = !computing && (asked[0] || asked[1]);
    const auto request = [&](std::size_t i) { return asked[i] ? channel<>::nil() : to[i].wanted; };
    std::optional<Item> came;
    const auto chosen =
        co_await select(on_receive(request(0)), on_receive(request(1)),
                        on_send(ask ? from.wanted : channel<>::nil()),
                        on_receive(computing ? from.terms : channel<Item>::nil(), came));
    if (chosen < 2) asked[chosen] = true;
    if (chosen >= 2) computing = chosen == 2;
    if (came)
      for (auto& each : kept) each.push_back(unwrapped<Item>(*came));
  }
}

template <class Item>
std::array<series<Item>, 2> split(const series<Item>& from) {
  std::array<series<Item>, 2> to;
  go(copy_to_two<Item>, from, to);
  return to;
}

template <class Item>
series<Item> constant(rational value) {
  series<Item> made;
  go([made, value]() -> task<> {
    for (;;) co_await put<Item>(value, made);
  });
  return made;
}

template <class Item>
series<Item> sum(const series<Item>& a, const series<Item>& b) {
  series<Item> made;
  go([made, a, b]() -> task<> {
    for (;;) {
      co_await made.wanted.receive();
      const term left = co_await get(a);
      const term right = co_await get(b);
      const term both = left && right ? term(*left + *right) : left ? left : right;
      co_await made.terms.send(wrapped<Item>(both));
      if (left && right) continue;
      if (left || right) co_await forward(left ? a : b, made);
      co_return;
    }
  });
  return made;
}

template <class Item>
series<Item> scaled(rational by, const series<Item>& of) {
  series<Item> made;
  go([made, by, of]() -> task<> {
    for (term each = rational(); each;) {
      co_await made.wanted.receive();
      each = co_await get(of);
      if (each) each = by * *each;
      co_await made.terms.send(wrapped<Item>(each));
    }
  });
  return made;
}

// (a + xA)(b + xB) = ab + x(aB + bA) + x²AB
template <class Item>
series<Item> product(const series<Item>& left, const series<Item>& right) {
  series<Item> made;
  go([made, left, right]() -> task<> {
    co_await made.wanted.receive();
    const term a = co_await get(left);
    const term b = co_await get(right);
    co_await made.terms.send(wrapped<Item>(a && b ? term(*a * *b) : term()));
    if (!a || !b) co_return;
    const auto more_left = split(left);
    const auto more_right = split(right);
    const auto mixed = sum(scaled(*a, more_right[0]), scaled(*b, more_left[0]));
    co_await made.wanted.receive();
    co_await made.terms.send(wrapped<Item>(co_await get(mixed)));
    co_await forward(sum(mixed, product(more_left[1], more_right[1])), made);
  });
  return made;
}

template <class Item>
series<Item> derivative(const series<Item>& of) {
  series<Item> made;
  go([made, of]() -> task<> {
    co_await made.wanted.receive();
    co_await get(of);
    for (std::int64_t power = 1;; ++power) {
      const term each = co_await get(of);
      co_await made.terms.send(wrapped<Item>(each ? term(rational{power, 1} * *each) : each));
      if (!each) co_return;
      co_await made.wanted.receive();
    }
  });
  return made;
}

template <class Item>
series<Item> integral(rational constant_term, const series<Item>& of) {
  series<Item> made;
  go([made, constant_term, of]() -> task<> {
    co_await put<Item>(constant_term, made);
    term each = rational();
    for (std::int64_t power = 1; each; ++power) {
      co_await made.wanted.receive();
      each = co_await get(of);
      if (each) each = rational{1, power} * *each;
      co_await made.terms.send(wrapped<Item>(each));
    }
  });
  return made;
}

// e to the power of a series: its own product with the other's derivative, integrated. It feeds itself.
template <class Item>
series<Item> exponential(const series<Item>& of) {
  std::array<series<Item>, 2> made;
  go(copy_to_two<Item>, integral({1, 1}, product(made[0], derivative(of))), made);
  return made[1];
}

// c xⁿ instead of x.
template <class Item>
series<Item> substituted(const series<Item>& into, rational c, int n) {
  series<Item> made;
  go([made, into, c, n]() -> task<> {
    rational factor{1, 1};
    for (;;) {
      co_await made.wanted.receive();
      const term each = co_await get(into);
      co_await made.terms.send(wrapped<Item>(each ? term(*each * factor) : each));
      if (!each) co_return;
      factor = factor * c;
      for (int i = 1; i < n; ++i) co_await put<Item>(rational(), made);
    }
  });
  return made;
}

template <class Item>
task<> expect_terms(const char* what, series<Item> of, std::vector<rational> expected) {
  for (const rational& each : expected) EXPECT_EQ(co_await get(of), each) << what;
}

template <class Item>
task<> computes_power_series() {
  const auto ones = [] { return constant<Item>({1, 1}); };
  const auto twos = [] { return constant<Item>({2, 1}); };
  co_await expect_terms("1/(1-x)", ones(), {{1, 1}, {1, 1}, {1, 1}});
  co_await expect_terms("a sum", sum(ones(), twos()), {{3, 1}, {3, 1}, {3, 1}});
  co_await expect_terms("a difference", sum(ones(), scaled({-1, 1}, twos())), {{-1, 1}, {-1, 1}});
  std::vector<rational> numbers;
  std::vector<rational> inverses{{0, 1}};
  for (std::int64_t i = 1; i <= 10; ++i) {
    numbers.push_back({i, 1});
    inverses.push_back({1, i});
  }
  co_await expect_terms("a derivative", derivative(ones()), numbers);
  co_await expect_terms("an integral", integral({0, 1}, ones()), inverses);
  co_await expect_terms("a square", product(ones(), ones()), numbers);
  const std::vector<rational> exponentials{
      {1, 1},    {1, 1},      {3, 2},        {13, 6},       {73, 24},
      {167, 40}, {4051, 720}, {37633, 5040}, {43817, 4480}, {4596553, 362880}};
  co_await expect_terms("exp(1/(1-x) - 1)", exponential(ones()), exponentials);
  const std::vector<rational> arc{{0, 1}, {1, 1}, {0, 1}, {-1, 3}, {0, 1}, {1, 5}, {0, 1}, {-1, 7}};
  co_await expect_terms("atan(x)", integral({0, 1}, substituted(ones(), {-1, 1}, 2)), arc);
  series<Item> finite;
  go([finite]() -> task<> {
    co_await put<Item>(rational{5, 1}, finite);
    co_await put<Item>(term(), finite);
  });
  co_await expect_terms("one that ends", sum(finite, twos()), {{7, 1}, {2, 1}, {2, 1}});
}

class PowerSeries : public leash::testing::OverWorkers {};
LEASH_OVER_WORKERS(PowerSeries);

TEST_P(PowerSeries, OfNumbersAreComputedTermByTerm) { run(computes_power_series<term>); }

TEST_P(PowerSeries, OfValuesOfAnyTypeAreComputedTermByTerm) {
  run(computes_power_series<std::any>);
}

}  // namespace
