#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <exception>
#include <optional>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <leash/detail/sync/group.hpp>
#include <leash/scope.hpp>
#include <leash/select.hpp>
#include <leash/time.hpp>

// The API racer: several tasks at once, the first answer wins, the losers are unwound before race
// returns, so that none can leak.
//
//   auto won = co_await race(ask("google"), ask("bing"));
//   use(won.index, won.value);

namespace leash {

// What became of one attempt of a race.
enum class fate : std::uint8_t {
  won,          // its answer is the race's
  canceled,     // unwound, because another had won
  failed,       // threw; see the receipt's error
  late,         // answered too, before it could be unwound; the answer was dropped
  not_started,  // its turn never came
};
const char* text_of(fate what) noexcept;

struct receipt {
  leash::fate fate = fate::not_started;
  std::chrono::nanoseconds after{0};  // from the start of the race to the end of the attempt
  std::exception_ptr error;           // of a failed attempt
};

struct race_options {
  // Zero: all at once. Else an attempt starts when the one before it has run that long without an answer,
  // or as soon as one has failed.
  std::chrono::nanoseconds hedge_delay{0};
};

template <class T>
struct race_result {
  std::size_t index;              // of the winner
  T value;                        // what it returned
  std::vector<receipt> receipts;  // of all attempts, the winner's too
};

// Thrown when every attempt failed; carries each one's error, in the order of the attempts.
class no_winner : public error {
 public:
  explicit no_winner(std::vector<receipt> attempts);
  const std::vector<receipt>& receipts() const noexcept { return receipts_; }

 private:
  std::vector<receipt> receipts_;
};

namespace detail {

template <class T>
using value_of = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class... T>
struct raced {
  using type = std::variant<value_of<T>...>;
};
template <class T, class... Rest>
  requires(std::same_as<T, Rest> && ...)
struct raced<T, Rest...> {
  using type = value_of<T>;
};
template <class... T>
using raced_value = typename raced<T...>::type;

// What the attempts of one race share: lives in the racer's frame. Guarded by the group's lock.
class race_state : public group {
 public:
  race_state(object* parent, std::size_t attempts, bool failures_win)
      : group(parent), receipts(attempts), began(leash::now()), failures_win(failures_win) {}

  // True for the first who asks: it has won.
  bool win(std::size_t index) noexcept;

  static constexpr std::size_t nobody = ~std::size_t{0};
  std::vector<receipt> receipts;
  std::size_t winner = nobody;
  const clock_time began;
  const bool failures_win;
  channel<> failures = channel<>::nil();  // a hedged race's: one for each attempt that failed
};

template <class T, class Value, class Index>
class attempt final : public group_child {
 public:
  attempt(race_state& race, std::size_t index, std::optional<Value>& into) noexcept
      : group_child(race), race_(&race), index_(index), into_(&into) {}

  void completed(promise_base* root) noexcept override {
    receipt& mine = race_->receipts[index_];
    mine.after = leash::now() - race_->began;
    if (root == nullptr) return;  // unwound: canceled, or its turn never came
    auto& promise = static_cast<task_promise<T>&>(*root);
    const bool answered = !promise.failure;
    if (!answered) mine.error = std::exchange(promise.failure, nullptr);
    const bool first = (answered || race_->failures_win) && race_->win(index_);
    mine.fate = !answered ? fate::failed : first ? fate::won : fate::late;
    if (first && answered) keep(promise);
    if (!answered) race_->failures.try_send();
    if (first) race_->cancel();
  }

 private:
  void keep(task_promise<T>& promise) noexcept {
    if constexpr (std::same_as<Value, value_of<T>>) {
      if constexpr (std::is_void_v<T>)
        into_->emplace();
      else
        into_->emplace(promise.take());
    } else if constexpr (std::is_void_v<T>) {
      into_->emplace(std::in_place_index<Index::value>);
    } else {
      into_->emplace(std::in_place_index<Index::value>, promise.take());
    }
  }

