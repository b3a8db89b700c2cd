#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>

#include "http/client/curl_multi.hpp"

#include <leash/channel.hpp>
#include <leash/task.hpp>

namespace leash::http {

// A request's body that comes out of a channel as the server takes it.
//
// As a download, the other way round: the executor's side empties a channel of one piece and pauses the transfer when
// there is none; fill_from(), having put one there, resumes it.
class upload final : public body_source {
 public:
  std::ptrdiff_t give(char* space, std::size_t size) override;

  // Passes on what comes out of `body` until that is closed.
  static task<> fill_from(receive_channel<std::string> body, std::shared_ptr<upload> into,
                          std::shared_ptr<curl_multi> multi,
                          std::shared_ptr<curl_transfer> transfer);

 private:
  op_status take_next();

  channel<std::string> queue_{1};
  std::atomic<bool> pauses_{false};
  std::string piece_;  // the executor's side only, with how much of it is gone
  std::size_t given_ = 0;
};

}  // namespace leash::http
