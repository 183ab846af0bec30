"""All faces of a folder of photos, in one Parquet file (with pyarrow).

    python -m facestyle.embed FOLDER -o faces.parquet

The work is kept in parts beside the output, so that a run that was stopped or killed goes on when it is started again.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Optional, Union

from . import library
from ._arrow import pa, parquet
from ._convert import flag, integer, text
from .embed_parts import Parts
from .errors import FaceStyleError
from .face_table import AnyPath, PhotoEmbedder, text_of


@dataclass(frozen=True)
class EmbeddedFolder:
    """What a file that `embed_folder` wrote holds: how many photos, faces,
    photos without faces and photos that could not be read."""

    path: Path
    photos: int
    faces: int
    without_faces: int
    unreadable: int

    def failures(self) -> Iterator[tuple[str, str]]:
        """Path and reason of each photo that could not be read, one after the
        other."""
        for batch in parquet.ParquetFile(self.path).iter_batches(columns=["path", "error"]):
            unread = batch.filter(batch["error"].is_valid())
            yield from zip(unread["path"].to_pylist(), unread["error"].to_pylist())

    @classmethod
    def _of(cls, path: Path) -> EmbeddedFolder:
        photos = faces = without = unreadable = 0
        for batch in parquet.ParquetFile(path).iter_batches(columns=["faces", "face", "error"]):
            rows, found, failed = batch.num_rows, batch["face"], batch["error"]
            unreadable += rows - failed.null_count
            faces += rows - found.null_count
            without += found.null_count - (rows - failed.null_count)
            photos += found.null_count + found.to_pylist().count(0)
        return cls(path, photos, faces, without, unreadable)


def embed_folder(
    folder: AnyPath, output: AnyPath, *, detector: Optional[AnyPath] = None,
    embedder: Optional[AnyPath] = None, min_face: Optional[float] = None, max_faces: Optional[int] = None,
    threads: Optional[int] = None, progress: Union[bool, Callable[[int, int], object]] = False, overwrite: bool = False,
) -> EmbeddedFolder:
    """Finds and embeds the faces of all pictures in a folder and in the folders
    in it, without hidden ones, and writes them to `output`, a Parquet file
    with a row for each face. An `EmbeddedFolder` tells what it holds.

    - `detector`, `embedder`, `min_face`, `max_faces`: as in `FaceAnalysis`,
      whose answers are written.
    - `threads`: how many photos are worked on at once; without it as many as
      `fs.threads()`. While this runs, every call of the library in this process
      keeps to one thread.
    - `progress`: True for a bar (where tqdm is installed), or a function that
      is called with the numbers of photos done and of all.
    - `overwrite`: begins anew. Without it an output that is there, of the same
      folder and options, is left as it is; of others, it is an error.

    Columns: `path` below the folder, `width` and `height` of the photo, its
    number of `faces`; of a face its number `face`, `box`, `landmarks`, `score`,
    `quality`, `reasons`, `is_main` and `embedding`; `error`. A photo without
    faces has one row, with 0 `faces`, and one that cannot be read has one with
    an `error`; what there is none of is null. Rows are in the order of the
    paths. The schema's metadata has under "facestyle", in JSON, folder, models
    and threshold.

    A run that is interrupted or killed at any moment goes on with the same
    call, from what is in the folder OUTPUT.parts; the file is the one that an
    undisturbed run writes, and appears whole. Which photos there are is decided
    when the first run begins.
    """
    folder, output = (Path(os.fsdecode(text(path, what))) for path, what in ((folder, "folder"), (output, "output")))
    threads = library.threads() if threads is None else integer(threads, "threads")
    if threads < 1:
        raise ValueError(f"threads is {threads}; expected 1 or more")
    if not callable(progress):
        flag(progress, "progress")
    overwrite = flag(overwrite, "overwrite")
    if output.suffix != ".parquet":
        raise ValueError(f"{output}; expected a .parquet file")
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder}: no folder; expected one with photos")
    with PhotoEmbedder(detector, embedder, min_face, max_faces) as photo_embedder:
        schema = photo_embedder.schema(folder=text_of(folder.resolve()))
        with Parts(output, schema, overwrite) as parts:
            if not output.exists():
                parts.begin(folder)
                with one_thread_a_call(), _Bar(progress, parts.photos) as bar:
                    _write_parts(parts, photo_embedder, folder, threads, bar.show)
                parts.finish()
        return EmbeddedFolder._of(output)


def _write_parts(
    parts: Parts, photo_embedder: PhotoEmbedder, folder: Path, threads: int, show: Callable[[int], None]
) -> None:
    def table(photos: Sequence[tuple[str, str]]) -> pa.Table:
        read = [OSError(reason) if reason else folder / path for path, reason in photos]
        return photo_embedder.table([text_of(path) for path, _ in photos], read, parts.schema)

    done, tables, taken = parts.photos_done(), [], 0
    show(done)
    for number, photos, rows in _ahead(table, parts.missing_tasks(), threads):
        tables.append(rows)
        taken += photos
        if taken == parts.size(number):
            parts.write(number, pa.concat_tables(tables))
            tables, taken = [], 0
        done += photos
        show(done)


def _ahead(
    function: Callable[[Sequence[Any]], pa.Table], tasks: Iterable[tuple[int, Sequence[Any]]], threads: int
) -> Iterator[tuple[int, int, pa.Table]]:
    """What a function makes of the photos of numbered tasks, in their order: a task's number, how many photos, and the answer. No
    more than a few tasks are worked on ahead of the one that is taken, which bounds memory."""
    pool = ThreadPoolExecutor(threads)
    waiting: deque[tuple[int, int, Future[pa.Table]]] = deque()

    def take() -> tuple[int, int, pa.Table]:
        number, count, answer = waiting.popleft()
        return number, count, answer.result()

    try:
        for number, photos in tasks:
            waiting.append((number, len(photos), pool.submit(function, photos)))
            if len(waiting) > 4 * threads:
                yield take()
        while waiting:
            yield take()
    finally:
        pool.shutdown(cancel_futures=True)


@contextlib.contextmanager
def one_thread_a_call() -> Iterator[None]:
    """Where photos are worked on side by side, threads within a call would be in each other's way."""
    before = library.threads()
    library.set_threads(1)
    try:
        yield
    finally:
        library.set_threads(before)


