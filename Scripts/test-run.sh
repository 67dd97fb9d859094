#!/usr/bin/env bash
# `make run` as README.md promises it: the demo store is filled and served.
#
#   Scripts/test-run.sh
set -euo pipefail
cd "$(dirname "$0")/.."

listen=127.0.0.1:18099
work=$(mktemp -d)
setsid make run LISTEN=$listen STORE="$work/demo.store" >"$work/log" 2>&1 &
server=$!
trap 'kill -- -$server 2>/dev/null || true; rm -rf "$work"' EXIT
# The first run builds; whoever waits longer than this waits for something that hangs.
for ((second = 0; second < 1800; second++)); do
  kill -0 $server 2>/dev/null || break
  curl -s -o /dev/null http://$listen/health && break
  sleep 1
done

checks=0
expect() {
  local answer
  # Not `curl | grep -q`: grep leaves at the first hit, and curl then fails at what it still writes.
  if ! answer=$(curl -fsS --max-time 30 "http://$listen$1") || [[ $answer != *"$2"* ]]; then
    echo "make run: $1 lacks $2 in ${#answer} characters"
    tail -n 20 "$work/log"
    exit 1
  fi
  checks=$((checks + 1))
}
expect /health '"status":"ok"'
expect / '<title>'
expect /ui/search?q=login-northbank.example 198.51.100
expect /pdns/query/login-northbank.example '"rrname":"login-northbank.example"'
echo "make run: $checks answers as promised"
