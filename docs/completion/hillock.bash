# Completion of hillock for bash. Names of experiments and of their parameters come from the program itself.

_hillock_names() # $1: experiments, neurons, rules, codes or readouts
{
    "${COMP_WORDS[0]}" list "$1" 2>/dev/null | awk '/^  [^ ]/ { print $1 }'
}

_hillock_parameters() # $1: an experiment
{
    "${COMP_WORDS[0]}" show "$1" 2>/dev/null |
        awk '/^parameters/ { on = 1; next } /^[^ ]/ { on = 0 } on && /^  [a-z]/ && $1 != "name" { print $1 "=" }'
}

_hillock_arrays() # $1: a results file
{
    "${COMP_WORDS[0]}" info "$1" 2>/dev/null |
        awk '/^spikes/ { p = "spikes/"; next } /^arrays/ { p = ""; on = 1; next } (on || p) && /^  / { print p $1 }'
}

_hillock()
{
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} words=
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "list show run plot info export readout bench help --help --version" -- "$cur")
        return
    fi
    case $prev in
        --out | --json | --markdown | --checkpoint | --resume | --labels | --save | --load | --features | --plot | -o)
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            return ;;
        --format) words="svg png pdf" ;;
        --what) words="raster rates examples fields confusion accuracy codes code-errors comparison continual map u-matrix neuron-rates neuron-cv correlations" ;;
        --code) words=$(_hillock_names codes) ;;
        --data | --images) words="auto mnist fashion glyphs" ;;
        --set)
            compopt -o nospace 2>/dev/null
            words=$(_hillock_parameters "${COMP_WORDS[2]}") ;;
        --seed | --seeds | --jobs | -j | --threads | --checkpoint-every | --from | --to | --bin | --share) return ;;
    esac
    if [ -z "$words" ]; then
        case $command:$cur in
            run:-*) words="--seed --seeds --jobs --threads --set --code --data --out --json --quiet --checkpoint
                           --checkpoint-every --resume --help" ;;
            plot:-*) words="--out --format --what --from --to --bin --share --help" ;;
            export:-*) words="--out --help" ;;
            readout:-*) words="--set --images --labels --save --load --features --plot --json --seed --threads --quiet --help" ;;
            bench:-*) words="--json --markdown --quick --help" ;;
            *:-*) words="--help" ;;
            bench:*) words="queue delivery encode build recorder ring mnist cuba coba sparse brunel hpc microcircuit scale" ;;
            list:*) words="experiments neurons rules codes readouts" ;;
            show:*) words=$(_hillock_names experiments; _hillock_names neurons; _hillock_names rules
                            _hillock_names codes; _hillock_names readouts) ;;
            help:*) words="list show run plot info export readout bench" ;;
            run:*)
                [ "$COMP_CWORD" -eq 2 ] && words=$(_hillock_names experiments)
                mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur"; compgen -f -- "$cur")
                return ;;
            export:*)
                [ "$COMP_CWORD" -gt 2 ] && words=$(_hillock_arrays "${COMP_WORDS[2]}")
                mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur"; [ -n "$words" ] || compgen -f -X '!*.h5' -- "$cur")
                return ;;
            readout:*)
                [ "$COMP_CWORD" -eq 2 ] && words=$(_hillock_names readouts)
                mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur"; [ -n "$words" ] || compgen -f -- "$cur")
                return ;;
            plot:* | info:*)
                mapfile -t COMPREPLY < <(compgen -f -X '!*.h5' -- "$cur"; compgen -d -- "$cur")
                return ;;
        esac
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}
complete -o filenames -F _hillock hillock
