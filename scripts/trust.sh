#!/bin/bash
# trust.sh [STEP...]: the long forms of all tests, by hand or at night. Goes on when a step fails; prints, and writes to
# build/trust.tsv, name, command, result and seconds of each; what each printed is in build/trust/STEP.log. Exit status 1 when one failed.
# Without STEP all of them, in this order; `trust.sh --list` names them.
set -uo pipefail
cd "$(dirname "$0")/.."
export YES=1

names=()
declare -A commands

# long NAME COMMAND: a step, run by bash.
long() {
  names+=("$1")
  commands[$1]=$2
}

# build PRESET TARGET...: prints the command that configures and builds.
build() { echo "cmake --log-level=WARNING --preset $1 && cmake --build --preset $1 --target ${*:2}"; }

release=build/release
long stress "$(build release leash_core_tests) && LEASH_STRESS_OPS=100000000 $release/leash_core_tests --gtest_brief=1 --gtest_filter='*ExactlyOnce*:*SteadyFlow*:*ChannelStress*:*SelectStress*'"
long handles "$(build release leash_core_tests) && LEASH_STRESS_OPS=1000000000 $release/leash_core_tests --gtest_brief=1 --gtest_filter='*HandlePrograms*'"
long model "$(build release leash_model_tests) && RC_PARAMS='seed=2 max_success=10000' $release/leash_model_tests --gtest_brief=1 --gtest_filter='*Model.*'"
long exploration "$(build release leash_model_tests) && LEASH_EXPLORED_PROGRAMS=60000 $release/leash_model_tests --gtest_brief=1 --gtest_filter='ModelExplored.*'"
long corpus "$(build release leash_corpus) && for seed in 1 2 3 4 5 6 7 8 9 10; do $release/leash_corpus --seed \$seed --schedules 10000 || exit 1; done"
long repeated "$(build release leash_core_tests) && for i in 1 2 3 4 5 6 7 8 9 10; do $release/leash_core_tests --gtest_brief=1 --gtest_shuffle --gtest_filter=-TraceScale.* || exit 1; done"
long asan-model "$(build asan leash_model_tests) && ctest --preset asan -L model"
long tsan-model "$(build tsan leash_model_tests) && ctest --preset tsan -L model"
long asan-net "$(build asan leash_net_tests) && ctest --preset asan -L net -R '^net[.]'"
long tsan-net "$(build tsan leash_net_tests) && ctest --preset tsan -L net -R '^net[.]'"
long one-by-one "cmake --log-level=WARNING --preset release -B build/one_by_one -DLEASH_UNITY=OFF && cmake --build build/one_by_one && ctest --test-dir build/one_by_one -j \$(nproc) --output-on-failure"
long soak "$(build release leash) && for i in 1 2 3; do $release/leash demo --oom || exit 1; done"
long gcc14 scripts/gcc14.sh

if [ "${1:-}" = --help ] || [ "${1:-}" = -h ]; then
  sed -n '2,4s/^# //p' "$0"
  exit 0
fi
if [ "${1:-}" = --list ]; then
  for name in "${names[@]}"; do printf '%s\t%s\n' "$name" "${commands[$name]}"; done
  exit 0
fi

wanted=("$@")
[ $# -gt 0 ] || wanted=("${names[@]}")
for name in "${wanted[@]}"; do
  if [ -z "$name" ] || [ -z "${commands[$name]:-}" ]; then
    echo "trust.sh: there is no step $name; trust.sh --list names them" >&2
    exit 2
  fi
done

mkdir -p build/trust
failed=0
printf 'name\tcommand\tresult\tseconds\n' | tee build/trust.tsv
for name in "${wanted[@]}"; do
  from=$SECONDS
  # A filter that selects no test is no pass: GoogleTest says so, and ends with 0.
  if bash -c "${commands[$name]}" >"build/trust/$name.log" 2>&1 </dev/null && ! grep -q '0 tests from 0 test suites' "build/trust/$name.log"; then
    result=passed
  else
    result=failed
    failed=1
  fi
  printf '%s\t%s\t%s\t%d\n' "$name" "${commands[$name]}" "$result" $((SECONDS - from)) | tee -a build/trust.tsv
  [ $result = passed ] || tail -n 30 "build/trust/$name.log" >&2
done
exit $failed
