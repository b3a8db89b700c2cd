#include "model/world.hpp"

namespace leash::testing::model {
namespace {

std::string_view doing(const actor_state& who) {
  switch (who.now) {
    case phase::gone:
      return "gone";
    case phase::idle:
      return "idle";
    case phase::waiting:
      return who.reason;
    default:
      return "moving";
  }
}

}  // namespace

std::string seen_actor(std::size_t index, std::string_view doing, const std::string& last) {
  return "actor " + std::to_string(index) + ": " + std::string(doing) +
         "; its last step: " + (last.empty() ? "none" : last) + '\n';
}

std::string seen_channel(std::size_t index, std::size_t values, bool closed) {
  return "channel " + std::to_string(index) + ": " + std::to_string(values) + " buffered" +
         (closed ? ", closed\n" : "\n");
}

std::string seen_rest(std::size_t available, const std::array<bool, pairs>& has_run,
                      const std::array<bool, pairs>& is_done) {
  std::string text = "permits: " + std::to_string(available) + '\n';
  for (std::size_t i = 0; i < pairs; ++i) {
    if (has_run[i]) text += "once " + std::to_string(i) + " has run\n";
    if (is_done[i]) text += "context " + std::to_string(i) + " is done\n";
  }
  return text;
}

std::string seen(const world& shown) {
  std::string text;
  for (std::size_t i = 0; i < actors; ++i)
    text += seen_actor(i, doing(shown.all[i]), shown.so_far[i] + shown.all[i].last);
  for (std::size_t i = 0; i < sources; ++i)
    if (i != nil_channel)
      text += seen_channel(i, shown.chans[i].values.size(), shown.chans[i].closed);
  return text + seen_rest(shown.available, {shown.onces[0].done, shown.onces[1].done},
                          {shown.contexts[0].done, shown.contexts[1].done});
}

namespace result {

std::string received(std::optional<std::int64_t> value) {
  return value ? std::to_string(*value) : std::string(closed);
}
std::string chosen(std::size_t index) { return "case " + std::to_string(index); }
std::string chosen(std::size_t index, std::optional<std::int64_t> value) {
  return chosen(index) + ": " + received(value);
}
std::string of_step(std::size_t index, const std::string& what) {
  return '#' + std::to_string(index) + ' ' + what;
}

}  // namespace result
}  // namespace leash::testing::model
