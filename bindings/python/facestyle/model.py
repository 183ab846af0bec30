"""Networks' weights."""

import ctypes
from typing import NamedTuple

import numpy as np

from . import _c
from ._convert import choice, data as data_of, handle, pointer, text
from ._handle import Handle
from .errors import check
from .image import Image

POOLINGS = {"average": _c.FS_POOLING_AVERAGE, "max": _c.FS_POOLING_MAX, "l2": _c.FS_POOLING_L2}


class Architecture(NamedTuple):
    """A network that the library knows. Height and width are of the picture it takes, None if any size will do."""

    name: str
    height: int | None
    width: int | None
    channels: int  # 3, or 1 for grey
    dimension: int  # numbers of its answer
    parameters: int  # that are learned
    multiply_adds: int  # for one picture; 0 where any size will do


def architectures():
    """All networks that the library knows, by name."""
    known = {}
    for index in range(_c.fs_architecture_count()):
        name, out = _c.fs_architecture_name(index), _c.fs_architecture_info()
        check(_c.fs_architecture_info_get(name, ctypes.byref(out)))
        known[name.decode()] = Architecture(
            name.decode(), out.height or None, out.width or None, out.channels, out.dimension, out.parameters,
            out.multiply_adds)
    return known


class Model(Handle):
    """The weights of a network. Make one with `Model.open` or `Model.load`; it may be closed as soon as the
    detector, embedder or styler of it exists."""

    _destroy = _c.fs_model_destroy

    @classmethod
    def open(cls, path):
        """Reads a safetensors file."""
        out = ctypes.POINTER(_c.fs_model)()
        check(_c.fs_model_open(ctypes.byref(out), text(path, "path")))
        return cls(out)

    @classmethod
    def load(cls, data):
        """The same for a file's bytes."""
        data, out = data_of(data, "data"), ctypes.POINTER(_c.fs_model)()
        check(_c.fs_model_load(ctypes.byref(out), data, len(data)))
        return cls(out)

    @property
    def architecture(self):
        """"mtcnn" or one of `architectures()`."""
        return _c.fs_model_architecture(self.handle).decode()

    def metadata(self, key):
        """What the file says under `key` ("name", "licence", "source", ...), or None."""
        value = _c.fs_model_metadata(self.handle, text(key, "key"))
        return None if value is None else value.decode(errors="replace")

    @property
    def parameter_count(self):
        return _c.fs_model_parameter_count(self.handle)

    @property
    def fingerprint(self):
        """Two models are the same if their fingerprints are."""
        return _c.fs_model_fingerprint(self.handle)

    def features(self, image, layer, pooling="average"):
        """What `layer` answers to an image: float32 [height, width, channels]."""
        shape = (ctypes.c_uint32 * 3)()
        request = self.handle, handle(image, Image, "image"), text(layer, "layer"), choice(pooling, POOLINGS, "pooling")
        check(_c.fs_model_features(*request, None, 0, shape))
        values = np.empty(tuple(shape), np.float32)
        check(_c.fs_model_features(*request, pointer(values), values.size, shape))
        return values

    def __repr__(self):
        return "<Model closed>" if self.closed else f"<Model {self.architecture}>"
