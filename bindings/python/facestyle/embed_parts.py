"""What a run of `embed_folder` leaves behind at any moment, and goes on from."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Optional, TextIO

from ._arrow import pa, parquet
from .face_table import METADATA
from .files import no_pictures, walk

_PHOTOS_A_PART = 1000
_PHOTOS_A_TASK = 8
_ROWS_A_GROUP = 50_000  # of the output: tens of megabytes, which is what readers take at once
_FILE = {"compression": "zstd", "use_dictionary": ["path", "error"]}


class Parts:
    """The parts of an output, in a folder beside it that one process at a time may use: a list of photos, the plan by which it is
    cut, and a file for each part that is done. What lies there under its name is whole: it was renamed to it."""

    def __init__(self, output: Path, schema: pa.Schema, overwrite: bool) -> None:
        self.schema, self._output, self._overwrite = schema, output, overwrite
        self._folder = output.with_name(output.name + ".parts")
        self.photos, self._photos_a_part = 0, _PHOTOS_A_PART  # of the plan, once there is one
        self._list, self._plan_file = self._folder / "photos", self._folder / "plan.json"

    def __enter__(self) -> Parts:
        self._lock = self._locked()
        try:
            if self._overwrite:
                self._output.unlink(missing_ok=True)
            if self._output.exists():
                self._compare(_said_of(self._output))
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._output.exists():
            self._plan_file.unlink(missing_ok=True)
        self._leave()

    def _leave(self) -> None:
        """Without a plan what is in the folder counts for nothing."""
        if not self._plan_file.exists():
            shutil.rmtree(self._folder)
        self._lock.close()

    def _locked(self) -> TextIO:
        """The system lets go of the lock of a process that was killed."""
        path = self._folder / "lock"
        while True:
            self._folder.mkdir(exist_ok=True)
            lock = open(path, "w")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.close()
                raise BlockingIOError(f"{self._output}: another process is at work on it; expected none") from None
            if path.exists() and os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                return lock
            lock.close()  # of a folder that was removed meanwhile

    def _compare(self, before: dict[str, Any]) -> None:
        now = _without_version(json.loads(self.schema.metadata[METADATA]))
        for name in sorted({*now, *before}):
            if now.get(name) != before.get(name):
                raise FileExistsError(
                    f"{self._output}: made or begun with {name} {before.get(name)}, now it is {now.get(name)}; expected the "
                    "same, another output, or overwrite")

    def begin(self, folder: Path) -> None:
        """Lists the photos, or goes on with the list of an earlier run."""
        plan = json.loads(self._plan_file.read_text()) if self._plan_file.exists() else None
        if plan is not None and not self._overwrite:
            self._compare(plan["made_with"])
        made_with = _without_version(json.loads(self.schema.metadata[METADATA]))
        if plan is None or plan["made_with"] != made_with:
            self._plan_file.unlink(missing_ok=True)
            for part in self._folder.glob("*.parquet"):
                part.unlink()
            plan = {"made_with": made_with, "photos": self._write_list(folder), "photos_a_part": _PHOTOS_A_PART}
            _write_whole(self._plan_file, lambda path: path.write_text(json.dumps(plan)))
        self.photos, self._photos_a_part = plan["photos"], plan["photos_a_part"]

    def _write_list(self, folder: Path) -> int:
        """Paths and the reasons why folders among them cannot be read, or nothing, each with a NUL behind it."""
        count = 0

        def write(path: Path) -> None:
            nonlocal count
            with open(path, "wb") as file:
                for below, error in walk(folder):
                    file.write(os.fsencode(below) + b"\0" + os.fsencode("" if error is None else str(error)) + b"\0")
                    count += 1

        _write_whole(self._list, write)
        if count == 0:
            raise no_pictures(folder)
        return count

    def photos_done(self) -> int:
        """How many photos are in the parts that are there."""
        return sum(self.size(number) for number in range(self._count()) if self._part(number).exists())

    def missing_tasks(self) -> Iterator[tuple[int, list[tuple[str, str]]]]:
        """A few photos at a time of the parts that are not there, in order: a part's number, and paths with reasons."""
        with open(self._list, "rb") as file:
            fields = map(os.fsdecode, _fields(file))
            photos = zip(fields, fields)
            for number in range(self._count()):
                of_part = itertools.islice(photos, self.size(number))
                is_missing = not self._part(number).exists()
                while some := list(itertools.islice(of_part, _PHOTOS_A_TASK)):
                    if is_missing:
                        yield number, some

    def write(self, number: int, table: pa.Table) -> None:
        _write_whole(self._part(number), lambda path: parquet.write_table(table, path, **_FILE))

    def finish(self) -> None:
        """Makes the output of the parts."""

        def write(path: Path) -> None:
            with parquet.ParquetWriter(path, self.schema, **_FILE) as writer:
                for tables in _groups(parquet.ParquetFile(self._part(number)).read() for number in range(self._count())):
                    writer.write_table(pa.concat_tables(tables).cast(self.schema))

        _write_whole(self._output, write, self._folder / "output")

    def _count(self) -> int:
        return -(-self.photos // self._photos_a_part)

    def size(self, number: int) -> int:
        return min(self._photos_a_part, self.photos - number * self._photos_a_part)

    def _part(self, number: int) -> Path:
        return self._folder / f"{number:08}.parquet"


def _said_of(output: Path) -> dict[str, Any]:
    """What a table's metadata says of how it was made, without the library's version."""
    try:
        return _without_version(json.loads(parquet.read_schema(output).metadata[METADATA]))
    except (pa.ArrowException, KeyError, TypeError):
        raise FileExistsError(f"{output}: there, and no table of faces; expected one, another output, or overwrite") from None


def _without_version(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != "version"}


def _write_whole(path: Path, write: Callable[[Path], object], beside: Optional[Path] = None) -> None:
    """A file appears under its name when it is on the disk."""
    beside = path.with_name(path.name + ".new") if beside is None else beside
    write(beside)
    with open(beside, "rb") as file:
        os.fsync(file.fileno())
    os.replace(beside, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _fields(file: BinaryIO) -> Iterator[bytes]:
    """Texts with a NUL behind each."""
    rest = b""
    while block := file.read(1 << 20):
        *whole, rest = (rest + block).split(b"\0")
        yield from whole


def _groups(tables: Iterable[pa.Table]) -> Iterator[list[pa.Table]]:
    """Lists of tables that have enough rows together."""
    group: list[pa.Table] = []
    for table in tables:
        group.append(table)
        if sum(one.num_rows for one in group) >= _ROWS_A_GROUP:
            yield group
            group = []
    if group:
        yield group
