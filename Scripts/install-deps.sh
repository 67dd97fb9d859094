#!/usr/bin/env bash
# Installs what a Debian or Ubuntu machine lacks. Safe to repeat: a second run changes nothing.
#
#   Scripts/install-deps.sh [run|test|bench|fuzz|interop|docs]...      (default: run)
#
# Needs root or a sudo that asks no password, but only when something is missing.
# A Swift 6.3 toolchain is not installed by this script; it must be on PATH (see swift.org/install).
set -euo pipefail
cd "$(dirname "$0")/.."

PYMISP=2.5.34.4
PYPDNS=2.3.2
CORTEXUTILS=2.2.1
DNSPYTHON=2.9.2
DNSDB2=1.2.0
DOMAINTOOLS=2.10.0
MISP_MODULES=3.1.0
REQUESTS_CACHE=1.3.3
SCHEMATHESIS=4.32.5
NDJSON=0.3.1
STIX2=3.0.2
# Of 3.3.1 the schemas are not in the package.
STIX2_VALIDATOR=3.2.0
WEBSOCKET_CLIENT=1.9.2
WEBSOCKETS=17.4
# It drives Debian's chromium; no browser is downloaded.
PLAYWRIGHT=1.65.2
AXE_PLAYWRIGHT=0.1.8
PILLOW=13.0.0

fail() { echo "install-deps: $*" >&2; exit 1; }

# Sets root to the words that run a command as root.
find_root() {
  if [ "$(id -u)" = 0 ]; then
    root=()
  elif sudo -n true 2>/dev/null; then
    root=(sudo -n)
  else
    fail "missing packages:$missing. Run as root, or: sudo apt-get install$missing"
  fi
}

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Keeps the servers that are installed for tests from being started as services.
without_services() {
  local policy=/usr/sbin/policy-rc.d
  if [ -e $policy ]; then
    "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee $policy >/dev/null
  "${root[@]}" chmod 755 $policy
  local status=0
  "$@" || status=$?
  "${root[@]}" rm -f $policy
  return $status
}

install_packages() {
  missing=
  for package in "$@"; do
    installed "$package" || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null ||
    fail "no apt-get here; install by hand the equivalents of:$missing"
  find_root
  echo "install-deps: installing$missing"
  local install="apt-get install -y -q --no-install-recommends"
  # The index may be absent or stale; only then is it fetched.
  # shellcheck disable=SC2086
  if ! without_services "${root[@]}" env DEBIAN_FRONTEND=noninteractive $install $missing \
    </dev/null >/dev/null 2>&1; then
    "${root[@]}" apt-get update -q </dev/null
    without_services "${root[@]}" env DEBIAN_FRONTEND=noninteractive $install $missing </dev/null
  fi
}

install_python_packages() {
  local wanted="pypdns==$PYPDNS dnspython==$DNSPYTHON dnsdb2==$DNSDB2"
  wanted="$wanted schemathesis==$SCHEMATHESIS misp-modules==$MISP_MODULES"
  wanted="$wanted requests-cache==$REQUESTS_CACHE domaintools_api==$DOMAINTOOLS"
  wanted="$wanted stix2==$STIX2 stix2-validator==$STIX2_VALIDATOR ndjson==$NDJSON"
  wanted="$wanted cortexutils==$CORTEXUTILS pymisp==$PYMISP"
  wanted="$wanted websocket-client==$WEBSOCKET_CLIENT websockets==$WEBSOCKETS"
  wanted="$wanted playwright==$PLAYWRIGHT axe-playwright-python==$AXE_PLAYWRIGHT pillow==$PILLOW"
  if [ -f .venv/installed ] && [ "$(cat .venv/installed)" = "$wanted" ]; then
    return 0
  fi
  echo "install-deps: creating .venv with $wanted"
  rm -rf .venv
  # Debian's own interpreter: python3-venv belongs to it, whatever else is on PATH.
  /usr/bin/python3 -m venv .venv
  # shellcheck disable=SC2086
  .venv/bin/pip install --quiet --disable-pip-version-check $wanted
  echo "$wanted" >.venv/installed
}

check_swift() {
  command -v swift >/dev/null ||
    fail "no swift on PATH. Tidemark needs Swift 6.3 or newer: https://www.swift.org/install/"
  local version
  version=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+)\.([0-9]+).*/\1 \2/p')
  set -- ${version:-0 0}
  if [ "$1" -lt 6 ] || { [ "$1" = 6 ] && [ "$2" -lt 3 ]; }; then
    fail "swift on PATH is $1.$2; Tidemark needs 6.3 or newer"
  fi
}

[ $# -gt 0 ] || set -- run
check_swift
packages=(librocksdb-dev libzstd-dev liblzma-dev zlib1g-dev libpcap-dev libre2-dev libunbound-dev
  libpsl-dev libhiredis-dev libsqlite3-dev publicsuffix dns-root-data pkg-config)
python=no
for purpose in "$@"; do
  case $purpose in
    run) packages+=(curl python3) ;;
    test)
      packages+=(zstd xz-utils gzip openssl fstrm-bin iproute2 redis-server python3 python3-venv)
      python=yes
      ;;
    docs) packages+=(curl dnsdbq openssl python3 python3-venv) ;;
    interop)
      packages+=(dnsdbq curl zstd xz-utils gzip openssl python3 python3-venv rocksdb-tools
        util-linux iproute2 tcpreplay unbound bind9 bind9-utils bind9-dnsutils nsd knot
        knot-module-dnstap pdns-recursor dnsdist nginx haproxy redis-server dnscap chromium
        fonts-dejavu-core)
      python=yes
      ;;
    fuzz) packages+=(python3) ;; # libFuzzer itself comes with the Swift toolchain
    bench)
      packages+=(wrk libldns-dev libmtbl-dev libpcap-dev libsqlite3-dev gcc libc6-dev make python3
        time wamerican publicsuffix fstrm-bin openssl redis-server python3-redis python3-tornado)
      ;;
    *) fail "unknown purpose '$purpose' (run, test, bench, fuzz, interop, docs)" ;;
  esac
done
install_packages "${packages[@]}"
if [ "$python" = yes ]; then
  install_python_packages
fi
