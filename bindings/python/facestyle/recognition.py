"""Faces: found, embedded, compared, and known by name."""

import ctypes
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np

from . import _c
from ._convert import alike, choice, data, flag, floats, handle, handles, integer, integers, items, number, optional, pointer, text, wrong
from ._handle import Handle
from .errors import check
from .frame import frame_as_c, region_as_c
from .identification import identify_options
from .image import Image
from .model import Model, model_info

_ORDERS = {"largest": _c.FS_LARGEST_FIRST, "surest": _c.FS_SUREST_FIRST}


@dataclass(eq=False)
class Face:
    """`box` is (x, y, width, height) in pixels; `landmarks` [5, 2] are left eye, right eye, nose, left and right
    mouth corner, as seen, or None of a face that a detector without points found: it cannot be embedded. A face made by
    hand needs the landmarks alone."""

    landmarks: np.ndarray | None
    box: tuple = (0.0, 0.0, 0.0, 0.0)
    score: float = 1.0

    def __post_init__(self):
        if self.landmarks is not None:
            floats(self.landmarks, (5, 2), "landmarks")
        floats(self.box, (4,), "box")
        number(self.score, "score")

    @classmethod
    def _of(cls, face):
        points = np.array([(point.x, point.y) for point in face.landmarks], np.float32)
        return cls(None if np.isnan(points).all() else points, (face.x, face.y, face.width, face.height), face.score)

    def _as_c(self):
        points = np.full((5, 2), np.nan) if self.landmarks is None else floats(self.landmarks, (5, 2), "landmarks")
        box = floats(self.box, (4,), "box").tolist()
        return _c.fs_face(*box, number(self.score, "score"), (_c.fs_point * 5)(*(tuple(map(float, p)) for p in points)))


def faces_as_c(faces, what="faces"):
    """A list of faces for C."""
    return [face_as_c(face, f"{what}[{i}]") for i, face in enumerate(items(faces, what, "faces"))]


def face_as_c(face, what="face"):
    if not isinstance(face, Face):
        raise wrong(face, what, "a Face")
    return face._as_c()


def reasons_of(bits):
    """The texts of bits of fs_quality_reason."""
    return tuple(_c.fs_quality_reason_text(1 << i).decode() for i in range(32) if bits >> i & 1)


@dataclass(frozen=True)
class Verdict:
    """Is it the same person? Yes if the distance is at most the threshold; as a truth value it is that answer. `reasons` are
    two tuples of texts: why the face of the first photo, and that of the second, is too bad for a sure answer."""

    same: bool
    distance: float
    threshold: float
    reasons: tuple = ((), ())

    def __bool__(self):
        return self.same


@dataclass(frozen=True)
class Match:
    """Who it is: `name`, or None for a stranger; as a truth value, whether it is `known`. `nearest` is the nearest person, who is
    it if near enough, and far enough before the next; `ambiguous` if near enough alone. `nearest` and `photo`, the number of that
    person's nearest photo, are None in an empty gallery, `runner_up` where there is nobody else; `votes` are of the rule
    "vote". `reasons` are texts: why the face of the photo is too bad for a sure answer."""

    known: bool
    name: Optional[str]
    nearest: Optional[str]
    distance: float
    threshold: float
    ambiguous: bool
    runner_up: Optional[str]
    runner_up_distance: float
    margin: float
    photo: Optional[int]
    votes: int
    reasons: tuple = ()

    def __bool__(self):
        return self.known


@dataclass(frozen=True)
class Neighbour:
    """A photo near to an embedding. `photo` counts from 0 in the order of adding, and is the photo's for good."""

    name: str
    distance: float
    photo: int


# fs_neighbour, for arrays of many.
_NEIGHBOUR = np.dtype([("photo", "u8"), ("distance", "f4"), ("name", f"S{_c.FS_NAME_CAPACITY}")], align=True)


