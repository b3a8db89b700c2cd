#include "leak/proof/reach.hpp"

#include <leash/detail/sched/promise.hpp>

#include "base/world/gate.hpp"
#include "base/world/standing.hpp"

// Built without sanitizers, see libraries.cmake: threads that stand may hold their locks.

namespace leash::detail {
namespace {

// Versions and tags in the upper 16 bits do not hide a pointer.
std::uintptr_t address_in(std::uintptr_t word) noexcept {
  constexpr std::uintptr_t address_bits = (std::uintptr_t{1} << 48) - 1;
  return mutated(rule::tags_are_masked) ? word : word & address_bits;
}

// In gone_through_, beside the capabilities.
constexpr std::uint8_t linked = 64;  // its parent knows it
constexpr std::uint8_t queued = 128;

constexpr std::size_t block_unit = 16;

template <class T>
void zero(const work_area<T>& area, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count && i < area.room(); ++i) area[i] = T{};
}

}  // namespace

bool reach::prepare() noexcept {
  auto& objects = object_pool::instance();
  auto& records = goroutine_pool::instance();
  constexpr std::size_t some = 4096;
  constexpr std::size_t some_memory = std::size_t{4} << 20;
  const std::size_t object_room = objects.size() + some;
  const std::size_t record_room = records.size() + some;
  const std::size_t blocks = arena_used.load(std::memory_order_acquire) + some_memory;
  // What has grown is all zero.
  clear();
  const bool enough =
      first_dependent_.make_room(object_room) && can_.make_room(object_room) &&
      gone_through_.make_room(object_room) && standing_.make_room(record_room) &&
      lead_to_object_.make_room(object_room) && lead_to_use_.make_room(object_room) &&
      lead_to_goroutine_.make_room(record_room) &&
      lead_to_block_.make_room(blocks / block_unit + 1) && found_.make_room(record_room) &&
      dependents_.make_room(4 * record_room + object_room) &&
      seen_.make_room(blocks / block_unit / 64 + 1) &&
      to_do_.make_room(blocks / (2 * block_unit) + object_room) && map_.prepare();
  objects_ = &objects[0];
  records_ = &records[0];
  arena_begin_ = arena_begin.load(std::memory_order_acquire);
  return enough && (!mutated(rule::frames_read_standing) || read_frames());
}

void reach::clear() noexcept {
  zero(first_dependent_, dirty_objects_);
  zero(can_, dirty_objects_);
  zero(gone_through_, dirty_objects_);
  zero(standing_, dirty_records_);
  zero(seen_, dirty_arena_ / block_unit / 64 + 1);
  dirty_objects_ = dirty_records_ = 0;
  dirty_arena_ = 0;
  dependent_count_ = to_do_count_ = found_count_ = 0;
  effort_ = {};
}

bool reach::read_frames() noexcept {
  object_count_ = object_pool::instance().size();
  record_count_ = goroutine_pool::instance().size();
  arena_used_ = arena_used.load(std::memory_order_acquire);
  if (object_count_ > can_.room() || record_count_ > standing_.room() ||
      arena_used_ / block_unit / 64 + 1 > seen_.room() ||
      arena_used_ / (2 * block_unit) + object_count_ > to_do_.room())
    return false;
  dirty_objects_ = object_count_;
  dirty_records_ = record_count_;
  dirty_arena_ = arena_used_;
  read_goroutines();
  go_on();
  return true;
}

bool reach::compute(std::uintptr_t own_stack) noexcept {
  if (!mutated(rule::frames_read_standing) && !read_frames()) return false;
  if (!map_.read()) return false;
  map_.cut_stacks(own_stack);
  scan_roots();
  collect();
  return true;
}

void reach::read_goroutines() noexcept {
  for (std::uint32_t i = 0; i < record_count_; ++i) read_goroutine(i);
}

void reach::read_goroutine(std::uint32_t index) noexcept {
  const goroutine& record = records_[index];
  const wait_state state = state_of(record.word.load(std::memory_order_relaxed));
  if (state == wait_state::dead) return;
  if (state == wait_state::waiting &&
      record.leak.load(std::memory_order_relaxed) != leak_mark::none &&
      !mutated(rule::leaks_stay)) {
    standing_[index] = standing::known;
    return;
  }
  standing_[index] = standing::candidate;
  bool may_be_leaked =
      state == wait_state::waiting &&
      (!record.external.load(std::memory_order_relaxed) || mutated(rule::external_is_live)) &&
      record.home.load(std::memory_order_relaxed) != nullptr &&
      !is_hidden(record.id.load(std::memory_order_relaxed));
  std::size_t left = may_be_leaked ? record.target_count.load(std::memory_order_relaxed) : 0;
  const auto read = [&](const auto& places) {
    for (const published_target& place : places) {
      if (left == 0) break;
      --left;
      object* const on = place.target.load(std::memory_order_relaxed);
      if (on == nullptr) continue;
      may_be_leaked &= depend(index, *on, place.capabilities.load(std::memory_order_relaxed));
    }
  };
  read(record.targets);
  for (const more_targets* more = record.more.load(std::memory_order_relaxed);
       more != nullptr && left != 0; more = more->next.load(std::memory_order_relaxed))
    read(more->targets);
  object* const leash = record.leash.load(std::memory_order_relaxed);
  const bool shielded =
      record.shields.load(std::memory_order_relaxed) != 0 && !mutated(rule::shield_hides_leash);
  if (may_be_leaked && leash != nullptr && !shielded)
    may_be_leaked = depend(index, *leash, set_of(capability::cancel));
  if (may_be_leaked)
    ++effort_.waiting;
  else
    make_live(index, {led_by::itself, 0});
}

