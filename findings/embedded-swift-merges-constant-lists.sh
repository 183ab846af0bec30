#!/usr/bin/env bash
# Two modules in Embedded Swift, and a function of one returns another list than its source says.
#
# One would expect: `case .b: ["2", "3"]` is ["2", "3"], whatever module asks, and however many modules are linked.
#
# What happens (Swift 6.3.1, optimised, whole modules of several files, as SwiftPM builds them): the optimiser makes a
# constant object of each such list (the pass object-outliner) and names them after the function, `...Tv_r`, `...Tv0_r`,
# `...Tv1_r`, in the order in which it meets them. In Embedded Swift a module that calls the function compiles it again, from
# what the first module made of it, and meets the lists in another order: the same names stand for other lists. They are weak
# symbols, so the linker keeps one of each name, the first, and says nothing. Which module is wrong depends on the order in
# which the objects are linked. With the pass left out (-Xllvm -sil-disable-pass=object-outliner) there are no such symbols,
# and the answers are right.
#
# Why it matters: a firmware of several modules computes with other constants than it was written with, while the ordinary
# build of the same sources, and the tests of each module by itself, are right. Where the lists differ in length, what one
# module counted does not hold in the other.
set -euo pipefail
command -v swiftc >/dev/null || { echo "no swiftc; expected a Swift tool chain (6.3.1 was looked at)"; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
swiftc --version 2>/dev/null | sed -n 1p

cat > Lists.swift <<'SWIFT'
public enum Kind {
  case a(Double)
  case b(Double, Double)
  case c(Double, Double, Double)

  public var list: [String] {
    switch self {
    case .a: ["1"]
    case .b: ["2", "3"]
    case .c: ["4", "5", "6"]
    }
  }
}
SWIFT
cat > Main.swift <<'SWIFT'
import Lists

@inline(never) func show(_ kind: Kind) {
  for text in kind.list { print(text, terminator: " ") }
}

@main struct Main {
  static func main() {
    show(.a(0))
    print("| ", terminator: "")
    show(.b(0, 0))
    print("| ", terminator: "")
    show(.c(0, 0, 0))
    print("")
  }
}
SWIFT
# A second file a module: whole modules are then compiled in parts, whose symbols are shared.
echo 'func nothing() {}' | tee MoreLists.swift > MoreMain.swift

build() { # what else the compiler is told ...
  rm -f ./*.o ./*.swiftmodule
  flags=(-enable-experimental-feature Embedded -wmo -O -num-threads 2 -parse-as-library "$@")
  swiftc "${flags[@]}" -module-name Lists -emit-module -emit-module-path Lists.swiftmodule -c Lists.swift MoreLists.swift
  swiftc "${flags[@]}" -module-name Main -I . -c Main.swift MoreMain.swift
  cc -Wl,--gc-sections Lists.o MoreLists.o Main.o MoreMain.o -o lists-first
  cc -Wl,--gc-sections Main.o MoreMain.o Lists.o MoreLists.o -o main-first
  for object in Lists Main; do nm -S "$object.o" | sed -nE "s/^\S+ 0*(\S+) (\S) .*Kind.*list.*(Tv[0-9]*_r)$/    $object: \3, \2, 0x\1 bytes/p" | sort; done
}

right="1 | 2 3 | 4 5 6"
echo "  the constant lists of Kind.list in each module's object:"
build | tee symbols
first=$(./lists-first) other=$(./main-first)
echo "  linked with Lists first:              $first"
echo "  linked with Main first:               $other"
build -Xllvm -sil-disable-pass=object-outliner > symbols-without
without=$(./lists-first)
echo "  linked so, without object-outliner:   $without"

list() { sed -nE "s/^    $1: (Tv_r), V, (.*)/\2/p" symbols; }
[ -n "$(list Lists)" ] && [ -n "$(list Main)" ] || { echo "the lists are no weak symbols of one name"; exit 1; }
[ "$(list Lists)" != "$(list Main)" ] || { echo "one name stands for one list now"; exit 1; }
[ "${first% }" != "$right" ] || { echo "the program is right now"; exit 1; }
[ "${other% }" = "$right" ] || { echo "the other order of linking is wrong, too"; exit 1; }
[ ! -s symbols-without ] && [ "${without% }" = "$right" ] || { echo "leaving out the pass does not help"; exit 1; }
