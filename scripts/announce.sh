#!/bin/sh
# announce.sh PRESET TARGET WHAT: says, before PRESET's TARGET is built, how many steps that still takes and about how long, when they
# are many.
#
# Measured with clang 19 on two processors, without a compiler cache: see docs/building.md.
set -eu
[ $# -eq 3 ] || {
  echo "usage: announce.sh PRESET TARGET WHAT" >&2
  exit 2
}
cd "$(dirname "$0")/../build/$1"

seconds_a_step=8
steps=$(ninja -n "$2" 2>/dev/null | grep -c '^\[' || true)
many=20
[ "$steps" -gt "$many" ] || exit 0
processors=$(nproc)
minutes=$((steps * seconds_a_step / processors / 60 + 1))
echo "Building $3: $steps steps, about $minutes minutes on $processors processors." >&2
