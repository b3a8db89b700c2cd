#!/bin/sh
# setup.sh GROUP...: sees to it that the Debian packages of these groups (packaging/debian-packages.txt) are installed.
#
# Silent when they are. Otherwise it installs them as root, or with YES=1 (by sudo); asks first on a terminal; and with nobody
# to ask, prints the one line to run and exits 1. SETUP=no leaves everything to you, as on systems other than Debian.
set -eu

list=$(dirname "$0")/../packaging/debian-packages.txt
if [ "${SETUP:-}" = no ] || ! command -v dpkg-query >/dev/null; then
  exit 0
fi

for group in "$@"; do
  awk -v group="$group" '$1 == group { found = 1 } END { exit !found }' "$list" || {
    echo "setup.sh: there is no group '$group' of packages; $list has $(awk '/^[a-z]/ { print $1 }' "$list" | sort -u | tr '\n' ' ')" >&2
    exit 2
  }
done
[ $# -gt 0 ] || {
  echo "usage: setup.sh GROUP..." >&2
  exit 2
}

wanted=$(for group in "$@"; do
  awk -v group="$group" '$1 == group { print $2 }' "$list"
done | sort -u)
# shellcheck disable=SC2086 # a list of words
installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' $wanted 2>/dev/null |
  awk '$1 == "installed" { print $2 }' | sort -u)
missing=$(printf '%s\n' $wanted $installed | sort | uniq -u | tr '\n' ' ')
missing=${missing% }
[ -n "$missing" ] || exit 0

line="apt-get install --no-install-recommends -y $missing"
if [ "$(id -u)" = 0 ]; then
  sudo=
elif ! command -v sudo >/dev/null; then
  printf 'leash needs packages that only root can install here (there is no sudo). As root, run:\n  %s\n' "$line" >&2
  exit 1
else
  sudo=sudo
  if [ "${YES:-}" != 1 ]; then
    if [ -t 0 ] && [ -t 2 ]; then
      printf 'leash needs these Debian packages: %s\nInstall them with sudo apt-get? [Y/n] ' "$missing" >&2
      read -r answer || answer=n
    else
      answer=n
    fi
    case $answer in
      '' | [Yy]*) ;;
      *)
        printf 'leash needs Debian packages that are not installed. Run this, then try again (or say YES=1):\n  sudo %s\n' "$line" >&2
        exit 1
        ;;
    esac
  fi
fi

echo "Installing: $missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # a list of words
if ! { $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive $line -qq; } >"$log" 2>&1 </dev/null; then
  cat "$log" >&2
  echo "Installing failed, for the reason above. What was tried: $line" >&2
  exit 1
fi

# The tests start servers of their own; nobody asked for one on port 80, or for one that collects metrics.
for server in nginx prometheus; do
  case " $missing " in
    *" $server "*)
      if [ -d /run/systemd/system ]; then
        $sudo systemctl disable --quiet --now "$server" >&2 || true
      else
        $sudo service "$server" stop >/dev/null 2>&1 || true
      fi
      ;;
  esac
done
