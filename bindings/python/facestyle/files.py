"""Faces in many photos: files and folders in, what was found and marked copies out."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, AbstractSet, Any

from . import _c
from ._convert import flag, wrong
from ._types import PathLike
from .errors import FaceStyleError
from .face import Face
from .image import Image

if TYPE_CHECKING:
    from .gallery import Gallery
    from .gallery_records import Match
    from .recognition import Detector, Embedder

_Photo = tuple[Path, Path]  # where it is, and its name below the output
_Failure = tuple[Path, Exception]
_Identity = tuple[int, int]


@dataclass(frozen=True, eq=False)
class DetectedPhoto:
    """A photo that `Detector.detect_files` looked at; true if that went
    well. `faces` are in the detector's order; `matches`, with a gallery,
    one `Match` for each. `marked` is the copy's path. If the photo cannot
    be read, or its copy not written, `error` is the exception, and what was
    not reached is None."""

    path: Path
    width: int | None = None
    height: int | None = None
    faces: list[Face] | None = None
    matches: list[Match] | None = None
    marked: Path | None = None
    error: Exception | None = None

    def __bool__(self) -> bool:
        return self.error is None


def given_paths(paths: PathLike | Iterable[PathLike]) -> list[Path]:
    """A list of paths, of a path or of several."""
    try:
        return [_path(path) for path in ([paths] if isinstance(paths, (str, bytes, os.PathLike)) else paths)]
    except TypeError:
        raise wrong(paths, "paths", "a path, or a list of paths") from None


def detect_files(
    detector: Detector, paths: list[Path], output: Path | None, gallery: Gallery | None, embedder: Embedder | None
) -> Iterator[DetectedPhoto]:
    """What `Detector.detect_files` does."""
    photos, failures = _photos(paths, output)
    for path, error in failures:
        yield DetectedPhoto(path, error=error)
    taken, used = {identity for path, _ in photos if (identity := _identity(path))}, set[Path]()
    people = {} if gallery is None else {person.name: number for number, person in enumerate(gallery.list_people())}
    for path, name in photos:
        seen: dict[str, Any] = {}
        try:
            with Image.open(path) as photo:
                seen.update(width=photo.width, height=photo.height, faces=detector.find(photo))
                if gallery is not None and embedder is not None:
                    seen["matches"] = [gallery.identify(vector) for vector in embedder.embed(photo, seen["faces"])]
                if output is not None:
                    place = _place(output, name, taken, used)
                    with _marked(photo, people, **seen) as copy:
                        copy.save(place)
                    seen["marked"] = place
        except (FaceStyleError, OSError) as error:
            seen["error"] = error
        yield DetectedPhoto(path, **seen)


def _marked(
    photo: Image, people: dict[str, int], faces: list[Face], matches: list[Match] | None = None, **_: object
) -> Image:
    if matches is None:
        return photo.mark_faces(faces, [str(i + 1) for i in range(len(faces))] if len(faces) > 1 else None)
    names = [match.name or "?" for match in matches]
    return photo.mark_faces(faces, names, [people.get(name, -1) for name in names])


def picture_endings(written: bool = False) -> tuple[str, ...]:
    """(".png", ".jpg", ...): how names of pictures end that the library
    reads, or only of those that it also writes."""
    written = flag(written, "written")
    formats = itertools.takewhile(_c.fs_file_format_name, itertools.count())
    return tuple(
        str(ending, "ascii")
        for kind in formats
        if _c.fs_file_format_is_written(kind) or not written
        for ending in itertools.takewhile(bool, (_c.fs_file_format_ending(kind, i) for i in itertools.count()))
    )


def _is_picture(name: str) -> bool:
    return name.lower().endswith(picture_endings())


def _photos(paths: list[Path], output: Path | None) -> tuple[list[_Photo], list[_Failure]]:
    """Photos with their names below the output, and folders that could not
    be read or have no pictures."""
    photos, failures = list[_Photo](), list[_Failure]()
    for path in paths:
        if not path.is_dir():
            photos.append((path, Path(path.name)))
            continue
        count = len(photos) + len(failures)
        for below, error in walk(path, {_identity(output)} if output is not None else set()):
            photos.append((path / below, below)) if error is None else failures.append((path / below, error))
        if len(photos) + len(failures) == count:
            failures.append((path, no_pictures(path)))
    return photos, failures


def no_pictures(folder: Path) -> FileNotFoundError:
    return FileNotFoundError(f"{folder}: no {', '.join(picture_endings())} file in this folder")


def _path(path: PathLike) -> Path:
    return Path(os.fsdecode(path))


def walk(folder: Path, entered: AbstractSet[_Identity | None] = frozenset()) -> Iterator[tuple[Path, OSError | None]]:
    """The pictures in a folder and in the folders in it, without hidden ones, by their names: paths below it, each with None, and
    those of folders that cannot be read, with the reason. What is in `entered` (as `_identity`) is not looked into."""
    return _walk(folder, Path(), entered, picture_endings())


def _walk(
    folder: Path, below: Path, entered: AbstractSet[_Identity | None], endings: tuple[str, ...]
) -> Iterator[tuple[Path, OSError | None]]:
    identity = _identity(folder)
    if identity is None or identity in entered:  # a link to a folder around it, or the folder of the copies
        return
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError as error:
        yield below, error
        return
    for name in names:
        if (folder / name).is_dir():
            yield from _walk(folder / name, below / name, entered | {identity}, endings)
        elif name.lower().endswith(endings):
            yield below / name, None


def _identity(path: Path) -> _Identity | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _place(output: Path, name: Path, photos: set[_Identity], used: set[Path]) -> Path:
    """The file for a copy, which is neither a photo nor another copy: with
    .png where a photo's format is not written."""
    if not name.name.lower().endswith(picture_endings(written=True)):
        name = name.with_name((name.stem if _is_picture(name.name) else name.name) + ".png")
    stem, number = name.stem, 2
    while name in used:
        name = name.with_name(f"{stem}-{number}{name.suffix}")
        number += 1
    used.add(name)
    place = output / name
    if _identity(place) in photos:
        raise FileExistsError(f"{place}: one of the photos; expected another folder for the copies")
    place.parent.mkdir(parents=True, exist_ok=True)
    return place
