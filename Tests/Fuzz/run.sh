#!/usr/bin/env bash
# Compiles the fuzz targets with the tool chain's clang and runs each against the libfacestyle.so in LIBDIR, which is built with
# AddressSanitizer and coverage.
#
#   CLANG=clang Tests/Fuzz/run.sh LIBDIR SECONDS [TARGET ...]      TARGET: picture, model, door, ...; default all
#
# Begins with Tests/Fuzz/seeds and with what earlier runs found, in the folder that CORPUS names (default build/fuzz/corpus), a
# folder a target; what this run finds is added there. An input that ends the process, takes
# longer than a minute or more than 3 GB is kept in build/fuzz and ends this with 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
library=$(cd "${1:?usage: Tests/Fuzz/run.sh LIBDIR SECONDS [TARGET ...]}" && pwd)
seconds=${2:?usage: Tests/Fuzz/run.sh LIBDIR SECONDS [TARGET ...]}
shift 2
targets=("$@")
if [[ ${#targets[@]} -eq 0 ]]; then
  for source in Tests/Fuzz/*.c; do targets+=("$(basename "$source" .c)"); done
fi
if [[ -n ${FACESTYLE_MODELS:-} ]]; then export FACESTYLE_MODELS=$(realpath "$FACESTYLE_MODELS"); fi
export LD_LIBRARY_PATH=$library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
# What is too much is refused, as by the system. Leaks are found by Tests/Faults: what an indirect enum of Swift's points to,
# with its case in the pointer's upper bits, looks lost from outside.
export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=0:quarantine_size_mb=32:${ASAN_OPTIONS:-}
programs=$PWD/build/fuzz
mkdir -p "$programs"
Tests/Fuzz/door_calls.py >"$programs/door_calls.h"

failed=0 all=0
for target in "${targets[@]}"; do
  "${CLANG:-clang}" -std=gnu11 -O1 -g -Wall -Wextra -fsanitize=fuzzer,address -fuse-ld=lld -Iinclude -I"$programs" \
    "Tests/Fuzz/$target.c" -o "$programs/$target" -L"$library" -lfacestyle -lz -lsqlite3 -lm
  corpus=${CORPUS:-$programs/corpus}/$target seeds=$PWD/Tests/Fuzz/seeds/$target words=Tests/Fuzz/words/$target
  mkdir -p "$corpus"
  status=0
  "$programs/$target" -max_total_time="$seconds" -timeout=60 -report_slow_units=60 -detect_leaks=0 -rss_limit_mb=3072 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="$programs/$target-" $([[ -e $words ]] && echo "-dict=$words") "$corpus" \
    $([[ -e $seeds ]] && echo "$seeds") >"$programs/$target.log" 2>&1 || status=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$programs/$target.log" | tail -n 1)
  edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$programs/$target.log" | tail -n 1)
  all=$((all + ${runs:-0}))
  echo "$target: ${runs:-0} inputs, ${edges:-0} edges$([[ $status = 0 ]] || echo ", FAILED: $programs/$target.log")"
  if [[ $status != 0 ]]; then
    failed=1
    grep -E "ERROR|SUMMARY|Test unit written" "$programs/$target.log" | head -n 5
  fi
done
echo "$all inputs"
[[ $failed = 0 ]]