// False: there was no room to say so, or somebody without a handle can do it.
bool reach::depend(std::uint32_t waiter, object& on, capability_set what) noexcept {
  const auto index = static_cast<std::uint32_t>(&on - objects_);
  if (!add_dependent(index, waiter, what)) return false;
  if ((on.outside.load(std::memory_order_relaxed) & what) != 0) return false;
  if ((what & set_of(capability::cancel)) == 0 || mutated(rule::parent_cancels)) return true;
  // Whoever can cancel a context above ends this one, too; so does its deadline.
  for (const object* below = &on;;) {
    object* const above = below->parent.load(std::memory_order_relaxed);
    const auto child = static_cast<std::uint32_t>(below - objects_);
    if (above == nullptr || (gone_through_[child] & linked) != 0) return true;
    const auto parent = static_cast<std::uint32_t>(above - objects_);
    if (!add_dependent(parent, child, set_of(capability::cancel) | object_bit)) return false;
    gone_through_[child] |= linked;
    if ((above->outside.load(std::memory_order_relaxed) & set_of(capability::cancel)) != 0)
      see_object(parent, static_cast<std::uint8_t>(set_of(capability::cancel)),
                 {led_by::itself, 0});
    below = above;
  }
}

bool reach::add_dependent(std::uint32_t on, std::uint32_t who, capability_set what) noexcept {
  if (dependent_count_ == dependents_.room()) return false;
  dependents_[dependent_count_++] = {first_dependent_[on], who, what};
  first_dependent_[on] = static_cast<std::uint32_t>(dependent_count_);
  return true;
}

void reach::scan_roots() noexcept {
  if (!mutated(rule::registers_are_roots)) scan_registers();
  go_on();
  if (mutated(rule::memory_is_a_root)) return;
  page_reader pages;
  for (const memory_range& each : map_)
    pages.go_through(each, [this](std::uintptr_t begin, std::uintptr_t end) {
      scan(begin, end);
      go_on();
    });
}

// As far as they are saved where the signal came.
void reach::scan_registers() noexcept {
  const std::uint32_t arrived = __atomic_load_n(&arrived_threads, __ATOMIC_SEQ_CST);
  const std::uint32_t gate = __atomic_load_n(&world_gate, __ATOMIC_SEQ_CST);
  for (std::uint32_t i = 0; i < arrived && i < most_standing_threads; ++i) {
    const standing_thread& each = standing_threads[i];
    if (each.gate != gate || each.context == nullptr) continue;
    const auto general = reinterpret_cast<std::uintptr_t>(&each.context->uc_mcontext);
    scan(general, general + sizeof(each.context->uc_mcontext));
#if defined(__x86_64__)
    // Intel SDM, volume 1, 13.4; the kernel's marks: arch/x86/include/uapi/asm/sigcontext.h.
    constexpr std::size_t first_vector = 160;
    constexpr std::size_t vectors = 256;
    constexpr std::size_t marks = 464;
    constexpr std::uint32_t extended_mark = 0x46505853;
    constexpr std::size_t in_use = 512;
    constexpr std::size_t extended = 576;
    constexpr std::uint32_t most = 16384;
    const auto saved = reinterpret_cast<std::uintptr_t>(each.context->uc_mcontext.fpregs);
    if (saved == 0 || mutated(rule::vectors_are_roots)) continue;
    scan(saved + first_vector, saved + first_vector + vectors);
    const auto word = [saved](std::size_t at) {
      return *reinterpret_cast<const volatile std::uint32_t*>(saved + at);
    };
    const std::uint32_t size = word(marks + 16);
    if (word(marks) == extended_mark && (word(in_use) & ~std::uint32_t{3}) != 0)
      scan(saved + extended, saved + (size < most ? size : most));
#endif
  }
}

