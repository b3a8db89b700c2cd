#pragma once

namespace leash::detail {

// While one of these lives, so does the debug server that LEASH_DEBUG_ADDR asks for. Every runtime has one;
// that of a hidden runtime does nothing. The constructor throws errc::bad_option for an address that is none.
class debug_presence {
 public:
  explicit debug_presence(bool hidden);
  debug_presence(debug_presence&&) = delete;
  ~debug_presence();

 private:
  const bool counts_;
};

}  // namespace leash::detail
