#!/bin/sh
# announce.sh PRESET TARGET WHAT: says, before PRESET's TARGET is built for the first time, how many steps that takes and about how
# long. Later builds do only what has changed.
#
# Measured with clang 19 on two processors, without a compiler cache: see docs/building.md.
set -eu
[ $# -eq 3 ] || {
  echo "usage: announce.sh PRESET TARGET WHAT" >&2
  exit 2
}
cd "$(dirname "$0")/../build/$1"

seconds_a_step=8
[ ! -f leash_core_tests ] && [ ! -f leash_mutation_tests ] || exit 0
# Ninja does not say how many steps are left before it has configured anew; objects that are there are not made again.
steps=$(($(ninja -t commands "$2" | wc -l) - $(find . -name '*.o' | wc -l)))
processors=$(nproc)
minutes=$((steps * seconds_a_step / processors / 60 + 1))
echo "Building $3: $steps steps, about $minutes minutes on $processors processors the first time." >&2