void reach::scan(std::uintptr_t begin, std::uintptr_t end) noexcept {
  begin = (begin + 7) & ~std::uintptr_t{7};
  end &= ~std::uintptr_t{7};
  if (begin >= end) return;
  effort_.bytes += end - begin;
  const auto* at = reinterpret_cast<const volatile std::uintptr_t*>(begin);
  const auto* const last = reinterpret_cast<const volatile std::uintptr_t*>(end);
  const auto names = [](std::uintptr_t word) -> unsigned {
    return in_region(address_in(word)) ? 1 : 0;
  };
  for (; at + 4 <= last; at += 4) {
    const std::uintptr_t first = at[0];
    const std::uintptr_t second = at[1];
    const std::uintptr_t third = at[2];
    const std::uintptr_t fourth = at[3];
    if ((names(first) | names(second) | names(third) | names(fourth)) == 0) [[likely]]
      continue;
    see_word(first, at);
    see_word(second, at + 1);
    see_word(third, at + 2);
    see_word(fourth, at + 3);
  }
  for (; at < last; ++at) see_word(*at, at);
}

void reach::see_word(std::uintptr_t word, const volatile void* place) noexcept {
  word = address_in(word);
  if (!in_region(word)) return;
  const lead from{led_by::word, reinterpret_cast<std::uintptr_t>(place)};
  const std::uintptr_t in_objects = word - reinterpret_cast<std::uintptr_t>(objects_);
  if (in_objects < std::uintptr_t{object_count_} * sizeof(object)) {
    const auto index = static_cast<std::uint32_t>(in_objects / sizeof(object));
    const std::uintptr_t inside = in_objects % sizeof(object);
    const bool is_tagged = inside >= 32 && inside < 64;
    see_object(index, is_tagged ? static_cast<std::uint8_t>(capabilities_of(word)) : everything,
               from);
  } else {
    see_address(word, from);
  }
}

void reach::see_object(std::uint32_t index, std::uint8_t can, lead from) noexcept {
  const auto fresh = static_cast<std::uint8_t>((can | held) & ~can_[index]);
  if (fresh == 0) return;
  if ((fresh & held) != 0) lead_to_object_[index] = from;
  if ((fresh & 31) != 0 && (can_[index] & 31) == 0) lead_to_use_[index] = from;
  can_[index] |= fresh;
  if ((gone_through_[index] & queued) != 0) return;
  gone_through_[index] |= queued;
  to_do_[to_do_count_++] = std::uintptr_t{index} << 1 | 1;
}

void reach::see_address(std::uintptr_t address, lead from) noexcept {
  const std::uintptr_t offset = address - arena_begin_;
  // One past the end of the arena is the end of its last block.
  if (offset > arena_used_) return;
  const found_block here =
      offset < arena_used_ ? block_at(arena_begin_, offset, arena_pages) : found_block{};
  const std::uintptr_t start = here.header == nullptr
                                   ? address
                                   : reinterpret_cast<std::uintptr_t>(here.header) - header_offset;
  // What is in a header only the runtime has, which means nobody by it. Before it, or where a page has no more room, is one past
  // the end of what lies in the block before.
  if (address - start >= header_bytes)
    see_block(here, from);
  else if (address == start && start > arena_begin_)
    see_block(block_at(arena_begin_, start - 1 - arena_begin_, arena_pages), from);
}

void reach::see_block(const found_block& block, lead from) noexcept {
  if (block.header == nullptr) return;
  const block_kind kind = block.header->kind.load(std::memory_order_relaxed);
  if (kind == block_kind::free || kind == block_kind::own) return;
  const auto header = reinterpret_cast<std::uintptr_t>(block.header);
  const std::size_t number = (header - arena_begin_) / block_unit;
  const std::uint64_t bit = std::uint64_t{1} << (number % 64);
  if ((seen_[number / 64] & bit) != 0) return;
  seen_[number / 64] |= bit;
  lead_to_block_[number] = from;
  ++effort_.blocks;
  to_do_[to_do_count_++] = header;
}

void reach::make_live(std::uint32_t index, lead from) noexcept {
  if (standing_[index] != standing::candidate) return;
  standing_[index] = standing::live;
  lead_to_goroutine_[index] = from;
  const goroutine& record = records_[index];
  const lead own{led_by::goroutine, reinterpret_cast<std::uintptr_t>(&record)};
  for (const promise_base* frame = record.top; frame != nullptr;
       frame = mutated(rule::all_frames_are_reached) ? nullptr : frame->parent)
    see_address(reinterpret_cast<std::uintptr_t>(frame), own);
  if (record.closure != nullptr) see_address(reinterpret_cast<std::uintptr_t>(record.closure), own);
  // It can ask for its context, and look up values there.
  if (const object* leash = record.leash.load(std::memory_order_relaxed))
    see_object(static_cast<std::uint32_t>(leash - objects_), 0, own);
}

