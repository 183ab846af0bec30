"""Photos that a training learns from."""

from __future__ import annotations

import ctypes
from typing import Callable

from . import _c
from ._convert import floats, integer, pointer, text
from ._handle import Handle
from ._types import ArrayLike, PathLike
from .errors import check
from .left_out import LeftOut


class Photos(Handle):
    """Photos to learn from; `len()` says how many. Methods that add return
    the object itself."""

    _destroy = _c.fs_photos_destroy

    def __init__(self) -> None:
        out = ctypes.POINTER(_c.fs_photos)()
        check(_c.fs_photos_create(ctypes.byref(out)))
        super().__init__(out)

    def add_people(
        self, folder: PathLike, landmarks: PathLike | None = None, points: ArrayLike | None = None
    ) -> Photos:
        """Adds a folder of people: each folder inside is a person, the pictures
        in it are the person's photos.

        `landmarks` is a JSON file, {"Ann/1.jpg": [[x, y] five times], ...};
        `points` [5, 2], x and y in pixels, hold for all photos of the folder.
        Without either, whole photos are learned from. What is no photo is in
        `left_out`."""
        return self._add(_c.fs_photos_add_people, folder, landmarks, points)

    def add_folder(
        self, folder: PathLike, landmarks: PathLike | None = None, points: ArrayLike | None = None
    ) -> Photos:
        """Adds a flat folder, photos of nobody in particular: for a loss that
        has a teacher."""
        return self._add(_c.fs_photos_add_folder, folder, landmarks, points)

    def add_strangers(
        self, folder: PathLike, landmarks: PathLike | None = None, points: ArrayLike | None = None
    ) -> Photos:
        """Adds a flat folder whose photos are each of a person of its own, whom
        no other photo shows: for a loss of strangers, who are kept apart though
        nobody's name is known."""
        return self._add(_c.fs_photos_add_strangers, folder, landmarks, points)

    def _add(
        self, function: Callable[..., int], folder: PathLike, landmarks: PathLike | None, points: ArrayLike | None
    ) -> Photos:
        file = None if landmarks is None else text(landmarks, "landmarks")
        places = None if points is None else floats(points, (5, 2), "points")
        check(function(self.handle, text(folder, "folder"), file, None if places is None else pointer(places)))
        return self

    def keep_people(self, first: int, count: int) -> Photos:
        """Keeps people number `first` to `first + count - 1`, in the order of
        their names, and their photos alone."""
        check(_c.fs_photos_keep_people(self.handle, integer(first, "first", 64), integer(count, "count", 64)))
        return self

    def __len__(self) -> int:
        return _c.fs_photos_count(self.handle)

    def __bool__(self) -> bool:
        return True  # an empty set is a set

    @property
    def people(self) -> int:
        """How many people there are."""
        return _c.fs_photos_person_count(self.handle)

    @property
    def left_out(self) -> list[LeftOut]:
        """What was left out so far, when photos were added and when they were
        read for a training: a list of `LeftOut`."""
        return LeftOut._list(self.handle, _c.fs_photos_left_out_count, _c.fs_photos_left_out)

    def __repr__(self) -> str:
        return "<Photos closed>" if self.closed else f"<Photos: {len(self)} of {self.people} people>"
