#!/usr/bin/env bash
# Programs of earlier versions run with the library of today and print what they always printed. Each is a folder of
# Tests/ABI/programs with the version's name: program.c, what it needs of that version's header, and program.txt, its output.
#
#   Tests/ABI/programs_test.sh LIBDIR        e.g. build
#
# Each is compiled three times: as it was; against the header of today, which still compiles what it compiled; and against the
# header beside it as a later version may be, in which every struct with a size has grown: what this library does not know
# stays as it was.
set -euo pipefail
library=$(cd "${1:?usage: Tests/ABI/programs_test.sh LIBDIR}" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LC_ALL=C LD_LIBRARY_PATH=$library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

check() { # what, folder of the header, folder of the program, what is taken out of both outputs
  local status=0
  # A header beside a file comes before any folder: the program goes where there is none.
  mkdir -p "$work/source" && cp "$3/program.c" "$work/source/program.c"
  "${CC:-cc}" -std=c99 -Wall -Wextra -Werror -pedantic -I"$2" "$work/source/program.c" -o "$work/program" -L"$library" -lfacestyle &&
    timeout 60 "$work/program" >"$work/output" 2>&1 || status=$?
  sed -E "$4" "$work/output" >"$work/seen"
  sed -E "$4" "$3/program.txt" >"$work/wanted"
  if [[ $status = 0 ]] && diff "$work/wanted" "$work/seen"; then
    passed=$((passed + 1))
  else
    echo "FAILED: $1 (status $status)"
    failed=$((failed + 1))
  fi
}

for folder in Tests/ABI/programs/*; do
  version=$(basename "$folder")
  check "the program of $version" "$folder" "$folder" ''
  # The sizes are those of today's structs.
  check "the program of $version with the header of today" include "$folder" 's/size [0-9]+/size/'
  mkdir -p "$work/grown"
  # 32 bytes at the end of each struct that begins with its size.
  awk '/^typedef struct fs_[a-z_]+ \{$/ { sized = 0 } /^  size_t size;$/ { sized = 1 }
    /^\} fs_/ && sized { print "  char grown[32];"; sized = 0 } { print }' "$folder/facestyle.h" >"$work/grown/facestyle.h"
  if [[ $(grep -c 'char grown' "$work/grown/facestyle.h") -lt 5 ]]; then
    echo "FAILED: structs of $version did not grow"
    failed=$((failed + 1))
  fi
  check "the program of $version with structs that have grown" "$work/grown" "$folder" ''
done

echo "$passed passed, $failed failed"
[[ $failed = 0 && $passed -gt 0 ]]
