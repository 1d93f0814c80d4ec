#!/bin/sh
# experiments/datasets/fetch.sh - downloads MNIST, checks it, and puts it where Hillock looks for it (`make data`).
#
# To $HILLOCK_DATA/mnist, else ~/.local/share/hillock/mnist. Files appear under their names only once all of them are there
# with the right SHA-256; good files that are there already are kept. HILLOCK_MIRRORS may name other places to download from: the file
# names below, with .gz, are added to each.
set -eu

mirrors=${HILLOCK_MIRRORS:-"https://ossci-datasets.s3.amazonaws.com/mnist https://storage.googleapis.com/cvdf-datasets/mnist"}

# SHA-256 of the files, unzipped.
files='train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte'
expected_sum() {
    case $1 in
    train-images-idx3-ubyte) echo ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db ;;
    train-labels-idx1-ubyte) echo 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5 ;;
    t10k-images-idx3-ubyte) echo 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7 ;;
    t10k-labels-idx1-ubyte) echo ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2 ;;
    esac
}

fail() {
    echo "make data: $*" >&2
    exit 1
}

if command -v sha256sum >/dev/null; then
    sum() { sha256sum | cut -d' ' -f1; }
elif command -v shasum >/dev/null; then
    sum() { shasum -a 256 | cut -d' ' -f1; }
else
    fail "needs sha256sum or shasum to check what it downloads"
fi
if command -v curl >/dev/null; then
    download() { curl --fail --silent --show-error --location --connect-timeout 20 --output "$2" "$1"; }
elif command -v wget >/dev/null; then
    download() { wget --no-verbose --timeout=20 --tries=2 --output-document="$2" "$1"; }
else
    download() { fail "needs curl or wget"; }
fi

# is_good FOLDER FILE: the file is there, plain or gzipped, and what Hillock would read has the right sum.
is_good() {
    if test -e "$1/$2"; then
        test "$(sum <"$1/$2")" = "$(expected_sum "$2")"
    elif test -e "$1/$2.gz"; then
        test "$(gunzip -c "$1/$2.gz" 2>/dev/null | sum)" = "$(expected_sum "$2")"
    else
        return 1
    fi
}

missing_in() {
    for file in $files; do
        is_good "$1" "$file" || echo "$file"
    done
}

project=$(cd "$(dirname "$0")/../.." && pwd)
shared=$project/../shared/data/mnist
if test -d "$shared" && test -z "$(missing_in "$shared")"; then
    echo "MNIST is in $(cd "$shared" && pwd), complete and unaltered: nothing to download."
    exit 0
fi

if test -n "${HILLOCK_DATA:-}"; then
    folder=$HILLOCK_DATA/mnist
else
    folder=${HOME:?make data: neither HILLOCK_DATA nor HOME is set}/.local/share/hillock/mnist
fi
missing=$(missing_in "$folder")
if test -z "$missing"; then
    echo "MNIST is in $folder, complete and unaltered: nothing to download."
    exit 0
fi
for file in $missing; do
    test ! -e "$folder/$file" || fail "$folder/$file is not the file of MNIST (its SHA-256 differs); move it away first"
done

mkdir -p "$folder" || fail "cannot make the folder $folder; set HILLOCK_DATA to one you can write to"
scratch=$(mktemp -d "$folder/.download.XXXXXX") || fail "cannot write to $folder; set HILLOCK_DATA to another folder"
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
for file in $missing; do
    got=
    for mirror in $mirrors; do
        echo "$mirror/$file.gz"
        if ! download "$mirror/$file.gz" "$scratch/$file.gz"; then
            echo "make data: could not download it from there" >&2
        elif is_good "$scratch" "$file"; then
            got=yes
            break
        else
            echo "make data: what came is not the file of MNIST (its SHA-256 differs)" >&2
        fi
        rm -f "$scratch/$file.gz"
    done
    test -n "$got" || fail "no mirror had a good $file.gz; $folder is as it was"
done
for file in $missing; do
    mv -f "$scratch/$file.gz" "$folder/$file.gz"
done
echo "MNIST is in $folder, complete, SHA-256 checked."
