"""What Buildroot makes of a few settings: its Config.in, read by kconfiglib, without compiling its own reader.

    buildroot_config.py BUILDROOT EXTERNAL OUTPUT SETTING ...

Writes OUTPUT/.config and what `make` reads, in place of `make defconfig`. A setting that nothing knows, or that does not hold
because something that it depends on is missing, is an error.
"""

import os
import subprocess
import sys
from pathlib import Path

import kconfiglib


def main():
    buildroot, external, output = (str(Path(path).resolve()) for path in sys.argv[1:4])
    settings = sys.argv[4:]
    compiler = subprocess.run(["gcc", "-dumpversion"], capture_output=True, text=True, check=True).stdout
    os.environ.update(
        HOST_GCC_VERSION=compiler.split(".")[0].strip(), SKIP_LEGACY="",
        srctree=buildroot, CONFIG_="", BR2_BASE_DIR=output, BR2_EXTERNAL_FACESTYLE_PATH=external,
        # These are left for make.
        BASE_DIR="$(BASE_DIR)", CONFIG_DIR="$(CONFIG_DIR)", TOPDIR="$(TOPDIR)",
    )
    os.chdir(buildroot)
    tree = kconfiglib.Kconfig("Config.in", warn_to_stderr=False, suppress_traceback=True)
    fragment = Path(output, "settings")
    fragment.write_text("".join(setting + "\n" for setting in settings))
    tree.load_config(fragment)
    folder = Path(output, "build", "buildroot-config")
    folder.mkdir(parents=True, exist_ok=True)
    tree.write_config(Path(output, ".config"), save_old=False)
    tree.write_config(folder / "auto.conf", save_old=False)
    lines = Path(output, ".config").read_text().splitlines()
    for setting in settings:
        if setting not in lines:
            sys.exit(f"{setting} does not hold; expected what it depends on to be set")


if __name__ == "__main__":
    main()
