#!/bin/sh
# How many instructions fixed work takes, beside benchmarks/instructions.txt: fails if one takes over 5 % more. This holds
# speed on any machine, however busy. `instructions.sh BUILD --update` writes the file anew, for the same commit.
#
# The kernels of AVX-512 are not counted: valgrind 3.19 cannot run them. Nor is painting with those of AVX2: valgrind
# works a fused multiplication out number by number, which takes a quarter of an hour.
set -eu
build=$1
update=${2-}
record=$(dirname "$0")/instructions.txt
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

count() { # KERNELS [VGG]
  kernels=$1
  shift
  set -- "$kernels" models/faces-yunet.safetensors models/faces-nn4.safetensors "$@"
  valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file="$folder/$kernels" "$build/instructions" "$@" \
    >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
  awk -v kernels="$kernels" '/^desc: Trigger: Client Request: /{ work = $NF }
    /^totals:/{ if (work) printf "%-18s %-9s %11d\n", work, kernels, $2; work = "" }' "$folder/$kernels".*
}

count baseline "$build/models/vgg19.safetensors" >"$folder/counts"
if grep -qw avx2 /proc/cpuinfo; then count avx2 >>"$folder/counts"; else echo "avx2 left out: this processor has none" >&2; fi
if [ "$update" = --update ]; then
  cp "$folder/counts" "$record"
  cat "$record"
  exit
fi

awk 'NR == FNR { was[$1, $2] = $3; next }
  FNR == 1 { printf "%-18s %-9s %11s %11s %7s\n", "work", "kernels", "now", "recorded", "change" }
  !(($1, $2) in was) { printf "%s, %s: not in the record\n", $1, $2; failed = 1; next }
  {
    change = 100 * ($3 / was[$1, $2] - 1)
    printf "%-18s %-9s %11d %11d %+6.1f%%", $1, $2, $3, was[$1, $2], change
    if (change > 5) { printf "  over 5 %%"; failed = 1 }
    printf "\n"
  }
  END {
    if (failed) print "If that is meant, run `make bench-instructions UPDATE=1` and commit the record with its reason."
    exit failed
  }' "$record" "$folder/counts"
