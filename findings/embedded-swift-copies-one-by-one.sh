#!/usr/bin/env bash
# `pointer.update(from: other, count: n)` of Floats or bytes in Embedded Swift is a call for each element.
#
# One would expect: a copy of memory, as ordinary Swift compiles it: `memmove`, or moves of whole vectors.
#
# What happens (Swift 6.3.1, x86-64 Linux, -O): the elements are of a trivial type, and still a function that copies one of
# them ("outlined assign with copy of Float") is called in a loop. A megabyte takes tens of times as long. `memcpy`, called
# from the module's C header, is not concerned.
#
# Why it matters: rows of pictures and tensors are moved by such calls everywhere. A library that is as fast in large products
# loses a tenth in what mostly moves pixels, such as finding one face in a small picture, and a profile names only an
# "outlined copy" of whatever other type of that size the linker folded it with.
set -euo pipefail
command -v swiftc >/dev/null || { echo "no swiftc; expected a Swift tool chain (6.3.1 was looked at)"; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
swiftc --version 2>/dev/null | sed -n 1p

cat > Move.swift <<'SWIFT'
@c(move_floats)
public func moveFloats(_ to: UnsafeMutablePointer<Float>, _ from: UnsafePointer<Float>, _ count: Int) {
  to.update(from: from, count: count)
}
SWIFT
# The best of twenty copies of a megabyte, in nanoseconds a float.
cat > main.c <<'C'
#include <stdio.h>
#include <time.h>
void move_floats(float *, const float *, long);
static float from[1 << 18], to[1 << 18];
int main(void) {
  double best = 1e9;
  for (int i = 0; i < 20; i++) {
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    move_floats(to, from, 1 << 18);
    clock_gettime(CLOCK_MONOTONIC, &b);
    const double passed = ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / (1 << 18);
    if (passed < best) best = passed;
  }
  printf("%.3f\n", best);
}
C
cc -O2 -c main.c

built() { # built NAME FLAG...: nanoseconds a float, and how the function copies
  local name=$1
  shift
  swiftc -O -wmo -parse-as-library "$@" -c Move.swift -o "$name.o"
  swiftc -static-stdlib main.o "$name.o" -o "$name"
  local calls
  calls=$(objdump -dr --no-show-raw-insn "$name.o" | sed -n '/<move_floats>:/,/^$/p' | grep -o 'R_X86_64_[A-Z0-9]*[[:space:]]*[A-Za-z_$]*' | awk '{print $2}' | sort -u | paste -sd' ')
  echo "$(./"$name") $calls"
}

read -r slow slow_calls <<< "$(built embedded -enable-experimental-feature Embedded)"
read -r fast fast_calls <<< "$(built ordinary)"
echo "  Embedded Swift: $slow ns a float; it calls ${slow_calls:-nothing}"
echo "  ordinary Swift: $fast ns a float; it calls ${fast_calls:-nothing}"
[[ $fast_calls == *memmove* ]] || { echo "ordinary Swift copies in another way now"; exit 1; }
[[ $slow_calls == *WOf* && $slow_calls != *memmove* ]] || { echo "Embedded Swift copies memory now"; exit 1; }
awk -v slow="$slow" -v fast="$fast" 'BEGIN { exit !(slow > 3 * fast) }' || { echo "both are as fast now"; exit 1; }
