"""Faces: found, embedded, compared, and known by name."""

import ctypes
from dataclasses import dataclass

import numpy as np

from . import _c
from ._convert import alike, choice, floats, integer, pointer, text
from ._handle import Handle
from .errors import check
from .frame import region_as_c
from .image import Image

_ORDERS = {"largest": _c.FS_LARGEST_FIRST, "surest": _c.FS_SUREST_FIRST}


@dataclass(eq=False)
class Face:
    """`box` is (x, y, width, height) in pixels; `landmarks` [5, 2] are left eye, right eye, nose, left and right
    mouth corner, as seen. A face made by hand needs the landmarks alone."""

    landmarks: np.ndarray
    box: tuple = (0.0, 0.0, 0.0, 0.0)
    score: float = 1.0

    @classmethod
    def _of(cls, face):
        points = np.array([(point.x, point.y) for point in face.landmarks], np.float32)
        return cls(points, (face.x, face.y, face.width, face.height), face.score)

    def _as_c(self):
        points = floats(self.landmarks, (5, 2), "landmarks")
        return _c.fs_face(*self.box, self.score, (_c.fs_point * 5)(*(tuple(map(float, p)) for p in points)))


@dataclass(frozen=True)
class Verdict:
    """Is it the same person? Yes if the distance is at most the threshold."""

    same: bool
    distance: float
    threshold: float


@dataclass(frozen=True)
class Match:
    """The nearest person; `known` if near enough, otherwise the face is a stranger's."""

    known: bool
    name: str
    distance: float
    threshold: float


@dataclass(frozen=True)
class Neighbour:
    """A photo near to an embedding. `photo` counts from 0 in the order of adding, and is the photo's for good."""

    name: str
    distance: float
    photo: int


# fs_neighbour, for arrays of many.
_NEIGHBOUR = np.dtype([("photo", "u8"), ("distance", "f4"), ("name", f"S{_c.FS_NAME_CAPACITY}")], align=True)


def _threshold(value):
    if value is None:
        return _c.FS_DEFAULT_THRESHOLD
    if not value >= 0:  # a negative number is the library's sign for its own threshold
        raise ValueError(f"threshold is {value}; wanted is 0 or more, or None for the model's own")
    return value


def _verdict(verdict):
    return Verdict(bool(verdict.same), verdict.distance, verdict.threshold)


class Detector(Handle):
    """Finds faces. Options that are not given keep the library's defaults.

    `min_face` is the side of the smallest face in pixels; `thresholds` are three scores; `scale_step` lies
    between levels of the pyramid. At most `max_faces` are found, the first in `order`, "largest" or "surest". `region`,
    (x, y, width, height), is the part that is searched, as if it were a picture of its own.
    """

    _destroy = _c.fs_detector_destroy

    def __init__(
        self, model, min_face=None, thresholds=None, scale_step=None, max_faces=None, order=None, region=None
    ):
        options = _c.fs_detector_options()
        check(_c.fs_detector_options_init(ctypes.byref(options), ctypes.sizeof(options)))
        if min_face is not None:
            options.min_face = min_face
        if thresholds is not None:
            options.thresholds[:] = floats(thresholds, (3,), "thresholds").tolist()
        if scale_step is not None:
            options.scale_step = scale_step
        if max_faces is not None:
            options.max_faces = integer(max_faces, "max_faces")
        if order is not None:
            options.order = choice(order, _ORDERS, "order")
        if region is not None:
            options.region = region_as_c(region)
        out = ctypes.POINTER(_c.fs_detector)()
        check(_c.fs_detector_create(ctypes.byref(out), model.handle, ctypes.byref(options)))
        super().__init__(out)

    def find(self, image):
        """The faces of an image, in the detector's order."""
        return self._faces(_c.fs_detector_find, image.handle)

    def find_frame(self, frame, region=None):
        """The faces of a `Frame`, in pixels of its upright picture. `region`, (x, y, width, height), is searched in place
        of the detector's own."""
        return self._faces(_c.fs_detector_find_frame, frame, region_as_c(region))

    def _faces(self, function, *arguments):
        count, room = ctypes.c_size_t(), 64
        while True:
            faces = (_c.fs_face * room)()
            check(function(self.handle, *arguments, faces, room, ctypes.byref(count)))
            if count.value <= room:
                return [Face._of(face) for face in faces[: count.value]]
            room = count.value  # a crowd: once more with room for all


