#!/bin/sh
# What the tests drive besides our own code: Debian's Chromium and coturn, installed where missing and the user may.
# The headless shell is Chromium without its desktop: lighter, but not every release has it, and the tests go without.
set -eu
PATH="$PATH:/usr/sbin"

here() { command -v "$1" >/dev/null; }
enough() { here chromium && here turnserver; }
installed() { $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }

enough && here chromium-headless-shell && exit 0
if [ "$(id -u)" = 0 ]; then
    as=""
elif here sudo && sudo -n true 2>/dev/null; then
    as="sudo"
else
    enough && exit 0
    echo "The tests drive a real browser and a real relay. Install them once:  sudo apt-get install chromium coturn" >&2
    exit 1
fi
$as apt-get update -qq || enough
here chromium || installed chromium
here chromium-headless-shell || installed chromium-headless-shell 2>/dev/null || true
here turnserver && exit 0
installed coturn
# The tests run a relay of their own: Debian's would listen to everybody.
here systemctl && $as systemctl disable --now --quiet coturn 2>/dev/null || true
