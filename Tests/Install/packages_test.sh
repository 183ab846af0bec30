#!/usr/bin/env bash
# What a stranger does on a fresh Debian: installs the packages with apt, and gets to a named face and a painted picture in C, C++,
# Python and the shell. As root; the empty system is made by debootstrap, and kept in build/debian-root.tar for the next time.
set -euo pipefail
cd "$(dirname "$0")/../.."

suite=bookworm
mirror=$(apt-cache policy 2>/dev/null | sed -n "s/.* \(http[^ ]*\) $suite\/main .*/\1/p" | head -n 1)
root=$(mktemp -d) saved=build/debian-root.tar
log=$root.log
# shellcheck source=Tests/Install/checks.sh
source Tests/Install/checks.sh
cleanup() {
  umount "$root/proc" 2>/dev/null || true
  rm -rf --one-file-system "$root"
}
trap cleanup EXIT

if [[ -f $saved ]]; then
  tar -xf "$saved" -C "$root"
else
  debootstrap --variant=minbase $suite "$root" "${mirror:-http://deb.debian.org/debian}" >"$root.log" || { tail -n 5 "$root.log"; exit 1; }
  tar -cf "$saved" -C "$root" .
fi
cp /etc/resolv.conf "$root/etc/resolv.conf"
[[ ! -d /etc/apt/apt.conf.d ]] || cp -r /etc/apt/apt.conf.d "$root/etc/apt/" 2>/dev/null || true
cp /etc/apt/sources.list "$root/etc/apt/sources.list" 2>/dev/null || true
cp /etc/apt/sources.list.d/* "$root/etc/apt/sources.list.d/" 2>/dev/null || true
mount -t proc proc "$root/proc"

inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }

# Packages that are built here name no address.
check "lintian finds no errors" bash -c \
  "lintian --fail-on error --suppress-tags root-in-contact,bogus-mail-host,bogus-mail-host-in-debian-changelog --allow-root build/deb/*.deb"

mkdir "$root/packages" "$root/home/work"
cp build/deb/*.deb "$root/packages"
cp build/photos/obama.jpg build/photos/obama2.jpg build/photos/biden.jpg "$root/home/work"
check "the list of packages is read" inside apt-get update -qq
check "all packages install with what they need" inside bash -c "apt-get install -y -qq --no-install-recommends /packages/*.deb"

check "shell: the program names drawn people" inside bash -c "cd /home/work && facestyle demo --out demo | grep -q 'With boxes and names'"
check "shell: it compares photos and says so by its exit status" inside bash -c "cd /home/work && facestyle compare obama.jpg obama2.jpg"
check "shell: the manual page is there" test -s "$root/usr/share/man/man1/facestyle-compare.1.gz"
check "Python: three calls" inside bash -c "cd /home/work && python3 -c '
import facestyle as fs
assert len(fs.faces(\"obama.jpg\")) == 1 and fs.same(\"obama.jpg\", \"obama2.jpg\")'"
check "Python: the system's library, and no copy" inside bash -c "python3 -c 'import facestyle._c as c; print(c.library._name)' | grep -qx 'libfacestyle.so.0'"
check "Python: networks of others are converted" inside facestyle-convert --help

check "what compiles is installed" inside apt-get install -y -qq --no-install-recommends gcc g++ libc6-dev make cmake pkg-config
sed -n '/^```c$/,/^```$/p' README.md | sed '1d;/^```$/,$d' >"$root/home/work/compare.c"
check "C: the README's program compiles and names the same person" inside bash -c \
  "cd /home/work && cc compare.c \$(pkg-config --cflags --libs facestyle) -o compare && ./compare obama.jpg obama2.jpg | grep -q '^same person'"
cp -r examples "$root/home/work/examples"
check "C: the examples compile" inside make -s -C /home/work/examples
mkdir "$root/home/work/cmake"
cp Tests/Install/cmake/CMakeLists.txt Tests/CppTests/wrapper_test.cpp "$root/home/work/cmake"
cp "$root/home/work/compare.c" "$root/home/work/cmake/first.c"
check "C++: a CMake program finds the library and builds" inside bash -c "cd /home/work/cmake && cmake -S . -B build && cmake --build build"
if [[ -f build/models/vgg19.safetensors ]]; then # a painting like any picture needs the network that is downloaded
  mkdir -p "$root/root/.local/share/facestyle/models"
  cp build/models/vgg19.safetensors build/models/multistyle26.safetensors "$root/root/.local/share/facestyle/models"
  check "C++: it does what it should" inside bash -c "cd /home/work && cmake/build/wrapper_test obama.jpg obama2.jpg biden.jpg"
  check "shell: a photo is painted in a learned style" inside bash -c "cd /home/work && facestyle restyle obama.jpg --style multistyle26:19 -o painted.png"
  check "Python: a photo is painted" inside bash -c "cd /home/work && python3 -c 'import facestyle as fs; fs.paint(\"obama.jpg\", \"multistyle26:3\", size=200).save(\"p.png\")'"
else
  echo "skipped: build/models has no vgg19, nothing is painted"
fi
check "all packages are removed again" inside bash -c "apt-get purge -y -qq 'facestyle*' 'libfacestyle*' python3-facestyle && ! ls /usr/bin/facestyle* /usr/lib/*/libfacestyle* 2>/dev/null"

finish
