#!/bin/sh
# experiments/results.sh - what `make results` runs: every experiment of learning.md, mnist.md, readouts.md, codes.md and
# codes-fashion.md in results/, as JSON there (codes: HDF5 and a page). It takes hours. RESULTS=short takes drawn digits, small
# networks and two seeds, into build/results-short: it learns little and only shows that every line still runs.
set -eu

program=${HILLOCK_PROGRAM:-./hillock}
case ${RESULTS:=full} in
full) out=results ;;
short) out=${RESULTS_OUT:-build/results-short} ;;
*)
    echo "results: RESULTS = $RESULTS, must be full or short" >&2
    exit 2
    ;;
esac
mkdir -p "$out/codes" "$out/readouts"

small() { # EXPERIMENT: options that make it so
    case $1 in
    features-som | capsule-som) echo train=300 test=50 epochs=1 map_epochs=1 probe=10 ;;
    evolve) echo train=200 validation=50 test=50 generations=2 checks=2 checked=20 batch=20 map=4 last_map=4 check_map=4 map_train=100 ;;
    continual) echo train=200 test=50 probe=20 neurons=40 features=50 solve_images=100 ;;
    local) echo train=200 test=50 hidden=50 passes=2 ;;
    spiking-som) echo train=200 test=50 label=100 rows=2 cols=4 ;;
    mnist) echo train=200 test=50 label=100 neurons=40 ;;
    codes) echo neurons=20 trials=1 test_seeds=2 train=100 label=60 validation=20 test=20 probe=10 ;;
    som) echo side=4 cols=4 epochs=1 ;;
    oja) echo epochs=1 ;;
    esac
}

hillock() { # COMMAND NAME OPTION...
    if [ "$RESULTS" = short ]; then
        options=$(small "$2")
        command=$1 name=$2
        shift 2
        for word; do
            shift
            case $word in
            1..*) word=1..2 ;;
            mnist | fashion) word=glyphs ;;
            esac
            set -- "$@" "$word"
        done
        for value in $options; do
            set -- "$@" --set "$value"
        done
        set -- "$command" "$name" "$@"
    fi
    echo "== hillock $* --quiet"
    "$program" "$@" --quiet
}

trials() { # NAME FILE SEEDS OPTION...: one run a seed, its summaries in FILE.json, nothing else kept
    name=$1 file=$2 seeds=$3
    shift 3
    hillock run "$name" --seeds "$seeds" --jobs 1 --out none --json "$out/$file.json" "$@"
}

# ---- learning.md ----

trials features-som features-som 1..5 --data mnist --set pixels=off
trials features-som features-som-original 1..10 --data mnist --set setting=original --set side=10 --set cols=1
for side in 4 6 8 10 12 16; do
    trials features-som features-som-original-$side 1..5 --data mnist --set setting=original --set side=$side --set probe=0
    trials features-som features-som-outputs-$side 1..5 --data mnist --set setting=original --set side=$side \
        --set vectors=outputs --set pixels=off --set probe=0
done
trials features-som features-som-outputs-ten 1..5 --data mnist --set setting=original --set side=10 --set cols=1 \
    --set vectors=outputs --set pixels=off --set probe=0
