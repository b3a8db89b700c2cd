#pragma once

#include <leash/http.hpp>

#include <memory>
#include <optional>
#include <string>

#include "http/client/curl_multi.hpp"

#include <leash/task.hpp>

namespace leash::http {

// A transfer whose answer is read as it comes: what an `incoming` is. Ends the transfer when it goes.
//
// The executor's side fills a channel and pauses the transfer when that is full; the reader, having made room,
// resumes it. Neither can miss the other: the executor's side says that it pauses, then tries once more; the
// reader takes a piece, then looks whether the other has said so.
class download {
 public:
  download(std::shared_ptr<curl_multi> multi, request asked);
  ~download();
  download(const download&) = delete;
  download& operator=(const download&) = delete;

  // Waits for the head. Throws http::error when none comes.
  task<> begin();
  const response& head() const noexcept;
  task<std::optional<std::string>> read();

 private:
  class pieces;

  void throw_if_failed() const;

  std::shared_ptr<curl_multi> multi_;
  std::shared_ptr<pieces> pieces_;
  std::shared_ptr<curl_transfer> transfer_;
};

}  // namespace leash::http
