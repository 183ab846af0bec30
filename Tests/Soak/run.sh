#!/usr/bin/env bash
# A gallery, a trainer and the camera daemon at full speed, one after the other, for SECONDS each: what they hold must not grow.
#
#   Tests/Soak/run.sh LIBDIR SECONDS [gallery|trainer|daemon ...]      default all
#
# PYTHON runs the daemon's test. Limits: soak.c, and test_its_memory_stays_flat of Tests/Daemon.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
library=$(cd "${1:?usage: Tests/Soak/run.sh LIBDIR SECONDS [NAME ...]}" && pwd)
seconds=${2:?usage: Tests/Soak/run.sh LIBDIR SECONDS [NAME ...]}
shift 2
names=("$@")
if [[ ${#names[@]} -eq 0 ]]; then names=(gallery trainer daemon); fi
program=build/soak
"${CC:-cc}" -std=c11 -O1 -g -Wall -Wextra -Werror -pedantic -Iinclude Tests/Soak/soak.c -o "$program" -L"$library" -lfacestyle

failed=0
for name in "${names[@]}"; do
  if [[ $name = daemon ]]; then
    FACESTYLE_SOAK=$seconds "${PYTHON:-python3}" -m pytest -q -s -rs Tests/Daemon -k memory_stays_flat || failed=1
  else
    LD_LIBRARY_PATH=$library "$program" "$name" "$seconds" || { echo "FAILED: $name"; failed=1; }
  fi
done
[[ $failed = 0 ]]
