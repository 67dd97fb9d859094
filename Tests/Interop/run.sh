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
    repeat_import bad_input oracle_captures oracle_logs open_data packet_corpus zones producers
    live_capture privacy crash_import crash_collect relay d4 d4_relay d4_redis partners sharing
    stix lists enrich services dt_server web web_hostile web_speed)

passed=0 failed=0 times=()
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for suite in "${suites[@]}"; do
  echo "--- $suite"
  status=0 begin=$SECONDS
  "$python" -B "$suite.py" 2>&1 | tee "$log" || status=$?
  closing=$(tail -n 1 "$log")
  times+=("$((SECONDS - begin)) s $suite")
  if [[ $closing =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
    # A suite that checked nothing, or that failed without saying so, is a failure of its own.
    if [ "$status" -ne 0 ] && [ "${BASH_REMATCH[2]}" -eq 0 ]; then failed=$((failed + 1)); fi
  else
    echo "$suite ended without its closing line"
    failed=$((failed + 1))
  fi
done
printf '%s\n' "${times[@]}" | sort -rn | head -n 8
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
