#include "model/free_run.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <sstream>

#include "model/machine_steps.hpp"
#include "model/world.hpp"

namespace leash::testing::model {
namespace {

// On the heap: see machine.
class free_run {
 public:
  explicit free_run(const program& given)
      : steps_(given.steps), sent_(10 * given.steps.size()), received_(10 * given.steps.size()) {}

  task<std::string> run() {
    for (std::size_t from = 0; from < steps_.size() && complaint_.empty(); from += round)
      co_await run_round(from, std::min(from + round, steps_.size()));
    if (complaint_.empty()) check_values();
    co_return complaint_;
  }

 private:
  static constexpr std::size_t round = 30;  // steps

  struct actor_view {
    std::mutex lock;
    std::optional<step> doing;
  };

  task<> run_round(std::size_t from, std::size_t to) {
    for (std::size_t i = 0; i < actors; ++i) live_.leashes[i].emplace(with_cancel(background()));
    const channel<> all_are_there;
    for (std::size_t i = 0; i < actors; ++i) {
      views_[i].doing.reset();
      live_.ends[i] = spawn(*live_.leashes[i], [this, i, from, to, all_are_there] {
        return act(i, from, to, all_are_there);
      });
    }
    all_are_there.close();
    // Virtual time goes on when nothing moves.
    co_await sleep(std::chrono::seconds(1));
    for (std::size_t i = 0; i < actors; ++i) check_wait(i);
    check_queues();
    for (const auto& each : live_.leashes) each->cancel();
    co_await sleep(std::chrono::seconds(1));
    check_all_is_free();
  }

  task<> act(std::size_t actor, std::size_t from, std::size_t to, channel<> all_are_there) {
    co_await all_are_there.receive();
    holdings held;
    struct at_end {
      free_run& in;
      const std::size_t actor;
      ~at_end() { in.set_doing(actor, std::nullopt); }
    };
    const at_end unwound{*this, actor};
    for (std::size_t i = from; i < to; ++i) {
      if (steps_[i].actor != actor) continue;
      if (steps_[i].what == action::finish) co_return;
      set_doing(actor, steps_[i]);
      note(i, co_await perform(live_, held, actor, {i, steps_[i]}));
      set_doing(actor, std::nullopt);
      co_await look_at(held);
    }
    // Keeps what it holds until it is unwound.
    co_await channel<>::nil().receive();
  }

  void set_doing(std::size_t actor, std::optional<step> what) {
    const std::lock_guard guard(views_[actor].lock);
    views_[actor].doing = what;
  }

  // What a step gave: values that were sent and received, and the number in the wait_group.
  void note(std::size_t index, const std::string& what) {
    const step& done = steps_[index];
    switch (done.what) {
      case action::send:
      case action::try_send:
      case action::reply:
        if (what == result::ok) ++sent_[static_cast<std::size_t>(value_of(index))];
        break;
      case action::receive:
      case action::try_receive:
        note_received(done.object, what);
        break;
      case action::select:
      case action::select_by_list:
        if (what.starts_with("case ")) note_chosen(index, what);
        break;
      case action::add:
        if (what == result::ok) count_ += added_by(done);
        break;
      default:
        break;
    }
  }
  void note_received(std::size_t from, const std::string& what) {
    if (from == of_timer || from == of_ticker) return;
    if (what.find_first_not_of("0123456789") == std::string::npos) ++received_[std::stoul(what)];
  }
  void note_chosen(std::size_t index, const std::string& what) {
    const std::size_t chosen = std::stoul(what.substr(5));
    const select_case took = cases_of(steps_[index])[chosen];
    if (took.kind == case_kind::send) ++sent_[static_cast<std::size_t>(value_of(index, chosen))];
    if (took.kind == case_kind::receive)
      note_received(took.object, what.substr(what.find(": ") + 2));
  }

  // Others run meanwhile. Without the lock this is a data race, and the numbers are wrong.
  task<> look_at(holdings& held) {
    const bool writes = held.rw.owns_lock() && !held.rw.is_shared();
    const std::size_t under_mutex = held.lock.owns_lock() ? ++under_mutex_ : 0;
    const std::size_t under_rw = writes ? ++under_rw_ : held.rw.owns_lock() ? under_rw_ : 0;
    struct in_use {
      std::atomic<std::size_t>& all;
      const std::size_t mine;
      ~in_use() { all -= mine; }
    };
    const in_use used{in_use_, held.permits.size()};
    if (in_use_ += used.mine; in_use_ > permits) complain("a semaphore gave more than it has");
    co_await this_goroutine::yield();
    if (held.lock.owns_lock() && under_mutex_ != under_mutex)
      complain("the mutex does not exclude");
    if (held.rw.owns_lock() && under_rw_ != under_rw) complain("the rw_mutex does not exclude");
  }

