#include <leash/traced.hpp>

namespace leash::detail {
namespace {

struct allocator_body {};

void destroy_traced_object(object& owner) noexcept { std::destroy_at(&owner.as<traced_body>()); }
void destroy_allocator_object(object&) noexcept {}

constexpr object_class traced_kind{"traced block", &destroy_traced_object};
constexpr object_class allocator_kind{"traced allocator", &destroy_allocator_object,
                                      /*has_own_pointers=*/true};

}  // namespace

handle make_traced_object(void (*destroy)(void*) noexcept) {
  return handle::announce(make_object<traced_body>(traced_kind, nullptr, destroy),
                          set_of(capability::use));
}

void* allocate_traced(const handle& owner, std::size_t bytes) {
  void* block = allocate_block(bytes, block_kind::traced, owner.target());
  owner.target()->as<traced_body>().block = block;
  return block;
}

// Everybody else has got their handle from this one, or looks for `strong`.
void become_strong(const handle& only) noexcept {
  only.target()->as<traced_body>().strong.store(1, std::memory_order_release);
}

bool share_strong(object& owner) noexcept {
  auto& strong = owner.as<traced_body>().strong;
  std::uint32_t count = strong.load(std::memory_order_relaxed);
  while (count != 0)
    // acquire pairs with become_strong's release.
    if (strong.compare_exchange_weak(count, count + 1, std::memory_order_acquire,
                                     std::memory_order_relaxed))
      return true;
  return false;
}

[[gnu::noinline]] void drop_strong(handle& named) noexcept {
  auto& body = named.target()->as<traced_body>();
  if (body.strong.fetch_sub(1, std::memory_order_acq_rel) != 1) {
    named.reset();
    return;
  }
  // What dies may reach the place where the handle was, and find it empty.
  const handle last(std::move(named));
  body.destroy(body.block);
  free_block(body.block);
}

object* traced_object_at(const void* place) noexcept {
  const block_header* block = find_block(place);
  if (block == nullptr || block->kind.load(std::memory_order_acquire) != block_kind::traced)
    return nullptr;
  auto* owner = static_cast<object*>(block->owner.load(std::memory_order_relaxed));
  return owner != nullptr && owner->kind == &traced_kind ? owner : nullptr;
}

void throw_not_traced() {
  throw error(
      errc::nil_handle,
      "no traced_ptr points to this object: make it with make_traced, and ask for one neither "
      "in its constructor nor in its destructor");
}

handle make_allocator_object() {
  return handle::announce(make_object<allocator_body>(allocator_kind), set_of(capability::use));
}

}  // namespace leash::detail
