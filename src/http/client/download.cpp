#include "http/client/download.hpp"

#include <atomic>
#include <utility>

#include <leash/channel.hpp>

namespace leash::http {

class download::pieces final : public body_sink {
 public:
  void take_head(const response& head) override {
    head_ = head;
    queue_.try_send(std::string());  // it has room: nothing came before
  }

  bool take(std::string_view bytes) override {
    std::string piece(bytes);
    if (queue_.try_send(std::move(piece)) == op_status::success) return true;
    pauses_ = true;
    // NOLINTNEXTLINE(bugprone-use-after-move): only what is sent is moved from
    return queue_.try_send(std::move(piece)) == op_status::success;
  }

  void end() { queue_.close(); }

  const response& head() const noexcept { return head_; }
  const channel<std::string>& queue() const noexcept { return queue_; }
  // Whether the transfer pauses for want of room, of which there is some now.
  bool is_to_be_resumed() noexcept { return pauses_.exchange(false); }

 private:
  // libcurl hands out at most 16 KiB at a time.
  static constexpr std::size_t most_pieces = 16;

  channel<std::string> queue_{most_pieces};
  response head_;  // written before the first piece is sent, read after it was received
  std::atomic<bool> pauses_{false};
};

download::download(std::shared_ptr<curl_multi> multi, request asked)
    : multi_(std::move(multi)),
      pieces_(std::make_shared<pieces>()),
      transfer_(std::make_shared<curl_transfer>(std::move(asked), pieces_)) {
  multi_->start(transfer_, [filled = pieces_](curl_transfer&) { filled->end(); });
}

download::~download() { multi_->abort(transfer_); }

// Once the queue is closed, the transfer is over.
void download::throw_if_failed() const {
  if (transfer_->outcome() != transfer_outcome::answered)
    throw error(transfer_->failure().code, transfer_->failure().message);
}

task<> download::begin() {
  if (!co_await pieces_->queue().receive()) throw_if_failed();
}

const response& download::head() const noexcept { return pieces_->head(); }

task<std::optional<std::string>> download::read() {
  auto piece = co_await pieces_->queue().receive();
  if (pieces_->is_to_be_resumed()) multi_->resume(transfer_);
  if (!piece) throw_if_failed();
  co_return piece;
}

incoming::incoming(std::unique_ptr<download> from) noexcept : from_(std::move(from)) {}
incoming::incoming(incoming&&) noexcept = default;
incoming& incoming::operator=(incoming&&) noexcept = default;
incoming::~incoming() = default;

const response& incoming::head() const noexcept { return from_->head(); }

task<std::optional<std::string>> incoming::read() { return from_->read(); }

}  // namespace leash::http
