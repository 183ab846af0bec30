"""Networks' weights."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from typing import Any, Callable, NamedTuple

import numpy as np

from . import _c
from ._convert import choice, flag, handle, number, pointer, text
from ._convert import data as data_of
from ._handle import Handle
from ._types import Floats, PathLike, Picture
from .errors import check
from .image import Image

PRECISIONS = {"float32": _c.FS_FLOAT32, "float16": _c.FS_FLOAT16, "int8": _c.FS_INT8}
POOLINGS = {"average": _c.FS_POOLING_AVERAGE, "max": _c.FS_POOLING_MAX, "l2": _c.FS_POOLING_L2}


_USES = {
    _c.FS_MODEL_OTHER: "other", _c.FS_MODEL_EMBEDDER: "embedder", _c.FS_MODEL_DETECTOR: "detector", _c.FS_MODEL_STYLER: "styler",
    _c.FS_MODEL_FAST_STYLE: "fast style", _c.FS_MODEL_UNIVERSAL_STYLE: "universal style",
    _c.FS_MODEL_LIVENESS: "liveness", _c.FS_MODEL_LANDMARKS: "landmarks",
    _c.FS_MODEL_ENLARGER: "enlarger",
}  # fmt: skip


class Architecture(NamedTuple):
    """A network that the library knows. Height and width are of the picture
    it takes, None if any size will do."""

    name: str
    height: int | None
    width: int | None
    channels: int  # 3, or 1 for grey
    dimension: int  # numbers of its answer
    parameters: int  # that are learned
    multiply_adds: int  # for one picture; 0 where any size will do


def architectures() -> dict[str, Architecture]:
    """All networks that the library knows, by name."""
    known = {}
    for index in range(_c.fs_architecture_count()):
        name, out = _c.fs_architecture_name(index), _c.fs_architecture_info()
        check(_c.fs_architecture_info_get(name, ctypes.byref(out)))
        known[name.decode()] = Architecture(
            name.decode(), out.height or None, out.width or None, out.channels, out.dimension, out.parameters,
            out.multiply_adds)
    return known


@dataclass(frozen=True)
class ModelInfo:
    """What is known of a model without reading its weights. `use` is
    "embedder", "detector", "styler", "fast style", "universal style",
    "enlarger", "liveness", "landmarks" or "other". `path` is None of bytes.
    `role` is "faces" or "faces-points" if it was opened by that name or, in
    a list, if that name opens it.
    `licence`, `accuracy` and `note` are the file's own words, or None. In a
    list `fault` is why it cannot be opened, and `hidden` whether a model of
    that name in an earlier folder is opened in its place. `styles` is how
    many a fast style has learned, else 0; `mirrored` whether an embedder takes
    pictures together with their mirror images."""

    name: str
    path: str | None
    role: str | None
    architecture: str | None
    use: str
    licence: str | None
    accuracy: str | None
    note: str | None
    fault: str | None
    bytes: int
    parameters: int
    hidden: bool
    styles: int
    mirrored: bool

    @classmethod
    def _of(cls, info: _c.fs_model_info) -> ModelInfo:
        def known(text: bytes | None) -> str | None:
            return None if text is None else text.decode(errors="replace")

        path = None if info.path is None else os.fsdecode(info.path)
        return cls(
            info.name.decode(errors="replace"), path, known(info.role), known(info.architecture), _USES[info.use], known(info.licence),
            known(info.accuracy), known(info.note), known(info.fault), info.byte_count, info.parameters, bool(info.hidden),
            info.styles, bool(info.mirrored))


def model_info(function: Callable[[Any, Any], int], pointer: Any) -> ModelInfo:
    """The `ModelInfo` that a function of the library writes for a handle."""
    info = _c.fs_model_info()
    check(function(pointer, ctypes.byref(info)))
    return ModelInfo._of(info)


def texts_as_c(**texts: str | None) -> _c.fs_model_texts:
    """What a model says of itself, as fs_model_texts: texts by the names of
    its members; None: nothing."""
    return _c.fs_model_texts(**{name: text(words, name) for name, words in texts.items() if words is not None})


def installed_models() -> list[ModelInfo]:
    """A `ModelInfo` for each model that can be opened by name: in the order
    of the folders that are looked in, then by name."""
    models, info = ctypes.POINTER(_c.fs_models)(), _c.fs_model_info()
    check(_c.fs_models_list(ctypes.byref(models)))
    try:
        found = []
        for index in range(_c.fs_models_count(models)):
            check(_c.fs_models_get(models, index, ctypes.byref(info)))
            found.append(ModelInfo._of(info))
        return found
    finally:
        _c.fs_models_destroy(models)


class Model(Handle):
    """The weights of a network. Make one with `Model.open` or `Model.load`;
    it may be closed as soon as the detector, embedder or styler of it
    exists."""

    _destroy = _c.fs_model_destroy

    @classmethod
    def open(cls, name: PathLike) -> Model:
        """Opens an installed model by its name ("faces" is the best that embeds
        faces, "faces-points" the best that finds them), or a safetensors file
        by its path."""
        out = ctypes.POINTER(_c.fs_model)()
        check(_c.fs_model_open(ctypes.byref(out), text(name, "name")))
        return cls(out)

    @classmethod
    def load(cls, data: bytes | bytearray | memoryview) -> Model:
        """The same for a file's bytes."""
        whole, out = data_of(data, "data"), ctypes.POINTER(_c.fs_model)()
        check(_c.fs_model_load(ctypes.byref(out), whole, len(whole)))
        return cls(out)

    @property
    def info(self) -> ModelInfo:
        """Its `ModelInfo`: which model this is."""
        return model_info(_c.fs_model_info_get, self.handle)

    @property
    def name(self) -> str:
        """What the file calls itself, else the name of the file."""
        return self.info.name

    @property
    def architecture(self) -> str:
        """"mtcnn" or one of `architectures()`."""
        return str(_c.fs_model_architecture(self.handle), "utf-8")

    def metadata(self, key: str) -> str | None:
        """What the file says under `key` ("name", "licence", "source", ...), or
        None."""
        value = _c.fs_model_metadata(self.handle, text(key, "key"))
        return None if value is None else str(value, "utf-8", "replace")

    @property
    def parameter_count(self) -> int:
        """How many numbers its weights are."""
        return _c.fs_model_parameter_count(self.handle)

    @property
    def fingerprint(self) -> int:
        """Two models are the same if their fingerprints are."""
        return _c.fs_model_fingerprint(self.handle)

    def save(
        self, path: PathLike, precision: str = "float16", *, note: str | None = None, licence: str | None = None,
        accuracy: str | None = None, source: str | None = None, threshold: float | None = None, mirrored: bool | None = None,
    ) -> None:
        """Writes the file again, in "float32", "float16" or "int8": weights in
        8 bits with a scale for each output, all other numbers in 16. In its
        own precision the numbers stay the same. What is given replaces the
        file's.

        `mirrored`, of an embedder: whether an embedding is the mean of a
        picture's and its mirror image's, at twice the time, which errs less.
        Distances are others then, so give a `threshold`, too."""
        words = texts_as_c(note=note, licence=licence, accuracy=accuracy, source=source)
        if threshold is not None:
            words.threshold = number(threshold, "threshold")
        if mirrored is not None:
            words.mirrored = 1 if flag(mirrored, "mirrored") else -1
        check(_c.fs_model_save(self.handle, text(path, "path"), choice(precision, PRECISIONS, "precision"), ctypes.byref(words)))

    def features(self, image: Picture, layer: str, pooling: str = "average") -> Floats:
        """What `layer` answers to an image: float32 [height, width, channels]."""
        shape = (ctypes.c_uint32 * 3)()
        request = self.handle, handle(image, Image, "image"), text(layer, "layer"), choice(pooling, POOLINGS, "pooling")
        check(_c.fs_model_features(*request, None, 0, shape))
        values = np.empty(tuple(shape), np.float32)
        check(_c.fs_model_features(*request, pointer(values), values.size, shape))
        return values

    def __repr__(self) -> str:
        return "<Model closed>" if self.closed else f"<Model {self.name}: {self.architecture}>"
