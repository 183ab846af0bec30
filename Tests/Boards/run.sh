#!/usr/bin/env bash
# Checks the recipes of examples/boards with the parsers and the steps of Yocto and Buildroot themselves, on archives that are
# there, without a tool chain of theirs and without the network.
#
#   Tests/Boards/run.sh DIST      the folder of the archives
#
# PYTHON has Tools/requirements-boards.txt. CC_aarch64 and CC_x86_64 compile and link for such systems. YOCTO names folders that
# hold bitbake, openembedded-core and meta-openembedded of one release each, BUILDROOT one of Buildroot's source; what these need
# must be installed (the locale en_US.UTF-8; chrpath cpio diffstat file gawk lz4 rsync unzip wget zstd). What is not named is left
# out, and said so. Tried with Yocto 5.0.19 and 6.0.2, and with Buildroot 2026.05.1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
dist=$(cd "${1:?usage: Tests/Boards/run.sh DIST}" && pwd)
python=$(realpath -s "${PYTHON:?PYTHON is not set; expected a Python with Tools/requirements-boards.txt}")
boards=$PWD/examples/boards
version=$(sed -n 's/^VERSION := //p' Makefile)
work=$(mktemp -d)
log=$work/log
trap 'rm -rf "$work"' EXIT
# shellcheck source=Tests/Install/checks.sh
source Tests/Install/checks.sh

left_out() { echo "left out: $1: $2"; }
has() { [[ -f $dist/libfacestyle-$version$1.tar.gz ]]; }
refused() { # refused WORDS COMMAND...: it fails, and says so with these words
  local words=$1
  shift
  if "$@" >"$work/refused" 2>&1; then return 1; fi
  grep -q -- "$words" "$work/refused" || { tail -n 20 "$work/refused" && false; }
}

# ---- Without either system ----

recipes=$(find "$boards/yocto" -name '*.bb')
for release in scarthgap wrynose; do
  # The project has no page of its own to name.
  # shellcheck disable=SC2086
  check "oelint-adv finds nothing in the recipes, as $release's" "$python" -m oelint_adv --release $release --quiet --hide info \
    --mode all --suppress oelint.var.mandatoryvar.HOMEPAGE -- $recipes
