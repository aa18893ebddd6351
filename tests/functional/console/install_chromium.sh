#!/bin/sh
# Installs Debian's Chromium, as root or by sudo.
set -eu
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
$as_root apt-get update --quiet
$as_root apt-get install --yes --quiet chromium
