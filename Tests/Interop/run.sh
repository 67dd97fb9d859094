#!/usr/bin/env bash
# All interop suites, or those named: Tests/Interop/run.sh [clients] [crash_import] …
# Ends with "N passed, M failed" over all of them.
set -euo pipefail
cd "$(dirname "$0")"

python=../../.venv/bin/python
[ -x "$python" ] || { echo "no .venv; run Scripts/install-deps.sh interop" >&2; exit 1; }
suites=("$@")
[ ${#suites[@]} -gt 0 ] ||
  suites=(clients clients_dnsdb clients_observed clients_circl clients_modules misp cortex active
    openapi access sensors cli cli_terminal cli_server full_disk http_abuse http_proxies http_tls
    repeat_import compact bad_input oracle_captures oracle_logs open_data packet_corpus zones
    producers live_capture privacy crash_import crash_collect relay d4 d4_relay d4_redis partners
    sharing stix lists enrich services dt_server web web_hostile web_speed)

# Suites wait for other programs more than they work: JOBS of them run side by side. Each has its
# own folders and free ports. Those whose outcome depends on how fast something is run when nothing
# else does.
jobs=${JOBS:-1}
alone=" http_abuse live_capture web_speed "
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

run_suite() {
  local suite=$1 status=0 begin=$SECONDS
  "$python" -B "$suite.py" >"$logs/$suite" 2>&1 </dev/null || status=$?
  echo "$status $((SECONDS - begin))" >"$logs/$suite.end"
  # One at a time, so that the lines of two suites do not mix.
  local title="--- $suite ($((SECONDS - begin)) s)"
  flock "$logs" sh -c 'echo "$1"; cat "$2"' - "$title" "$logs/$suite"
}

for suite in "${suites[@]}"; do
  if [[ $alone == *" $suite "* ]]; then wait; fi
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
  run_suite "$suite" &
  if [[ $alone == *" $suite "* ]]; then wait; fi
done
wait

passed=0 failed=0 times=()
for suite in "${suites[@]}"; do
  read -r status seconds <"$logs/$suite.end" || status=1 seconds=0
  times+=("$seconds s $suite")
  closing=$(tail -n 1 "$logs/$suite")
  if [[ $closing =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    # A suite that checked nothing, or that failed without saying so, is a failure of its own.
    if [ "$status" -ne 0 ] && [ "${BASH_REMATCH[2]}" -eq 0 ]; then failed=$((failed + 1)); fi
    if [ "${BASH_REMATCH[2]}" -gt 0 ]; then echo "FAIL $suite: ${BASH_REMATCH[2]} failed"; fi
  else
    echo "FAIL $suite ended without its closing line"
    failed=$((failed + 1))
  fi
done
printf '%s\n' "${times[@]}" | sort -rn | head -n 8
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
