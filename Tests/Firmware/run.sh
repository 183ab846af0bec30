#!/usr/bin/env bash
# Runs the firmware's library on raw pictures that the ordinary one makes of photos, and compares what both make of them.
#
#   Tests/Firmware/run.sh ORDINARY FIRMWARE      the folders of both libraries
#
# CC compiles for the firmware's processor, and RUN stands before its program: an emulator with its options. FACESTYLE_PHOTOS
# says where the photos lie.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
ordinary=$(cd "${1:?usage: Tests/Firmware/run.sh ORDINARY FIRMWARE}" && pwd)
firmware=$(cd "${2:?usage: Tests/Firmware/run.sh ORDINARY FIRMWARE}" && pwd)
photos=${FACESTYLE_PHOTOS:-build/photos}
if [[ ! -e $photos/obama.jpg ]]; then
  echo "there is no $photos/obama.jpg: make models fetches it" >&2
  exit 2
fi

env -u CC Tests/ABI/symbols_test.sh "$firmware/libfacestyle.so" firmware
size=$(stat -L -c %s "$firmware/libfacestyle.so")
most=1500000 # bytes; x86-64's instructions are longer, and it has kernels for SSE2 and for AVX2
if readelf -h "$firmware/libfacestyle.so" | grep -q X86-64; then most=1700000; fi
echo "the firmware's library has $size bytes"
if [[ $size -gt $most ]]; then echo "FAILED: expected at most $most bytes" >&2; exit 1; fi

programs=build/ctests/firmware
mkdir -p "$programs"
flags=(-std=c11 -O1 -g -Wall -Wextra -Werror -pedantic -Iinclude -ITests/CTests -ITests/Firmware)
cc "${flags[@]}" Tests/Firmware/frames.c -o "$programs/frames" -L"$ordinary" -lfacestyle -lm -Wl,-rpath,"$ordinary"
"$programs/frames" "$programs"
# shellcheck disable=SC2086  # CC and RUN may hold several words
${CC:-cc} "${flags[@]}" Tests/Firmware/firmware_test.c -o "$programs/firmware_test" -L"$firmware" -lfacestyle -lm \
  -Wl,-rpath,"$firmware"
${RUN:-} "$programs/firmware_test" "$programs"
