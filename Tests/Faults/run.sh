#!/usr/bin/env bash
# Compiles the programs that refuse the library what it asks for, and runs them against the libfacestyle.so in LIBDIR.
#
#   Tests/Faults/run.sh LIBDIR [NAME [PART]]      NAME: memory, limit, files, stream; PART: of the name of a scene
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
library=$(cd "${1:?usage: Tests/Faults/run.sh LIBDIR [NAME [PART]]}" && pwd)
if [[ ! -e $library/libfacestyle.so ]]; then
  echo "there is no libfacestyle.so in $library: build it first" >&2
  exit 2
fi
programs=build/faults/$(basename "$library")
mkdir -p "$programs"
export LD_LIBRARY_PATH=$library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
# Each request refused is hours of work.
limit=1800
if [[ ${FACESTYLE_FAULTS:-} = 0 ]]; then limit=36000; fi
failed=0
for name in ${2:-memory limit files stream}; do
  # The program's own malloc, write, ... come before the C library's for all that is loaded.
  ${CC:-cc} -std=gnu11 -O1 -g -Wall -Wextra -Werror ${CFLAGS:-} -Iinclude -ITests/CTests -ITests/Faults -rdynamic \
    "Tests/Faults/${name}_test.c" Tests/Faults/faults.c -o "$programs/${name}_test" -L"$library" -lfacestyle -lpthread -lm
  echo "== $name"
  timeout "$limit" "$programs/${name}_test" ${3+"$3"} || failed=1
done
[[ $failed = 0 ]]
