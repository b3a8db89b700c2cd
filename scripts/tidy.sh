#!/bin/sh
# tidy.sh [FILE...]: clang-tidy on these files; without any, on the C++ files that changed since this branch left origin/main, or
# else since the previous commit; with no history at all, on the core's sources.
#
# Each file is looked at as it is compiled by itself: configures build/tidy, where no files are compiled together. Starts no new file
# after TIDY_SECONDS (600), and says what it left out.
set -eu
cd "$(dirname "$0")/.."

clang_tidy=$(command -v clang-tidy-19 || command -v clang-tidy) || {
  echo "tidy.sh: there is no clang-tidy; install clang-tidy-19" >&2
  exit 1
}
database=build/tidy
cmake --log-level=WARNING --preset release -B "$database" -DLEASH_UNITY=OFF >/dev/null

# Prints the commit to compare with, or nothing.
base() {
  head=$(git rev-parse HEAD 2>/dev/null) || return 0
  fork=$(git merge-base origin/main HEAD 2>/dev/null || true)
  if [ -n "$fork" ] && [ "$fork" != "$head" ]; then
    echo "$fork"
  else
    git rev-parse --verify --quiet HEAD~1 || true
  fi
}

changed() {
  from=$(base)
  if [ -n "$from" ]; then
    git diff --name-only --diff-filter=d "$from" -- '*.cpp' '*.hpp'
    git ls-files --others --exclude-standard -- '*.cpp' '*.hpp'
  else
    find src/base src/sched src/sync src/leak src/race -name '*.cpp' 2>/dev/null
  fi
}

# Only what the build compiles has flags that clang-tidy can use; headers borrow those of the source nearest to them.
if [ $# -gt 0 ]; then files=$*; else files=$(changed | sort -u); fi
if [ -z "$files" ]; then
  echo "No C++ file changed."
  exit 0
fi

started=$(date +%s)
export clang_tidy database started TIDY_SECONDS="${TIDY_SECONDS:-600}"
# shellcheck disable=SC2016 # expanded by the inner shell
printf '%s\n' $files | xargs -P "$(nproc)" -n 1 sh -c '
  if [ $(($(date +%s) - started)) -gt "$TIDY_SECONDS" ]; then
    echo "not looked at, time is up: $1"
    exit 0
  fi
  output=$("$clang_tidy" -p "$database" --quiet --extra-arg=-Wno-pragma-once-outside-header "$1" 2>/dev/null) || {
    printf "%s\n%s\n" "clang-tidy: $1" "$output"
    exit 1
  }' tidy || {
  echo "clang-tidy found something (see above)" >&2
  exit 1
}
