#include "http/client/upload.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace leash::http {

std::ptrdiff_t upload::give(char* space, std::size_t size) {
  while (given_ == piece_.size()) {
    const op_status got = take_next();
    if (got == op_status::closed) return 0;
    if (got == op_status::would_block) return not_now;
  }
  const std::size_t count = std::min(size, piece_.size() - given_);
  piece_.copy(space, count, given_);
  given_ += count;
  return static_cast<std::ptrdiff_t>(count);
}

op_status upload::take_next() {
  std::optional<std::string> next;
  op_status got = queue_.try_receive(next);
  if (got == op_status::would_block) {
    pauses_ = true;
    got = queue_.try_receive(next);
  }
  if (next) piece_ = std::move(*next);
  given_ = next ? 0 : piece_.size();
  return got;
}

task<> upload::fill_from(receive_channel<std::string> body, std::shared_ptr<upload> into,
                         std::shared_ptr<curl_multi> multi,
                         std::shared_ptr<curl_transfer> transfer) {
  const auto resume = [&] {
    if (into->pauses_.exchange(false)) multi->resume(transfer);
  };
  while (auto piece = co_await body.receive()) {
    co_await into->queue_.send(std::move(*piece));
    resume();
  }
  into->queue_.close();
  resume();
}

}  // namespace leash::http
