#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>
#include <utility>

#include <leash/detail/base/sanitizer.hpp>
#include <leash/leash.hpp>
#include <leash/testing.hpp>

#include "leak/proof/prove_all.hpp"
#include "support/stress.hpp"
#include "support/workers.hpp"

namespace leash::testing {

// For programs in which nobody is ever leaked: they run over and over while a thread of its own proves without rest.
//
//   TEST_P(Everyday, SomeProgram) { nobody_leaks([](const pause& look) -> task<> { ...; co_await look(); ... }); }
//
// Where the program waits for `look`, others wait for it; it goes on when two more proofs have been made.
class UnderProof : public OverWorkers {
 protected:
  class pause {
   public:
    explicit pause(const std::atomic<std::size_t>& proofs) noexcept : proofs_(&proofs) {}
    task<> operator()() const {
      const std::size_t before = proofs_->load();
      while (proofs_->load() < before + 2) co_await this_goroutine::yield();
    }
    // The same for a plain thread.
    void on_this_thread() const {
      const std::size_t before = proofs_->load();
      while (proofs_->load() < before + 2) std::this_thread::yield();
    }

   private:
    const std::atomic<std::size_t>* proofs_;
  };

  // LEASH_ROUNDS: how often; unless told otherwise 20 times, under a sanitizer, where a proof takes longer, twice.
  template <class Program>
  static void nobody_leaks(Program program) {
    std::atomic<std::size_t> proofs{0};
    std::atomic<bool> over{false};
    std::atomic<std::size_t> proven{0};
    const std::uint64_t refuted = count_leaks().refuted;
    std::thread proving([&] {
      while (!over.load()) {
        proven += detail::prove_all().size();
        if (!detail::last_proof_effort().refused) ++proofs;
      }
    });
    const pause look(proofs);
    const std::uint64_t rounds = number_from("LEASH_ROUNDS", LEASH_SANITIZED != 0 ? 2 : 20);
    for (std::uint64_t i = 0; i < rounds && proven.load() == 0; ++i)
      run([&]() -> task<> {
        co_await program(look);
        co_await until_alone();
      });
    over = true;
    proving.join();
    EXPECT_EQ(proven.load(), 0u);
    EXPECT_EQ(count_leaks().refuted, refuted);
  }
};

}  // namespace leash::testing
