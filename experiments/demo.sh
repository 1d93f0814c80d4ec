#!/bin/sh
# experiments/demo.sh - what `make demo` shows: one competing layer learns digits under three codes; a table, pictures, and
# spike files. Two minutes at most on two cores; DEMO=short takes few images and learns little: it only shows that all
# parts work.
set -eu

program=${HILLOCK_PROGRAM:-./hillock}
out=${DEMO_OUT:-results/demo}
codes='rate latency binary'
case ${DEMO:-full} in
full)
    amount=
    [ -d data/mnist ] || sh "$(dirname "$0")/datasets/fetch.sh" ||
        echo "Going on without MNIST: hillock takes other images, and says which."
    echo
    ;;
short) amount='--set train=3000 --set label=1000 --set test=1000' ;;
*)
    echo "demo: DEMO = $DEMO, must be full or short" >&2
    exit 2
    ;;
esac

mkdir -p "$out"
for code in $codes; do
    # shellcheck disable=SC2086 # words
    set -- run mnist --code "$code" $amount --seed 7 --out "$out/$code.h5" --json "$out/$code.json"
    echo "== $program $*"
    "$program" "$@"
    echo
done

value() { # FILE KEY: a number of the summary
    sed -n "s/^  \"$2\": \"*\([^\",]*\)\"*,*\$/\1/p" "$1" | tail -n 1
}
percent() { # FILE KEY
    awk "BEGIN { printf \"%.2f %%\", 100 * $(value "$1" "$2") }"
}

table() {
    echo "data: $(value "$out/rate.json" data), $(value "$out/rate.json" train_images) images shown in training, seed 7;" \
        "hillock $(value "$out/rate.json" version)"
    echo
    echo "| code | right by label | right by vote | ms an image, training | spikes an image | synaptic events an image |"
    echo "| --- | --- | --- | --- | --- | --- |"
    for code in $codes; do
        json=$out/$code.json
        printf '| %-7s | %s | %s | %.3f | %.0f | %.0f |\n' "$code" "$(percent "$json" test_accuracy_label)" \
            "$(percent "$json" test_accuracy_vote)" "$(value "$json" train_ms_per_image)" \
            "$(value "$json" spikes_per_image)" "$(value "$json" synaptic_events_per_image)"
    done
}
table | tee "$out/table.md"
echo

if command -v gnuplot >/dev/null; then
    for code in $codes; do # the raster, fields, confusion matrix, accuracy
        "$program" plot "$out/$code.h5" --format png >/dev/null
    done
else
    echo "No pictures: gnuplot is not installed."
fi
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
    /usr/bin/python3 - "$out/rate.h5" <<'PYTHON'
import sys, h5py
with h5py.File(sys.argv[1]) as f:
    for name, spikes in f["spikes"].items():
        print(f"h5py reads {sys.argv[1]}: {len(spikes['timestamps'])} spikes of '{name}'")
PYTHON
fi
echo "The table, pictures and HDF5 files are in $out. Next: $program info $out/rate.h5"
