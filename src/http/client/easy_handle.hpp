#pragma once

#include <curl/curl.h>

#include <memory>
#include <new>
#include <string>

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

}  // namespace leash::http