class _Bar:
    """Shows how many photos are done, by a bar of tqdm's or a function of the caller's."""

    def __init__(self, progress: Union[bool, Callable[[int, int], object]], photos: int) -> None:
        self._function, self._photos = progress if callable(progress) else None, photos
        self._bar: Any = None
        if progress is True:
            with contextlib.suppress(ImportError):
                from tqdm.auto import tqdm  # type: ignore[import-untyped, unused-ignore]

                self._bar = tqdm(total=photos, unit="photo")

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def show(self, done: int) -> None:
        if self._function is not None:
            self._function(done, self._photos)
        if self._bar is not None:
            # What an earlier run did says nothing about this one's speed.
            if self._bar.n == self._bar.initial == 0:
                self._bar.initial = self._bar.n = done
            self._bar.update(done - self._bar.n)


def main(arguments: Optional[Sequence[str]] = None) -> NoReturn:
    """The command; it ends the process."""
    parser = argparse.ArgumentParser(
        prog="python -m facestyle.embed",
        description="Finds and embeds all faces in the photos of a folder, and writes them to a Parquet file. A run that was stopped "
        "or killed goes on when it is started again. The exit status is 1 if photos could not be read, which are printed.")
    parser.add_argument("folder", help="a folder of photos, and of folders of them")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the .parquet file")
    parser.add_argument("--detector", "--detector-model", help="name or file of the model that finds faces")
    parser.add_argument("--model", dest="embedder", help="name or file of the model that embeds them")
    parser.add_argument("--min-face", "--min-size", type=float, metavar="PIXELS", help="side of the smallest face")
    parser.add_argument("--max-faces", type=int, metavar="COUNT", help="of a photo; the largest are kept")
    parser.add_argument("--threads", type=int, help="photos that are worked on at once; default: one per processor")
    parser.add_argument("--overwrite", action="store_true", help="begin anew where the output is there")
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    options = vars(parser.parse_args(arguments))
    is_json = options.pop("json")
    try:
        made = embed_folder(**options, progress=sys.stderr.isatty())
    except KeyboardInterrupt:
        sys.exit("facestyle.embed: stopped; the same command goes on")
    except (FaceStyleError, OSError, ValueError) as error:
        sys.exit(f"facestyle.embed: {error}")
    for path, reason in made.failures():
        print(f"{path}: {reason}", file=sys.stderr)
    counts = {name: getattr(made, name) for name in ("photos", "faces", "without_faces", "unreadable")}
    if is_json:
        print(json.dumps({"output": text_of(made.path), **counts}))
    else:
        print("{}: {photos} photos, {faces} faces; {without_faces} without faces, {unreadable} unreadable".format(made.path, **counts))
    sys.exit(1 if made.unreadable else 0)


if __name__ == "__main__":
    main()
