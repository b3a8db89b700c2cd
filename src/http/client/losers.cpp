#include "http/client/losers.hpp"

#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

namespace leash::http {
namespace {

std::string_view url_of(CURL* easy) {
  const char* url = nullptr;
  if (curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url) != CURLE_OK || url == nullptr)
    return {};
  return url;
}

std::string_view url_of(const curl_transfer& transfer) {
  const std::string_view url = url_of(transfer.handle());
  return url.empty() ? std::string_view(transfer.asked().url) : url;
}

bool is_secure(std::string_view url) { return url.starts_with("https:"); }

}  // namespace

losers::losers(const boost::asio::any_io_executor& executor, CURLM* multi,
               easy_handle_pool& handles, std::chrono::milliseconds look_every)
    : multi_(multi), handles_(handles), look_every_(look_every), timer_(executor) {}

void losers::take(const std::shared_ptr<curl_transfer>& transfer) {
  const spoken version = version_of(*transfer);
  if (version == spoken::http1 && is_to_drain(*transfer)) {
    drain(transfer);
    return;
  }
  give_up(transfer->handle());
  if (version == spoken::http2 && reset_flush::is_needed()) reset(*transfer);
}

void losers::give_up(CURL* easy) {
  gives_up_ = true;
  curl_multi_remove_handle(multi_, easy);
  gives_up_ = false;
}

spoken losers::version_of(const curl_transfer& transfer) const {
  if (transfer.head().size() != 0) return transfer.speaks_http2() ? spoken::http2 : spoken::http1;
  const http_version wanted = transfer.asked().version;
  if (wanted == http_version::http1_1) return spoken::http1;
  if (wanted == http_version::http2_prior_knowledge) return spoken::http2;
  const std::string_view url = url_of(transfer);
  const spoken known = versions_.of(url);
  // The first request to a server: over TLS it is likely HTTP/2, and a reset that finds no such
  // connection does no harm.
  if (known == spoken::unknown) return is_secure(url) ? spoken::http2 : spoken::http1;
  return known;
}

bool losers::is_to_drain(const curl_transfer& transfer) {
  if (drains_.size() >= most_drains || !answer_drain::is_worth_it(transfer)) return false;
  return transfer.head().size() != 0 || prospects_.are_good(url_of(transfer));
}

void losers::learn_from(const curl_transfer& transfer) {
  if (transfer.head().size() == 0) return;
  const bool is_http2 = transfer.speaks_http2();
  const std::string_view url = url_of(transfer);
  if (is_http2 || is_secure(url)) versions_.learn(url, is_http2 ? spoken::http2 : spoken::http1);
}

void losers::drain(const std::shared_ptr<curl_transfer>& transfer) {
  auto begun = std::make_unique<answer_drain>(transfer);
  CURL* easy = begun->handle();
  drains_.emplace(easy, std::move(begun));
  look_again_soon();
}

void losers::reset(const curl_transfer& transfer) {
  reset_flush begun(transfer.handle());
  CURL* easy = begun.handle();
  if (curl_multi_add_handle(multi_, easy) == CURLM_OK) flushes_.emplace(easy, std::move(begun));
}

bool losers::have_ended(CURL* easy, CURLcode code) {
  if (const auto drained = drains_.find(easy); drained != drains_.end()) {
    end(drained, code == CURLE_OK);
    return true;
  }
  if (!flushes_.contains(easy)) return false;
  curl_multi_remove_handle(multi_, easy);
  flushes_.erase(easy);
  return true;
}

losers::drains::iterator losers::end(drains::iterator which, bool came) {
  if (came)
    curl_multi_remove_handle(multi_, which->first);
  else
    give_up(which->first);
  prospects_.learn(url_of(which->first), came);
  handles_.give_back(which->second->release_handle(), std::nullopt);
  return drains_.erase(which);
}

void losers::look_again_soon() {
  if (std::exchange(looking_again_, true)) return;
  timer_.expires_after(look_every_);
  timer_.async_wait([self = shared_from_this()](auto error) {
    self->looking_again_ = false;
    if (!error) self->end_overdue();
  });
}

void losers::end_overdue() {
  for (auto at = drains_.begin(); at != drains_.end();)
    at = at->second->is_overdue() ? end(at, false) : std::next(at);
  if (!drains_.empty()) look_again_soon();
}

void losers::clear() {
  for (const auto& [easy, unused] : drains_) curl_multi_remove_handle(multi_, easy);
  for (const auto& [easy, unused] : flushes_) curl_multi_remove_handle(multi_, easy);
  drains_.clear();
  flushes_.clear();
  timer_.cancel();
}

}  // namespace leash::http
