#!/bin/sh
# The browser the tests drive: Debian's Chromium, installed where it is missing and the user may.
set -eu
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
else
    echo "The tests drive a real browser. Install it once:  sudo apt-get install chromium" >&2
    exit 1
fi
