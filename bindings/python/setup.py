"""Puts the native library into the package where a checkout has built it: `make`, then `pip install ./bindings/python`.

Without it the package is plain Python, and uses the library that is installed on the system. pyproject.toml has the rest.
"""

import os
import shutil
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("FACESTYLE_BUILD", "build")  # the Makefile's
LIBRARY = ROOT / os.environ.get("FACESTYLE_SHIPPED", BUILD / "libfacestyle.so.0.1.0")
# In the package's folder "native", from the checkout.
NATIVE = {
    "libfacestyle.so.0": LIBRARY,
    "facestyle": BUILD / "facestyle",
    "include/facestyle.h": ROOT / "include/facestyle.h",
    **{f"models/{path.name}": path for path in sorted((ROOT / "models").glob("*.safetensors"))},
    "models/README.md": ROOT / "models/README.md",  # the models' terms
}
HAS_LIBRARY = NATIVE["libfacestyle.so.0"].exists() and NATIVE["facestyle"].exists()


class BuildWithLibrary(build_py):
    def run(self):
        super().run()
        if not HAS_LIBRARY:
            return
        for name, path in NATIVE.items():
            target = Path(self.build_lib) / "facestyle/native" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)


class WheelOfOnePlatform(bdist_wheel):
    """The library is of one system and processor, and of no version of Python."""

    def finalize_options(self):
        super().finalize_options()
        self.root_is_pure = not HAS_LIBRARY

    def get_tag(self):
        return ("py3", "none", super().get_tag()[2])


class WithLibrary(Distribution):
    def has_ext_modules(self):
        return HAS_LIBRARY


setup(cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": WheelOfOnePlatform}, distclass=WithLibrary)
