#include <leash/http_message.hpp>

#include "http/text.hpp"

namespace leash::http {

const std::string* find_header(const std::vector<header>& fields, std::string_view name) noexcept {
  for (const header& field : fields) {
    if (equal_ignoring_case(field.name, name)) return &field.value;
  }
  return nullptr;
}

}  // namespace leash::http