# fs_gallery_person and fs_gallery_photo.
_PERSON = np.dtype([("photos", "u8"), ("created", "i8"), ("name", f"S{_c.FS_NAME_CAPACITY}")], align=True)
_PHOTO = np.dtype(
    [("photo", "u8"), ("created", "i8"), ("name", f"S{_c.FS_NAME_CAPACITY}"), ("note", f"S{_c.FS_NOTE_CAPACITY}")],
    align=True,
)


def _report(report):
    return GalleryReport(report.added, report.present, report.conflicts)


def threshold_of(value):
    if value is None:
        return _c.FS_DEFAULT_THRESHOLD
    value = number(value, "threshold")
    if not value >= 0:  # a negative number is the library's sign for its own threshold
        raise ValueError(f"threshold is {value}; expected 0 or more, or None for the model's own")
    return value


def verdict_of(verdict):
    return Verdict(
        bool(verdict.same), verdict.distance, verdict.threshold, tuple(reasons_of(bits) for bits in verdict.reasons))


class Detector(Handle):
    """Finds faces with the networks of a `Model`: "yunet", "mtcnn", "cascade", or a converted YuNet, SCRFD, RetinaFace or
    CenterFace. Options that are not given keep the library's defaults.

    `min_face` is the side of the smallest face in pixels; `thresholds` are the scores that pass three stages, -1 for the
    detector's own, of which networks that look once have only the last; `scale_step` lies between levels of the pyramid and is
    ignored by these. With `close_ups` they also look at a small copy, in which a face that fills the picture is found. At most `max_faces` are found, the first in `order`, "largest" or "surest". `region`,
    (x, y, width, height), is the part that is searched, as if it were a picture of its own.
    """

    _destroy = _c.fs_detector_destroy

    def __init__(
        self, model, min_face=None, thresholds=None, scale_step=None, max_faces=None, order=None, region=None, close_ups=None
    ):
        options = _c.fs_detector_options()
        check(_c.fs_detector_options_init(ctypes.byref(options), ctypes.sizeof(options)))
        if min_face is not None:
            options.min_face = number(min_face, "min_face")
        if thresholds is not None:
            options.thresholds[:] = floats(thresholds, (3,), "thresholds").tolist()
        if scale_step is not None:
            options.scale_step = number(scale_step, "scale_step")
        if max_faces is not None:
            options.max_faces = integer(max_faces, "max_faces")
        if order is not None:
            options.order = choice(order, _ORDERS, "order")
        if region is not None:
            options.region = region_as_c(region)
        if close_ups is not None:
            options.close_ups = flag(close_ups, "close_ups")
        out = ctypes.POINTER(_c.fs_detector)()
        check(_c.fs_detector_create(ctypes.byref(out), handle(model, Model, "model"), ctypes.byref(options)))
        super().__init__(out)

    @property
    def finds_points(self):
        """Whether its faces have landmarks, without which none can be aligned and embedded."""
        return bool(_c.fs_detector_finds_points(self.handle))

    @property
    def model(self):
        """The `ModelInfo` of its model."""
        return model_info(_c.fs_detector_model_info, self.handle)

    def find(self, image):
        """The faces of an image, in the detector's order."""
        return self._faces(_c.fs_detector_find, handle(image, Image, "image"))

    def find_frame(self, frame, region=None):
        """The faces of a `Frame`, in pixels of its upright picture. `region`, (x, y, width, height), is searched in place
        of the detector's own."""
        return self._faces(_c.fs_detector_find_frame, frame_as_c(frame), region_as_c(region))

    def detect_files(self, paths, output=None, gallery=None, embedder=None):
        """Finds the faces of many photos: yields a `DetectedPhoto` for each, in order, and goes on after one that cannot be read.

        `paths` are files, and folders, which stand for all pictures in them and in the folders in them, without hidden ones.
        With `output`, a folder, copies with boxes, points and labels are written there; a photo of a folder keeps its path in it,
        no photo is ever replaced, and of two photos of one name the second becomes NAME-2. Labels are numbers in the order of the
        faces or, with a `Gallery`, names, with ? for strangers; `embedder` is the gallery's own unless another is given.
        """
        from .files import detect_files, given_paths

        if gallery is not None:
            handle(gallery, Gallery, "gallery")
            embedder = gallery._embedder if embedder is None else embedder
            handle(embedder, Embedder, "embedder")
        elif embedder is not None:
            handle(embedder, Embedder, "embedder")
        output = None if output is None else Path(os.fsdecode(text(output, "output")))
        return detect_files(self, given_paths(paths), output, gallery, embedder)

    def _faces(self, function, *arguments):
        count, room = ctypes.c_size_t(), 64
        while True:
            faces = (_c.fs_face * room)()
            check(function(self.handle, *arguments, faces, room, ctypes.byref(count)))
            if count.value <= room:
                return [Face._of(face) for face in faces[: count.value]]
            room = count.value  # a crowd: once more with room for all


