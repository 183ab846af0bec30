#!/usr/bin/env bash
# A module in Embedded Swift holds the functions of the modules that it imports, and the linker keeps what nothing calls.
#
# One would expect: `-Wl,--gc-sections`, which SwiftPM's release builds ask for, too, leaves functions out that nothing calls,
# and two modules that use a third do not bring two copies of it.
#
# What happens (Swift 6.3.1, Linux): each module compiles again, as weak symbols, the functions that it may reach in others. A
# module's object has one section .text, so that the linker keeps all of it or nothing, and copies stay that nothing calls.
# With `-Xfrontend -function-sections`, which neither SwiftPM nor the manual of Embedded Swift names, each function has its
# section, and the copies go. (Remove old objects first: one whose intermediate code is unchanged is not written again.)
#
# Why it matters: firmware is measured in bytes. A library of fourteen modules was 23 MB, and is 4.7 MB with the option.
set -euo pipefail
command -v swiftc >/dev/null || { echo "no swiftc; expected a Swift tool chain (6.3.1 was looked at)"; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
swiftc --version 2>/dev/null | sed -n 1p

# Tables are functions that are long and not inlined: a hundred different ones.
python3 - <<'PYTHON'
with open("Tables.swift", "w") as file:
    for i in range(100):
        steps = "\n".join(f"  if x > {j * (i + 3)} {{ y = y &* {i + j + 2} &+ x &* {j + 1} }}" for j in range(40))
        file.write(f"@inline(never) public func table{i}(_ x: Int) -> Int {{\n  var y = {i}\n{steps}\n  return y\n}}\n")
    file.write(f"@inline(never) public func table(_ x: Int) -> Int {{\n  var y = 0\n" +
               "".join(f"  y = y &+ table{i}(x &+ y)\n" for i in range(100)) + "  return y\n}\n")
PYTHON
echo 'import Tables
public func middle(_ x: Int) -> Int { table(x) &+ 1 }' > Middle.swift
echo 'import Middle
import Tables
@c(top) public func top(_ x: Int) -> Int { middle(x) &+ table(x &+ 1) }' > Top.swift
echo 'long top(long); int main(int count, char **values) { (void)values; return (int)top(count); }' > main.c

build() { # what else the compiler is told ...
  rm -f ./*.swiftmodule ./*.o
  flags=(-enable-experimental-feature Embedded -wmo -O -parse-as-library -I . "$@")
  for module in Tables Middle Top; do
    swiftc "${flags[@]}" -module-name $module -emit-module -emit-module-path $module.swiftmodule -c $module.swift -o $module.o
  done
  cc -Wl,--gc-sections main.c Tables.o Middle.o Top.o -o program
  size -A program | awk '$1 == ".text" { print $2 }'
}

one=$(build)
alone=$(size -A Tables.o | awk '$1 == ".text" { print $2 }')
sections=$(build -Xfrontend -function-sections)
echo "  .text of the module of tables: $alone bytes"
echo "  .text of a program of it and two modules that use it: $one bytes; with -function-sections: $sections"
[ "$one" -gt $((alone * 3 / 2)) ] || { echo "the copies are left out now"; exit 1; }
[ "$sections" -lt $((alone * 6 / 5)) ] || { echo "-function-sections does not help"; exit 1; }
