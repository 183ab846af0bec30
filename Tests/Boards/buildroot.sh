# The steps of Buildroot that need no tool chain of its own: the configuration, its lint, and the packages by themselves.

try_buildroot() { # try_buildroot SOURCE
  local source=$1 system external=$boards/buildroot
  echo "Buildroot $(sed -n 's/^export BR2_VERSION := //p' "$source/Makefile")"
  check "Buildroot: check-package finds nothing" env PATH="$(dirname "$python"):$PATH" "$python" "$source/utils/check-package" -b \
    "$external"/{Config.in,external.mk,external.desc} "$external"/package/*/*
  for system in "${systems[@]}"; do try_packages "$source" "$system"; done
  check "Buildroot: it names the variant of jpeg that it needs" refused "expected jpeg-turbo" \
    eval 'configure "$source" "${systems[0]}" $glibc BR2_PACKAGE_LIBFACESTYLE=y BR2_PACKAGE_LIBJPEG=y "$dist_url" && br libfacestyle-extract'
  check "Buildroot: it says where archives are missing" refused "BR2_PACKAGE_LIBFACESTYLE_DIST is empty" \
    eval 'configure "$source" "${systems[0]}" $glibc BR2_PACKAGE_LIBFACESTYLE=y && br libfacestyle-extract'
  check "Buildroot: without glibc there is no libfacestyle" refused "BR2_PACKAGE_LIBFACESTYLE=y does not hold" \
    configure "$source" "${systems[0]}" BR2_TOOLCHAIN_BUILDROOT_MUSL=y BR2_PACKAGE_LIBFACESTYLE=y
}

glibc=BR2_TOOLCHAIN_BUILDROOT_GLIBC=y
dist_url=BR2_PACKAGE_LIBFACESTYLE_DIST=\"file://$dist\"

configure() { # configure SOURCE SYSTEM SETTING...: a new folder of output
  output=$work/buildroot
  buildroot=$1 board=$2
  rm -rf "$output"
  mkdir "$output"
  (cd "$buildroot" && support/scripts/br2-external -d "$output" "$external")
  "$python" Tests/Boards/buildroot_config.py "$buildroot" "$external" "$output" "BR2_$2=y" "${@:3}"
}

# br TARGET...: packages by themselves, by this machine's tar and the compiler for the board.
br() {
  local compiler=CC_$board root=$output/host/$board-buildroot-linux-gnu/sysroot
  printf '#!/bin/sh\nPKG_CONFIG_SYSROOT_DIR=%s PKG_CONFIG_LIBDIR=%s/usr/lib/pkgconfig exec pkg-config "$@"\n' "$root" "$root" >"$work/pkg-config"
  chmod +x "$work/pkg-config"
  env -u MAKEFLAGS -u MAKELEVEL -u MAKEOVERRIDES make -s -C "$buildroot" O="$output" BR2_EXTERNAL="$external" BR2_DL_DIR="$output/dl" BR2_TAR_HOST_DEPENDENCY= TAR=tar \
    LIBFACESTYLE_FINAL_DEPENDENCIES= FACESTYLE_CAMERA_FINAL_DEPENDENCIES=libfacestyle TARGET_READELF=readelf \
    TARGET_CC="${!compiler:-cc}" PKG_CONFIG_HOST_BINARY="$work/pkg-config" "$@"
}

try_packages() { # try_packages SOURCE SYSTEM
  local source=$1 about="Buildroot, $2"
  check "$about: the settings hold" configure "$source" "$2" $glibc BR2_INIT_SYSTEMD=y BR2_PACKAGE_LIBFACESTYLE=y BR2_PACKAGE_LIBFACESTYLE_WHOLE=y \
    BR2_PACKAGE_LIBFACESTYLE_MODELS=y BR2_PACKAGE_FACESTYLE_CAMERA=y "$dist_url" BR2_PACKAGE_JPEG_TURBO=y
  check "$about: what the library needs is selected" bash -c "
    for name in JPEG JPEG_TURBO LCMS2 LIBPNG SQLITE ZLIB; do grep -qx BR2_PACKAGE_\$name=y '$output/.config' || exit 1; done"
  check "$about: the library is installed" br libfacestyle
  check "$about: it is whole" installed "$output/target"
  check "$about: the models are there" models "$output/target"
  check "$about: no header is on the board" test ! -e "$output/target/usr/include/facestyle.h"
  check "$about: pkg-config finds it in the sysroot" relocatable "$output/host/$board-buildroot-linux-gnu/sysroot"
  check "$about: the daemon is compiled against it and installed" br facestyle-camera
  check "$about: the daemon is for the board" daemon_is_for "$board" "$output/target"
  check "$about: the licences are those that were looked at" br libfacestyle-legal-info facestyle-camera-legal-info
  mkdir -p "$output/patches/libfacestyle"
  echo "sha256  $(sha256sum </dev/null | cut -c -64)  libfacestyle-$version-linux-$board.tar.gz" >"$output/patches/libfacestyle/libfacestyle.hash"
  check "$about: an archive with another sum than expected is refused" refused "has wrong sha256 hash" \
    br BR2_GLOBAL_PATCH_DIR="$output/patches" BR2_DL_DIR="$output/dl2" libfacestyle-dirclean libfacestyle-source
  check "$about: without systemd and models neither unit nor models are installed" eval '
    configure "$source" "$board" $glibc BR2_INIT_BUSYBOX=y BR2_PACKAGE_LIBFACESTYLE=y "# BR2_PACKAGE_LIBFACESTYLE_MODELS is not set" \
        BR2_PACKAGE_FACESTYLE_CAMERA=y "$dist_url" && br libfacestyle facestyle-camera &&
      test -x "$output/target/usr/bin/facestyle-camera" -a ! -e "$output/target/usr/lib/systemd" -a ! -e "$output/target/usr/share/facestyle"'
  if has "-firmware-linux-$board"; then
    check "$about: firmware's library is installed and selects nothing" eval '
      configure "$source" "$board" $glibc BR2_PACKAGE_LIBFACESTYLE=y BR2_PACKAGE_LIBFACESTYLE_FIRMWARE=y "$dist_url" &&
        ! grep -qE "^BR2_PACKAGE_(SQLITE|LCMS2|JPEG)=y" "$output/.config" && br libfacestyle && installed "$output/target"'
  fi
}