done
check "the recipes have this version" bash -c "
  [[ \$(find '$boards/yocto' -name '*_$version.bb' | wc -l) = 3 ]] &&
  [[ \$(cat '$boards'/buildroot/package/*/*.mk | grep -c '_VERSION = $version\$') = 2 ]]"
for file in LICENSE models/LICENSE; do
  check "both know the sum of $file" bash -c "
    grep -rq \"\$(md5sum <$file | cut -c -32)\" '$boards/yocto' && grep -rq \"\$(sha256sum <$file | cut -c -64)  .*$file\" '$boards/buildroot'"
done

# The packages that the library's ELF header asks for, as each system names them.
declare -A of_yocto=([libturbojpeg.so.0]=jpeg [libpng16.so.16]=libpng [libz.so.1]=zlib [liblcms2.so.2]=lcms [libsqlite3.so.0]=sqlite3)
declare -A of_buildroot=([libturbojpeg.so.0]=jpeg [libpng16.so.16]=libpng [libz.so.1]=zlib [liblcms2.so.2]=lcms2 [libsqlite3.so.0]=sqlite)
library() { # library PARTS: unpacks an archive; the path of its library
  tar -xzf "$dist/libfacestyle-$version$1.tar.gz" -C "$work"
  echo "$work/libfacestyle-$version$1/lib/libfacestyle.so.$version"
}
needed() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^(libc|libm|ld-linux-.*)\.so' | sort || true; }
needs_what_recipes_name() {
  local library name yocto=() buildroot=()
  library=$(library "$1")
  while read -r name; do
    yocto+=("${of_yocto[$name]:?$name has no package here}")
    buildroot+=("${of_buildroot[$name]}")
  done < <(needed "$library")
  diff <(printf '%s\n' "${yocto[@]}" | sort) <(sed -n 's/^DEPENDS += "\(.*\)"/\1/p' "$boards"/yocto/recipes-support/*/libfacestyle_*.bb | tr ' ' '\n') &&
    diff <(printf '%s\n' "${buildroot[@]}" | sort) <(sed -n 's/^LIBFACESTYLE_DEPENDENCIES += //p' "$boards/buildroot/package/libfacestyle/libfacestyle.mk" | tr ' ' '\n')
}
needs_nothing() { [[ -z $(needed "$(library "$1")") ]]; }
old_enough() { # The newest version of glibc that a library wants, which docs and recipes name.
  [[ $(readelf -W --dyn-syms "$(library "$1")" | grep -o 'GLIBC_2\.[0-9]*' | sort -Vu | tail -n 1) = GLIBC_2.34 ]]
}
systems=()
for system in aarch64 x86_64; do
  if has "-linux-$system"; then
    systems+=("$system")
    check "$system: the recipes name what the library is linked with, and no more" needs_what_recipes_name "-linux-$system"
    check "$system: it runs with glibc 2.34" old_enough "-linux-$system"
  else
    left_out "all functions for $system" "no libfacestyle-$version-linux-$system.tar.gz in $dist"
  fi
  if has "-firmware-linux-$system"; then
    check "$system: firmware's library needs the C library alone" needs_nothing "-firmware-linux-$system"
    check "$system: firmware's library runs with glibc 2.34" old_enough "-firmware-linux-$system"
  else
    left_out "firmware for $system" "no libfacestyle-$version-firmware-linux-$system.tar.gz in $dist"
  fi
done

# The daemon is for the board and finds its library where boards have it.
daemon_is_for() { # daemon_is_for SYSTEM ROOT
  local machine=AArch64 program=$2/usr/bin/facestyle-camera
  [[ $1 = aarch64 ]] || machine=X86-64
  readelf -h "$program" | grep -q "Machine:.*$machine" && readelf -d "$program" | grep -q 'NEEDED.*libfacestyle.so.0' &&
    ! readelf -d "$program" | grep -qE 'RPATH|RUNPATH' && test -s "$2/etc/facestyle-camera.conf" &&
    grep -q '^ExecStart=/usr/bin/facestyle-camera /etc/facestyle-camera.conf$' "$2/usr/lib/systemd/system/facestyle-camera.service"
}
installed() { # installed ROOT: the library with its links
  test -s "$1/usr/lib/libfacestyle.so.$version" && [[ $(readlink "$1/usr/lib/libfacestyle.so.0") = "libfacestyle.so.$version" ]]
}
models() { cmp "$1/usr/share/facestyle/models/faces-nn4.safetensors" models/faces-nn4.safetensors; }
relocatable() {
  [[ $(PKG_CONFIG_SYSROOT_DIR=$1 PKG_CONFIG_LIBDIR=$1/usr/lib/pkgconfig pkg-config --cflags facestyle | xargs) = "-I$1/usr/include" ]]
}

# ---- Steps of each ----

# shellcheck source=Tests/Boards/buildroot.sh
source Tests/Boards/buildroot.sh
# shellcheck source=Tests/Boards/yocto.sh
source Tests/Boards/yocto.sh
if [[ -z ${systems[*]} ]]; then
  left_out "Buildroot and Yocto" "there is no archive to try them with"
  finish
  exit
fi
if [[ -n ${BUILDROOT:-} ]]; then
  try_buildroot "$(cd "$BUILDROOT" && pwd)"
else
  left_out Buildroot "BUILDROOT is not set; expected the folder of its source"
fi
[[ -n ${YOCTO:-} ]] || left_out Yocto "YOCTO is not set; expected a folder with bitbake, openembedded-core and meta-openembedded"
for folder in ${YOCTO:-}; do try_yocto "$(cd "$folder" && pwd)"; done
finish
