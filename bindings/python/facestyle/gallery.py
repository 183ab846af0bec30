"""People with their photos, who are known by name."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import Any, Callable

import numpy as np

from . import _c
from ._convert import data, flag, floats, handle, integer, integers, items, number, optional, pointer, text, wrong
from ._handle import Handle
from ._options import defaults
from ._types import ArrayLike, Floats, NDArray, PathLike, Picture
from .errors import check
from .face import Verdict, reasons_of, threshold_of, verdict_of
from .gallery_records import Enrolment, GalleryPhoto, GalleryReport, Match, Neighbour, Person
from .identification import Head, identify_options
from .image import Image
from .recognition import Detector, Embedder

# fs_neighbour, for arrays of many.
_NEIGHBOUR = np.dtype([("photo", "u8"), ("distance", "f4"), ("name", f"S{_c.FS_NAME_CAPACITY}")], align=True)


# fs_gallery_person and fs_gallery_photo.
_PERSON = np.dtype([("photos", "u8"), ("created", "i8"), ("name", f"S{_c.FS_NAME_CAPACITY}")], align=True)
_PHOTO = np.dtype(
    [("photo", "u8"), ("created", "i8"), ("name", f"S{_c.FS_NAME_CAPACITY}"), ("note", f"S{_c.FS_NOTE_CAPACITY}")],
    align=True,
)


def _report(report: _c.fs_gallery_report) -> GalleryReport:
    return GalleryReport(report.added, report.present, report.conflicts)


class Gallery(Handle):
    """People with several photos each. With a `detector`, or an embedder
    that wants none, it takes photos, otherwise embeddings alone.

    With a `path` the gallery lies in a file that keeps every change, and
    that processes may share; or, with an address
    "postgresql://user@host/database", on a server for many hosts (with
    libpq). Otherwise it is in memory. `embedder` may be None for a gallery
    that is there. `key` is 32 bytes that encrypt the embeddings that are
    kept (with libsodium). `read_only` refuses changes; without `create` the
    gallery must be there.

    The embedder and detector are kept, and must stay open while photos are
    handed in.
    """

    _destroy = _c.fs_gallery_destroy

    def __init__(
        self, embedder: Embedder | None, detector: Detector | None = None, path: PathLike | None = None, key: bytes | None = None,
        read_only: bool = False, create: bool = True,
    ) -> None:
        out, read_only, create = ctypes.POINTER(_c.fs_gallery)(), flag(read_only, "read_only"), flag(create, "create")
        if detector is not None and not isinstance(detector, Detector):
            raise wrong(detector, "detector", "a Detector or None")
        if path is None:
            if key is not None or read_only or not create:
                raise ValueError("key, read_only and create are for a gallery with a path")
            check(_c.fs_gallery_create(ctypes.byref(out), handle(embedder, Embedder, "embedder")))
        else:
            options = defaults(_c.fs_gallery_options, _c.fs_gallery_options_init)
            options.read_only, options.create = read_only, create
            if key is not None:
                key = data(key, "key")
                if len(key) != _c.FS_GALLERY_KEY_LENGTH:
                    raise ValueError(f"key has {len(key)} bytes; expected {_c.FS_GALLERY_KEY_LENGTH}")
                options.key = (ctypes.c_uint8 * len(key))(*key)
            model = optional(embedder, Embedder, "embedder")
            check(_c.fs_gallery_open(ctypes.byref(out), text(path, "path"), model, ctypes.byref(options)))
        super().__init__(out)
        self._embedder, self._detector = embedder, detector

    @classmethod
    def open(
        cls, path: PathLike, embedder: Embedder | None = None, detector: Detector | None = None, key: bytes | None = None,
        read_only: bool = False, create: bool = True,
    ) -> Gallery:
        """A gallery in a file or on a server, with what a `Gallery` is made of."""
        text(path, "path")
        return cls(embedder, detector, path, key, read_only, create)

    def add(self, name: str, embedding: ArrayLike) -> None:
        """Adds a photo's embedding [dimension] to a person, new or already
        there."""
        vector = floats(embedding, (None,), "embedding")
        check(_c.fs_gallery_add(self.handle, text(name, "name"), pointer(vector), vector.size))

    def add_photo(self, name: str, photo: Picture) -> None:
        """The same with a photo; `NoFace` if there is none in it."""
        who, picture = text(name, "name"), handle(photo, Image, "photo")
        check(_c.fs_gallery_add_photo(self.handle, *self._eyes_as_c(), who, picture))

    def enrol(
        self, name: str, photo: Image | ArrayLike, note: str = "", threshold: float | None = None, refuse: bool = False
    ) -> Enrolment:
        """Adds `photo`, an `Image` or an embedding, and tells whether the same
        face is there under another name, within `threshold`, a distance (the
        model's); with `refuse` it is not added then. `note` is kept with it. An
        `Enrolment` is returned."""
        options, out = defaults(_c.fs_enrolment_options, _c.fs_enrolment_options_init), _c.fs_enrolment()
        who = text(name, "name")
        options.note, options.threshold, options.refuse = text(note, "note"), threshold_of(threshold), flag(refuse, "refuse")
        if isinstance(photo, Image):
            embedder, _ = self._eyes()
            embedding, _ = embedder.embed_photo(photo, self._detector)
        else:
            embedding = floats(photo, (None,), "photo")
        arguments = self.handle, who, pointer(embedding), embedding.size
        check(_c.fs_gallery_enrol(*arguments, ctypes.byref(options), ctypes.byref(out)))
        other = out.other.decode(errors="replace") if out.conflict else None
        return Enrolment(out.photo if out.added else None, other, out.distance)

    def add_many(self, names: Iterable[str], embeddings: ArrayLike, compare: bool = False) -> GalleryReport:
        """Adds a photo for each name, all or none: embeddings are [names,
        dimension]. With `compare` they are looked for under other names first.
        A `GalleryReport` is returned."""
        people = [text(name, f"names[{i}]") for i, name in enumerate(items(names, "names", "texts"))]
        vectors = floats(embeddings, (len(people), None), "embeddings")
        array = (ctypes.c_char_p * len(people))(*people)
        report = _c.fs_gallery_report()
        compare = flag(compare, "compare")
        told = ctypes.byref(report) if compare else None
        check(_c.fs_gallery_add_many(self.handle, array, pointer(vectors), *vectors.shape, told))
        return _report(report) if compare else GalleryReport(len(people), 0, 0)

    def remove(self, name: str) -> None:
        """Removes a person with all photos; nothing of them is left in a file.
        (A server keeps copies: facestyle.h tells where.)"""
        check(_c.fs_gallery_remove(self.handle, text(name, "name")))

    def remove_photo(self, photo: int) -> None:
        """Removes a photo by its number, and its person with the last one."""
        check(_c.fs_gallery_remove_photo(self.handle, integer(photo, "photo", 64)))

    def replace_photo(self, photo: int, embedding: ArrayLike) -> None:
        """Gives a photo, by its number, another embedding [dimension]."""
        vector, index = floats(embedding, (None,), "embedding"), integer(photo, "photo", 64)
        check(_c.fs_gallery_replace_photo(self.handle, index, pointer(vector), vector.size))

    def replace_person(self, name: str, embeddings: ArrayLike) -> None:
        """Gives a person other photos: embeddings are [photos, dimension]."""
        vectors = floats(embeddings, (None, None), "embeddings")
        check(_c.fs_gallery_replace_person(self.handle, text(name, "name"), pointer(vectors), *vectors.shape))

    def reload(self) -> bool:
        """Takes in what other processes and hosts changed; tells whether there
        was anything."""
        changed = ctypes.c_int32()
        check(_c.fs_gallery_reload(self.handle, ctypes.byref(changed)))
        return bool(changed.value)

    @property
    def people(self) -> int:
        """How many people there are."""
        return _c.fs_gallery_person_count(self.handle)

    @property
    def photos(self) -> int:
        """How many photos there are."""
        return _c.fs_gallery_photo_count(self.handle)

    @property
    def model(self) -> int:
        """The fingerprint of the model whose embeddings it holds."""
        return self._info().model

    @property
    def dimension(self) -> int:
        """Numbers in an embedding."""
        return self._info().dimension

    @property
    def threshold(self) -> float:
        """The distance up to which two faces are one person's unless another is
        given: the model's, or what was set, which is kept with the gallery."""
        return self._info().threshold

    @threshold.setter
    def threshold(self, value: float) -> None:
        check(_c.fs_gallery_threshold_set(self.handle, number(value, "threshold")))

    @property
    def is_encrypted(self) -> bool:
        """Whether the embeddings that are kept are encrypted."""
        return bool(self._info().is_encrypted)

    @property
    def is_read_only(self) -> bool:
        """Whether changes are refused; a server's answer when the gallery was
        last opened, reloaded or changed."""
        return bool(self._info().is_read_only)

    def _info(self) -> _c.fs_gallery_info:
        info = _c.fs_gallery_info(size=ctypes.sizeof(_c.fs_gallery_info))
        check(_c.fs_gallery_info_get(self.handle, ctypes.byref(info)))
        return info

    def list_people(self) -> list[Person]:
        """A `Person` for each, by their names."""
        rows = self._list(_PERSON, _c.fs_gallery_list_people, _c.fs_gallery_person)
        return [Person(name.decode(errors="replace"), photos, created) for photos, created, name in rows]

    def list_photos(self, name: str | None = None) -> list[GalleryPhoto]:
        """A `GalleryPhoto` for each photo of a person, or of all, by their
        numbers."""
        whose = None if name is None else text(name, "name")
        rows = self._list(_PHOTO, _c.fs_gallery_list_photos, _c.fs_gallery_photo, whose)
        return [
            GalleryPhoto(photo, name.decode(errors="replace"), created, note.decode(errors="replace"))
            for photo, created, name, note in rows
        ]

    def _list(self, layout: np.dtype[Any], function: Callable[..., int], kind: type[Any], *whose: object) -> list[Any]:
        count = ctypes.c_size_t()
        room = 0
        while True:  # once more where another thread added some in between
            rows = np.empty(room, layout)
            target = pointer(rows, kind) if room else None
            check(function(self.handle, *whose, target, room, ctypes.byref(count)))
            if count.value <= room:
                listed: list[Any] = rows[: count.value].tolist()
                return listed
            room = count.value

    def embeddings(self, photos: Iterable[int] | None = None) -> Floats:
        """The embeddings, float32 [photos, dimension], of photos by their
        numbers; of all, in the order of `list_photos`, without."""
        if photos is None:
            photos = [entry.photo for entry in self.list_photos()]
        numbers = np.array(integers(photos, "photos", 64), np.uint64)
        found = np.empty((len(numbers), self.dimension), np.float32)
        first = pointer(numbers, ctypes.c_uint64)
        check(_c.fs_gallery_embeddings(self.handle, first, len(numbers), pointer(found), found.size))
        return found

    def export(self, path: PathLike) -> None:
        """Writes all photos to a .csv or .safetensors file."""
        check(_c.fs_gallery_export(self.handle, text(path, "path")))

    def import_file(self, path: PathLike, compare: bool = True) -> GalleryReport:
        """Adds the photos of such a file that are not there yet; a
        `GalleryReport` is returned."""
        return self._merge(_c.fs_gallery_import, text(path, "path"), compare)

    def merge(self, other: Gallery, compare: bool = True) -> GalleryReport:
        """The same with the photos of another gallery."""
        return self._merge(_c.fs_gallery_merge, handle(other, Gallery, "other"), compare)

    def _merge(self, function: Callable[..., int], source: object, compare: bool) -> GalleryReport:
        before, report, compare = self.photos, _c.fs_gallery_report(), flag(compare, "compare")
        check(function(self.handle, source, ctypes.byref(report) if compare else None))
        return _report(report) if compare else GalleryReport(self.photos - before, 0, 0)

    def verify(self, photo: Image | ArrayLike, identity: str, threshold: float | None = None) -> Verdict:
        """Is it `identity`? `photo` is an `Image` or an embedding; a `Verdict`
        is returned."""
        out, name, limit = _c.fs_verdict(), text(identity, "identity"), threshold_of(threshold)
        if isinstance(photo, Image):
            status = _c.fs_gallery_verify_photo(self.handle, *self._eyes_as_c(), name, photo.handle, limit, ctypes.byref(out))
        else:
            vector = floats(photo, (None,), "photo")
            status = _c.fs_gallery_verify(self.handle, name, pointer(vector), vector.size, limit, ctypes.byref(out))
        check(status)
        return verdict_of(out)

    def identify(
        self, photo: Image | ArrayLike, threshold: float | None = None, *, rule: str = "nearest", kind: str = "euclidean",
        head: Head | None = None, margin: float = 0.0, neighbours: int = 5,
    ) -> Match:
        """Who is it? `photo` is an `Image` or an embedding; a `Match` is
        returned.

        `rule` tells how several photos of a person count, `kind` and `head` how
        far embeddings are apart, and `margin` by how much the next person must
        be farther: all as in `facestyle.identify`. `threshold` may be None, the
        model's own, where distances are Euclidean.
        """
        dimension = 0 if head is None else self.dimension
        options = identify_options(dimension, threshold_of(threshold), rule, kind, head, margin, neighbours)
        out = _c.fs_gallery_identity()
        asked: tuple[Any, ...]
        if isinstance(photo, Image):
            asked, function = (*self._eyes_as_c(), photo.handle), _c.fs_gallery_identify_photo
        else:
            vector = floats(photo, (None,), "photo")
            asked, function = (pointer(vector), vector.size), _c.fs_gallery_identify
        check(function(self.handle, *asked, ctypes.byref(options), ctypes.byref(out)))
        name, nearest, runner_up = (
            str(text, "utf-8", "replace") or None for text in (out.name, out.nearest, out.runner_up))
        return Match(
            bool(out.known), name, nearest, out.distance, out.threshold, bool(out.ambiguous), runner_up, out.runner_up_distance,
            out.margin, out.photo if nearest else None, out.votes, reasons_of(out.reasons))

    def search(self, embeddings: ArrayLike, k: int = 5) -> list[list[Neighbour]]:
        """The `k` photos nearest to each of the embeddings [count, dimension]:
        a list of `Neighbour`, nearest first, for each."""
        return [
            [Neighbour(name.decode(errors="replace"), distance, photo) for photo, distance, name in near]
            for near in self._search(embeddings, k).tolist()
        ]

    def search_arrays(self, embeddings: ArrayLike, k: int = 5) -> tuple[NDArray[np.uint64], Floats]:
        """The same as two arrays [count, found]: the photos' numbers, uint64,
        and their distances, float32. `found` is less than `k` where there are
        fewer photos."""
        found = self._search(embeddings, k)
        return found["photo"].copy(), found["distance"].copy()

    def within(self, embedding: ArrayLike, distance: float) -> list[Neighbour]:
        """All photos up to a distance from an embedding [dimension]:
        `Neighbour`s, nearest first."""
        vector, distance = floats(embedding, (None,), "embedding"), number(distance, "distance")
        count, room = ctypes.c_size_t(), 64
        while True:
            found = np.empty(room, _NEIGHBOUR)
            arguments = self.handle, pointer(vector), vector.size, distance
            target = pointer(found, _c.fs_neighbour)
            check(_c.fs_gallery_within(*arguments, target, room, ctypes.byref(count)))
            if count.value <= room:
                rows = found[: count.value].tolist()
                return [Neighbour(name.decode(errors="replace"), near, photo) for photo, near, name in rows]
            room = count.value

    def _search(self, embeddings: ArrayLike, k: int) -> NDArray[Any]:
        vectors = floats(embeddings, (None, None), "embeddings")
        k = min(integer(k, "k", 64), max(self.photos, 1))
        found, each = np.empty((len(vectors), k), _NEIGHBOUR), ctypes.c_size_t()
        arguments = self.handle, pointer(vectors), *vectors.shape, k
        check(_c.fs_gallery_search(*arguments, pointer(found, _c.fs_neighbour), found.size, ctypes.byref(each)))
        return found[:, : each.value]

    def _eyes(self) -> tuple[Embedder, Detector | None]:
        """What photos are looked at with."""
        if self._detector is None and (self._embedder is None or self._embedder.aligns):
            raise ValueError("this Gallery has no detector: Gallery(embedder, detector) can look at photos")
        if self._embedder is None:
            raise ValueError("this Gallery has no embedder: Gallery(embedder, detector) can look at photos")
        return self._embedder, self._detector

    def _eyes_as_c(self) -> tuple[Any, Any]:
        embedder, detector = self._eyes()
        return handle(embedder, Embedder, "embedder"), optional(detector, Detector, "detector")
