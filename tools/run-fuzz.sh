#!/bin/sh
# tools/run-fuzz.sh PROGRAM SECONDS - runs one libFuzzer program; on failure names the file that broke it.
#
# Starts from tests/data/<program>/ where there is such a folder; what it finds on its way is kept beside the program.
set -u
program=$1 seconds=$2
name=$(basename "$program")
corpus=$program.corpus log=$program.log
mkdir -p "$corpus"
seeds=tests/data/$name
[ -d "$seeds" ] || seeds=
rm -f "$program".crash-* "$program".leak-* "$program".timeout-* "$program".oom-*
# shellcheck disable=SC2086 # no folder, no argument
if "$program" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$program." "$corpus" $seeds >"$log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    [ "${runs:-0}" -gt 0 ] || { echo "$name: no input was tried, see $log" >&2; exit 1; }
    echo "$name: $runs inputs in $seconds s, none broke it"
else
    tail -n 60 "$log" >&2
    echo "$name: FAILED; the report is $log, the input:" >&2
    find "$(dirname "$program")" -name "$name.crash-*" -o -name "$name.leak-*" -o -name "$name.timeout-*" \
        -o -name "$name.oom-*" >&2
    exit 1
fi
