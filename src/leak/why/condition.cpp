#include "leak/why/condition.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include <leash/detail/sync/context_core.hpp>

#include "leak/report/cure.hpp"
#include "leak/why/words.hpp"

namespace leash::detail {
namespace {

bool has(capability_set what, capability one) noexcept { return (what & set_of(one)) != 0; }

// What others do, as in "when somebody ...", and what they could do.
struct deed {
  std::string_view does;
  std::string_view could;
};

bool is_join(wait_reason reason) noexcept {
  return reason == wait_reason::goroutine_join || reason == wait_reason::scope_join;
}

bool is_notification(wait_reason reason) noexcept {
  return reason == wait_reason::cond_wait || reason == wait_reason::wait_group_wait;
}

// A receive is asked for together with a close, which has a sender's capability. Some capabilities share a bit, see
// object.hpp: the reason tells them apart.
deed deed_of(wait_reason reason, capability_set what) noexcept {
  if (is_join(reason) && has(what, capability::join)) return {"ends", "end"};
  if (is_notification(reason) && has(what, capability::notify))
    return {"notifies, or is done", "notify, or be done"};
  if (has(what, capability::receive)) return {"receives or closes", "receive or close"};
  if (has(what, capability::send)) return {"sends or closes", "send or close"};
  if (has(what, capability::cancel)) return {"cancels the context", "cancel the context"};
  if (has(what, capability::depart))
    return {"lets go of it, or leaves the queue", "let go of it, or leave the queue"};
  if (has(what, capability::unlock)) return {"lets go of it", "let go of it"};
  return {"uses it", "use it"};
}

// Of a select, all that its cases wait for.
std::string all_deeds(wait_reason reason, const ways_out& ways) {
  std::string all;
  for (const way_out& each : ways.waits)
    fmt::format_to(std::back_inserter(all), "{}{}", all.empty() ? "" : ", or ",
                   deed_of(reason, each.what).could);
  if (ways.leash.what != 0)
    fmt::format_to(std::back_inserter(all), "{}cancel its context", all.empty() ? "" : ", or ");
  return all;
}

std::string name_of(const able_place& place) {
  const auto seen = std::make_unique<wait_view>();
  if (!read_wait(*place.record, *seen) || seen->id != place.id)
    return fmt::format("goroutine {} (which has ended since)", place.id);
  std::string name = fmt::format("goroutine {}", place.id);
  if (is_main(*seen)) name += " (main)";
  if (seen->depth != 0)
    fmt::format_to(std::back_inserter(name), " at {}:{}", file_of(seen->all_places[0]),
                   seen->all_places[0].line());
  else
    fmt::format_to(std::back_inserter(name), " ({})", seen->reason_text());
  return name;
}

std::string text_of_place(const able_place& place) {
  const std::string_view way = place.way == place_way::by_buffer   ? "the buffer of a channel"
                               : place.way == place_way::by_traced ? "a traced block"
                                                                   : "";
  std::string where;
  switch (place.kind) {
    case place_kind::goroutine:
      where = name_of(place);
      break;
    case place_kind::borrower:
      where = name_of(place) + ", which borrows it";
      break;
    case place_kind::lent:
      where = place.record == nullptr
                  ? "a frame that is lent"
                  : fmt::format("the frame of {}, which is lent, or was seen to be used by others",
                                name_of(place));
      break;
    case place_kind::unowned:
      where = "the frame of a task that has not begun";
      break;
    case place_kind::outside:
      where = "handles outside: in a global, on the heap or on a plain thread";
      break;
    case place_kind::buffer:
      where = "the buffer of another channel";
      break;
    case place_kind::traced:
      where = "another traced block";
      break;
  }
  if (way.empty()) return where;
  const std::string_view by =
      place.way == place_way::by_buffer ? "that can be received from by" : "that is used by";
  return fmt::format("{} {} {}", way, by, where);
}

std::string list(std::vector<able_place> places, std::size_t more) {
  std::ranges::sort(places, [](const able_place& a, const able_place& b) {
    return std::tuple(a.way, a.kind, a.id) < std::tuple(b.way, b.kind, b.id);
  });
  std::string all;
  for (const able_place& each : places)
    fmt::format_to(std::back_inserter(all), "{}{}", all.empty() ? "" : "; ", text_of_place(each));
  if (more != 0) fmt::format_to(std::back_inserter(all), "; and {} more", more);
  return all;
}

void append_able(std::string& into, std::string_view lead, const able_places& able) {
  std::string all = list(able.live, able.more_live);
  if (able.incomplete) all += "; and perhaps more, for it has very many handles";
  if (!all.empty()) fmt::format_to(std::back_inserter(into), "  {}{}\n", lead, all);
}

// Everything that it could hope for lies where leash cannot see who uses it.
bool is_kept_by_outside(const ways_out& ways) {
  std::uint32_t kinds = ways.leash.able.kinds;
  bool without_handle = ways.leash.able.without_handle;
  for (const way_out& each : ways.waits) {
    kinds |= each.able.kinds;
    without_handle |= each.able.without_handle;
  }
  return kinds == bit_of(place_kind::outside) && !without_handle;
}

std::string time_left(const wait_view& seen, clock_time when) {
  if (when <= seen.present) return "now";
  return "in " + words_for(when - seen.present);
}

void append_never(std::string& into, const wait_view& seen, const ways_out& ways) {
  if (seen.reason == wait_reason::select_no_cases && is_main(seen)) {
    into += "when the program is ended from outside: main waits for nothing, and others run\n";
    return;
  }
  into += "never: it is proven to be leaked\n";
  std::vector<able_place> all;
  std::size_t more = 0;
  const auto add = [&](const able_places& able) {
    for (const auto* places : {&able.live, &able.proven})
      for (const able_place& each : *places)
        if (std::ranges::find(all, each) == all.end()) all.push_back(each);
    more += able.more_live + able.more_proven;
  };
  for (const way_out& each : ways.waits) add(each.able);
  if (ways.leash.what != 0) add(ways.leash.able);
  const std::string deeds = all_deeds(seen.reason, ways);
  if (deeds.empty())
    into += "  it waits for nothing that could happen\n";
  else if (all.empty())
    fmt::format_to(std::back_inserter(into), "  nobody else is left who could {}\n", deeds);
  else
    fmt::format_to(std::back_inserter(into),
                   "  only these could {}, and they can never run again either: {}\n", deeds,
                   list(all, more));
  if (const std::string_view cure = cure_for(text_of(seen.reason)); !cure.empty())
    fmt::format_to(std::back_inserter(into), "  to cure it: {}\n", cure);
}

void append_join(std::string& into, const way_out& way) {
  into += "when what it waits for has ended";
  const std::string all = list(way.able.live, way.able.more_live);
  if (!all.empty()) fmt::format_to(std::back_inserter(into), ": {}", all);
  into += '\n';
}

void append_way(std::string& into, bool first, const wait_view& seen, const way_out& way) {
  if (!first) into += "  or ";
  if (is_join(seen.reason)) return append_join(into, way);
  fmt::format_to(std::back_inserter(into), "when somebody {}", deed_of(seen.reason, way.what).does);
  if (way.objects > 1) fmt::format_to(std::back_inserter(into), " (one of {})", way.objects);
  if (has(way.what, capability::cancel)) {
    clock_time deadline = clock_time::max();
    for (const seen_object& each : seen.targets())
      if (has(each.what, capability::cancel))
        deadline = std::min(deadline, deadline_of(*each.target, each.generation));
    if (deadline != clock_time::max())
      fmt::format_to(std::back_inserter(into), ", or {} (its deadline)", time_left(seen, deadline));
    else if (way.able.without_handle)
      into += ", or a signal or a stop token does";
  } else if (way.able.without_handle) {
    into += ", or its timer does";
  }
  into += '\n';
  append_able(into, "  able: ", way.able);
  if (const std::size_t peers = way.able.peers.size(); peers != 0)
    fmt::format_to(std::back_inserter(into), "    {} {} could too, but wait{} for the same\n",
                   peers, peers == 1 ? "goroutine" : "goroutines", peers == 1 ? "s" : "");
  else if (!way.able.any_live())
    into += way.able.proven.empty() ? "    nobody was found who could\n"
                                    : "    only leaked goroutines could\n";
}

void append_leash(std::string& into, const wait_view& seen, const way_out& leash) {
  const clock_time deadline = deadline_of(*seen.leash.target, seen.leash.generation);
  into += "  or when its context ends";
  if (deadline != clock_time::max())
    fmt::format_to(std::back_inserter(into), ": {} (deadline)", time_left(seen, deadline));
  else if (leash.able.without_handle)
    into += ": by a signal or a stop token";
  into += '\n';
  append_able(into, "  able to cancel it: ", leash.able);
}

// What ends it without anybody's doing.
bool append_external(std::string& into, const wait_view& seen) {
  if (!seen.external) return false;
  if (seen.deadline != clock_time::max())
    fmt::format_to(std::back_inserter(into), "{}{}\n", time_left(seen, seen.deadline),
                   seen.reason == wait_reason::sleep ? " (sleep), then it goes on" : " (time-out)");
  else if (seen.reason == wait_reason::blocking)
    into += "when the blocking call has returned\n";
  else
    into += "when I/O is complete\n";
  return true;
}

void append_waiting(std::string& into, able_finder& finder, const wait_view& seen) {
  const ways_out ways = find_ways_out(finder, seen, able_finder::thorough);
  if (finder.is_proven(seen)) return append_never(into, seen, ways);
  bool first = !append_external(into, seen);
  for (const way_out& each : ways.waits) {
    append_way(into, first, seen, each);
    first = false;
  }
  if (first) into += "it waits for nothing that could happen\n";
  if (seen.external && ways.waits.empty() && !seen.bound && !is_main(seen))
    into += "  it is on no leash: only what it does itself then can end it\n";
  if (seen.truncated) into += "  or one of more cases than are told of here\n";
  if (ways.leash.what != 0) append_leash(into, seen, ways.leash);
  if (!seen.external && is_kept_by_outside(ways))
    into +=
        "  only handles outside keep it alive, and leash cannot see who uses those: drop the "
        "handle "
        "when it is done with, or hold it in a traced_ptr or a container with traced_allocator\n";
}

}  // namespace

ways_out find_ways_out(able_finder& finder, const wait_view& seen, std::size_t handles) {
  ways_out ways;
  for (const seen_object& each : seen.targets()) {
    auto at = std::ranges::find(ways.waits, each.what, &way_out::what);
    if (at == ways.waits.end()) {
      ways.waits.emplace_back().what = each.what;
      at = ways.waits.end() - 1;
    }
    ++at->objects;
    finder.add(seen, each, handles, at->able);
  }
  if (seen.on_leash) {
    ways.leash.what = seen.leash.what;
    ways.leash.objects = 1;
    finder.add(seen, seen.leash, handles, ways.leash.able);
  }
  return ways;
}

std::vector<std::uint64_t> shape_of(able_finder& finder, const wait_view& seen) {
  std::vector<std::uint64_t> shape{static_cast<std::uint64_t>(seen.stands)};
  if (seen.stands != standing::waiting) return shape;
  shape.push_back(static_cast<std::uint64_t>(seen.reason));
  shape.push_back(finder.is_proven(seen));
  if (shape.back() != 0) return shape;
  const ways_out ways = find_ways_out(finder, seen, able_finder::quick);
  const auto add = [&shape](const way_out& way) {
    shape.push_back(way.what);
    shape.push_back(way.able.kinds << 1 | std::uint32_t{way.able.without_handle});
  };
  for (const way_out& each : ways.waits) add(each);
  add(ways.leash);
  return shape;
}

std::string condition_text(able_finder& finder, const wait_view& seen) {
  std::string text = fmt::format("goroutine {}{} [{}]", seen.id, is_main(seen) ? " (main)" : "",
                                 seen.reason_text());
  if (seen.depth != 0)
    text += " at " + words_for(seen.all_places[0]);
  else
    text += ", started at " + words_for(seen.created_at);
  text += ": ";
  switch (seen.stands) {
    case standing::running:
      return text + "it runs now\n";
    case standing::runnable:
      return text + "it goes on as soon as a worker has time for it\n";
    case standing::unwinding:
      return text + "it ends: its frames are being destroyed\n";
    case standing::waiting:
      break;
  }
  append_waiting(text, finder, seen);
  return text;
}

}  // namespace leash::detail
