#!/bin/sh
# format.sh [--check]: formats every C++ file of the repository as .clang-format says; with --check, only says which are not.
set -eu
cd "$(dirname "$0")/.."

clang_format=$(command -v clang-format-19 || command -v clang-format) || {
  echo "format.sh: there is no clang-format; install clang-format-19" >&2
  exit 1
}
folders=$(find include src tool tests examples bench -maxdepth 0 -type d 2>/dev/null || true)
# shellcheck disable=SC2086 # a list of words
files=$(find ${folders:-/dev/null} -name '*.hpp' -o -name '*.cpp' | sort)
[ -n "$files" ] || exit 0

if [ $# -gt 1 ] || { [ $# -eq 1 ] && [ "$1" != --check ]; }; then
  echo "usage: format.sh [--check]" >&2
  exit 2
fi
if [ "${1:-}" = --check ]; then
  # shellcheck disable=SC2086
  "$clang_format" --dry-run --Werror --ferror-limit=3 $files || {
    echo "Some files are not formatted (see above): run make format" >&2
    exit 1
  }
else
  # shellcheck disable=SC2086
  "$clang_format" -i $files
fi
