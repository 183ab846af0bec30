#!/usr/bin/env bash
# An initialiser of a class throws in Embedded Swift, and the object's memory is never freed.
#
# One would expect: an initialiser that throws leaves nothing behind, as in ordinary Swift.
#
# What happens (Swift 6.3.1, Linux): the compiler calls swift_deallocPartialClassInstance. The runtime of ordinary Swift
# destroys the members of subclasses there and frees the object. The embedded one destroys them and returns. Every error
# of such an initialiser costs a block of the object's size. Structs and functions that throw are not concerned.
#
# Why it matters: a firmware daemon that meets the same bad file each second loses a little each time, with no message, until
# the board has none left. Valgrind finds it in a second once one runs the paths that fail.
set -euo pipefail
command -v swiftc >/dev/null || { echo "no swiftc; expected a Swift tool chain (6.3.1 was looked at)"; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
swiftc --version 2>/dev/null | sed -n 1p

cat > Open.swift <<'SWIFT'
struct Unreadable: Error {}

final class Reader {
  let numbers: [Int]
  let count: Int

  @inline(never)
  init(_ count: Int) throws(Unreadable) {
    numbers = Array(repeating: 1, count: 8)
    guard count > 0 else { throw Unreadable() }
    self.count = count
  }
}

@c(attempt)
public func attempt(_ count: Int32) -> Int32 {
  do throws(Unreadable) { return Int32(try Reader(Int(count)).count) } catch { return -1 }
}
SWIFT
# Counts what malloc and its like gave and free took back.
cat > main.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <malloc.h>
int attempt(int);
int main(void) {
  attempt(0), attempt(1);
  const size_t before = mallinfo2().uordblks;
  for (int i = 0; i < 1000; i++) attempt(1);
  const size_t done = mallinfo2().uordblks;
  for (int i = 0; i < 1000; i++) attempt(0);
  printf("%zu %zu\n", done - before, mallinfo2().uordblks - done);
}
C
cc -c main.c

swiftc -O -wmo -parse-as-library -enable-experimental-feature Embedded -c Open.swift -o embedded.o
cc main.o embedded.o -o embedded
read -r done thrown <<< "$(./embedded)"
echo "  Embedded Swift: 1000 objects made leave $done bytes, 1000 initialisers that throw leave $thrown"

swiftc -O -wmo -parse-as-library -static-stdlib -c Open.swift -o ordinary.o
swiftc -static-stdlib main.o ordinary.o -o ordinary
read -r ordinary_done ordinary_thrown <<< "$(./ordinary)"
echo "  ordinary Swift: 1000 objects made leave $ordinary_done bytes, 1000 initialisers that throw leave $ordinary_thrown"

[ "$done" -eq 0 ] && [ "$ordinary_done" -eq 0 ] && [ "$ordinary_thrown" -eq 0 ] || { echo "memory is lost elsewhere, too"; exit 1; }
[ "$thrown" -ge 32000 ] || { echo "the embedded runtime frees such objects now"; exit 1; }
