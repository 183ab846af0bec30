"""Reads the tensors of a PyTorch file without PyTorch, running nothing that the file asks for.

A file is a zip archive (`NAME/data.pkl` and `NAME/data/KEY`) or, as PyTorch wrote before 1.6, pickles one
after another (magic number, version, system, tensors, storage keys), then each storage: count and values.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import zipfile
from typing import Any, NamedTuple

import numpy as np

from . import ModelError

MAGIC = 0x1950A86A20F9469CFC6C  # first pickle of a file that is not a zip archive
PROTOCOL = 1001
STORAGES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "LongStorage": "<i8", "ByteStorage": "|u1"}
MOST_OPCODES = 40_000  # InceptionResnetV1 takes about 20,000; the bound also keeps nesting and the memo small
OPCODES = set(
    "PROTO STOP MARK NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINUNICODE EMPTY_DICT EMPTY_LIST "
    "EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 APPEND APPENDS SETITEM SETITEMS BINPUT LONG_BINPUT BINGET "
    "LONG_BINGET GLOBAL REDUCE BUILD BINPERSID".split()
)


def load(data: bytes) -> Any:
    """`{name: array}` from the bytes of a file; raises ModelError for anything but a plain dictionary of tensors."""
    try:
        return _from_zip(data) if data[:2] == b"PK" else _from_pickles(data)
    except ModelError:
        raise
    except Exception as error:  # damaged pickles and archives raise nearly every type there is
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ModelError(f"damaged PyTorch file: {reason}") from error


class _Storage(NamedTuple):
    dtype: str
    key: str
    length: int


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Dictionary(dict[str, Any]):
    """Stands for OrderedDict; the attributes a file wants to set on it (`_metadata`) are dropped."""

    def __setstate__(self, state: Any) -> None:
        pass


def _rebuild_tensor(storage: Any, offset: Any, shape: Any, strides: Any, *unused: Any) -> Any:
    whole = (offset, *shape, *strides)
    if not isinstance(storage, _Storage) or len(shape) != len(strides) or any(type(n) is not int for n in whole):
        raise ModelError("PyTorch tensor; expected a storage, an offset, a shape and as many strides")
    if min(whole) < 0 or 0 in shape:
        raise ModelError(f"PyTorch tensor: offset {offset}, shape {shape}, strides {strides}; expected none below zero")
    last, count = offset + sum((n - 1) * s for n, s in zip(shape, strides)), 1
    for n in shape:
        count *= n
    if last >= storage.length or count > storage.length:
        raise ModelError(f"PyTorch tensor reaches element {max(last, count - 1)}, its storage has {storage.length}")
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: Any, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return _Dictionary
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in STORAGES:
            return STORAGES[name]  # only the element type: nothing here is ever called
        raise ModelError(f"PyTorch file asks for {module}.{name}; expected nothing but tensors")

    def persistent_load(self, reference: Any) -> Any:
        kind, dtype, key, _, count, *view = reference
        known = kind == "storage" and dtype in STORAGES.values() and type(key) is str and type(count) is int
        if not known or count < 0 or view not in ([], [None]):
            raise ModelError(f"PyTorch storage {reference!r:.60}; expected a type, a key, a place and a count")
        return _Storage(dtype, key, count)


def _unpickle(stream: Any) -> Any:
    """The object of the next pickle. Its instructions are read through before any is carried out."""
    start = stream.tell()
    for number, (opcode, argument, _) in enumerate(pickletools.genops(stream)):
        if opcode.name not in OPCODES:
            raise ModelError(f"PyTorch file has pickle instruction {opcode.name}; expected nothing but tensors")
        # Python's own unpickler makes its memo as long as the largest index it is given.
        if number >= MOST_OPCODES or opcode.name == "LONG_BINPUT" and int(argument or 0) >= MOST_OPCODES:
            raise ModelError(f"PyTorch file has a long pickle; expected at most {MOST_OPCODES} instructions")
    end = stream.tell()
    stream.seek(start)
    return _Unpickler(io.BytesIO(stream.read(end - start))).load()


def _from_pickles(data: bytes) -> Any:
    stream = io.BytesIO(data)
    if (magic := _unpickle(stream)) != MAGIC:
        raise ModelError(f"PyTorch file begins with {magic!r:.60}; expected the magic number {MAGIC}")
    if (protocol := _unpickle(stream)) != PROTOCOL:
        raise ModelError(f"PyTorch file has protocol {protocol!r:.60}; expected {PROTOCOL}")
    if _unpickle(stream).get("little_endian") is not True:
        raise ModelError("PyTorch file is big-endian; expected little-endian")
    state = _state(_unpickle(stream))
    storages = {tensor.storage.key: tensor.storage for tensor in state.values()}
    keys, values = _unpickle(stream), {}
    if sorted(keys) != sorted(storages):
        raise ModelError(f"PyTorch file holds {len(keys)} storages; expected the {len(storages)} of its tensors")
    for key in keys:
        count = int.from_bytes(stream.read(8), "little")
        if count != storages[key].length:
            raise ModelError(f"PyTorch storage {key} holds {count} values; expected {storages[key].length}")
        values[key] = stream.read(count * np.dtype(storages[key].dtype).itemsize)
    if left := len(data) - stream.tell():
        raise ModelError(f"PyTorch file has {left} bytes after its last storage; expected none")
    return _arrays(state, values)


def _from_zip(data: bytes) -> Any:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}

        def read(name: str) -> Any:
            if entries[name].compress_type != zipfile.ZIP_STORED:  # PyTorch never compresses: this could only be a bomb
                raise ModelError(f"PyTorch archive compresses {name}; expected it stored")
            return archive.read(entries[name])

        pickles = [name for name in entries if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise ModelError(f"PyTorch archive has {len(pickles)} data.pkl; expected one")
        folder = pickles[0].removesuffix("data.pkl")
        if folder + "byteorder" in entries and (order := read(folder + "byteorder")) != b"little":
            raise ModelError(f"PyTorch archive has byte order {order!r:.20}; expected little")
        state = _state(_unpickle(io.BytesIO(read(pickles[0]))))
        return _arrays(state, {t.storage.key: read(f"{folder}data/{t.storage.key}") for t in state.values()})


def _state(value: Any) -> Any:
    if not isinstance(value, dict) or not all(type(k) is str and isinstance(v, _Tensor) for k, v in value.items()):
        raise ModelError(f"PyTorch file holds a {type(value).__name__}; expected a dictionary of tensors")
    return value


def _arrays(state: Any, storages: Any) -> Any:
    arrays = {}
    for name, ((dtype, key, count), offset, shape, strides) in state.items():
        size = np.dtype(dtype).itemsize
        if len(storages[key]) != count * size:
            raise ModelError(f"PyTorch storage {key} has {len(storages[key])} bytes; expected {count * size}")
        values = np.frombuffer(storages[key], dtype)[offset:]
        view = np.lib.stride_tricks.as_strided(values, shape, [s * size for s in strides], writeable=False)
        arrays[name] = np.ascontiguousarray(view).reshape(shape)
    return arrays
