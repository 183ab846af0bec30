#!/usr/bin/env bash
# The wheel for older systems, in a Debian 11 (C library 2.31, Python 3.9), where it was linked, and where nothing else is installed.
# As root, after `make portable-wheel`.
set -euo pipefail
cd "$(dirname "$0")/../.."

root=$PWD/build/debian-11 log=$(mktemp)
# shellcheck source=Tests/Install/checks.sh
source Tests/Install/checks.sh
wheel=$(echo build/portable/wheels/*.whl)
echo "wheel: $(basename "$wheel"), $(du -h "$wheel" | cut -f1)"

cleanup() {
  umount "$root/proc" 2>/dev/null || true
  rm -rf "$root/home/work" "$log"
}
trap cleanup EXIT
rm -rf "$root/home/work"
mkdir "$root/home/work"
cp "$wheel" "$root/home/work"
build/venv/bin/python -m pip download --quiet --disable-pip-version-check --python-version 3.9 --only-binary=:all: \
  --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 --dest "$root/home/work" numpy
mount -t proc proc "$root/proc"
around=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/home/work LC_ALL=C.UTF-8 chroot "$root" env -C /home/work)

check "the wheel is for a C library of 2.31 or older" sh -c "case '$(basename "$wheel")' in *-py3-none-manylinux_2_31_x86_64.whl) ;; *) false ;; esac"
check "an empty environment is made" python3 -m venv venv
check "pip installs it" sh -c 'venv/bin/pip install --quiet --disable-pip-version-check --no-index --find-links . facestyle'
check "the machine computes what it should" sh -c 'venv/bin/facestyle doctor | grep -A1 "^Self-test" | grep passed'
check "python -m facestyle demo shows the faces of drawn people" sh -c \
  'venv/bin/python -m facestyle demo --out demo && test -s demo/portraits.png'
check "faces are found on what the demo drew" venv/bin/python -c \
  'import facestyle as fs; assert len(fs.faces("demo/portraits.png")) >= 10'
check "a picture is painted" venv/bin/python -c \
  'import facestyle as fs; fs.paint("demo/portraits.png", "starry-night").save("painted.png")'
check "faces are cut out" venv/bin/facestyle detect demo/portraits.png --crops crops
check "a person is kept in a gallery and named" sh -c 'set -- crops/*
  venv/bin/facestyle gallery add people.gallery somebody "$1" && venv/bin/facestyle identify "$1" --gallery people.gallery | grep somebody'

finish
