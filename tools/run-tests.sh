#!/bin/sh
# tools/run-tests.sh - runs the given CMocka programs; fails when one fails, or when one ran no test at all.
#
# A program that takes longer than TEST_SECONDS (default 900) counts as failed, so that a hanging one is found.
set -u
[ $# -gt 0 ] || { echo "run-tests: no test given" >&2; exit 1; }
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
export CMOCKA_MESSAGE_OUTPUT=stdout
total=0 skipped=0 failed=
for program; do
    echo "== $(basename "$program")"
    { timeout --foreground -k 10 "${TEST_SECONDS:-900}" "$program" 2>&1; echo $? >"$scratch/status"; } | tee "$scratch/log"
    status=$(cat "$scratch/status")
    ran=$(sed -n 's/^\[==========\].*[^0-9]\([0-9][0-9]*\) test(s) run.*/\1/p' "$scratch/log" | awk '{ n += $1 } END { print n + 0 }')
    left=$(sed -n 's/^\[  SKIPPED \] \([0-9][0-9]*\) test(s).*/\1/p' "$scratch/log" | awk '{ n += $1 } END { print n + 0 }')
    total=$((total + ran)) skipped=$((skipped + left))
    sed -n 's/^\[  SKIPPED \] \([a-z].*\)/   \1/p' "$scratch/log" | sort -u >>"$scratch/skipped"
    if [ "$status" -eq 124 ]; then
        echo "run-tests: $program took longer than ${TEST_SECONDS:-900} s" >&2
        failed="$failed $(basename "$program")"
    elif [ "$status" -ne 0 ]; then
        echo "run-tests: $program failed with status $status" >&2
        failed="$failed $(basename "$program")"
    elif [ "$ran" -eq 0 ]; then
        echo "run-tests: $program ran no test" >&2
        failed="$failed $(basename "$program")"
    fi
done
[ ! -s "$scratch/skipped" ] || { echo "== skipped, for the reasons given above:" && cat "$scratch/skipped"; }
echo "== $# programs, $total tests run, $skipped skipped"
[ -z "$failed" ] || { echo "run-tests: FAILED:$failed" >&2; exit 1; }
