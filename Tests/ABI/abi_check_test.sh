#!/usr/bin/env bash
# Tools/abi-check finds breaks of the ABI since the last tag, and those only. Each case is a small repository: the ledgers
# of a release, tagged, and what a later version made of them.
#
#   Tests/ABI/abi_check_test.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
check=$PWD/Tools/abi-check

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

release() { # a new repository in $work/case, with a tagged release, and in it the files
  rm -rf "$work/case"
  mkdir -p "$work/case/Tests/ABI" "$work/case/include" "$work/case/Sources"
  cd "$work/case"
  printf 'SOVERSION := 0\n' >Makefile
  echo 'FACESTYLE_0 { global: fs_*; local: *; };' >Sources/exports.map
  cat >include/facestyle.h <<'C'
#ifndef FACESTYLE_H
#define FACESTYLE_H
#include <stddef.h>
#include <stdint.h>
#define FS_ABI_VERSION 0
typedef enum fs_status { FS_OK = 0, FS_IO = 3 } fs_status;
typedef struct fs_point { float x, y; } fs_point;
typedef struct fs_options { size_t size; uint32_t steps; float rate; } fs_options;
fs_status fs_run(const fs_options *options, fs_point *point);
uint32_t fs_version(void);
#endif
C
  cat >Tests/ABI/layout.txt <<'L'
# 64-bit systems
FS_ABI_VERSION 0
sizeof fs_status 4
FS_OK 0
FS_IO 3
sizeof fs_point 8
offset fs_point.x 0
sizeof fs_point.x 4
offset fs_point.y 4
sizeof fs_point.y 4
sizeof fs_options 16
offset fs_options.size 0
sizeof fs_options.size 8
offset fs_options.steps 8
sizeof fs_options.steps 4
offset fs_options.rate 12
sizeof fs_options.rate 4
L
  cat >Tests/ABI/types.txt <<'T'
member fs_point.x float
member fs_point.y float
member fs_options.size size_t
member fs_options.steps uint32_t
member fs_options.rate float
function fs_run fs_status (const fs_options *, fs_point *)
function fs_version uint32_t (void)
T
  git init --quiet .
  git add .
  git -c user.name=test -c user.email=test@example.org commit --quiet -m release
}

expect() { # status, a line of the answer, what
  local status=0
  "$check" >"$work/answer" 2>&1 || status=$?
  if [[ $status = "$1" ]] && grep -qF "$2" "$work/answer"; then
    passed=$((passed + 1))
  else
    echo "FAILED: $3: status $status, expected $1 and \"$2\":"
    sed 's/^/  /' "$work/answer"
    failed=$((failed + 1))
  fi
}

release
expect 0 'there is no v* tag yet: nothing is compared' 'without a tag nothing is compared'

git tag v0.1.0
expect 0 'programs built for v0.1.0 run with this version' 'nothing has changed'

echo 'function fs_new void (void)' >>Tests/ABI/types.txt
echo 'FS_NO_MEMORY 4' >>Tests/ABI/layout.txt
expect 1 'fs_new is new, and in no version of Sources/exports.map' 'a new function without a version is told'

echo 'FACESTYLE_0.2 { global: fs_new; } FACESTYLE_0;' >>Sources/exports.map
expect 0 'run with this version' 'a new function with a version and a new number are no break'

sed -i 's/^sizeof fs_options 16/sizeof fs_options 24/' Tests/ABI/layout.txt
printf 'offset fs_options.seed 16\nsizeof fs_options.seed 8\n' >>Tests/ABI/layout.txt
expect 0 'run with this version' 'a struct with a size grows at its end'

release && git tag v0.1.0
sed -i '/^function fs_version/d' Tests/ABI/types.txt
sed -i '/fs_version/d' include/facestyle.h
expect 1 'function fs_version is gone' 'a function that is gone is a break'

release && git tag v0.1.0
sed -i 's/^function fs_run .*/function fs_run fs_status (const fs_options *, fs_point *, size_t)/' Tests/ABI/types.txt
expect 1 'function fs_run was' 'another parameter is a break'

release && git tag v0.1.0
sed -i 's/^FS_IO 3/FS_IO 2/' Tests/ABI/layout.txt
expect 1 'FS_IO was 3, is 2' 'another number of a constant is a break'

release && git tag v0.1.0
sed -i 's/^offset fs_options.rate 12/offset fs_options.rate 16/; s/^sizeof fs_options 16/sizeof fs_options 24/' Tests/ABI/layout.txt
expect 1 'offset fs_options.rate was 12, is 16' 'a member that has moved is a break'

release && git tag v0.1.0
sed -i 's/^member fs_options.steps uint32_t/member fs_options.steps int32_t/' Tests/ABI/types.txt
expect 1 'member fs_options.steps was uint32_t, is int32_t' 'another type of the same size is a break'

release && git tag v0.1.0
sed -i 's/^sizeof fs_point 8/sizeof fs_point 12/' Tests/ABI/layout.txt
printf 'offset fs_point.z 8\nsizeof fs_point.z 4\n' >>Tests/ABI/layout.txt
expect 1 'offset fs_point.z is new, in a struct without a size' 'a frozen struct does not grow'

sed -i 's/^SOVERSION := 0/SOVERSION := 1/' Makefile
expect 1 'programs built for v0.1.0 break' 'half an announcement is none'

sed -i 's/^FS_ABI_VERSION 0/FS_ABI_VERSION 1/' Tests/ABI/layout.txt
expect 0 'announced: FS_ABI_VERSION was 0, is 1' 'a break that the version announces is let through'

echo "$passed passed, $failed failed"
[[ $failed = 0 ]]
