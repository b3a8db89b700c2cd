#include <leash/race.hpp>

#include <string>

#include "base/exception_text.hpp"

namespace leash {
namespace {

std::string describe(const std::vector<receipt>& attempts) {
  if (attempts.empty()) return "a race without attempts has no winner: give it at least one task";
  std::string text = "no attempt of the race succeeded:";
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    text += (i == 0 ? " [" : "; [") + std::to_string(i) + "] ";
    text += attempts[i].error ? detail::text_of(attempts[i].error) : text_of(attempts[i].fate);
  }
  return text;
}

}  // namespace

const char* text_of(fate what) noexcept {
  switch (what) {
    case fate::won:
      return "won";
    case fate::canceled:
      return "canceled";
    case fate::failed:
      return "failed";
    case fate::late:
      return "late";
    case fate::not_started:
      return "not started";
  }
  return "unknown";
}

no_winner::no_winner(std::vector<receipt> attempts)
    : error(errc::no_winner, describe(attempts)), receipts_(std::move(attempts)) {}

namespace detail {

bool race_state::win(std::size_t index) noexcept {
  object& context = this->context();
  context.lock.lock();
  const bool first = winner == nobody;
  if (first) winner = index;
  context.lock.unlock();
  return first;
}

}  // namespace detail
}  // namespace leash
