#include "model/machine.hpp"

#include <functional>

#include "model/machine_steps.hpp"
#include "model/world.hpp"

namespace leash::testing::model {
namespace {

std::string_view doing(const actor_report& shown) {
  if (shown.gone) return "gone";
  if (!shown.busy) return "idle";
  if (detail::state_of(shown.record->word.load()) != detail::wait_state::waiting) return "moving";
  return detail::text_of(shown.record->reason.load());
}

}  // namespace

// Does the steps that come into its inbox, one after the other, until it is unwound.
task<> act(machine& in, std::size_t actor) {
  const auto report = [&in, actor](auto change) {
    const std::lock_guard guard(in.reports_lock_);
    change(in.reports_[actor]);
  };
  struct at_end {
    const decltype(report)& tell;
    ~at_end() {
      tell([](actor_report& own) { own.gone = true; });
    }
  };
  const at_end last{report};
  report([](actor_report& own) { own.record = detail::current_goroutine(); });
  const channel<order> inbox = *in.inboxes_[actor];
  holdings held;
  while (const auto next = co_await inbox.receive()) {
    report([&in](actor_report& own) {
      own.busy = true;
      if (in.remembers_) own.so_far += own.last;
    });
    if (next->second.what == action::finish) {
      report([&](actor_report& own) { own.last = result::of_step(next->first, result::ok); });
      co_return;
    }
    const std::string what = co_await perform(in, held, actor, *next);
    report([&](actor_report& own) {
      own.last = result::of_step(next->first, what);
      own.busy = false;
    });
  }
}

machine::machine()
    : chans{channel<int>(capacities[0]), channel<int>(capacities[1]), channel<int>(capacities[2]),
            channel<int>::nil()},
      conds{cond(lock), cond(rw)},
      permits_of(permits),
      answers(capacities[replies]),
      alarm(std::chrono::hours(1)),
      beat(std::chrono::hours(1)),
      contexts{with_cancel(background()), with_cancel(background())} {
  contexts[1] = with_cancel(contexts[0].context());
  alarm.stop();
  beat.stop();
}

void machine::spawn(std::size_t actor) {
  leashes[actor].emplace(with_cancel(background()));
  inboxes_[actor].emplace(4);
  reports_[actor] = {};
  ends[actor] = leash::spawn(*leashes[actor], act, std::ref(*this), actor);
}

void machine::issue(const order& given) const {
  static_cast<void>(inboxes_[given.second.actor]->try_send(order(given)));
}

void machine::remember() {
  const std::lock_guard guard(reports_lock_);
  remembers_ = true;
}

bool machine::is_gone(std::size_t actor) const {
  const std::lock_guard guard(reports_lock_);
  return reports_[actor].gone;
}

bool machine::is_free(std::size_t actor) const {
  const std::lock_guard guard(reports_lock_);
  return reports_[actor].gone || !reports_[actor].busy;
}

bool machine::ends_without_senders() const {
  try {
    for (;;) static_cast<void>(answers.sender());
  } catch (const error&) {
    return answers.is_closed();  // there is none left
  }
}

std::string machine::seen() const {
  std::string text;
  {
    const std::lock_guard guard(reports_lock_);
    for (std::size_t i = 0; i < actors; ++i)
      text += seen_actor(i, doing(reports_[i]), reports_[i].so_far + reports_[i].last);
  }
  for (std::size_t i = 0; i < nil_channel; ++i)
    text += seen_channel(i, chans[i].size(), chans[i].is_closed());
  text += seen_channel(replies, answers.size(), answers.is_closed());
  text += seen_channel(of_timer, alarm.channel().size(), false);
  text += seen_channel(of_ticker, beat.channel().size(), false);
  return text + seen_rest(permits_of.available(), {onces[0].has_run(), onces[1].has_run()},
                          {contexts[0].context().is_done(), contexts[1].context().is_done()});
}

}  // namespace leash::testing::model
