#pragma once

#include <cstddef>
#include <span>

#include <leash/detail/base/arena.hpp>
#include <leash/detail/base/object.hpp>
#include <leash/detail/base/sanitizer.hpp>

namespace leash::detail {

LEASH_NO_SANITIZE inline const void* word_at(const std::byte* place) noexcept {
  return *reinterpret_cast<void* const volatile*>(place);
}

// Whether the word is a handle to the object.
inline bool names_tagged(const void* word, const void* owner) noexcept {
  const auto number = reinterpret_cast<std::uintptr_t>(word);
  return (number & 32) != 0 && target_of(number) == owner;
}

// Whether these words belong to a value that has a handle to the owner of the traced block, and the
// pointers into it because of that. The handle keeps the object, if it is one.
LEASH_NO_SANITIZE inline bool accounted_for(std::span<const std::byte> words,
                                            const block_header& block) noexcept {
  const void* owner = block.owner.load(std::memory_order_relaxed);
  if (owner == nullptr) return false;
  for (std::size_t at = 0; at + sizeof(void*) <= words.size(); at += sizeof(void*))
    if (names_tagged(word_at(words.data() + at), owner))
      return static_cast<const object*>(owner)->kind->has_own_pointers;
  return false;
}

// Calls found(header) for every word that points into a frame, a closure or a traced block, but not for
// those that point into the words themselves, or into what a container owns whose allocator is among the
// words: its handle says that already. Reads padding and what may never have been written.
template <class Found>
LEASH_NO_SANITIZE void scan_words(std::span<const std::byte> words, Found found) {
  const std::byte* const place = words.data();
  const std::size_t size = words.size();
  for (std::size_t at = 0; at + sizeof(void*) <= size; at += sizeof(void*)) {
    const void* word = word_at(place + at);
    if (!in_arena(word) || (word >= place && word < place + size)) continue;
    block_header* target = find_block(word);
    if (target == nullptr) continue;
    const block_kind kind = target->kind.load(std::memory_order_acquire);
    if (kind == block_kind::free || kind == block_kind::buffer || kind == block_kind::own) continue;
    if (kind == block_kind::traced && accounted_for(words, *target)) continue;
    found(*target);
  }
}

}  // namespace leash::detail
