#!/usr/bin/env bash
# The library exports the header's functions and nothing else, and needs only the libraries it may need.
#
#   Tests/ABI/symbols_test.sh LIBRARY            e.g. build/libfacestyle.so
#   Tests/ABI/symbols_test.sh LIBRARY firmware   exports those functions that Sources/firmware.map names, and needs only libc and libm
set -euo pipefail
if [[ ! -e ${1:?usage: Tests/ABI/symbols_test.sh LIBRARY} ]]; then
  echo "there is no $1: build it first" >&2
  exit 2
fi
library=$(readlink -f "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LC_ALL=C

passed=0 failed=0
pass() { passed=$((passed + 1)); }
fail() { echo "FAILED: $1"; failed=$((failed + 1)); }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A function's name is followed by its parameters; a callback type reads `fs_action (*fs_style_callback)(`.
"${CC:-cc}" -E -P -Iinclude include/facestyle.h | grep -oE '\bfs_[a-z0-9_]+ *\([^*]' | sed 's/ *(.*//' | sort -u >"$work/header"
if [[ ${2:-} = firmware ]]; then
  grep -oE '\bfs_[a-z0-9_]+' Sources/firmware.map | sort -u >"$work/firmware"
  unknown=$(comm -13 "$work/header" "$work/firmware")
  if [[ -z $unknown ]]; then pass; else fail "in Sources/firmware.map but not declared:"$'\n'"$unknown"; fi
  mv "$work/firmware" "$work/header"
fi
# Name, without its version, and kind; the version node itself is an absolute symbol of the same name.
nm -D --defined-only "$library" | awk '$2 != "A" || $3 !~ /^FACESTYLE_[0-9]+/ { sub(/@.*/, "", $3); print $3 }' |
  sort -u >"$work/library"

count=$(wc -l <"$work/header")
if [[ $count -gt 0 ]]; then pass; else fail "the header declares no function"; fi

missing=$(comm -23 "$work/header" "$work/library")
if [[ -z $missing ]]; then pass; else fail "declared but not exported:"$'\n'"$missing"; fi

extra=$(comm -13 "$work/header" "$work/library")
if [[ -z $extra ]]; then pass; else fail "exported but not declared:"$'\n'"$extra"; fi

strange=$(nm -D --defined-only "$library" | awk '$2 != "T" && !($2 == "A" && $3 ~ /^FACESTYLE_[0-9]+/)')
if [[ -z $strange ]]; then pass; else fail "exported, but no function:"$'\n'"$strange"; fi

unversioned=$(nm -D --defined-only "$library" | awk '$2 == "T" && $3 !~ /@@FACESTYLE_0$/')
if [[ -z $unversioned ]]; then pass; else fail "exported without the version FACESTYLE_0:"$'\n'"$unversioned"; fi

readelf -d "$library" >"$work/dynamic"
soname=$(sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p' "$work/dynamic")
if [[ $soname = libfacestyle.so.0 ]]; then pass; else fail "SONAME is '$soname'; expected libfacestyle.so.0"; fi

paths=$(grep -E '\((RPATH|RUNPATH)\)' "$work/dynamic" || true)
if [[ -z $paths ]]; then pass; else fail "the library carries a search path:"$'\n'"$paths"; fi

# OpenBLAS is loaded when it is needed: linked, it would take 60 KB of every thread's stack.
allowed='^(libc|libm|libstdc\+\+|libgcc_s|libturbojpeg|libpng16|libz|liblcms2|libsqlite3|ld-linux[a-z0-9-]*)\.so(\.[0-9]+)*$'
if [[ ${2:-} = firmware ]]; then allowed='^(libc|libm|ld-linux[a-z0-9-]*)\.so(\.[0-9]+)*$'; fi
foreign=$(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' "$work/dynamic" | grep -vE "$allowed" || true)
if [[ -z $foreign ]]; then pass; else fail "the library needs what it may not:"$'\n'"$foreign"; fi

stack=$(readelf -lW "$library" | awk '$1 == "GNU_STACK" && $7 ~ /E/')
if [[ -z $stack ]]; then pass; else fail "the library asks for an executable stack"; fi

if grep -q '(TEXTREL)' "$work/dynamic"; then fail "the library's code needs relocation"; else pass; fi

echo "$passed passed, $failed failed"
[[ $failed = 0 ]]
