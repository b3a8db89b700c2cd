#include "model/program_generator.hpp"

#include <utility>

namespace leash::testing::model {
namespace {

namespace gen = rc::gen;
using rc::Gen;

// What a program is about. Few kinds of steps lead deeper than all of them do.
Gen<action> about_everything() {
  return gen::weightedElement<action>({{9, action::send},
                                       {3, action::try_send},
                                       {9, action::receive},
                                       {3, action::try_receive},
                                       {2, action::close},
                                       {6, action::select},
                                       {4, action::select_by_list},
                                       {7, action::lock},
                                       {2, action::try_lock},
                                       {5, action::unlock},
                                       {5, action::lock_to_write},
                                       {6, action::lock_to_read},
                                       {2, action::try_lock_to_write},
                                       {2, action::try_lock_to_read},
                                       {5, action::unlock_rw},
                                       {6, action::wait_cond},
                                       {4, action::signal},
                                       {2, action::broadcast},
                                       {7, action::acquire},
                                       {3, action::try_acquire},
                                       {4, action::release},
                                       {4, action::add},
                                       {3, action::wait_group},
                                       {2, action::call_once},
                                       {1, action::call_once_throw},
                                       {3, action::call_once_receive},
                                       {2, action::wait_done},
                                       {2, action::cancel_context},
                                       {8, action::cancel_actor},
                                       {2, action::sleep},
                                       {3, action::take_sender},
                                       {2, action::reply},
                                       {1, action::drop_sender},
                                       {3, action::reset_timer},
                                       {1, action::stop_timer},
                                       {3, action::join},
                                       {2, action::finish}});
}

Gen<action> about_channels() {
  return gen::weightedElement<action>({{5, action::send},
                                       {2, action::try_send},
                                       {5, action::receive},
                                       {2, action::try_receive},
                                       {1, action::close},
                                       {5, action::select},
                                       {4, action::select_by_list},
                                       {1, action::wait_done},
                                       {1, action::cancel_context},
                                       {3, action::cancel_actor}});
}

Gen<action> about_mutex_and_conds() {
  return gen::weightedElement<action>({{4, action::lock},
                                       {1, action::try_lock},
                                       {2, action::unlock},
                                       {1, action::lock_to_write},
                                       {1, action::lock_to_read},
                                       {1, action::unlock_rw},
                                       {5, action::wait_cond},
                                       {3, action::signal},
                                       {1, action::broadcast},
                                       {3, action::cancel_actor}});
}

Gen<action> about_rw_mutex() {
  return gen::weightedElement<action>({{4, action::lock_to_write},
                                       {5, action::lock_to_read},
                                       {1, action::try_lock_to_write},
                                       {1, action::try_lock_to_read},
                                       {3, action::unlock_rw},
                                       {1, action::wait_cond},
                                       {1, action::signal},
                                       {3, action::cancel_actor}});
}

Gen<action> about_counts() {
  return gen::weightedElement<action>({{5, action::acquire},
                                       {2, action::try_acquire},
                                       {2, action::release},
                                       {3, action::add},
                                       {2, action::wait_group},
                                       {1, action::call_once},
                                       {1, action::call_once_throw},
                                       {3, action::call_once_receive},
                                       {1, action::send},
                                       {4, action::cancel_actor}});
}

Gen<action> about_replies_and_time() {
  return gen::weightedElement<action>({{5, action::take_sender},
                                       {4, action::reply},
                                       {1, action::drop_sender},
                                       {6, action::receive},
                                       {1, action::try_receive},
                                       {3, action::select},
                                       {2, action::select_by_list},
                                       {4, action::reset_timer},
                                       {2, action::stop_timer},
                                       {1, action::sleep},
                                       {3, action::join},
                                       {2, action::finish},
                                       {3, action::cancel_actor}});
}

// The nil channel is rare: whoever uses it waits until it is cancelled.
Gen<std::size_t> some_channel() {
  return gen::weightedElement<std::size_t>(
      {{20, 0}, {15, 1}, {8, 2}, {1, nil_channel}, {3, replies}, {2, of_timer}, {2, of_ticker}});
}
Gen<std::size_t> rather_a_reply_or_time() {
  return gen::weightedElement<std::size_t>(
      {{1, 0}, {1, 1}, {9, replies}, {5, of_timer}, {5, of_ticker}});
}

// What can be sent to as well.
std::size_t both_ways(std::size_t channel) {
  return channel < channels ? channel : channel - channels;
}

Gen<select_case> some_case(Gen<std::size_t> channel) {
  return gen::map(gen::pair(gen::weightedElement<case_kind>({{2, case_kind::none},
                                                             {6, case_kind::receive},
                                                             {6, case_kind::send},
                                                             {2, case_kind::done}}),
                            std::move(channel)),
                  [](std::pair<case_kind, std::size_t> got) {
                    if (got.first == case_kind::done) got.second %= pairs;
                    if (got.first == case_kind::send) got.second = both_ways(got.second);
                    return select_case{got.first, got.second};
                  });
}

Gen<select_case> last_case() {
  return gen::map(
      gen::pair(gen::weightedElement<case_kind>({{6, case_kind::none},
                                                 {2, case_kind::done},
                                                 {2, case_kind::timeout},
                                                 {2, case_kind::otherwise}}),
                gen::inRange<std::size_t>(0, pairs)),
      [](std::pair<case_kind, std::size_t> got) { return select_case{got.first, got.second}; });
}

std::size_t object_for(action what, std::size_t channel, std::size_t small) {
  switch (what) {
    case action::cancel_actor:
    case action::join:
      return small;
    case action::reset_timer:
    case action::stop_timer:
      return small % 2 == 0 ? of_timer : of_ticker;
    case action::send:
    case action::try_send:
    case action::close:
      return both_ways(channel);
    case action::wait_cond:
    case action::signal:
    case action::broadcast:
    case action::call_once:
    case action::call_once_throw:
    case action::call_once_receive:
    case action::wait_done:
    case action::cancel_context:
      return small % pairs;
    default:
      return channel;
  }
}

std::size_t number_for(action what, std::size_t channel, std::size_t small) {
  switch (what) {
    case action::acquire:
    case action::try_acquire:
      return small;  // one more than there are at most
    case action::add:
      return small % 4;
    case action::call_once_receive:
      return both_ways(channel);
    case action::sleep:
      return small % 3;
    case action::reset_timer:
      return small / 2;
    default:
      return 0;
  }
}

Gen<step> steps(Gen<action> about, const Gen<std::size_t>& channel, bool together) {
  return gen::map(
      gen::tuple(gen::inRange<std::size_t>(0, actors), std::move(about), channel,
                 gen::inRange<std::size_t>(0, actors),
                 together ? gen::weightedElement<bool>({{1, false}, {1, true}}) : gen::just(false),
                 gen::tuple(some_case(channel), some_case(channel), last_case())),
      [](const auto& got) {
        const auto& [actor, what, channel, small, at_once, cases] = got;
        step made{.actor = actor, .what = what, .together = at_once};
        made.object = object_for(what, channel, small);
        made.number = number_for(what, channel, small);
        if (what == action::select || what == action::select_by_list)
          made.cases = {std::get<0>(cases), std::get<1>(cases), std::get<2>(cases)};
        return made;
      });
}

}  // namespace

Gen<program> programs(bool together) {
  const auto about = [together](Gen<action> what,
                                const Gen<std::size_t>& channel = some_channel()) {
    return gen::container<std::vector<step>>(steps(std::move(what), channel, together));
  };
  return gen::map(
      gen::oneOf(about(about_everything()), about(about_channels()), about(about_mutex_and_conds()),
                 about(about_rw_mutex()), about(about_counts()),
                 about(about_replies_and_time(), rather_a_reply_or_time())),
      [](std::vector<step> made) { return program{std::move(made)}; });
}

}  // namespace leash::testing::model
