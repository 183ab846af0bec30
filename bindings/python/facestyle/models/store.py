"""The output folder: files appear whole or not at all, and a manifest says which are up to date."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import ModelError

PARTIAL = ".partial-"  # temporary names; whatever a killed run left under them is removed by the next
MANIFEST = "manifest.json"


def sha256(data: bytes) -> Any:
    return hashlib.sha256(data).hexdigest()


def file_sha256(path: str | os.PathLike[str]) -> Any:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def check(what: str, seen: str, wanted: Any) -> None:
    """Refuses bytes whose checksum is not the pinned one."""
    if seen != wanted:
        raise ModelError(f"{what}: sha256 is {seen}; expected {wanted}")


def write(path: Path, data: bytes) -> None:
    """Writes the whole file, or raises ModelError and leaves what was there before."""
    temporary = path.with_name(PARTIAL + path.name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # a rename must never come to the disk before the bytes it names
        os.replace(temporary, path)
    except OSError as error:
        raise ModelError(f"cannot write {path}: {error.strerror}; expected {len(data)} bytes") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[Any]:
    """Holds the folder for this process, so that partial files found in it are nobody's and can go."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise ModelError(f"cannot use {folder}: {error.strerror}; expected a folder") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ModelError(f"{folder} is in use by another run; expected it alone") from error
        yield
    finally:
        os.close(handle)


def remove_partial(folder: Path) -> None:
    for path in folder.glob(PARTIAL + "*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


class Manifest:
    """`manifest.json`: for each output, its checksum and the version of the converter that made it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            entries = json.loads((folder / MANIFEST).read_bytes())
        except (OSError, ValueError, RecursionError):
            entries = None
        # A damaged manifest only costs a new conversion.
        self.entries = entries if isinstance(entries, dict) else {}

    def is_current(self, output: str, converter: int) -> bool:
        try:
            return bool(self.entries.get(output) == _entry(file_sha256(self.folder / output), converter))
        except OSError:
            return False

    def add(self, output: str, data: bytes, converter: int) -> None:
        self.entries[output] = _entry(sha256(data), converter)
        text = json.dumps(self.entries, indent=1, sort_keys=True) + "\n"
        write(self.folder / MANIFEST, text.encode())


def _entry(digest: str, converter: int) -> Any:
    return {"converter": converter, "sha256": digest}
