#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <memory>

#include <leash/context.hpp>
#include <leash/http_server.hpp>
#include <leash/semaphore.hpp>
#include <leash/task.hpp>

namespace leash::http {

// What the connections of a server have in common.
struct service {
  server::streaming_handler answer;
  server_options options;
};

// Answers the requests of a client, one after the other, until one of them goes away. `leash` is what the
// goroutine that runs this is on: it is cancelled when the client is gone or too slow. `place` is held meanwhile.
task<> converse(boost::asio::ip::tcp::socket socket, std::shared_ptr<const service> served,
                std::shared_ptr<cancelable_context> leash, semaphore::permit place);

}  // namespace leash::http
