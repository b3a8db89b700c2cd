#include "http/curl_transfer.hpp"

#include <new>
#include <utility>

#include "http/text.hpp"

namespace leash::http {
namespace {

constexpr const char* user_agent = "leash/0.1";

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  // Every option here exists in the libcurl that the build requires; what is left is memory.
  if (curl_easy_setopt(easy, option, value) != CURLE_OK) throw std::bad_alloc();
}

// libcurl counts in milliseconds and takes zero for "no limit": rounded up.
long to_curl(std::chrono::nanoseconds limit) {
  if (limit <= std::chrono::nanoseconds{0}) return 0;
  return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(limit).count());
}

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

bool breaks_the_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

}  // namespace

curl_transfer::curl_transfer(request asked) : asked_(std::move(asked)) {}
curl_transfer::~curl_transfer() = default;

CURL* curl_transfer::open(const socket_hooks& hooks) {
  if (!check_request()) return nullptr;
  easy_.reset(curl_easy_init());
  if (!easy_) {
    refuse(CURLE_OUT_OF_MEMORY, shown_url(asked_.url) + ": out of memory");
    return nullptr;
  }
  owner_ = hooks.owner;
  set_options(hooks);
  set_method();
  set_headers();
  return easy_.get();
}

bool curl_transfer::refuse(int code, std::string message) {
  failure_ = {code, std::move(message)};
  outcome_ = transfer_outcome::failed;
  return false;
}

// What libcurl would cut at the first NUL, or send as it is: line breaks would be headers of
// somebody else's making.
bool curl_transfer::check_request() {
  const std::string url = shown_url(asked_.url);
  if (asked_.url.find('\0') != std::string::npos) {
    return refuse(CURLE_URL_MALFORMAT, "not a URL that can be used: it holds a NUL character");
  }
  if (!is_token(asked_.method)) {
    return refuse(CURLE_BAD_FUNCTION_ARGUMENT,
                  url + ": \"" + asked_.method + "\" is not a method that can be sent");
  }
  for (const header& field : asked_.headers) {
    if (is_token(field.name) && !breaks_the_line(field.value)) continue;
    std::string message = url;
    message.append(": the header \"").append(field.name).append("\" cannot be sent: ");
    message.append("a name is one word, and neither name nor value has line breaks");
    return refuse(CURLE_BAD_FUNCTION_ARGUMENT, std::move(message));
  }
  for (const std::string& name : asked_.omit) {
    if (is_token(name)) continue;
    return refuse(CURLE_BAD_FUNCTION_ARGUMENT, url + ": \"" + name + "\" is not a header's name");
  }
  return true;
}

