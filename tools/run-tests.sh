#!/bin/sh
# tools/run-tests.sh - runs the given CMocka programs; fails when one fails, or when one ran no test at all.
#
# As many run side by side as there are cores (TEST_JOBS); each is shown when it has ended. A program that takes longer than
# TEST_SECONDS (default 900) counts as failed, so that a hanging one is found.
set -u
[ $# -gt 0 ] || { echo "run-tests: no test given" >&2; exit 1; }
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
export CMOCKA_MESSAGE_OUTPUT=stdout
seconds=${TEST_SECONDS:-900}

# The log of a program goes to standard output in one piece: one `cat` at a time, under the lock that a folder is.
cat >"$scratch/one" <<'ONE'
scratch=$1 seconds=$2 program=$3 name=$(basename "$3")
timeout --foreground -k 10 "$seconds" "$program" >"$scratch/$name.log" 2>&1
echo $? >"$scratch/$name.status"
until mkdir "$scratch/lock" 2>/dev/null; do sleep 0.1; done
echo "== $name"
cat "$scratch/$name.log"
rmdir "$scratch/lock"
ONE
printf '%s\n' "$@" | xargs -P "${TEST_JOBS:-$(nproc 2>/dev/null || echo 1)}" -I '{}' sh "$scratch/one" "$scratch" "$seconds" '{}'

total=0 skipped=0 failed=
for program; do
    name=$(basename "$program")
    log=$scratch/$name.log
    status=$(cat "$scratch/$name.status" 2>/dev/null || echo unknown)
    ran=$(sed -n 's/^\[==========\].*[^0-9]\([0-9][0-9]*\) test(s) run.*/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
    left=$(sed -n 's/^\[  SKIPPED \] \([0-9][0-9]*\) test(s).*/\1/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
    total=$((total + ran)) skipped=$((skipped + left))
    sed -n 's/^\[  SKIPPED \] \([a-z].*\)/   \1/p' "$log" | sort -u >>"$scratch/skipped"
    if [ "$status" = 124 ]; then
        echo "run-tests: $program took longer than $seconds s" >&2
        failed="$failed $name"
    elif [ "$status" != 0 ]; then
        echo "run-tests: $program failed with status $status" >&2
        failed="$failed $name"
    elif [ "$ran" -eq 0 ]; then
        echo "run-tests: $program ran no test" >&2
        failed="$failed $name"
    fi
done
[ ! -s "$scratch/skipped" ] || { echo "== skipped, for the reasons given above:" && cat "$scratch/skipped"; }
echo "== $# programs, $total tests run, $skipped skipped"
[ -z "$failed" ] || { echo "run-tests: FAILED:$failed" >&2; exit 1; }