class Embedder(Handle):
    """Turns faces into vectors; two vectors of one person lie near each other."""

    _destroy = _c.fs_embedder_destroy

    def __init__(self, model):
        out = ctypes.POINTER(_c.fs_embedder)()
        check(_c.fs_embedder_create(ctypes.byref(out), model.handle))
        super().__init__(out)

    @property
    def dimension(self):
        return _c.fs_embedder_dimension(self.handle)

    @property
    def threshold(self):
        """The distance up to which two faces are one person's."""
        return _c.fs_embedder_threshold(self.handle)

    @property
    def chip_side(self):
        """An aligned picture is this wide and high."""
        return _c.fs_embedder_chip_side(self.handle)

    @property
    def template(self):
        """Where the five points lie in an aligned picture, [5, 2]."""
        points = (_c.fs_point * 5)()
        check(_c.fs_embedder_template(self.handle, points))
        return np.array([(point.x, point.y) for point in points], np.float32)

    def align(self, image, face):
        """The aligned picture of a face."""
        out = ctypes.POINTER(_c.fs_image)()
        check(_c.fs_embedder_align(self.handle, ctypes.byref(out), image.handle, ctypes.byref(face._as_c())))
        return Image(out)

    def align_frame(self, frame, face):
        """The same of a face that `Detector.find_frame` found."""
        out = ctypes.POINTER(_c.fs_image)()
        check(_c.fs_embedder_align_frame(self.handle, ctypes.byref(out), frame, ctypes.byref(face._as_c())))
        return Image(out)

    def embed(self, image, faces):
        """Embeddings [faces, dimension] of faces of one image."""
        return self._embed(_c.fs_embedder_embed, image.handle, faces)

    def embed_frame(self, frame, faces):
        """The same of faces of a frame, of which no more is read than the faces."""
        return self._embed(_c.fs_embedder_embed_frame, frame, faces)

    def _embed(self, function, picture, faces):
        faces = [face._as_c() for face in faces]
        array = (_c.fs_face * len(faces))(*faces)
        return self._embeddings(len(faces), function, picture, array)

    def embed_chips(self, chips):
        """Embeddings [chips, dimension] of aligned pictures."""
        chips = list(chips)
        array = (ctypes.POINTER(_c.fs_image) * len(chips))(*(chip.handle for chip in chips))
        return self._embeddings(len(chips), _c.fs_embedder_embed_chips, array)

    def memory_needed(self, count):
        """Bytes that `embed_chips` with `count` pictures will make this process hold at its peak, beyond what it
        holds before."""
        needed = ctypes.c_uint64()
        check(_c.fs_embedder_memory_needed(self.handle, integer(count, "count", 64), ctypes.byref(needed)))
        return needed.value

    def embed_photo(self, photo, detector):
        """Embedding [dimension] and `Face` of the main face of a photo; `NoFace` if there is none."""
        face, embedding = _c.fs_face(), np.empty(self.dimension, np.float32)
        arguments = self.handle, detector.handle, photo.handle, ctypes.byref(face)
        check(_c.fs_embedder_embed_photo(*arguments, pointer(embedding), embedding.size))
        return embedding, Face._of(face)

    def _embeddings(self, count, function, *arguments):
        embeddings = np.empty((count, self.dimension), np.float32)
        if count:
            check(function(self.handle, *arguments, count, pointer(embeddings), embeddings.size))
        return embeddings


