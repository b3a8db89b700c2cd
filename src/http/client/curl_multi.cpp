#include "http/client/curl_multi.hpp"

#include <boost/asio/post.hpp>

#include <utility>

#include "http/client/curl_driver.hpp"

namespace leash::http {

curl_multi::curl_multi(boost::asio::any_io_executor executor)
    : curl_multi(std::move(executor), options{}) {}

curl_multi::curl_multi(boost::asio::any_io_executor executor, const options& chosen)
    : executor_(std::move(executor)), driver_(std::make_shared<curl_driver>(executor_, chosen)) {}

curl_multi::~curl_multi() {
  boost::asio::post(executor_, [driver = std::move(driver_)] { driver->close(); });
}

void curl_multi::start(std::shared_ptr<curl_transfer> transfer, completion done) {
  boost::asio::post(executor_, [driver = driver_, transfer = std::move(transfer),
                                done = std::move(done)]() mutable {
    driver->start(std::move(transfer), std::move(done));
  });
}

void curl_multi::abort(std::shared_ptr<curl_transfer> transfer) {
  boost::asio::post(
      executor_, [driver = driver_, transfer = std::move(transfer)] { driver->abort(transfer); });
}

void curl_multi::resume(std::shared_ptr<curl_transfer> transfer) {
  boost::asio::post(
      executor_, [driver = driver_, transfer = std::move(transfer)] { driver->resume(transfer); });
}

}  // namespace leash::http
