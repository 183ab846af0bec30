#!/usr/bin/env bash
# facestyle.h alone compiles as C99, C11 and C++11 without a warning, with gcc and with clang where it is.
#
#   Tests/ABI/header_test.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

passed=0 failed=0
strict=(-pedantic -Wall -Wextra -Werror -fsyntax-only -Iinclude)

check() { # what, command ...
  local what=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
  else
    echo "FAILED: $what"
    failed=$((failed + 1))
  fi
}

# The compiler of the Swift tool chain counts too, when clang itself is not on the path.
clang=$(command -v clang || true)
if [[ -z $clang ]] && command -v swift >/dev/null; then
  beside=$(dirname "$(readlink -f "$(command -v swift)")")/clang
  [[ -x $beside ]] && clang=$beside
fi

compilers=("$(command -v gcc || command -v cc)")
if [[ -n $clang ]]; then compilers+=("$clang"); else echo "skipped: clang is not there"; fi

# Twice in one file: the guard holds, and nothing is used that the header does not include itself.
source='#include <facestyle.h>
#include <facestyle.h>
typedef fs_status test_uses_it;
'
for compiler in "${compilers[@]}"; do
  name=$(basename "$compiler")
  for standard in c99 c11; do
    check "$name -std=$standard" "$compiler" "${strict[@]}" -Wstrict-prototypes -Wundef -std=$standard -x c - <<<"$source"
  done
  check "$name -std=c++11" "$compiler" "${strict[@]}" -Wundef -std=c++11 -x c++ - <<<"$source"
done

echo "$passed passed, $failed failed"
[[ $failed = 0 ]]
