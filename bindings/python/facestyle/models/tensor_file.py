"""Writes safetensors: an 8-byte length, a JSON header, then the tensors.

The safetensors package orders metadata at random; here the same tensors always give the same bytes.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

DTYPES = {np.dtype("<f4"): "F32", np.dtype("u1"): "U8"}


def encode(tensors: dict[str, Any], metadata: dict[str, str]) -> bytes:
    """The bytes of a file. Wide types come first, so that every tensor is aligned to its element."""
    names = sorted(tensors, key=lambda name: (-tensors[name].dtype.itemsize, name))
    header: dict[str, Any] = {"__metadata__": dict(sorted(metadata.items()))}
    blocks, offset = [], 0
    for name in names:
        block = tensors[name].tobytes()
        header[name] = {
            "dtype": DTYPES[tensors[name].dtype],
            "shape": list(tensors[name].shape),
            "data_offsets": [offset, offset + len(block)],
        }
        blocks.append(block)
        offset += len(block)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + b"".join(blocks)