class Embedder(Handle):
    """Turns faces into vectors; two vectors of one person lie near each other.

    Most networks see aligned faces. One that does not (`aligns`), such as a "siamese" trained on whole photos, sees all of a
    photo, stretched to `chip_size`: it takes no faces, and no detector."""

    _destroy = _c.fs_embedder_destroy

    def __init__(self, model):
        out = ctypes.POINTER(_c.fs_embedder)()
        check(_c.fs_embedder_create(ctypes.byref(out), handle(model, Model, "model")))
        super().__init__(out)

    @property
    def dimension(self):
        return _c.fs_embedder_dimension(self.handle)

    @property
    def threshold(self):
        """The distance up to which two faces are one person's."""
        return _c.fs_embedder_threshold(self.handle)

    @property
    def model(self):
        """The `ModelInfo` of its model."""
        return model_info(_c.fs_embedder_model_info, self.handle)

    @property
    def aligns(self):
        """Whether the network sees aligned faces; else whole photos."""
        return bool(_c.fs_embedder_aligns(self.handle))

    @property
    def chip_size(self):
        """Width and height of an aligned picture."""
        return _c.fs_embedder_chip_width(self.handle), _c.fs_embedder_chip_height(self.handle)

    @property
    def chip_side(self):
        """An aligned picture is this wide and high; 0 where that is not the same."""
        width, height = self.chip_size
        return width if width == height else 0

    @property
    def template(self):
        """Where the five points lie in an aligned picture, [5, 2]."""
        points = (_c.fs_point * 5)()
        check(_c.fs_embedder_template(self.handle, points))
        return np.array([(point.x, point.y) for point in points], np.float32)

    def align(self, image, face=None):
        """The aligned picture of a face; without one what a network sees that does not align: the whole image."""
        return self._align(_c.fs_embedder_align, handle(image, Image, "image"), face)

    def align_frame(self, frame, face=None):
        """The same of a face that `Detector.find_frame` found."""
        return self._align(_c.fs_embedder_align_frame, frame_as_c(frame), face)

    def _align(self, function, picture, face):
        out = ctypes.POINTER(_c.fs_image)()
        face = None if face is None else ctypes.byref(face_as_c(face))
        check(function(self.handle, ctypes.byref(out), picture, face))
        return Image(out)

    def embed(self, image, faces=None):
        """Embeddings [faces, dimension] of faces of one image; without faces [1, dimension] of the whole image, by a network
        that does not align."""
        return self._embed(_c.fs_embedder_embed, handle(image, Image, "image"), faces)

    def embed_frame(self, frame, faces=None):
        """The same of faces of a frame, of which no more is read than the faces."""
        return self._embed(_c.fs_embedder_embed_frame, frame_as_c(frame), faces)

    def _embed(self, function, picture, faces):
        if faces is None:
            return self._embeddings(1, function, picture, None)
        faces = faces_as_c(faces)
        array = (_c.fs_face * len(faces))(*faces)
        return self._embeddings(len(faces), function, picture, array)

    def embed_chips(self, chips):
        """Embeddings [chips, dimension] of aligned pictures."""
        chips = handles(chips, Image, "chips")
        array = (ctypes.POINTER(_c.fs_image) * len(chips))(*chips)
        return self._embeddings(len(chips), _c.fs_embedder_embed_chips, array)

    def memory_needed(self, count):
        """Bytes that `embed_chips` with `count` pictures will make this process hold at its peak, beyond what it
        holds before."""
        needed = ctypes.c_uint64()
        check(_c.fs_embedder_memory_needed(self.handle, integer(count, "count", 64), ctypes.byref(needed)))
        return needed.value

    def embed_photo(self, photo, detector=None):
        """Embedding [dimension] and `Face` of the main face of a photo; `NoFace` if there is none. A network that does not
        align wants no detector; the face is the whole photo then, without landmarks."""
        face, embedding = _c.fs_face(), np.empty(self.dimension, np.float32)
        photo, detector = handle(photo, Image, "photo"), optional(detector, Detector, "detector")
        arguments = self.handle, detector, photo, ctypes.byref(face)
        check(_c.fs_embedder_embed_photo(*arguments, pointer(embedding), embedding.size))
        return embedding, Face._of(face)

    def _embeddings(self, count, function, *arguments):
        embeddings = np.empty((count, self.dimension), np.float32)
        if count:
            check(function(self.handle, *arguments, count, pointer(embeddings), embeddings.size))
        return embeddings