class Gallery(Handle):
    """People with several photos each. With a `detector` it takes photos, otherwise embeddings alone.

    The embedder and detector are kept, and must stay open while photos are handed in.
    """

    _destroy = _c.fs_gallery_destroy

    def __init__(self, embedder, detector=None):
        out = ctypes.POINTER(_c.fs_gallery)()
        check(_c.fs_gallery_create(ctypes.byref(out), embedder.handle))
        super().__init__(out)
        self._embedder, self._detector = embedder, detector

    def add(self, name, embedding):
        """Adds a photo's embedding to a person, new or already there."""
        embedding = floats(embedding, (None,), "embedding")
        check(_c.fs_gallery_add(self.handle, text(name, "name"), pointer(embedding), embedding.size))

    def add_photo(self, name, photo):
        """The same with a photo; `NoFace` if there is none in it."""
        check(_c.fs_gallery_add_photo(self.handle, *self._eyes(), text(name, "name"), photo.handle))

    def remove(self, name):
        """Removes a person with all photos."""
        check(_c.fs_gallery_remove(self.handle, text(name, "name")))

    @property
    def people(self):
        return _c.fs_gallery_people(self.handle)

    @property
    def photos(self):
        return _c.fs_gallery_photos(self.handle)

    def verify(self, photo, identity, threshold=None):
        """Is it `identity`? `photo` is an `Image` or an embedding; a `Verdict` is returned."""
        out, name, limit = _c.fs_verdict(), text(identity, "identity"), _threshold(threshold)
        if isinstance(photo, Image):
            eyes = self._eyes()
            status = _c.fs_gallery_verify_photo(self.handle, *eyes, name, photo.handle, limit, ctypes.byref(out))
        else:
            vector = floats(photo, (None,), "embedding")
            status = _c.fs_gallery_verify(self.handle, name, pointer(vector), vector.size, limit, ctypes.byref(out))
        check(status)
        return _verdict(out)

    def identify(self, photo, threshold=None):
        """Who is it? `photo` is an `Image` or an embedding; a `Match` is returned."""
        out, limit = _c.fs_match(), _threshold(threshold)
        if isinstance(photo, Image):
            eyes = self._eyes()
            status = _c.fs_gallery_identify_photo(self.handle, *eyes, photo.handle, limit, ctypes.byref(out))
        else:
            vector = floats(photo, (None,), "embedding")
            status = _c.fs_gallery_identify(self.handle, pointer(vector), vector.size, limit, ctypes.byref(out))
        check(status)
        return Match(bool(out.known), out.name.decode(errors="replace"), out.distance, out.threshold)

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

    def _search(self, embeddings, k):
        embeddings = floats(embeddings, (None, None), "embeddings")
        k = min(integer(k, "k", 64), max(self.photos, 1))
        found, each = np.empty((len(embeddings), k), _NEIGHBOUR), ctypes.c_size_t()
        arguments = self.handle, pointer(embeddings), *embeddings.shape, k
        check(_c.fs_gallery_search(*arguments, pointer(found, _c.fs_neighbour), found.size, ctypes.byref(each)))
        return found[:, : each.value]

    def _eyes(self):
        """What photos are looked at with."""
        if self._detector is None:
            raise ValueError("this Gallery has no detector: Gallery(embedder, detector) can look at photos")
        return self._embedder.handle, self._detector.handle


def distance(a, b):
    """Euclidean distance of two embeddings."""
    a, b, out = floats(a, (None,), "a"), floats(b, (None,), "b"), ctypes.c_float()
    alike(a, b, "a and b")
    check(_c.fs_distance(pointer(a), pointer(b), a.size, ctypes.byref(out)))
    return out.value


def compare(a, b, embedder, detector, threshold=None):
    """Are the main faces of two photos the same person's? A `Verdict` is returned."""
    out, limit = _c.fs_verdict(), _threshold(threshold)
    check(_c.fs_compare_photos(embedder.handle, detector.handle, a.handle, b.handle, limit, ctypes.byref(out)))
    return _verdict(out)


def template(architecture):
    """Where the five points lie, [5, 2], in the picture that weights of an architecture take, if their file does not say
    so: as their authors trained them, or dlib's mean face."""
    points = (_c.fs_point * 5)()
    check(_c.fs_architecture_template(text(architecture, "architecture"), points))
    return np.array([(point.x, point.y) for point in points], np.float32)