void reach::go_on() noexcept {
  while (to_do_count_ != 0) {
    const std::uintptr_t next = to_do_[--to_do_count_];
    if ((next & 1) != 0)
      go_on_with_object(static_cast<std::uint32_t>(next >> 1));
    else
      go_on_with_block(next);
  }
}

void reach::go_on_with_block(std::uintptr_t header) noexcept {
  const found_block block = block_at(arena_begin_, header - arena_begin_, arena_pages);
  std::uintptr_t begin = header + sizeof(block_header);
  if (block.header->kind.load(std::memory_order_relaxed) == block_kind::frame) {
    // Two functions, then the promise; if it is where it is thought to be.
    constexpr std::size_t functions = 2 * sizeof(void*);
    const auto& promise = *reinterpret_cast<const promise_base*>(begin + functions);
    if (reinterpret_cast<std::uintptr_t>(promise.self.address()) == begin)
      begin += functions + sizeof(promise_base);
  }
  scan(begin, header - header_offset + block.bytes);
}

void reach::go_on_with_object(std::uint32_t index) noexcept {
  const auto fresh = static_cast<std::uint8_t>(can_[index] & ~gone_through_[index]);
  gone_through_[index] = static_cast<std::uint8_t>((gone_through_[index] | fresh) & ~queued);
  const object& reached = objects_[index];
  if ((fresh & held) != 0) {
    const auto body = reinterpret_cast<std::uintptr_t>(&reached.body[0]);
    if (!mutated(rule::content_is_reached)) scan(body, body + sizeof(reached.body));
    if (const object* parent = reached.parent.load(std::memory_order_relaxed))
      see_object(static_cast<std::uint32_t>(parent - objects_), 0,
                 {led_by::parent, reinterpret_cast<std::uintptr_t>(&reached)});
  }
  for (std::uint32_t at = first_dependent_[index]; at != 0; at = dependents_[at - 1].next) {
    const dependent& each = dependents_[at - 1];
    if ((each.what & fresh & 31) == 0) continue;
    if ((each.what & object_bit) != 0)
      see_object(each.who, static_cast<std::uint8_t>(set_of(capability::cancel)),
                 {led_by::parent, reinterpret_cast<std::uintptr_t>(&reached)});
    else
      make_live(each.who, {led_by::object, reinterpret_cast<std::uintptr_t>(&reached)});
  }
}

bool reach::was_seen(const void* address) const noexcept {
  const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(address) - arena_begin_;
  if (offset >= arena_used_) return true;
  const found_block block = block_at(arena_begin_, offset, arena_pages);
  if (block.header == nullptr) return true;
  const std::size_t number =
      (reinterpret_cast<std::uintptr_t>(block.header) - arena_begin_) / block_unit;
  return (seen_[number / 64] >> (number % 64) & 1) != 0;
}

reach::lead reach::lead_to(const goroutine& record) const noexcept {
  const auto index = static_cast<std::uint32_t>(&record - records_);
  if (index >= record_count_ || standing_[index] != standing::live) return {led_by::nothing, 0};
  return lead_to_goroutine_[index];
}

reach::lead reach::lead_to(const object& reached) const noexcept {
  const auto index = static_cast<std::uint32_t>(&reached - objects_);
  if (index >= object_count_ || can_[index] == 0) return {led_by::nothing, 0};
  return lead_to_object_[index];
}

reach::lead reach::lead_to_use_of(const object& reached) const noexcept {
  const auto index = static_cast<std::uint32_t>(&reached - objects_);
  if (index >= object_count_ || (can_[index] & 31) == 0) return {led_by::nothing, 0};
  return lead_to_use_[index];
}

reach::lead reach::lead_to_block(const void* inside) const noexcept {
  const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(inside) - arena_begin_;
  if (offset >= arena_used_) return {led_by::nothing, 0};
  const found_block block = block_at(arena_begin_, offset, arena_pages);
  if (block.header == nullptr || !was_seen(inside)) return {led_by::nothing, 0};
  return lead_to_block_[(reinterpret_cast<std::uintptr_t>(block.header) - arena_begin_) /
                        block_unit];
}

void reach::collect() noexcept {
  for (std::uint32_t i = 0; i < record_count_; ++i) {
    if (standing_[i] != standing::candidate && standing_[i] != standing::known) continue;
    goroutine& record = records_[i];
    bool pinned = record.closure != nullptr && was_seen(record.closure);
    for (const promise_base* frame = record.top; frame != nullptr && !pinned; frame = frame->parent)
      pinned = was_seen(frame);
    if (standing_[i] == standing::candidate)
      record.leak.store(leak_mark::proven, std::memory_order_relaxed);
    found_[found_count_++] = {&record, record.word.load(std::memory_order_relaxed), pinned};
  }
}

}  // namespace leash::detail
