#!/usr/bin/env bash
# Fills a store with the demo: the sample, the records of make_demo.py, three lists, indicators.
#
#   Examples/demo.sh STORE [LAST_DAY]
#
# LAST_DAY is the last day of make_demo.py's story, such as 2026-11-14 or `yesterday`. The program
# is TIDEMARK, or `tidemark` on PATH. To be repeated after an interruption; it adds nothing twice
# while the last day is the same.
set -euo pipefail
examples=$(dirname "$0")
tidemark=${TIDEMARK:-tidemark}
store=${1:?usage: Examples/demo.sh STORE [LAST_DAY]}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -n "${2:-}" ]; then until=(--until "$2"); else until=(); fi
python3 -B "$examples/make_demo.py" "${until[@]}" "$work/demo.ndjson"
"$tidemark" import --store "$store" "$examples/sample.pcap" "$examples/partner-feed.ndjson"
"$tidemark" import --store "$store" --format cof "$work/demo.ndjson"

printf '%s\n' northbank-login.example secure-northbank.example northbank-id.example \
  my-northbank.example northbank-service.example northbank-online.example >"$work/phishing.txt"
printf '%s\n' 203.0.113.200 ns1.cheapreg.example >"$work/parking.txt"
printf '%s\n' 192.0.2.66 ns1.sinkhole.example >"$work/sinkhole.txt"
for list in phishing:block parking:neutral sinkhole:neutral; do
  name=${list%:*} category=()
  [ "$name" != phishing ] || category=(--category phishing)
  "$tidemark" lists remove --store "$store" "$name" >/dev/null 2>&1 || true
  "$tidemark" lists add "$name" "$work/$name.txt" --kind "${list#*:}" "${category[@]}" \
    --store "$store"
done

"$tidemark" indicator add --store "$store" --source report-17 --tag phishing \
  'login-northbank[.]example' 198.51.100.77 quickzone.example >/dev/null
"$tidemark" indicator add --store "$store" --source report-12 --tag phishing \
  northbank-login.example secure-northbank.example 198.51.100.23 >/dev/null
"$tidemark" indicator status --store "$store" northbank-login.example expired >/dev/null
echo "demo: $store is filled"