  // Nobody waits for what is there.
  void check_wait(std::size_t actor) {
    const std::lock_guard guard(views_[actor].lock);
    if (!views_[actor].doing) return;
    const step& what = *views_[actor].doing;
    const auto can = [&](bool possible) {
      if (possible) complain("an actor waits for what is there", what);
    };
    const auto can_receive = [&](std::size_t on) {
      if (on == replies) return live_.answers.size() != 0 || live_.answers.is_closed();
      if (on > replies) return timer_channel(live_, on).size() != 0;
      return on != nil_channel && (live_.chans[on].size() != 0 || live_.chans[on].is_closed());
    };
    const auto can_send = [&](std::size_t on) {
      return on != nil_channel &&
             (live_.chans[on].size() < capacities[on] || live_.chans[on].is_closed());
    };
    switch (what.what) {
      case action::send:
        ++senders_[what.object];
        return can(can_send(what.object));
      case action::receive:
        ++receivers_[what.object];
        return can(can_receive(what.object));
      case action::select:
      case action::select_by_list:
        for (const select_case& each : cases_of(what)) {
          if (each.kind == case_kind::receive) can(can_receive(each.object));
          if (each.kind == case_kind::send) can(can_send(each.object));
          if (each.kind == case_kind::done) can(live_.contexts[each.object].context().is_done());
          can(each.kind == case_kind::timeout || each.kind == case_kind::otherwise);
        }
        return;
      case action::lock:
        return can(live_.lock.try_lock().owns_lock());
      case action::lock_to_write:
        return can(live_.rw.try_lock().owns_lock());
      case action::lock_to_read:
        return can(live_.rw.try_lock_shared().owns_lock());
      case action::acquire:
        return can(!live_.permits_of.try_acquire(what.number).is_empty());
      case action::wait_group:
        return can(count_ == 0);
      case action::call_once:
      case action::call_once_throw:
        return can(live_.onces[what.object].has_run());
      case action::wait_done:
        return can(live_.contexts[what.object].context().is_done());
      case action::join:
        return can(live_.ends[what.object].has_ended());
      case action::wait_cond:
      case action::call_once_receive:
        return;
      default:
        complain("an actor waits in a step that does not wait", what);
    }
  }

  void check_queues() {
    for (std::size_t i = 0; i < nil_channel; ++i)
      if (senders_[i] != 0 && receivers_[i] != 0) complain("a sender and a receiver wait at once");
    senders_ = {};
    receivers_ = {};
  }

  void check_all_is_free() {
    if (num_goroutines() != 1) complain("goroutines are left");
    if (!live_.lock.try_lock().owns_lock()) complain("the mutex is locked");
    if (!live_.rw.try_lock().owns_lock()) complain("the rw_mutex is locked");
    if (live_.permits_of.try_acquire(permits).is_empty()) complain("permits are lost");
    if (in_use_ != 0) complain("a holder was not destroyed");
  }

  void check_values() {
    for (std::size_t i = 0; i < nil_channel; ++i)
      for (std::optional<int> left; live_.chans[i].try_receive(left) == op_status::success;)
        ++received_[static_cast<std::size_t>(*left)];
    for (std::optional<int> left; live_.answers.try_receive(left) == op_status::success;)
      ++received_[static_cast<std::size_t>(*left)];
    if (!live_.ends_without_senders()) complain("the reply_channel waits for who is gone");
    // What a once's body receives is not noted.
    const bool all_noted = std::none_of(steps_.begin(), steps_.end(), [](const step& each) {
      return each.what == action::call_once_receive;
    });
    for (std::size_t i = 0; i < sent_.size(); ++i) {
      if (sent_[i] > 1 || received_[i] > 1) complain("a value went twice: " + std::to_string(i));
      if (received_[i] > sent_[i]) complain("a value came from nowhere: " + std::to_string(i));
      if (all_noted && received_[i] < sent_[i]) complain("a value is lost: " + std::to_string(i));
    }
  }

  void complain(const std::string& what) {
    const std::lock_guard guard(complaint_lock_);
    complaint_ += what + '\n';
  }
  void complain(const std::string& what, const step& where);

  const std::vector<step>& steps_;
  machine live_;
  std::array<actor_view, actors> views_;
  std::vector<std::atomic<int>> sent_;
  std::vector<std::atomic<int>> received_;
  std::atomic<std::int64_t> count_{0};
  std::size_t under_mutex_ = 0;
  std::size_t under_rw_ = 0;
  std::atomic<std::size_t> in_use_{0};
  std::array<int, sources> senders_{};
  std::array<int, sources> receivers_{};
  std::mutex complaint_lock_;
  std::string complaint_;
};

void free_run::complain(const std::string& what, const step& where) {
  std::ostringstream text;
  text << what << ": " << where;
  complain(text.str());
}

}  // namespace

std::string broken_invariant(const program& given, std::uint32_t workers) {
  std::string complaint;
  const runtime_options options{
      .processors = workers, .leaks = leak_policy::off, .virtual_time = true};
  leash::run(
      [&]() -> task<> {
        const auto free = std::make_unique<free_run>(given);
        complaint = co_await free->run();
      },
      options);
  return complaint;
}

}  // namespace leash::testing::model
