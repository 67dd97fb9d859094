#!/usr/bin/env bash
# Fuzzes every parser for some seconds each. A finding stops the run with the input's place.
#
#   Fuzz/run.sh [SECONDS] [TARGET]...        (default: 60, all targets)
#
# The corpus grows in Fuzz/corpus/TARGET and is not committed; seeds are written anew each time.
# To keep a finding, minimise it, add it to make_seeds.py and write a test beside the parser.
set -euo pipefail
cd "$(dirname "$0")"

seconds=${1:-60}
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  targets=(Targets/*)
  targets=("${targets[@]#Targets/}")
fi

swift build -c release --sanitize fuzzer
python3 -B make_seeds.py corpus

# Swift's own crash reporter would wait for the process that libFuzzer is about to leave.
export SWIFT_BACKTRACE=enable=no
for target in "${targets[@]}"; do
  mkdir -p "corpus/$target" findings
  log=findings/$target.log
  if ! ".build/release/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -max_len=65536 -artifact_prefix="findings/$target-" -print_final_stats=1 \
    "corpus/$target" >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    echo "fuzz: $target FAILED; the input is in Fuzz/findings/$target-*" >&2
    exit 1
  fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  covered=$(sed -nE 's/.*cov: ([0-9]+).*/\1/p' "$log" | tail -1)
  # A fuzzer without instrumentation or without progress would pass for ever.
  if [ "${covered:-0}" -lt 20 ] || [ "${runs:-0}" -lt 100 ]; then
    echo "fuzz: $target did not run properly: $runs inputs, $covered edges" >&2
    exit 1
  fi
  printf 'fuzz: %-14s %9d inputs, %5d edges, no finding\n' "$target" "$runs" "$covered"
done
