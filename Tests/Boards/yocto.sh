# The tasks of bitbake up to its quality assurance of packages, of one recipe by itself: what it depends on is not built.

try_yocto() { # try_yocto FOLDER
  local folder=$1 system series
  series=$(sed -n 's/^LAYERSERIES_CORENAMES = "\(.*\)"/\1/p' "$folder/openembedded-core/meta/conf/layer.conf")
  echo "Yocto's $series, bitbake $(sed -n 's/^__version__ = "\(.*\)"/\1/p' "$folder/bitbake/lib/bb/__init__.py")"
  for system in "${systems[@]}"; do try_recipes "$folder" "$system" "Yocto's $series, $system"; done
  yocto_build "$folder" "${systems[0]}" 'TCLIBC = "musl"'
  check "Yocto's $series: without glibc the recipe is skipped" refused "incompatible with host" recipe libfacestyle unpack
  yocto_build "$folder" "${systems[0]}" 'FACESTYLE_DIST = ""'
  check "Yocto's $series: it says where archives are missing" refused "FACESTYLE_DIST is not set" recipe libfacestyle unpack
}

yocto_build() { # yocto_build FOLDER SYSTEM SETTING...: a new folder of output
  output=$work/yocto
  yocto=$1
  rm -rf "$output"
  mkdir -p "$output/conf" "$output/classes" "$output/tools"
  local machine=qemuarm64 compiler=CC_$2 tool
  [[ $2 = aarch64 ]] || machine=qemux86-64
  cat >"$output/conf/bblayers.conf" <<END
BBPATH = "\${TOPDIR}"
BBFILES ?= ""
BBLAYERS = "$1/openembedded-core/meta $1/meta-openembedded/meta-oe $boards/yocto"
END
  for tool in objdump readelf; do ln -s "$(command -v $tool)" "$output/tools/$2-oe-linux-$tool"; done
  # Neither pseudo, rpm nor a tool chain is built: files belong to who runs this, and keep their symbols. The library that the daemon is compiled against is where its recipe installed it.
  cat >"$output/conf/local.conf" <<END
MACHINE = "$machine"
INIT_MANAGER = "systemd"
FACESTYLE_DIST = "file://$dist"
BB_NO_NETWORK = "1"
INHERIT:remove = "sanity uninative"
INHERIT += "without-pseudo"
ERROR_QA:remove = "host-user-contaminated"
WARN_QA:remove = "host-user-contaminated"
INHIBIT_PACKAGE_DEBUG_SPLIT = "1"
INHIBIT_PACKAGE_STRIP = "1"
SKIP_FILEDEPS = "1"
HOSTTOOLS += "pkg-config $2-oe-linux-objdump $2-oe-linux-readelf"
CC:pn-facestyle-camera = "${!compiler:-cc}"
DEBUG_PREFIX_MAP:pn-facestyle-camera = "-ffile-prefix-map=\${TMPDIR}=/usr/src"
TUNE_CCARGS:pn-facestyle-camera = ""
PKG_CONFIG_SYSROOT_DIR:pn-facestyle-camera = "\${WORKDIR}/../../libfacestyle/\${PV}/image"
PKG_CONFIG_PATH:pn-facestyle-camera = "\${PKG_CONFIG_SYSROOT_DIR}\${libdir}/pkgconfig"
$(printf '%s\n' "${@:3}")
END
  cat >"$output/classes/without-pseudo.bbclass" <<'END'
python without_pseudo() {
    for task in d.getVar("__BBTASKS", False) or []:
        d.delVarFlag(task, "fakeroot")
}
without_pseudo[eventmask] = "bb.event.RecipeTaskPreProcess"
addhandler without_pseudo

# package_pkgdata.bbclass calls it for a recipe by itself; nothing defines it in the releases up to 6.0.2.
def staging_package_populate_pkgdata_dir(folder, d):
    pass
END
}

recipe() { # recipe NAME TASK
  (cd "$output" && BBPATH=$output PATH=$output/tools:$yocto/bitbake/bin:$PATH \
    bitbake -b "$(find "$boards/yocto" -name "$1_$version.bb")" -c "$2")
}
packages() {
  local split=$(image libfacestyle)/../packages-split
  [[ $(cd "$split/libfacestyle" && find . -type f -o -type l | sort | xargs) = "./usr/lib/libfacestyle.so.0 ./usr/lib/libfacestyle.so.$version" ]] &&
    [[ $(cd "$split/libfacestyle-models" && find . -type f | grep -c '/usr/share/facestyle/models/.*safetensors$') = "$(find models -name '*.safetensors' | wc -l)" ]] &&
    [[ -e $split/libfacestyle-dev/usr/include/facestyle.h && -e $split/libfacestyle-dev/usr/lib/pkgconfig/facestyle.pc ]]
}
image() { find "$output"/tmp*/work/*/"$1"/"$version"* -maxdepth 1 -name image; }
quietly() { # No task had to be warned of but that a recipe stood by itself.
  "$@" >"$work/said" 2>&1 && ! grep -v 'Buildfile specified' "$work/said" | grep -E '^(WARNING|ERROR)' || { tail -n 30 "$work/said" && false; }
}

try_recipes() { # try_recipes FOLDER SYSTEM ABOUT
  local about=$3 root name
  yocto_build "$1" "$2"
  check "$about: the library is unpacked and installed, without a warning" quietly recipe libfacestyle install
  check "$about: its licences are those that were looked at" quietly recipe libfacestyle populate_lic
  root=$(image libfacestyle)
  check "$about: it is whole" installed "$root"
  check "$about: the models are there" models "$root"
  check "$about: pkg-config finds it in a sysroot" relocatable "$root"
  check "$about: the daemon is compiled against it and installed, without a warning" quietly recipe facestyle-camera install
  check "$about: the daemon's licence is the one that was looked at" quietly recipe facestyle-camera populate_lic
  check "$about: the daemon is for the board" daemon_is_for "$2" "$(image facestyle-camera)"
  for name in libfacestyle facestyle-camera; do
    check "$about: $name's packages pass bitbake's quality assurance, without a warning" quietly recipe $name package_qa
  done
  check "$about: each package has its own" packages
  if has "-firmware-linux-$2"; then
    check "$about: firmware's library is installed" quietly recipe libfacestyle-firmware install
    check "$about: firmware's library is whole" installed "$(image libfacestyle-firmware)"
    check "$about: its packages stand beside the others" quietly recipe libfacestyle-firmware package_qa
  fi
}
