#!/usr/bin/env bash
# Struct offsets and constants are those of layout.txt, and none of the header's is missing there.
# layout_test.c says what may change.
#
#   Tests/ABI/layout_test.sh [--update]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export LC_ALL=C

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${CC:-cc}" -std=c11 -Wall -Wextra -Werror -pedantic -Iinclude Tests/ABI/layout_test.c -o "$work/layout_test"

if [[ ${1:-} = --update ]]; then
  {
    echo "# Written by Tests/ABI/layout_test.sh --update; layout_test.c says what may change. 64-bit systems."
    "$work/layout_test"
  } >Tests/ABI/layout.txt
  echo "Tests/ABI/layout.txt is written: look at what changed before you commit it"
  exit
fi
if [[ $(getconf LONG_BIT) != 64 ]]; then
  echo "skipped: layout.txt is of 64-bit systems"
  echo "0 passed, 0 failed"
  exit
fi

passed=0 failed=0
result=$("$work/layout_test" Tests/ABI/layout.txt) || true
sed '$d' <<<"$result"
if [[ ${result##*$'\n'} =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
  passed=${BASH_REMATCH[1]} failed=${BASH_REMATCH[2]}
else
  echo "FAILED: layout_test did not reach its end"
  failed=1
fi

# Every enumerator and every member of every struct of the header, one a line: "FS_OK", "fs_point.x".
"${CC:-cc}" -E -P -Iinclude include/facestyle.h | tr '\n' ' ' | sed 's/typedef/\n&/g' | awk '
  /^typedef enum/ {
    sub(/^[^{]*\{/, ""); sub(/\}.*/, "")
    count = split($0, names, ",")
    for (i = 1; i <= count; i++) { sub(/=.*/, "", names[i]); gsub(/ /, "", names[i]); if (names[i]) print names[i] }
  }
  /^typedef struct fs_[a-z_]+ *\{/ {
    type = $3; sub(/\{.*/, "", type)
    sub(/^[^{]*\{/, ""); sub(/\}.*/, "")
    count = split($0, members, ";")
    for (i = 1; i <= count; i++) {
      parts = split(members[i], names, ",")
      for (j = 1; j <= parts; j++) {
        name = names[j]; gsub(/\[[^]]*\]/, "", name); sub(/ *$/, "", name); sub(/.*[ *]/, "", name)
        if (name) print type "." name
      }
    }
  }' | sort -u >"$work/header"
"$work/layout_test" | awk '$1 == "offset" { print $2; next } $1 != "sizeof" { print $1 }' | sort -u >"$work/table"
missing=$(comm -23 "$work/header" "$work/table")
if [[ -s $work/header && -z $missing ]]; then
  passed=$((passed + 1))
else
  echo "FAILED: in the header, but not in the table of layout_test.c:"$'\n'"$missing"
  failed=$((failed + 1))
fi

echo "$passed passed, $failed failed"
[[ $failed = 0 ]]
