#!/usr/bin/env bash
# Installs the Debian packages that building and testing sluice needs. Does nothing, quickly, when none is missing.
set -euo pipefail

packages=(
  gcc clang clang-format clang-tidy libclang-rt-14-dev make pkg-config
  lemon re2c libsqlite3-dev libmicrohttpd-dev libnghttp2-dev libcurl4-openssl-dev libedit-dev libpcre2-dev libicu-dev
  libxxhash-dev liblz4-dev libzstd-dev libsnappy-dev libcrypt-dev zlib1g-dev libcmocka-dev
  python3 curl procps
)

missing=()
installed=$(dpkg-query -W -f='${db:Status-Abbrev}${binary:Package}\n' 2>/dev/null | sed -n 's/^ii *//p' | sed 's/:.*//')
for package in "${packages[@]}"; do
  grep -qx -- "$package" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

echo "Installing: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Run as root, or install sudo: packages are missing." >&2; exit 1; }
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
