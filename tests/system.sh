#!/bin/sh
# What the tests drive besides our own code: Debian's Chromium and coturn, installed where missing and the user may.
set -eu
PATH="$PATH:/usr/sbin"
missing=""
command -v chromium >/dev/null || missing="chromium"
command -v turnserver >/dev/null || missing="$missing coturn"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ]; then
    as=""
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as="sudo"
else
    echo "The tests drive a real browser and a real relay. Install them once:  sudo apt-get install $missing" >&2
    exit 1
fi
$as apt-get update -qq
# shellcheck disable=SC2086
$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
# The tests run a relay of their own: Debian's would listen to everybody.
case "$missing" in *coturn*) command -v systemctl >/dev/null && $as systemctl disable --now --quiet coturn 2>/dev/null || true ;; esac
