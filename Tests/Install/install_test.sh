#!/usr/bin/env bash
# What a C programmer does the same day: installs the library, compiles the README's program and the examples
# against it through pkg-config, and runs them.
set -euo pipefail
cd "$(dirname "$0")/../.."

root=$PWD
stage=$root/build/stage
models=$root/build/models photos=$root/build/photos
log=$stage.log
# shellcheck source=Tests/Install/checks.sh
source Tests/Install/checks.sh

rm -rf "$stage" "$stage-root"
check "make install honours DESTDIR and PREFIX" make -s install DESTDIR="$stage-root" PREFIX=/opt/face
for file in include/facestyle.h include/facestyle.hpp lib/cmake/facestyle/facestyle-config.cmake lib/libfacestyle.so lib/libfacestyle.so.0 lib/pkgconfig/facestyle.pc bin/facestyle; do
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

# Manual pages and completions.
for page in facestyle facestyle-compare facestyle-gallery-add; do
  check "installs the manual page of $page" test -s "$stage/share/man/man1/$page.1"
done
if command -v man >/dev/null; then
  check "manual pages have no faults" bash -c "! for page in '$stage'/share/man/man1/*.1; do man --warnings -E UTF-8 -l \"\$page\" 2>&1 >/dev/null; done | grep ."
  check "a manual page says what help says" bash -c "man -E UTF-8 -l '$stage/share/man/man1/facestyle-compare.1' | col -b | tr -s ' \n' ' ' | grep -q 'exit status is 0 for the same person, 1 for different people, and 2'"
else
  echo "skipped: man is absent, its pages are not looked at"
fi
check "bash completes commands" bash -c "source '$stage/share/bash-completion/completions/facestyle'; complete -p facestyle | grep -q facestyle"
for shell in bash zsh fish; do
  check "the completions of $shell know the commands and options" grep -q "max-faces" "$(find "$stage/share" -path "*$shell*" -type f)"
done

# C++, CMake, Meson, Cargo.
photos3=("$photos/obama.jpg" "$photos/obama2.jpg" "$photos/biden.jpg")
for compiler in g++ clang++; do
  command -v $compiler >/dev/null || { echo "skipped: $compiler is absent"; continue; }
  # shellcheck disable=SC2046
  check "the C++ wrapper compiles with $compiler" $compiler -std=c++17 -Wall -Wextra -Werror -pedantic Tests/CppTests/wrapper_test.cpp \
    -o "$stage/wrapper_test" $(pkg-config --cflags --libs facestyle)
  check "the C++ wrapper keeps its promises with $compiler" env FACESTYLE_MODELS="$models" LD_LIBRARY_PATH="$stage/lib" \
    "$stage/wrapper_test" "${photos3[@]}"
done
for builder in cmake meson; do
  mkdir -p "$stage/$builder"
  cp Tests/Install/$builder/* Tests/CppTests/wrapper_test.cpp "$stage/first.c" "$stage/$builder"
done
moved=$stage-root/opt/face # not where the prefix says, so that nothing of the other tree helps
check "find_package finds the library in a tree that was moved" cmake -S "$stage/cmake" -B "$stage/cmake/build" -DCMAKE_PREFIX_PATH="$moved"
check "a CMake program builds against it" cmake --build "$stage/cmake/build"
check "and runs from its build folder" env FACESTYLE_MODELS="$models" "$stage/cmake/build/wrapper_test" "${photos3[@]}"
for wanted in 0.2 1.0 0.1.7; do
  check "find_package refuses version $wanted" bash -c "sed 's/facestyle 0.1 /facestyle $wanted /' -i '$stage/cmake/CMakeLists.txt' &&
    ! cmake -S '$stage/cmake' -B '$stage/cmake/other' -DCMAKE_PREFIX_PATH='$moved'; status=\$?
    sed 's/facestyle $wanted /facestyle 0.1 /' -i '$stage/cmake/CMakeLists.txt'; rm -rf '$stage/cmake/other'; exit \$status"
done
check "Meson finds the library by pkg-config" meson setup "$stage/meson/build" "$stage/meson"
check "a Meson program builds against it" ninja -C "$stage/meson/build"
check "and runs" env FACESTYLE_MODELS="$models" LD_LIBRARY_PATH="$stage/lib" "$stage/meson/build/first" "${photos3[@]:0:2}"
if command -v cargo >/dev/null; then
  cp -r Tests/Install/cargo "$stage/cargo"
  check "a Rust program links what pkg-config says" cargo build --offline --quiet --manifest-path "$stage/cargo/Cargo.toml"
  check "and opens a picture" bash -c "LD_LIBRARY_PATH='$stage/lib' '$stage/cargo/target/debug/opens' '$photos/obama.jpg' | grep -qx 'ABI 0, 910 pixels wide'"
else
  echo "skipped: cargo is absent, no Rust program is built"
fi

# Archives: unpacked elsewhere they work as they lie.
check "make dist makes a source and a binary archive" make -s dist
check "the checksums are those of the archives" bash -c "cd build/dist && [[ \$(wc -l <SHA256SUMS) == 2 ]] && sha256sum --check --quiet SHA256SUMS"
rm -rf "$stage/unpacked" && mkdir "$stage/unpacked"
check "the binary archive unpacks" bash -c "tar -xf build/dist/libfacestyle-*-linux-*.tar.gz -C '$stage/unpacked' --strip-components=1"
check "its library has no Swift runtime" is_shipped "$stage/unpacked/lib/libfacestyle.so.0"
check "its program names drawn people where it lies" bash -c "cd / && env -u FACESTYLE_MODELS '$stage/unpacked/bin/facestyle' demo --out '$stage/unpacked/demo' | grep -q 'With boxes and names'"
check "its pkg-config file finds it where it lies" bash -c \
  "PKG_CONFIG_PATH='$stage/unpacked/lib/pkgconfig' pkg-config --cflags facestyle | grep -q 'unpacked/lib/pkgconfig/../../include'"
check "the source archive has what is committed" bash -c "tar -tf build/dist/libfacestyle-0.1.0.tar.gz | grep -q 'libfacestyle-0.1.0/Package.swift'"

finish