void curl_transfer::set_options(const socket_hooks& hooks) {
  CURL* easy = easy_.get();
  set(easy, CURLOPT_PRIVATE, static_cast<void*>(this));
  set(easy, CURLOPT_URL, asked_.url.c_str());
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_DEFAULT_PROTOCOL, "http");  // libcurl guesses from the host's name otherwise
  set(easy, CURLOPT_USERAGENT, user_agent);
  set(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  set(easy, CURLOPT_NOPROGRESS, 1L);
  // No alarms and no change of signal handlers behind a program with threads. libcurl sends with
  // MSG_NOSIGNAL, under TLS too, so that no SIGPIPE comes of it.
  set(easy, CURLOPT_NOSIGNAL, 1L);
  // A name look-up that outlives its transfer is left to its thread, which frees all it has when
  // it is done. Otherwise aborting would block the executor until the name service answers.
  set(easy, CURLOPT_QUICK_EXIT, 1L);
  set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);

  set(easy, CURLOPT_OPENSOCKETFUNCTION, hooks.open);
  set(easy, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  // A connection keeps these for its whole life, which may be longer than the transfer's.
  set(easy, CURLOPT_CLOSESOCKETFUNCTION, hooks.close);
  set(easy, CURLOPT_CLOSESOCKETDATA, hooks.owner);

  set(easy, CURLOPT_HEADERFUNCTION, &curl_transfer::on_header);
  set(easy, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(easy, CURLOPT_WRITEFUNCTION, &curl_transfer::on_body);
  set(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
  if (asked_.on_trace) {
    set(easy, CURLOPT_DEBUGFUNCTION, &curl_transfer::on_debug);
    set(easy, CURLOPT_DEBUGDATA, static_cast<void*>(this));
    set(easy, CURLOPT_VERBOSE, 1L);
  }

  set(easy, CURLOPT_CONNECTTIMEOUT_MS, to_curl(asked_.connect_timeout));
  set(easy, CURLOPT_TIMEOUT_MS, to_curl(asked_.timeout));
  if (asked_.follow_redirects) {
    set(easy, CURLOPT_FOLLOWLOCATION, 1L);
    set(easy, CURLOPT_MAXREDIRS, static_cast<long>(asked_.max_redirects));
  }
  if (asked_.insecure) {
    set(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

void curl_transfer::set_method() {
  CURL* easy = easy_.get();
  const bool with_body = !asked_.body.empty() || asked_.method == "POST";
  if (with_body) {
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(asked_.body.size()));
    set(easy, CURLOPT_POSTFIELDS, asked_.body.data());  // not copied: asked_ outlives the handle
  } else if (asked_.method == "HEAD") {
    set(easy, CURLOPT_NOBODY, 1L);
  }
  const bool said_already =
      with_body ? asked_.method == "POST" : asked_.method == "GET" || asked_.method == "HEAD";
  if (!said_already) set(easy, CURLOPT_CUSTOMREQUEST, asked_.method.c_str());
}

void curl_transfer::set_headers() {
  for (const header& field : asked_.headers) {
    // In libcurl's notation "Name:" takes a header away and "Name;" sends it without a value.
    add_header(field.value.empty() ? field.name + ";" : field.name + ": " + field.value);
  }
  for (const std::string& name : asked_.omit) add_header(name + ":");
  // What libcurl adds to a body by itself: a type that nobody stated, and, for large ones, a
  // second's wait for servers that do not know "100-continue".
  for (const char* name : {"Content-Type", "Expect"}) {
    if (find_header(asked_.headers, name) == nullptr) add_header(std::string(name) + ":");
  }
  set(easy_.get(), CURLOPT_HTTPHEADER, header_list_.get());
}

void curl_transfer::add_header(const std::string& line) {
  curl_slist* longer = curl_slist_append(header_list_.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  if (!header_list_) header_list_.reset(longer);  // else it is the same list, longer at its end
}

void curl_transfer::finish(CURLcode code) {
  if (code == CURLE_OK) {
    take_facts();
    outcome_ = transfer_outcome::answered;
  } else {
    failure_ = explain(code);
    outcome_ = transfer_outcome::failed;
  }
  easy_.reset();
}

void curl_transfer::finish_aborted() {
  failure_ = {CURLE_ABORTED_BY_CALLBACK, shown_url(asked_.url) + ": given up before it was done"};
  outcome_ = transfer_outcome::aborted;
  easy_.reset();
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

transfer_failure curl_transfer::explain(CURLcode code) const {
  CURL* easy = easy_.get();
  const std::string effective_url = text(easy, CURLINFO_EFFECTIVE_URL);
  failure_facts facts;
  facts.code = code;
  facts.detail = error_text_.data();
  facts.effective_url = effective_url;
  facts.stage = stage();
  facts.body_size = answer_.body.size();
  facts.expected_size = number(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T);
  facts.body_too_large = body_too_large_;
  if (code == CURLE_COULDNT_CONNECT) {
    facts.os_error = static_cast<int>(small_number(easy, CURLINFO_OS_ERRNO));
    if (socket_error_ != 0) facts.os_error = socket_error_;
  }
  return {static_cast<int>(code), failure_sentence(asked_, facts)};
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

bool curl_transfer::take_body(std::string_view bytes) {
  if (asked_.max_body != 0 && bytes.size() > asked_.max_body - answer_.body.size()) {
    body_too_large_ = true;
    return false;
  }
  answer_.body.append(bytes);
  return true;
}

std::size_t curl_transfer::on_header(char* data, std::size_t size, std::size_t count,
                                     void* self) noexcept try {
  static_cast<curl_transfer*>(self)->head_.take_line({data, size * count});
  return size * count;
} catch (const std::bad_alloc&) {
  return 0;  // an exception must not pass through libcurl: the transfer fails
}

std::size_t curl_transfer::on_body(char* data, std::size_t size, std::size_t count,
                                   void* self) noexcept try {
  const bool taken = static_cast<curl_transfer*>(self)->take_body({data, size * count});
  return taken ? size * count : CURL_WRITEFUNC_ERROR;
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
