#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace leash::http {

struct easy_deleter {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
using easy_handle = std::unique_ptr<CURL, easy_deleter>;

// Sets an option that exists in every libcurl which the build takes: what can go wrong is memory.
template <class Value>
void set_option(CURL* easy, CURLoption option, Value value) {
  if (curl_easy_setopt(easy, option, value) != CURLE_OK) throw std::bad_alloc();
}

// A list of libcurl's. It must outlive the handle that it was given to.
class string_list {
 public:
  void add(const std::string& line) {
    curl_slist* longer = curl_slist_append(list_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    if (!list_) list_.reset(longer);  // else it is the same list, longer at its end
  }
  curl_slist* get() const noexcept { return list_.get(); }

 private:
  struct deleter {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
  };
  std::unique_ptr<curl_slist, deleter> list_;
};

// Handles between two transfers. Making one costs more than all that is set in it.
//
// A handle comes back without its options. curl_easy_reset leaves what it has learnt: TLS sessions, which
// libcurl uses again only under the same settings, and cookies, which no handle here may be told to keep.
class easy_handle_pool {
 public:
  // Keeps so many.
  explicit easy_handle_pool(std::size_t capacity) : capacity_(capacity) {}

  // Null: out of memory.
  easy_handle take() {
    if (idle_.empty()) return easy_handle(curl_easy_init());
    easy_handle taken = std::move(idle_.back());
    idle_.pop_back();
    return taken;
  }

  // One that has left its multi handle; or null, which is nothing. What its options point to must be
  // there still.
  void give_back(easy_handle used) {
    if (!used || idle_.size() >= capacity_) return;
    curl_easy_reset(used.get());
    idle_.push_back(std::move(used));
  }

 private:
  std::size_t capacity_;
  std::vector<easy_handle> idle_;
};

}  // namespace leash::http
