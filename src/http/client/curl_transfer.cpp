#include "http/client/curl_transfer.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "http/client/request_check.hpp"
#include "http/text.hpp"

namespace leash::http {
namespace {

curl_off_t number(CURL* easy, CURLINFO info) {
  curl_off_t value = 0;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

long small_number(CURL* easy, CURLINFO info) {
  long value = 0;
  return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

std::string text(CURL* easy, CURLINFO info) {
  const char* value = nullptr;
  if (curl_easy_getinfo(easy, info, &value) != CURLE_OK || value == nullptr) return {};
  return value;
}

}  // namespace

curl_transfer::curl_transfer(request asked, std::shared_ptr<body_sink> sink,
                             std::shared_ptr<body_source> source)
    : asked_(std::move(asked)), sink_(std::move(sink)), source_(std::move(source)) {}
curl_transfer::~curl_transfer() = default;

CURL* curl_transfer::open(easy_handle_pool& handles, const socket_hooks& hooks) {
  if (auto refusal = refusal_of(asked_)) {
    failure_ = std::move(*refusal);
    outcome_ = transfer_outcome::failed;
    return nullptr;
  }
  auto wanted = source_ ? std::nullopt : lasting_options::of(asked_);
  easy_handle_pool::handle taken = handles.take(wanted);
  if (!taken.easy) {
    failure_ = {CURLE_OUT_OF_MEMORY, shown_url(asked_.url) + ": out of memory"};
    outcome_ = transfer_outcome::failed;
    return nullptr;
  }
  easy_ = std::move(taken.easy);
  owner_ = hooks.owner;
  if (!taken.options) {
    set_lasting_options(hooks);
    set_request_options(easy_.get(), asked_, lists_);
  }
  set_own_options();
  lasting_ = wanted;  // only now: a handle that was not set in full keeps nothing
  return easy_.get();
}

// What is the same for all transfers of a driver.
void curl_transfer::set_lasting_options(const socket_hooks& hooks) {
  CURL* easy = easy_.get();
  // No alarms and no change of signal handlers behind a program with threads. libcurl sends with
  // MSG_NOSIGNAL, under TLS too, so that no SIGPIPE comes of it.
  set_option(easy, CURLOPT_NOSIGNAL, 1L);
  // A name look-up that outlives its transfer is left to its thread, which frees all it has when
  // it is done. Otherwise aborting would block the executor until the name service answers.
  set_option(easy, CURLOPT_QUICK_EXIT, 1L);
  set_option(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  // Else libcurl looks half a dozen variables up for every request.
  if (hooks.direct) set_option(easy, CURLOPT_PROXY, "");

  set_option(easy, CURLOPT_OPENSOCKETFUNCTION, hooks.open);
  // A connection keeps these for its whole life, which may be longer than the transfer's.
  set_option(easy, CURLOPT_CLOSESOCKETFUNCTION, hooks.close);
  set_option(easy, CURLOPT_CLOSESOCKETDATA, hooks.owner);

  set_option(easy, CURLOPT_HEADERFUNCTION, &curl_transfer::on_header);
  set_option(easy, CURLOPT_WRITEFUNCTION, &curl_transfer::on_body);
}

void curl_transfer::set_own_options() {
  CURL* easy = easy_.get();
  set_option(easy, CURLOPT_URL, asked_.url.c_str());
  set_option(easy, CURLOPT_PRIVATE, static_cast<void*>(this));
  set_option(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  set_option(easy, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  set_option(easy, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set_option(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
  // Bytes that decompress to nothing are seen nowhere else.
  if (asked_.compressed && asked_.max_body != 0) {
    set_option(easy, CURLOPT_NOPROGRESS, 0L);
    set_option(easy, CURLOPT_XFERINFOFUNCTION, &curl_transfer::on_progress);
    set_option(easy, CURLOPT_XFERINFODATA, static_cast<void*>(this));
  }
  if (asked_.on_trace) {
    set_option(easy, CURLOPT_DEBUGFUNCTION, &curl_transfer::on_debug);
    set_option(easy, CURLOPT_DEBUGDATA, static_cast<void*>(this));
    set_option(easy, CURLOPT_VERBOSE, 1L);
  }
  if (source_) {
    set_option(easy, CURLOPT_UPLOAD, 1L);
    set_option(easy, CURLOPT_CUSTOMREQUEST, asked_.method.c_str());
    set_option(easy, CURLOPT_READFUNCTION, &curl_transfer::on_upload);
    set_option(easy, CURLOPT_READDATA, static_cast<void*>(this));
  }
}

easy_handle curl_transfer::finish(CURLcode code) {
  if (code == CURLE_OK) {
    take_facts();
    outcome_ = transfer_outcome::answered;
  } else {
    failure_ = explain(code);
    outcome_ = transfer_outcome::failed;
  }
  return std::move(easy_);
}

easy_handle curl_transfer::finish_aborted() {
  failure_ = {CURLE_ABORTED_BY_CALLBACK, shown_url(asked_.url) + ": given up before it was done"};
  outcome_ = transfer_outcome::aborted;
  return std::move(easy_);
}

void curl_transfer::take_facts() {
  CURL* easy = easy_.get();
  const auto elapsed = [&](CURLINFO info) { return std::chrono::microseconds(number(easy, info)); };
  answer_.status = static_cast<int>(small_number(easy, CURLINFO_RESPONSE_CODE));
  answer_.url = text(easy, CURLINFO_EFFECTIVE_URL);
  answer_.remote_address = text(easy, CURLINFO_PRIMARY_IP);
  answer_.remote_port = static_cast<std::uint16_t>(small_number(easy, CURLINFO_PRIMARY_PORT));
  answer_.reused_connection = small_number(easy, CURLINFO_NUM_CONNECTS) == 0;
  answer_.times = {.name_lookup = elapsed(CURLINFO_NAMELOOKUP_TIME_T),
                   .connect = elapsed(CURLINFO_CONNECT_TIME_T),
                   .tls = elapsed(CURLINFO_APPCONNECT_TIME_T),
                   .first_byte = elapsed(CURLINFO_STARTTRANSFER_TIME_T),
                   .total = elapsed(CURLINFO_TOTAL_TIME_T)};
}

// Heads that libcurl itself finds too large: a line of more than 100 KiB, and in later versions more
// than 300 KiB in all.
bool curl_transfer::head_was_too_large(CURLcode code, transfer_stage stage) const {
  if (code == CURLE_OUT_OF_MEMORY) return stage == transfer_stage::waiting;
  return std::string_view(error_text_.data()).starts_with("Too large response headers");
}

transfer_failure curl_transfer::explain(CURLcode code) const {
  CURL* easy = easy_.get();
  const std::string effective_url = text(easy, CURLINFO_EFFECTIVE_URL);
  failure_facts facts;
  facts.code = code;
  facts.detail = error_text_.data();
  facts.effective_url = effective_url;
  facts.stage = stage();
  facts.head_size = head_.size();
  facts.body_size = body_size_;
  facts.expected_size = number(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
  facts.exceeded = exceeded_;
  if (code == CURLE_COULDNT_CONNECT) {
    facts.os_error = static_cast<int>(small_number(easy, CURLINFO_OS_ERRNO));
    if (socket_error_ != 0) facts.os_error = socket_error_;
  }
  if (exceeded_ == limit::none && head_was_too_large(code, facts.stage))
    facts.exceeded = limit::head;
  if (facts.exceeded != limit::none) facts.code = CURLE_FILESIZE_EXCEEDED;
  return {facts.code, failure_sentence(asked_, facts)};
}

transfer_stage curl_transfer::stage() const {
  CURL* easy = easy_.get();
  if (head_.complete()) return transfer_stage::receiving;
  // Also with a connection taken from the cache, for which no time of connecting is noted.
  if (small_number(easy, CURLINFO_REQUEST_SIZE) > 0) return transfer_stage::waiting;
  if (number(easy, CURLINFO_CONNECT_TIME_T) > 0) return transfer_stage::securing;
  if (number(easy, CURLINFO_NAMELOOKUP_TIME_T) > 0) return transfer_stage::connecting;
  return transfer_stage::looking_up;
}

// What on_body is given is not what came over the wire.
bool curl_transfer::encoded() const {
  return asked_.compressed && answer_.find("Content-Encoding") != nullptr;
}

// Interim heads and those of redirects that are followed are not.
bool curl_transfer::is_last_head() const {
  if (!head_.complete() || head_.status() < 200) return false;
  const bool redirects = head_.status() >= 300 && head_.status() < 400;
  if (!asked_.follow_redirects || !redirects) return true;
  return answer_.find("Location") == nullptr;
}

bool curl_transfer::take_head(std::string_view line) {
  head_.take_line(line);
  if (sink_ && !has_told_head_ && is_last_head()) {
    answer_.status = head_.status();
    sink_->take_head(answer_);
    has_told_head_ = true;
  }
  if (asked_.max_head == 0 || head_.size() <= asked_.max_head) return true;
  exceeded_ = limit::head;
  return false;
}

// To grow a large body step by step would hold up every other transfer. What is announced and does not
// come costs addresses only.
void curl_transfer::make_room() {
  constexpr curl_off_t most = curl_off_t{64} << 20;
  const curl_off_t announced = number(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
  if (announced > 0) answer_.body.reserve(static_cast<std::size_t>(std::min(announced, most)));
}

bool curl_transfer::fits(std::size_t more) {
  const std::size_t most = encoded() ? asked_.max_decompressed : asked_.max_body;
  if (most == 0 || (body_size_ <= most && more <= most - body_size_)) return true;
  exceeded_ = encoded() ? limit::decompressed : limit::body;
  return false;
}

std::size_t curl_transfer::take_body(std::string_view bytes) {
  if (!fits(bytes.size())) return CURL_WRITEFUNC_ERROR;
  if (sink_) {
    // What comes with a redirect that is followed is nobody's.
    if (has_told_head_ && !sink_->take(bytes)) return CURL_WRITEFUNC_PAUSE;
  } else {
    if (answer_.body.empty()) make_room();
    answer_.body.append(bytes);
  }
  body_size_ += bytes.size();
  return bytes.size();
}

std::size_t curl_transfer::on_header(char* data, std::size_t size, std::size_t count,
                                     void* self) noexcept try {
  const bool taken = static_cast<curl_transfer*>(self)->take_head({data, size * count});
  return taken ? size * count : CURL_WRITEFUNC_ERROR;
} catch (const std::bad_alloc&) {
  return CURL_WRITEFUNC_ERROR;  // an exception must not pass through libcurl: the transfer fails
}

std::size_t curl_transfer::on_upload(char* space, std::size_t size, std::size_t count,
                                     void* self) noexcept try {
  auto& source = *static_cast<curl_transfer*>(self)->source_;
  const std::ptrdiff_t given = source.give(space, size * count);
  return given == body_source::not_now ? CURL_READFUNC_PAUSE : static_cast<std::size_t>(given);
} catch (const std::bad_alloc&) {
  return CURL_READFUNC_ABORT;
}

int curl_transfer::on_progress(void* self, curl_off_t, curl_off_t received, curl_off_t,
                               curl_off_t) noexcept {
  auto& transfer = *static_cast<curl_transfer*>(self);
  if (static_cast<std::size_t>(received) <= transfer.asked_.max_body) return 0;
  transfer.exceeded_ = limit::body;
  return 1;
}

std::size_t curl_transfer::on_body(char* data, std::size_t size, std::size_t count,
                                   void* self) noexcept try {
  return static_cast<curl_transfer*>(self)->take_body({data, size * count});
} catch (const std::bad_alloc&) {
  return CURL_WRITEFUNC_ERROR;
}

int curl_transfer::on_debug(CURL*, curl_infotype type, char* data, std::size_t size,
                            void* self) noexcept {
  trace_kind kind;
  switch (type) {
    case CURLINFO_TEXT:
      kind = trace_kind::note;
      break;
    case CURLINFO_HEADER_OUT:
      kind = trace_kind::request_header;
      break;
    case CURLINFO_HEADER_IN:
      kind = trace_kind::response_header;
      break;
    default:
      return 0;
  }
  // A request's head comes in one piece.
  std::string_view lines(data, size);
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    static_cast<curl_transfer*>(self)->asked_.on_trace(kind, line);
  }
  return 0;
}

}  // namespace leash::http
