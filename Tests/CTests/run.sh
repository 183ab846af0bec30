#!/usr/bin/env bash
# Compiles the C test programs and runs them against the libfacestyle.so in LIBDIR.
#
#   Tests/CTests/run.sh LIBDIR [--valgrind] [NAME ...]      NAME: image, style, ...; default all
#
# CC and CFLAGS are honoured. RUN stands before each program: an emulator with its options, where the library is another
# processor's. FACESTYLE_MODELS, FACESTYLE_PHOTOS and FACESTYLE_SHARED say where models
# and photos lie; FACESTYLE_QUICK=1 uses tiny pictures and few steps, and is set for valgrind and emulators.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

library= valgrind=0 names=()
for argument in "$@"; do
  case $argument in
    --valgrind) valgrind=1 ;;
    -*) echo "unknown option $argument" >&2; exit 2 ;;
    *) if [[ -z $library ]]; then library=$argument; else names+=("$argument"); fi ;;
  esac
done
if [[ -z $library ]]; then
  echo "usage: Tests/CTests/run.sh LIBDIR [--valgrind] [NAME ...]" >&2
  exit 2
fi
if [[ ! -e $library/libfacestyle.so ]]; then
  echo "there is no libfacestyle.so in $library: build it first" >&2
  exit 2
fi
library=$(cd "$library" && pwd)
if [[ ${#names[@]} -eq 0 ]]; then
  names=(version handle struct output image frame model names detector embedder liveness analysis mark gallery store server identification tracker cost loss detection differentiation expression style fast_style enlarger seeing pixels
         evaluation trainer threads host memory self_test)
  if [[ $valgrind = 1 ]]; then
    names=("${names[@]/trainer/}")
    echo "trainer is left out under valgrind: its steps take many minutes there; name it to run it"
  fi
fi

# One folder of programs for each folder of libraries: build/embedded -> build/ctests/build_embedded.
label=${library#"$PWD"/}
programs=build/ctests/${label//\//_}
mkdir -p "$programs"
export LD_LIBRARY_PATH=$library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

read -ra runner <<<"${RUN:-}"
limit=600
if [[ ${#runner[@]} -gt 0 ]]; then
  export FACESTYLE_QUICK=1 FACESTYLE_EMULATED=1
  limit=3600
fi
if [[ $valgrind = 1 ]]; then
  export FACESTYLE_QUICK=1
  # libjpeg-turbo's vector code computes on bytes behind a narrow row, which reach no pixel: the same picture as by its plain code.
  export JSIMD_FORCENONE=1
  limit=3600
  # Lost for good or through something lost: none. OpenBLAS keeps its buffers to the end (still
  # reachable), and the C library the stacks of sleeping threads (possibly lost): these do not count.
  runner=(valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,indirect
    --show-leak-kinds=definite,indirect --num-callers=30 --child-silent-after-fork=yes
    --suppressions=Tests/CTests/valgrind.supp)
fi

passed=0 failed=0 skipped=0
for name in "${names[@]}"; do
  [[ -n $name ]] || continue
  program=$programs/${name}_test
  # shellcheck disable=SC2086  # CC and CFLAGS may hold several words
  ${CC:-cc} -std=c11 -O1 -g -Wall -Wextra -Werror -pedantic ${CFLAGS:-} -Iinclude -ITests/CTests \
    "Tests/CTests/${name}_test.c" -o "$program" -L"$library" -lfacestyle -lsqlite3 -lpthread -lm

  echo "== $name"
  status=0
  timeout "$limit" ${runner[@]+"${runner[@]}"} "$program" >"$program.log" 2>&1 || status=$?
  cat "$program.log"
  if [[ $(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$program.log" | tail -n 1) =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+) ]]; then
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2])) skipped=$((skipped + BASH_REMATCH[3]))
    if [[ $status != 0 && ${BASH_REMATCH[2]} = 0 ]]; then
      echo "FAILED: $name ended with status $status"
      failed=$((failed + 1))
    fi
  else
    echo "FAILED: $name did not reach its end (status $status)"
    failed=$((failed + 1))
  fi
done

echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed = 0 ]]
