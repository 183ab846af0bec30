#!/usr/bin/env bash
# SwiftPM does not build again when a C header of a system library target changes.
#
# One would expect: a header that a package's own module map names is an input of the build, as in make with -MMD, CMake
# and SwiftPM's own C targets: edit it, build, and the program has the new declarations.
#
# What happens (Swift 6.3.1): for a `.systemLibrary` target the headers are not inputs. "Build complete" comes in a moment,
# nothing was compiled, and the program still has the old constants and struct layouts. Only a change in a Swift file
# that imports the module brings them in.
#
# Why it matters: a library whose public C header is such a target (the header that Swift code implements with @c) can be shipped
# with a new header and bodies compiled against the old one: struct members at other offsets, and no error.
set -euo pipefail
command -v swift >/dev/null || { echo "a Swift tool chain is wanted (6.3.1 was looked at)"; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
swift --version 2>/dev/null | sed -n 1p

mkdir -p include Sources/Show
cat > Package.swift <<'SWIFT'
// swift-tools-version:6.1
import PackageDescription

let package = Package(
  name: "Show",
  targets: [.systemLibrary(name: "CLimits", path: "include"), .executableTarget(name: "Show", dependencies: ["CLimits"])])
SWIFT
echo 'module CLimits { header "limits_of_ours.h" export * }' > include/module.modulemap
echo 'print(LIMIT_OF_FACES, MemoryLayout<face_box>.size)' | sed '1i import CLimits' > Sources/Show/main.swift
header() { printf '#define LIMIT_OF_FACES %s\ntypedef struct face_box { %s } face_box;\n' "$1" "$2" > include/limits_of_ours.h; }
build() { swift build -q 2>&1 && .build/debug/Show; }

header 1 "float x;"
first=$(build)
sleep 1
header 2 "float x, y, z, w;"
second=$(build)
touch Sources/Show/main.swift
third=$(build)
echo "  built: $first; header changed, built: $second; a Swift file touched, built: $third"
[ "$first" = "1 4" ] || { echo "the first build is not what was written"; exit 1; }
[ "$second" = "1 4" ] || { echo "the changed header is noticed now"; exit 1; }
[ "$third" = "2 16" ] || { echo "the changed header is not taken in even then"; exit 1; }