for width in 10:1 10:3 16:2 16:5; do # side, and where the neighbourhood ends
    trials features-som features-som-wide-${width%:*}-${width#*:} 1..5 --data mnist --set setting=original --set vectors=activations \
        --set side=${width%:*} --set sigma_end=${width#*:} --set probe=0
done
trials capsule-som capsule-som 1..5 --data mnist --set epochs=2 --set pixels=off
trials evolve evolve 1..5 --data mnist
trials evolve evolve-genetic 1..5 --data mnist --set method=genetic --set generations=500 --set train=10000 --set validation=2000
trials evolve evolve-features 1..5 --data mnist --set method=features --set checks=40
trials continual continual 1..5 --data mnist
trials continual continual-400 1..5 --data mnist --set neurons=400
trials continual continual-plain 1..5 --data mnist --set neurons=400 --set method=plain
for order in mixed drift; do
    for method in forgetting plain; do
        trials continual continual-$method-$order 1..5 --data mnist --set neurons=400 --set method=$method --set order=$order \
            --set record=none
    done
done
trials continual continual-mixed-6400 1..5 --data mnist --set order=mixed --set record=none
trials continual continual-features 1..5 --data mnist --set method=features
trials local local 1..5 --data mnist
for code in rate regular latency latency_log rank phase burst temporal binary delta; do
    trials local local-$code-jitter-0 1..5 --data mnist --code $code --set code_jitter_ms=0
    trials local local-$code-jitter-5 1..5 --data mnist --code $code --set code_jitter_ms=5 --set baseline=off
done
trials spiking-som spiking-som-square 1..10
trials spiking-som spiking-som-line 1..10 --data line
trials spiking-som spiking-som 1..5 --data mnist --set label=10000
trials spiking-som spiking-som-12000 1..5 --data mnist --set train=12000 --set label=6000

# ---- mnist.md, and readouts.md on the spikes of the rate code ----

for code in latency binary regular latency_log rank phase burst temporal delta; do
    trials mnist mnist-$code 1..5 --data mnist --code $code
done
trials mnist mnist-rate-1600 1..5 --data mnist --set neurons=1600
slow='--set label=60000 --set window_ms=350 --set rate_max_hz=40 --set tau_m_ms=700'
# shellcheck disable=SC2086 # words
trials mnist best-400 1..5 --data mnist $slow --set theta_plus_mv=0.15 --set theta_plus_end_mv=0.045
# shellcheck disable=SC2086
trials mnist best-1600 1..5 --data mnist $slow --set neurons=1600
trials mnist best-6400 1..5 --data mnist --code phase --set rule=novelty --set order=shuffled --set neurons=6400 --set label=60000

hillock run mnist --data mnist --code rate --seeds 1..5 --jobs 1 --out "$out/readouts/spikes.h5" --json "$out/mnist-rate.json"
for spikes in "$out"/readouts/spikes-seed*.h5; do
    to=${spikes%.h5}
    for name in label vote first ridge lda hebb delta; do
        hillock readout $name "$spikes" --json "$to-$name.json"
    done
    hillock readout ridge "$spikes" --set vectors=latency --json "$to-ridge-latency.json"
    hillock readout oja "$spikes" --set components=20 --json "$to-oja.json"
    hillock readout som "$spikes" --set side=16 --json "$to-som.json"
done
for name in ridge lda; do
    hillock readout $name --images mnist --json "$out/readouts/pixels-$name.json"
done
[ "$RESULTS" = short ] && seeds=1 || seeds='1 2 3 4 5' # of drawn digits, too, there are 60,000
for seed in $seeds; do
    hillock readout oja --images mnist --set components=40 --seed "$seed" --json "$out/readouts/pixels-oja-$seed.json"
    hillock readout som --images mnist --set side=10 --set cols=1 --seed "$seed" --json "$out/readouts/pixels-som-10-$seed.json"
    hillock readout som --images mnist --set side=16 --set label=600 --seed "$seed" --json "$out/readouts/pixels-som-600-labels-$seed.json"
    hillock readout som --images mnist --set side=16 --set sigma_end=0.8 --seed "$seed" --json "$out/readouts/pixels-som-wide-$seed.json"
    for side in 16 30; do
        hillock readout som --images mnist --set side=$side --seed "$seed" --json "$out/readouts/pixels-som-$side-$seed.json"
    done
done

# ---- codes.md, codes-fashion.md: beside each file comes a page; those say more ----

hillock run codes --data mnist --set probe=500 --jobs 2 --out "$out/codes/mnist.h5"
for code in rate latency burst; do
    hillock run codes --data mnist --code $code --set neurons=200 --set probe=500 --jobs 2 --out "$out/codes/mnist-200-$code.h5"
done
hillock run codes --data fashion --set probe=300 --set trials=10 --jobs 2 --out "$out/codes/fashion.h5"
