#!/bin/sh
# tools/coverage.sh BUILD FOLDER... - lines passed by the tests, from gcov, by file, folder and in all.
#
# A kernel source is compiled several times, and an inline function stands in many objects: a line counts once, and is
# covered when any of its copies ran.
set -eu
build=$1
shift
for folder; do
    [ ! -d "$build/$folder" ] || find "$build/$folder" -name '*.gcno'
done | sort | xargs gcov --stdout 2>/dev/null | awk -v folders="$*" '
    BEGIN { FS = ":"; n_folders = split(folders, folder, " ") }
    $2 + 0 == 0 && $3 == "Source" { source = $4; next }
    { count = $1; gsub(/[ *]/, "", count) }
    count == "" || count == "-" || $2 + 0 == 0 { next }
    {
        line = source ":" $2 + 0
        if (!(line in ran)) { ran[line] = 0; file[line] = source }
        if (count !~ /^[#=]/) ran[line] = 1
    }
    function show(name, hit, of) { printf "  %-40s %6d of %6d lines %6.1f %%\n", name, hit, of, of ? 100 * hit / of : 0 }
    END {
        for (line in ran)
            for (i = 1; i <= n_folders; i++)
                if (index(file[line], folder[i] "/") == 1) {
                    lines[file[line]]++; hits[file[line]] += ran[line]
                    in_folder[folder[i]]++; hit_in[folder[i]] += ran[line]
                    all++; hit_all += ran[line]
                }
        for (f in lines) names[++n] = f
        for (i = 2; i <= n; i++) # by insertion: every awk can
            for (k = i; k > 1 && names[k] < names[k - 1]; k--) { f = names[k]; names[k] = names[k - 1]; names[k - 1] = f }
        for (i = 1; i <= n; i++) show(names[i], hits[names[i]], lines[names[i]])
        for (i = 1; i <= n_folders; i++) show(folder[i] "/", hit_in[folder[i]], in_folder[folder[i]])
        show("total", hit_all, all)
        if (!all) exit 1
    }'
