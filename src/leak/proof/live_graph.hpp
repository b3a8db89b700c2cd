#pragma once

#include <cstdint>

#include "leak/proof/large_vector.hpp"

namespace leash::detail {

// Who keeps whom alive: nodes, and edges from one to another that is live if the first is. Its memory is kept from one
// use to the next. Used by one thread.
class live_graph {
 public:
  using node = std::uint32_t;

  void clear() noexcept {
    nodes_.clear();
    edges_.clear();
    fresh_.clear();
  }

  void reserve(std::size_t nodes, std::size_t edges) {
    nodes_.reserve(nodes);
    edges_.reserve(edges);
  }

  node add() {
    nodes_.push_back({});
    return static_cast<node>(nodes_.size() - 1);
  }
  void connect(node from, node to) {
    if (is_live(from)) return make_live(to);
    edges_.push_back({to, nodes_[from].first_edge});
    nodes_[from].first_edge = static_cast<std::uint32_t>(edges_.size());
  }

  bool is_live(node which) const noexcept { return nodes_[which].live; }
  void make_live(node which) {
    if (nodes_[which].live) return;
    nodes_[which].live = true;
    fresh_.push_back(which);
  }
  // Makes everything live that a live one keeps alive.
  void spread() {
    while (!fresh_.empty()) {
      const node from = fresh_.back();
      fresh_.pop_back();
      for (std::uint32_t at = nodes_[from].first_edge; at != 0; at = edges_[at - 1].next)
        make_live(edges_[at - 1].to);
    }
  }

  std::size_t size() const noexcept { return nodes_.size(); }
  std::size_t edges() const noexcept { return edges_.size(); }

 private:
  struct state {
    std::uint32_t first_edge = 0;  // in edges_, from 1; 0: none
    bool live = false;
  };
  struct edge {
    node to;
    std::uint32_t next;
  };

  large_vector<state> nodes_;
  large_vector<edge> edges_;
  large_vector<node> fresh_;  // live, but what they keep alive is not yet
};

}  // namespace leash::detail