@dataclass(frozen=True)
class Enrolment:
    """What adding a photo told, as a truth value whether it was added: its number, None if it was not; and, if a photo of
    somebody else is so near that it may be the same person's, whose it is and how near."""

    photo: Optional[int]
    other: Optional[str]
    distance: float

    def __bool__(self):
        return self.photo is not None  # the first photo's number is 0


@dataclass(frozen=True)
class GalleryReport:
    """What adding many photos told: how many came, how many were there already, and how many of those that came may be
    the same person's as photos under other names."""

    added: int
    present: int
    conflicts: int


@dataclass(frozen=True)
class Person:
    """`created` is when the first photo came, in seconds since 1970."""

    name: str
    photos: int
    created: int


@dataclass(frozen=True)
class GalleryPhoto:
    """A photo of a gallery: its number, whose it is, when it came in seconds since 1970, and its note."""

    photo: int
    name: str
    created: int
    note: str


class Gallery(Handle):
    """People with several photos each. With a `detector`, or an embedder that wants none, it takes photos, otherwise embeddings
    alone.

    With a `path` the gallery lies in a file that keeps every change, and that processes may share; or, with an address
    "postgresql://user@host/database", on a server for many hosts (with libpq). Otherwise it is in memory. `embedder` may be
    None for a gallery that is there. `key` is 32 bytes that encrypt the embeddings that are kept (with libsodium).
    `read_only` refuses changes; without `create` the gallery must be there.

    The embedder and detector are kept, and must stay open while photos are handed in.
    """

    _destroy = _c.fs_gallery_destroy

    def __init__(self, embedder, detector=None, path=None, key=None, read_only=False, create=True):
        out, read_only, create = ctypes.POINTER(_c.fs_gallery)(), flag(read_only, "read_only"), flag(create, "create")
        if detector is not None and not isinstance(detector, Detector):
            raise wrong(detector, "detector", "a Detector or None")
        if path is None:
            if key is not None or read_only or not create:
                raise ValueError("key, read_only and create are for a gallery with a path")
            check(_c.fs_gallery_create(ctypes.byref(out), handle(embedder, Embedder, "embedder")))
        else:
            options = _c.fs_gallery_options()
            check(_c.fs_gallery_options_init(ctypes.byref(options), ctypes.sizeof(options)))
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
    def open(cls, path, embedder=None, detector=None, **options):
        """A gallery in a file or on a server; `options` are `key`, `read_only` and `create`."""
        text(path, "path")
        return cls(embedder, detector, path=path, **options)

    def add(self, name, embedding):
        """Adds a photo's embedding to a person, new or already there."""
        embedding = floats(embedding, (None,), "embedding")
        check(_c.fs_gallery_add(self.handle, text(name, "name"), pointer(embedding), embedding.size))

    def add_photo(self, name, photo):
        """The same with a photo; `NoFace` if there is none in it."""
        name, photo = text(name, "name"), handle(photo, Image, "photo")
        check(_c.fs_gallery_add_photo(self.handle, *self._eyes(), name, photo))

    def enrol(self, name, photo, note="", threshold=None, refuse=False):
        """Adds `photo`, an `Image` or an embedding, and tells whether the same face is there under another name, within
        `threshold`; with `refuse` it is not added then. An `Enrolment` is returned."""
        options, out, name = _c.fs_enrolment_options(), _c.fs_enrolment(), text(name, "name")
        check(_c.fs_enrolment_options_init(ctypes.byref(options), ctypes.sizeof(options)))
        options.note, options.threshold, options.refuse = text(note, "note"), threshold_of(threshold), flag(refuse, "refuse")
        if isinstance(photo, Image):
            self._eyes()
            embedding, _ = self._embedder.embed_photo(photo, self._detector)
        else:
            embedding = floats(photo, (None,), "photo")
        arguments = self.handle, name, pointer(embedding), embedding.size
        check(_c.fs_gallery_enrol(*arguments, ctypes.byref(options), ctypes.byref(out)))
        other = out.other.decode(errors="replace") if out.conflict else None
        return Enrolment(out.photo if out.added else None, other, out.distance)

    def add_many(self, names, embeddings, compare=False):
        """Adds a photo for each name, all or none: embeddings are [names, dimension]. With `compare` they are looked for
        under other names first. A `GalleryReport` is returned."""
        names = [text(name, f"names[{i}]") for i, name in enumerate(items(names, "names", "texts"))]
        embeddings = floats(embeddings, (len(names), None), "embeddings")
        array = (ctypes.c_char_p * len(names))(*names)
        report = _c.fs_gallery_report()
        compare = flag(compare, "compare")
        told = ctypes.byref(report) if compare else None
        check(_c.fs_gallery_add_many(self.handle, array, pointer(embeddings), *embeddings.shape, told))
        return _report(report) if compare else GalleryReport(len(names), 0, 0)

    def remove(self, name):
        """Removes a person with all photos; nothing of them is left in a file. (A server keeps copies: facestyle.h tells where.)"""
        check(_c.fs_gallery_remove(self.handle, text(name, "name")))

    def remove_photo(self, photo):
        """Removes a photo by its number, and its person with the last one."""
        check(_c.fs_gallery_remove_photo(self.handle, integer(photo, "photo", 64)))

    def replace_photo(self, photo, embedding):
        """Gives a photo another embedding."""
        embedding = floats(embedding, (None,), "embedding")
        number = integer(photo, "photo", 64)
        check(_c.fs_gallery_replace_photo(self.handle, number, pointer(embedding), embedding.size))

    def replace_person(self, name, embeddings):
        """Gives a person other photos: embeddings are [photos, dimension]."""
        embeddings = floats(embeddings, (None, None), "embeddings")
        check(_c.fs_gallery_replace_person(self.handle, text(name, "name"), pointer(embeddings), *embeddings.shape))

    def reload(self):
        """Takes in what other processes and hosts changed; tells whether there was anything."""
        changed = ctypes.c_int32()
        check(_c.fs_gallery_reload(self.handle, ctypes.byref(changed)))
        return bool(changed.value)

    @property
    def people(self):
        return _c.fs_gallery_person_count(self.handle)

    @property
    def photos(self):
        return _c.fs_gallery_photo_count(self.handle)

    @property
    def model(self):
        """The fingerprint of the model whose embeddings it holds."""
        return self._info().model

    @property
    def dimension(self):
        """Numbers in an embedding."""
        return self._info().dimension

    @property
    def threshold(self):
        """The largest distance of one person's photos unless another is given: the model's, or what was set, which is kept
        with the gallery."""
        return self._info().threshold

    @threshold.setter
    def threshold(self, value):
        check(_c.fs_gallery_threshold_set(self.handle, number(value, "threshold")))

    @property
    def is_encrypted(self):
        return bool(self._info().is_encrypted)

    @property
    def is_read_only(self):
        """Whether changes are refused; a server's answer when the gallery was last opened, reloaded or changed."""
        return bool(self._info().is_read_only)

    def _info(self):
        info = _c.fs_gallery_info(size=ctypes.sizeof(_c.fs_gallery_info))
        check(_c.fs_gallery_info_get(self.handle, ctypes.byref(info)))
        return info

    def list_people(self):
        """A `Person` for each, by their names."""
        rows = self._list(_PERSON, _c.fs_gallery_list_people, _c.fs_gallery_person)
        return [Person(name.decode(errors="replace"), photos, created) for photos, created, name in rows]

    def list_photos(self, name=None):
        """A `GalleryPhoto` for each photo of a person, or of all, by their numbers."""
        whose = None if name is None else text(name, "name")
        rows = self._list(_PHOTO, _c.fs_gallery_list_photos, _c.fs_gallery_photo, whose)
        return [
            GalleryPhoto(photo, name.decode(errors="replace"), created, note.decode(errors="replace"))
            for photo, created, name, note in rows
        ]

    def _list(self, layout, function, kind, *whose):
        count = ctypes.c_size_t()
        room = 0
        while True:  # once more where another thread added some in between
            rows = np.empty(room, layout)
            target = pointer(rows, kind) if room else None
            check(function(self.handle, *whose, target, room, ctypes.byref(count)))
            if count.value <= room:
                return rows[: count.value].tolist()
            room = count.value

    def embeddings(self, photos=None):
        """The embeddings [photos, dimension] of photos by their numbers; of all, in the order of `list_photos`, without."""
        if photos is None:
            photos = [entry.photo for entry in self.list_photos()]
        numbers = np.array(integers(photos, "photos", 64), np.uint64)
        found = np.empty((len(numbers), self.dimension), np.float32)
        first = pointer(numbers, ctypes.c_uint64)
        check(_c.fs_gallery_embeddings(self.handle, first, len(numbers), pointer(found), found.size))
        return found

    def export(self, path):
        """Writes all photos to a .csv or .safetensors file."""
        check(_c.fs_gallery_export(self.handle, text(path, "path")))

    def import_file(self, path, compare=True):
        """Adds the photos of such a file that are not there yet; a `GalleryReport` is returned."""
        return self._merge(_c.fs_gallery_import, text(path, "path"), compare)

    def merge(self, other, compare=True):
        """The same with the photos of another gallery."""
        return self._merge(_c.fs_gallery_merge, handle(other, Gallery, "other"), compare)

    def _merge(self, function, source, compare):
        before, report, compare = self.photos, _c.fs_gallery_report(), flag(compare, "compare")
        check(function(self.handle, source, ctypes.byref(report) if compare else None))
        return _report(report) if compare else GalleryReport(self.photos - before, 0, 0)

    def verify(self, photo, identity, threshold=None):
        """Is it `identity`? `photo` is an `Image` or an embedding; a `Verdict` is returned."""
        out, name, limit = _c.fs_verdict(), text(identity, "identity"), threshold_of(threshold)
        if isinstance(photo, Image):
            eyes = self._eyes()
            status = _c.fs_gallery_verify_photo(self.handle, *eyes, name, photo.handle, limit, ctypes.byref(out))
        else:
            vector = floats(photo, (None,), "photo")
            status = _c.fs_gallery_verify(self.handle, name, pointer(vector), vector.size, limit, ctypes.byref(out))
        check(status)
        return verdict_of(out)

    def identify(
        self, photo, threshold=None, *, rule="nearest", kind="euclidean", head=None, margin=0.0, neighbours=5
    ):
        """Who is it? `photo` is an `Image` or an embedding; a `Match` is returned.

        `rule` tells how several photos of a person count, `kind` and `head` how far embeddings are apart, and `margin` by how
        much the next person must be farther: all as in `facestyle.identify`. `threshold` may be None, the model's own, where
        distances are Euclidean.
        """
        dimension = 0 if head is None else self.dimension
        options = identify_options(dimension, threshold_of(threshold), rule, kind, head, margin, neighbours)
        out = _c.fs_gallery_identity()
        if isinstance(photo, Image):
            asked, function = (*self._eyes(), photo.handle), _c.fs_gallery_identify_photo
        else:
            vector = floats(photo, (None,), "photo")
            asked, function = (pointer(vector), vector.size), _c.fs_gallery_identify
        check(function(self.handle, *asked, ctypes.byref(options), ctypes.byref(out)))
        name, nearest, runner_up = (
            text.decode(errors="replace") or None for text in (out.name, out.nearest, out.runner_up))
        return Match(
            bool(out.known), name, nearest, out.distance, out.threshold, bool(out.ambiguous), runner_up, out.runner_up_distance,
            out.margin, out.photo if nearest else None, out.votes, reasons_of(out.reasons))

    def search(self, embeddings, k=5):
        """The `k` photos nearest to each of the embeddings [count, dimension]: a list of `Neighbour`, nearest first,
        for each."""
        return [
            [Neighbour(name.decode(errors="replace"), distance, photo) for photo, distance, name in near]
            for near in self._search(embeddings, k).tolist()
        ]

    def search_arrays(self, embeddings, k=5):
        """The same as two arrays [count, found]: the photos' numbers and their distances. `found` is less than `k`
        where there are fewer photos."""
        found = self._search(embeddings, k)
        return found["photo"].copy(), found["distance"].copy()

    def within(self, embedding, distance):
        """All photos up to a distance from an embedding: `Neighbour`s, nearest first."""
        embedding, distance = floats(embedding, (None,), "embedding"), number(distance, "distance")
        count, room = ctypes.c_size_t(), 64
        while True:
            found = np.empty(room, _NEIGHBOUR)
            arguments = self.handle, pointer(embedding), embedding.size, distance
            target = pointer(found, _c.fs_neighbour)
            check(_c.fs_gallery_within(*arguments, target, room, ctypes.byref(count)))
            if count.value <= room:
                rows = found[: count.value].tolist()
                return [Neighbour(name.decode(errors="replace"), near, photo) for photo, near, name in rows]
            room = count.value

    def _search(self, embeddings, k):
        embeddings = floats(embeddings, (None, None), "embeddings")
        k = min(integer(k, "k", 64), max(self.photos, 1))
        found, each = np.empty((len(embeddings), k), _NEIGHBOUR), ctypes.c_size_t()
        arguments = self.handle, pointer(embeddings), *embeddings.shape, k
        check(_c.fs_gallery_search(*arguments, pointer(found, _c.fs_neighbour), found.size, ctypes.byref(each)))
        return found[:, : each.value]

    def _eyes(self):
        """What photos are looked at with."""
        if self._detector is None and (self._embedder is None or self._embedder.aligns):
            raise ValueError("this Gallery has no detector: Gallery(embedder, detector) can look at photos")
        return self._embedder.handle, optional(self._detector, Detector, "detector")


def distance(a, b):
    """Euclidean distance of two embeddings."""
    a, b, out = floats(a, (None,), "a"), floats(b, (None,), "b"), ctypes.c_float()
    alike(a, b, "a and b")
    check(_c.fs_distance(pointer(a), pointer(b), a.size, ctypes.byref(out)))
    return out.value


def compare(a, b, embedder, detector=None, threshold=None):
    """Are the main faces of two photos the same person's? A `Verdict` is returned. An embedder that does not align wants no
    detector."""
    out, limit = _c.fs_verdict(), threshold_of(threshold)
    photos = handle(a, Image, "a"), handle(b, Image, "b")
    eyes = handle(embedder, Embedder, "embedder"), optional(detector, Detector, "detector")
    check(_c.fs_compare_photos(*eyes, *photos, limit, ctypes.byref(out)))
    return verdict_of(out)


def template(architecture):
    """Where the five points lie, [5, 2], in the picture that weights of an architecture take, if their file does not say
    so: as their authors trained them, or dlib's mean face."""
    points = (_c.fs_point * 5)()
    check(_c.fs_architecture_template(text(architecture, "architecture"), points))
    return np.array([(point.x, point.y) for point in points], np.float32)
