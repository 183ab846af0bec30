#!/usr/bin/env bash
# What a C programmer does the same day: installs the library, compiles the README's program and the examples
# against it through pkg-config, and runs them.
set -euo pipefail
cd "$(dirname "$0")/../.."

root=$PWD
stage=$root/build/stage
models=$root/build/models photos=$root/build/photos
passed=0 failed=0

check() { # check SENTENCE COMMAND...
  local sentence=$1
  shift
  if "$@" >"$stage.log" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "failed: $sentence"
    sed 's/^/    /' "$stage.log" | tail -n 20
  fi
}

rm -rf "$stage" "$stage-root"
check "make install honours DESTDIR and PREFIX" make -s install DESTDIR="$stage-root" PREFIX=/opt/face
for file in include/facestyle.h lib/libfacestyle.so lib/libfacestyle.so.0 lib/pkgconfig/facestyle.pc bin/facestyle; do
  check "installs $file" test -s "$stage-root/opt/face/$file"
done
check "the pkg-config file names the prefix, not the staging folder" grep -qx 'prefix=/opt/face' "$stage-root/opt/face/lib/pkgconfig/facestyle.pc"

check "make install into a folder of one's own" make -s install PREFIX="$stage"
export PKG_CONFIG_PATH=$stage/lib/pkgconfig
check "the installed program finds its library" "$stage/bin/facestyle" --version
check "the installed version is the header's" test "$(pkg-config --modversion facestyle)" = 0.1.0

# The program between the README's first ```c and ```.
sed -n '/^```c$/,/^```$/p' README.md | sed '1d;/^```$/,$d' >"$stage/readme.c"
check "the README's program has 13 lines" test "$(wc -l <"$stage/readme.c")" -le 13
# shellcheck disable=SC2046
check "the README's program compiles" cc -Wall -Wextra -Werror "$stage/readme.c" -o "$stage/readme" $(pkg-config --cflags --libs facestyle)
check "the README's program finds the same person at distance 0.38" bash -c \
  "FACESTYLE_MODELS='$models' LD_LIBRARY_PATH='$stage/lib' '$stage/readme' '$photos/obama.jpg' '$photos/obama2.jpg' | grep -q 'same person, distance 0.38'"

# The program on top of the header names no model: with the library of the first installation, beside which no
# others lie, it takes those in the share folder, from any current folder. (mtcnn comes from `make models`.)
share=$stage-root/opt/face/share/facestyle/models
for file in models/*.safetensors; do
  check "installs $file" test -s "$share/$(basename "$file")"
done
cp "$models/mtcnn.safetensors" "$share"
mkdir -p "$stage-root/elsewhere/bin"
python3 -c 'import sys; sys.path.insert(0, "Tools"); import c_header; print(c_header.first_program(), end="")' >"$stage/first.c"
# shellcheck disable=SC2046
check "the header's program compiles" cc -Wall -Wextra -Werror "$stage/first.c" -o "$stage-root/elsewhere/bin/first" $(pkg-config --cflags --libs facestyle)
check "the header's program finds the installed models from another folder" bash -c \
  "cd / && env -u FACESTYLE_MODELS XDG_DATA_HOME='$stage/none' LD_LIBRARY_PATH='$stage-root/opt/face/lib' '$stage-root/elsewhere/bin/first' '$photos/obama.jpg' '$photos/obama2.jpg' | grep -q '^same, distance 0\.'"

cp -r examples "$stage/examples"
check "the examples compile against the installed library" make -s -C "$stage/examples"
check "the examples run" make -s -C "$stage/examples" check MODELS="$models" PHOTOS="$photos"

rm -f "$stage.log"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
