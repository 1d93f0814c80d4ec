# Completion of hillock for fish. Names of experiments and of their parameters come from the program itself.

function __hillock_names # kind ...
    for kind in $argv
        hillock list $kind 2>/dev/null | string match -r '^  \S+.*' | string replace -r '^  (\S+)\s+(.*)$' '$1\t$2'
    end
end

function __hillock_parameters
    set -l words (commandline -opc)
    test (count $words) -ge 3; or return
    hillock show $words[3] 2>/dev/null | awk '/^parameters/ { on = 1; next } /^[^ ]/ { on = 0 } on && /^  [a-z]/ && $1 != "name" { print $1 "=" }'
end

set -l commands list show run plot info export readout bench help
complete -c hillock -f
complete -c hillock -n "not __fish_seen_subcommand_from $commands" -a list -d 'experiments, models, rules and codes'
complete -c hillock -n "not __fish_seen_subcommand_from $commands" -a show -d 'parameters of one of them'
complete -c hillock -n "not __fish_seen_subcommand_from $commands" -a run -d 'runs an experiment'
complete -c hillock -n "not __fish_seen_subcommand_from $commands" -a plot -d 'pictures of a results file'
complete -c hillock -n "not __fish_seen_subcommand_from $commands" -a info -d 'what a results file holds'
complete -c hillock -n "not __fish_seen_subcommand_from $commands" -a export -d 'an array or spikes as .npy'
complete -c hillock -n "not __fish_seen_subcommand_from $commands" -a readout -d 'classes from recorded spikes'
complete -c hillock -n "not __fish_seen_subcommand_from $commands" -a bench -d 'the benchmark set'
complete -c hillock -n "not __fish_seen_subcommand_from $commands" -a help -d 'help with examples'
complete -c hillock -n "not __fish_seen_subcommand_from $commands" -l version -d 'version and commit'
complete -c hillock -s h -l help -d help

complete -c hillock -n '__fish_seen_subcommand_from list' -a 'experiments neurons rules codes readouts'
complete -c hillock -n '__fish_seen_subcommand_from show' -a '(__hillock_names experiments neurons rules codes readouts)'
complete -c hillock -n '__fish_seen_subcommand_from help' -a "$commands"
complete -c hillock -n '__fish_seen_subcommand_from info plot export' -F

complete -c hillock -n '__fish_seen_subcommand_from run' -F -a '(__hillock_names experiments)'
complete -c hillock -n '__fish_seen_subcommand_from run' -l seed -x -d 'seed of everything random'
complete -c hillock -n '__fish_seen_subcommand_from run' -l seeds -x -d 'one trial per seed: 1..5 or 1,3,9'
complete -c hillock -n '__fish_seen_subcommand_from run' -s j -l jobs -x -d 'trials at the same time'
complete -c hillock -n '__fish_seen_subcommand_from run' -l threads -x -d 'threads of one simulation (default: all cores)'
complete -c hillock -n '__fish_seen_subcommand_from run' -l set -x -a '(__hillock_parameters)' -d 'sets a parameter'
complete -c hillock -n '__fish_seen_subcommand_from run' -l code -x -a '(__hillock_names codes)' -d code
complete -c hillock -n '__fish_seen_subcommand_from run' -l data -x -a 'auto mnist fashion glyphs' -d 'data set'
complete -c hillock -n '__fish_seen_subcommand_from run' -s o -l out -r -F -d 'results file'
complete -c hillock -n '__fish_seen_subcommand_from run' -l json -r -F -d 'summary as JSON'
complete -c hillock -n '__fish_seen_subcommand_from run' -s q -l quiet -d 'only errors and warnings'
complete -c hillock -n '__fish_seen_subcommand_from run' -l checkpoint -r -F -d 'where to save the run'
complete -c hillock -n '__fish_seen_subcommand_from run' -l checkpoint-every -x -d 'interval in seconds'
complete -c hillock -n '__fish_seen_subcommand_from run' -l resume -r -F -d 'goes on from a checkpoint'

complete -c hillock -n '__fish_seen_subcommand_from plot' -s o -l out -x -a '(__fish_complete_directories)' -d 'folder of the pictures'
complete -c hillock -n '__fish_seen_subcommand_from plot' -l format -x -a 'svg png pdf' -d 'form of the pictures'
complete -c hillock -n '__fish_seen_subcommand_from plot' -l what -x -a 'raster rates examples fields confusion accuracy codes code-errors comparison continual map u-matrix neuron-rates neuron-cv correlations' -d 'only these'
complete -c hillock -n '__fish_seen_subcommand_from plot' -l from -x -d 'spikes later than this (ms)'
complete -c hillock -n '__fish_seen_subcommand_from plot' -l to -x -d 'spikes up to this (ms)'
complete -c hillock -n '__fish_seen_subcommand_from plot' -l bin -x -d 'width of a bin (ms)'
complete -c hillock -n '__fish_seen_subcommand_from plot' -l share -x -d 'share of the neurons in a raster'

complete -c hillock -n '__fish_seen_subcommand_from export' -s o -l out -r -F -d 'the new file'

complete -c hillock -n '__fish_seen_subcommand_from readout' -F -a '(__hillock_names readouts)'
complete -c hillock -n '__fish_seen_subcommand_from readout' -s s -l set -x -d 'an option of the readout'
complete -c hillock -n '__fish_seen_subcommand_from readout' -l images -x -a 'auto mnist fashion glyphs' -d 'pixels in place of a file'
complete -c hillock -n '__fish_seen_subcommand_from readout' -l labels -r -F -d 'classes of the samples'
complete -c hillock -n '__fish_seen_subcommand_from readout' -l save -r -F -d 'keep what was learnt'
complete -c hillock -n '__fish_seen_subcommand_from readout' -l load -r -F -d 'decide with what was learnt'
complete -c hillock -n '__fish_seen_subcommand_from readout' -l features -r -F -d 'keep the vectors'
complete -c hillock -n '__fish_seen_subcommand_from readout' -l plot -r -F -d 'prefix of pictures'
complete -c hillock -n '__fish_seen_subcommand_from readout' -l json -r -F -d 'summary as JSON'
complete -c hillock -n '__fish_seen_subcommand_from readout' -l seed -x -d 'of random choices'
complete -c hillock -n '__fish_seen_subcommand_from readout' -l threads -x -d 'threads that compute'
complete -c hillock -n '__fish_seen_subcommand_from readout' -s q -l quiet -d 'no report'

complete -c hillock -f -n '__fish_seen_subcommand_from bench' -a 'queue delivery encode build recorder ring mnist cuba coba sparse brunel hpc microcircuit scale'
complete -c hillock -n '__fish_seen_subcommand_from bench' -l json -r -F -d 'figures as JSON'
complete -c hillock -n '__fish_seen_subcommand_from bench' -l markdown -r -F -d 'figures as a page with a table'
complete -c hillock -n '__fish_seen_subcommand_from bench' -l quick -d 'a little of everything, in seconds'
