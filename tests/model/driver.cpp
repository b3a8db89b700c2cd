#include "model/driver.hpp"

#include <memory>
#include <sstream>

#include "model/machine.hpp"
#include "model/outcomes.hpp"

namespace leash::testing::model {
namespace {

class driver {
 public:
  explicit driver(const program& given) : steps_(given.steps) {}

  task<std::string> run() {
    for (std::size_t i = 0; i < actors; ++i) live_.spawn(i);
    co_await settle();
    for (std::size_t i = 0; i < steps_.size() && complaint_.empty();) {
      if (co_await wake_the_gone()) continue;
      std::vector<order> burst;
      while (i < steps_.size() && (burst.empty() || steps_[i].together) && take(burst, i)) ++i;
      if (burst.empty()) {
        // Everybody waits.
        co_await cancel(steps_[i].actor);
        continue;
      }
      for (const order& each : burst) live_.issue(each);
      model_.issue(burst);
      co_await settle();
    }
    for (std::size_t i = 0; i < actors && complaint_.empty(); ++i) co_await cancel(i);
    if (complaint_.empty()) check_end();
    co_return complaint_;
  }

 private:
  static constexpr std::size_t longest_burst = 3;

  // Gives a step to its actor, or to the next that can do it; rather to one for whom it makes sense.
  // False: all are busy.
  bool take(std::vector<order>& burst, std::size_t index) {
    step given = steps_[index];
    const auto can = [&](std::size_t actor) {
      for (const order& each : burst)
        if (each.second.actor == actor) return false;
      return live_.is_free(actor);
    };
    if (burst.size() == longest_burst) return false;
    for (std::size_t i = 0; i < 2 * actors; ++i, given.actor = (given.actor + 1) % actors) {
      if (!can(given.actor)) continue;
      if (i < actors && !makes_sense(model_.any(), given.actor, given)) continue;
      log_ << "  #" << index << ' ' << given << '\n';
      burst.emplace_back(index, given);
      return true;
    }
    return false;
  }

  // True: some were gone, and are there again.
  task<bool> wake_the_gone() {
    bool some = false;
    for (std::size_t i = 0; i < actors; ++i) {
      if (!live_.is_gone(i)) continue;
      live_.spawn(i);
      model_.respawn(i);
      some = true;
    }
    if (some) co_await settle();
    co_return some;
  }

  task<> cancel(std::size_t actor) {
    log_ << "  main: cancel actor " << actor << '\n';
    live_.leashes[actor]->cancel();
    model_.cancel(actor);
    co_await settle();
  }

  // Virtual time goes on when nothing moves.
  task<> settle() {
    co_await sleep(std::chrono::milliseconds(1));
    now_ += 1'000'000;
    model_.settle(now_);
    if (const std::string difference = model_.agree(live_.seen()); !difference.empty())
      complain(difference);
  }

  // Every actor is gone, and whatever it held.
  void check_end() {
    if (num_goroutines() != 1) complain("goroutines are left\n");
    if (!live_.lock.try_lock().owns_lock()) complain("the mutex is locked\n");
    if (!live_.rw.try_lock().owns_lock()) complain("the rw_mutex is locked\n");
    if (live_.permits_of.try_acquire(permits).is_empty()) complain("permits are lost\n");
    if (!live_.ends_without_senders()) complain("the reply_channel waits for who is gone\n");
  }

  void complain(const std::string& what) {
    complaint_ = "steps as they were done:\n" + log_.str() + what;
  }

  const std::vector<step>& steps_;
  machine live_;
  outcomes model_;
  std::int64_t now_ = 0;
  std::ostringstream log_;
  std::string complaint_;
};

}  // namespace

std::string disagreement(const program& given, std::uint32_t workers) {
  std::string complaint;
  const runtime_options options{
      .processors = workers, .leaks = leak_policy::off, .virtual_time = true};
  leash::run(
      [&]() -> task<> {
        const auto driven = std::make_unique<driver>(given);
        complaint = co_await driven->run();
      },
      options);
  return complaint;
}

}  // namespace leash::testing::model
