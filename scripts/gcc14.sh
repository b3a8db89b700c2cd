#!/bin/sh
# gcc14.sh: builds the core, leash::testing and their tests with GCC 14 in a Debian 13 tree, and
# runs the tests. Needs root.
#
# debootstrap makes the tree once, with the packages of the group debian13 in
# packaging/debian-packages.txt, below DEBIAN13 (build/debian13). It downloads them from the mirror
# and through the proxy that this machine's apt uses; DEBIAN_MIRROR chooses another mirror.
# CMAKE_BUILD_PARALLEL_LEVEL limits the jobs.
set -eu
cd "$(dirname "$0")/.."

fail() {
  echo "gcc14.sh: $1" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || fail "only root can make a Debian 13 tree: run sudo scripts/gcc14.sh"

# All mounts are made in a mount namespace of this script's own. The kernel unmounts them when the
# last process in it ends, even a killed one, and `make clean` can never reach the sources through
# the tree.
if [ "${1:-}" != --in-namespace ]; then
  unshare --mount true 2>/dev/null ||
    fail "mounting is forbidden here, even to root: in a container, add the capability SYS_ADMIN"
  exec unshare --mount "$0" --in-namespace
fi

folder=${DEBIAN13:-build/debian13}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
tree=$folder/tree
log=$folder/debootstrap.log
packages=$(awk '$1 == "debian13" { print $2 }' packaging/debian-packages.txt | paste -sd,)

# apt_setting SCHEME NAME: prints apt's setting for the mirror's host, else the one for all hosts.
apt_setting() {
  for key in "Acquire::$1::$2::$host" "Acquire::$1::$host::$2" "Acquire::$1::$2"; do
    value=
    eval "$(apt-config shell value "$key")"
    [ -z "$value" ] || break
  done
  echo "$value"
}

apt_mirror() {
  # shellcheck disable=SC2016 # expanded by apt-get
  apt-get indextargets 'Created-By: Packages' \
    --format '$(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI)' |
    awk '$1 == "Debian" && $2 == "Debian" && $3 == "main" { print $4; exit }'
}

make_tree() {
  scripts/setup.sh trust
  command -v debootstrap >/dev/null || fail "there is no debootstrap: install that package"
  mirror=${DEBIAN_MIRROR:-$(apt_mirror)}
  if [ -z "$mirror" ]; then # apt's lists tell which mirror is Debian's; images come without lists
    apt-get update -qq >&2
    mirror=$(apt_mirror)
  fi
  [ -n "$mirror" ] || fail "this machine's apt has no Debian mirror: set DEBIAN_MIRROR to one"
  scheme=${mirror%%:*}
  host=${mirror#*://}
  host=${host%%[:/]*}

  # debootstrap downloads all packages with this machine's wget, so that the tree itself needs no
  # network, proxy or certificate. As in apt, https falls back to the proxy of http.
  proxy=$(apt_setting "$scheme" Proxy)
  [ "$scheme" != https ] || [ -n "$proxy" ] || proxy=$(apt_setting http Proxy)
  if [ "$proxy" = DIRECT ]; then
    unset http_proxy https_proxy
  elif [ -n "$proxy" ]; then
    export http_proxy="$proxy" https_proxy="$proxy"
  fi
  set --
  authority=$(apt_setting https CaInfo)
  if [ -n "$authority" ]; then
    echo "ca_certificate = $authority" >"$folder/wgetrc"
    export WGETRC="$folder/wgetrc"
  fi
  certificate=$(apt_setting https SslCert)
  [ -z "$certificate" ] || set -- "$@" "--certificate=$certificate"
  key=$(apt_setting https SslKey)
  [ -z "$key" ] || set -- "$@" "--private-key=$key"

  echo "Making a Debian 13 tree in $tree" >&2
  rm -rf --one-file-system "$tree" "$folder/made-of"
  if ! debootstrap "$@" --variant=minbase --include="$packages" trixie "$tree" "$mirror" \
    >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    fail "debootstrap failed, for the reason above; all it said is in $log"
  fi
  mkdir "$tree/leash" "$tree/build"
  echo "$packages" >"$folder/made-of" # last: an unfinished tree is made anew
}

[ "$(cat "$folder/made-of" 2>/dev/null)" = "$packages" ] || make_tree

mount --bind . "$tree/leash"
mount -o remount,bind,ro "$tree/leash"
mountpoint -q "$tree/proc" || mount --bind /proc "$tree/proc"

# -O2, as in the release build, each file by itself. Warnings are not errors here, and one is off: g++ reports values in
# coroutine frames as uninitialized that are not (GCC bug 80635, of std::optional).
# shellcheck disable=SC2016 # expanded in the tree
chroot "$tree" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  CMAKE_BUILD_PARALLEL_LEVEL="${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" sh -euc '
    cmake --log-level=WARNING -Wno-dev -S /leash -B /build -G Ninja -DCMAKE_CXX_COMPILER=g++-14 \
      -DCMAKE_BUILD_TYPE=RelWithDebInfo "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -g1 -DNDEBUG" \
      -DCMAKE_CXX_FLAGS=-Wno-maybe-uninitialized -DLEASH_WERROR=OFF \
      -DLEASH_TOOL=OFF -DLEASH_EXAMPLES=OFF -DLEASH_UNITY=OFF >&2
    cmake --build /build --target leash_core leash_testing leash_core_tests leash_model_tests
    ctest --test-dir /build --output-on-failure --no-tests=error -L "^(core|model)$" -E NOT_BUILT \
      -j "$CMAKE_BUILD_PARALLEL_LEVEL"'
