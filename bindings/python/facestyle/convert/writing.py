"""Writes a network as a weight file, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..models import ModelError, store, tensor_file
from . import ConvertError

if TYPE_CHECKING:
    from .network import Network


def encode(network: Network, metadata: dict[str, str]) -> Any:
    """The bytes of the file."""
    words = {key: value for key, value in metadata.items() if value}
    return encoded(network.tensors(), {"format": "facestyle-1", "architecture": "graph", "graph": network.text(), **words})


def encoded(tensors: dict[str, Any], metadata: dict[str, str]) -> Any:
    return tensor_file.encode(tensors, metadata)


def check(data: bytes, is_embedder: bool = False) -> None:
    """Opens the file as its users will, where the library is installed."""
    try:
        from .. import Embedder, FaceStyleError, Model
    except ImportError:
        return
    try:
        with Model.load(data) as model:
            if is_embedder:
                Embedder(model).close()
    except FaceStyleError as error:
        raise ConvertError(f"libfacestyle refuses what was made of it: {error}; expected a network that it takes") from None


def write(path: str | os.PathLike[str], data: bytes) -> None:
    path = Path(path)
    if path.is_dir():
        raise ConvertError(f"{path} is a folder; expected a file to be written")
    if not os.path.isdir(path.parent):
        raise ConvertError(f"no folder {path.parent}; expected one to write {path.name} to")
    try:
        store.write(path, data)
    except ModelError as error:
        raise ConvertError(str(error)) from None
