#!/bin/sh
# tools/deps.sh - checks that this machine has what the given make goals need, and installs from Debian what it lacks.
#
#   sh tools/deps.sh GOAL...      goals as given to make; `deps` means everything
#
# Looking costs a few hundredths of a second and happens on every make, so that no stamp can be out of date. Names the
# packages before it installs them; without root it prints the line to run, and fails.
set -u
CC=${CC:-cc}
cc=${CC%% *}
goals=" $* "
case $goals in *tests/*) goals="$goals test " ;; esac # one test program by its path

wanted() { # is one of these goals among those given?
    for goal; do
        case $goals in *" $goal "*) return 0 ;; esac
    done
    return 1
}
tool() { command -v "$1" >/dev/null 2>&1; }
module() { # a pkg-config module, also while pkg-config itself is missing
    if tool pkg-config; then
        pkg-config --exists "$1"
    else
        for folder in /usr/lib/*/pkgconfig /usr/lib/pkgconfig /usr/share/pkgconfig; do
            [ ! -e "$folder/$1.pc" ] || return 0
        done
        return 1
    fi
}
header() { tool "$cc" && printf '#include <%s>\n' "$1" | $CC -E -x c - >/dev/null 2>&1; }
python_module() { # of Debian's Python, whatever stands before it in PATH
    [ -x /usr/bin/python3 ] && /usr/bin/python3 -c "import sys, importlib.util as u; sys.exit(u.find_spec('$1') is None)"
}
fuzzer() {
    tool clang && echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' |
        clang -fsanitize=fuzzer,address -x c - -o /dev/null 2>/dev/null
}

missing() { # prints the Debian packages that are lacking
    if wanted deps data demo; then
        tool curl || tool wget || echo curl ca-certificates
    fi
    [ "$goals" != ' data ' ] || return 0
    case $cc in
    *clang*) tool "$cc" || echo clang ;;
    *) tool "$cc" || echo gcc ;;
    esac
    header stdio.h || echo libc6-dev
    tool pkg-config || echo pkg-config
    module hdf5 || echo libhdf5-dev
    module libuv || echo libuv1-dev
    module libfyaml || echo libfyaml-dev
    module zlib || echo zlib1g-dev
    header Random123/philox.h || echo librandom123-dev
    if wanted deps demo bench test build-tests sanitize tsan coverage; then
        tool gnuplot || echo gnuplot-nox
    fi
    if wanted deps test build-tests sanitize tsan coverage; then
        module cmocka || echo libcmocka-dev
        module gsl || echo libgsl-dev
        tool h5dump || echo hdf5-tools
        python_module h5py || echo python3-h5py
    fi
    if wanted fuzz fuzzers; then
        fuzzer || echo clang libclang-rt-dev
    fi
}

need=$(missing | tr '\n' ' ')
need=${need% }
[ -n "$need" ] || { wanted deps && echo "Nothing is missing."; exit 0; }

if ! tool apt-get; then
    echo "Missing here (by their Debian names): $need. Install their equivalents, then run make again." >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    root=
elif tool sudo && sudo -n true 2>/dev/null; then
    root='sudo -n'
else
    echo "Missing here: $need. To install them, run" >&2
    echo "    sudo apt-get update && sudo apt-get install --no-install-recommends $need" >&2
    exit 1
fi
echo "Installing what is missing, with apt-get: $need"
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # a list of words
if ! { $root apt-get -qq update &&
    $root env DEBIAN_FRONTEND=noninteractive apt-get -y install --no-install-recommends $need; } >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    echo "apt-get could not install: $need" >&2
    exit 1
fi

need=$(missing | tr '\n' ' ')
[ -z "$need" ] || { echo "Installed, but still not found: $need" >&2; exit 1; }