  race_state* race_;
  std::size_t index_;
  std::optional<Value>* into_;
};

template <class Value>
race_result<Value> outcome_of(race_state& race, std::optional<Value>& value) {
  if (race.winner == race_state::nobody) throw no_winner(std::move(race.receipts));
  if (!value) std::rethrow_exception(race.receipts[race.winner].error);
  return {race.winner, std::move(*value), std::move(race.receipts)};
}

template <class... T>
task<race_result<raced_value<T...>>> race_all(std::source_location where, bool failures_win,
                                              task<T>... tasks) {
  using value = raced_value<T...>;
  std::optional<value> answer;
  race_state race(current_leash(), sizeof...(T), failures_win);
  for (receipt& each : race.receipts) each.fate = fate::canceled;  // until it is known better
  std::tuple<task<T>...> waiting(std::move(tasks)...);
  const auto start = [&]<std::size_t... I>(std::index_sequence<I...>) {
    (start_task(new attempt<T, value, std::integral_constant<std::size_t, I>>(race, I, answer),
                &race.context(), where, std::move(std::get<I>(waiting))),
     ...);
  };
  start(std::index_sequence_for<T...>{});
  co_await race.join();
  co_return outcome_of(race, answer);
}

// A race whose attempts start one after the other: each starts the next, which first waits its turn.
template <class T>
struct hedged_race : race_state {
  hedged_race(object* parent, std::vector<task<T>> given, const race_options& how,
              std::source_location at)
      : race_state(parent, given.size(), false), tasks(std::move(given)), options(how), where(at) {
    failures = channel<>(tasks.size());
  }

  void start(std::size_t index) {
    start_task(new attempt<T, value_of<T>, void>(*this, index, answer), &context(), where,
               turn(*this, index));
  }

  static task<T> turn(hedged_race& race, std::size_t index) {
    if (index > 0) co_await select(on_receive(race.failures), on_timeout(race.options.hedge_delay));
    race.receipts[index].fate = fate::canceled;  // until it is known better
    if (index + 1 < race.tasks.size()) race.start(index + 1);
    co_return co_await std::move(race.tasks[index]);
  }

  std::optional<value_of<T>> answer;
  std::vector<task<T>> tasks;
  const race_options options;
  const std::source_location where;
};

template <class T>
task<race_result<value_of<T>>> race_each(std::source_location where, bool failures_win,
                                         race_options options, std::vector<task<T>> tasks) {
  if (options.hedge_delay > options.hedge_delay.zero() && !tasks.empty()) {
    hedged_race<T> race(current_leash(), std::move(tasks), options, where);
    race.start(0);
    co_await race.join();
    co_return outcome_of(race, race.answer);
  }
  std::optional<value_of<T>> answer;
  race_state race(current_leash(), tasks.size(), failures_win);
  for (receipt& each : race.receipts) each.fate = fate::canceled;  // until it is known better
  for (std::size_t i = 0; i < tasks.size(); ++i)
    start_task(new attempt<T, value_of<T>, void>(race, i, answer), &race.context(), where,
               std::move(tasks[i]));
  co_await race.join();
  co_return outcome_of(race, answer);
}

}  // namespace detail

// co_await race(a(), b(), …): the first task that returns wins; one that throws is out of the race. The
// losers are cancelled, and race returns when the last of them is unwound. Tasks of different types give
// a variant (std::monostate for void). Throws no_winner when every task threw.
template <class First, class... Rest>
auto race(task<First> first, task<Rest>... rest) {
  return detail::race_all<First, Rest...>(std::source_location::current(), false, std::move(first),
                                          std::move(rest)...);
}
// The same for a number of tasks that is known at run time.
template <class T>
auto race(std::vector<task<T>> tasks,
          std::source_location where = std::source_location::current()) {
  return detail::race_each<T>(where, false, {}, std::move(tasks));
}
// The same, with the attempts hedged; see race_options.
template <class T>
auto race(const race_options& options, std::vector<task<T>> tasks,
          std::source_location where = std::source_location::current()) {
  return detail::race_each<T>(where, false, options, std::move(tasks));
}

// co_await first(a(), b(), …): the first task that finishes decides, also one that throws: its exception
// is rethrown. Otherwise as race.
template <class First, class... Rest>
auto first(task<First> one, task<Rest>... rest) {
  return detail::race_all<First, Rest...>(std::source_location::current(), true, std::move(one),
                                          std::move(rest)...);
}
template <class T>
auto first(std::vector<task<T>> tasks,
           std::source_location where = std::source_location::current()) {
  return detail::race_each<T>(where, true, {}, std::move(tasks));
}

}  // namespace leash
