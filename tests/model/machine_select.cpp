#include "model/machine_steps.hpp"
#include "model/world.hpp"

namespace leash::testing::model {
namespace {

// One case of a select, and where what it receives goes.
struct live_case {
  machine& in;
  select_case what;
  int value;  // to send
  std::size_t actor;
  std::optional<int>& into;
  std::optional<timer::time_point>& time;  // from a timer
};

// Calls make(on_receive(…)), or whatever case it is.
template <class Make>
auto with_channel_case(const live_case& each, Make make) {
  const std::size_t on = each.what.object;
  if (each.what.kind == case_kind::send) return make(on_send(each.in.chans[on], each.value));
  if (on < channels) return make(on_receive(each.in.chans[on], each.into));
  if (on == replies) return make(on_receive(each.in.answers, each.into));
  return make(on_receive(timer_channel(each.in, on), each.time));
}
template <class Make>
auto with_case(const live_case& each, Make make) {
  switch (each.what.kind) {
    case case_kind::done:
      return make(on_done(each.in.contexts[each.what.object].context()));
    case case_kind::timeout:
      return make(on_timeout(std::chrono::nanoseconds(lasting(each.what.object, each.actor))));
    case case_kind::otherwise:
      return make(otherwise());
    default:
      return with_channel_case(each, make);
  }
}

template <class... Cases>
task<std::size_t> select_of(Cases... cases) {
  co_return co_await select(std::move(cases)...);
}

task<std::size_t> by_select(std::vector<live_case>& cases) {
  if (cases.empty()) return select_of();
  if (cases.size() == 1)
    return with_case(cases[0], [](auto only) { return select_of(std::move(only)); });
  return with_case(cases[1], [&cases](auto second) {
    return with_channel_case(
        cases[0], [&second](auto first) { return select_of(std::move(first), std::move(second)); });
  });
}

task<std::size_t> by_selector(const std::vector<live_case>& cases) {
  selector any;
  for (const live_case& each : cases)
    with_case(each, [&any](auto given) { any.add(std::move(given)); });
  co_return co_await any.wait();
}

bool on_channel(const select_case& each) {
  return each.kind == case_kind::send || each.kind == case_kind::receive;
}

}  // namespace

task<std::string> perform_select(machine& in, std::size_t actor, order given) {
  const std::vector<select_case> cases = cases_of(given.second);
  std::array<std::optional<int>, 3> into;
  std::array<std::optional<timer::time_point>, 3> time;
  std::vector<live_case> live;
  for (std::size_t i = 0; i < cases.size(); ++i)
    live.push_back({in, cases[i], value_of(given.first, i), actor, into[i], time[i]});
  const bool short_enough = cases.size() < 2 || (cases.size() == 2 && on_channel(cases[0]));
  const std::size_t chosen = given.second.what == action::select && short_enough
                                 ? co_await by_select(live)
                                 : co_await by_selector(live);
  if (time[chosen]) co_return result::chosen(chosen, in.time_of(*time[chosen]));
  if (cases[chosen].kind == case_kind::receive) co_return result::chosen(chosen, into[chosen]);
  co_return result::chosen(chosen);
}

}  // namespace leash::testing::model
