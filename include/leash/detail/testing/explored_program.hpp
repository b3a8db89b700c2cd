#pragma once

#include <concepts>
#include <exception>
#include <source_location>
#include <utility>

#include <leash/detail/sched/start.hpp>
#include <leash/runtime.hpp>

namespace leash::detail {

template <class F>
concept explored_main = std::copy_constructible<F> && starts_goroutine<F>;

// What is explored: a main that can be started again and again.
class explored_program {
 public:
  explicit explored_program(std::source_location where) noexcept : where_(where) {}
  explored_program(explored_program&&) = delete;
  virtual ~explored_program() = default;

  // Starts main as a goroutine of this thread's runtime; `owner` hears of its end.
  virtual void start(end_of_main& owner) = 0;
  // What main threw, in the run that it has ended in; null: it returned.
  virtual std::exception_ptr failure() const noexcept = 0;
  std::source_location where() const noexcept { return where_; }

 private:
  std::source_location where_;
};

template <class F>
class explored_copies final : public explored_program {
 public:
  using result = main_result<F>;
  explored_copies(F main, std::source_location where)
      : explored_program(where), main_(std::move(main)) {}

  void start(end_of_main& owner) override {
    outcome_ = {};
    start_with(main_closure<result>(owner, outcome_), nullptr, where(), F(main_));
  }
  std::exception_ptr failure() const noexcept override { return outcome_.failure; }
  // Of the last run, whose main has ended.
  result take() { return outcome_.take(); }

 private:
  F main_;
  typename main_closure<result>::outcome outcome_;
};

}  // namespace leash::detail
