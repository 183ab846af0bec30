"""The faces of many photos as rows of a table: what `embed_folder` and `facestyle.ray` have in common.

A row is a face. A photo without faces, or one that cannot be read, has one row, whose columns of a face are null."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Optional, Union

import numpy as np
from numpy.typing import NDArray

from . import _c
from ._arrow import pa
from .analysis import AnalysedFace, FaceAnalysis
from .errors import FaceStyleError
from .image import Image
from .library import version
from .model import Model, ModelInfo
from .pictures import opened

AnyPath = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
METADATA = b"facestyle"  # the key of the schema's metadata that says how a table was made, in JSON


class PhotoEmbedder:
    """Makes tables of photos. Its options are those of `FaceAnalysis`; threads may share it.

    `made_with` says what the answers depend on: two tables with the same are alike."""

    def __init__(
        self, detector: Optional[AnyPath] = None, embedder: Optional[AnyPath] = None, min_face: Optional[float] = None,
        max_faces: Optional[int] = None,
    ) -> None:
        self._analysis = FaceAnalysis(detector, embedder, min_face, max_faces)
        self._turns = _Turns()
        eyes, network = self._analysis.detector, self._analysis.embedder
        self._dimension = network.dimension
        self.made_with: dict[str, Any] = {
            "detector": None if eyes is None else _identity(eyes.model),
            "embedder": _identity(network.model),
            "dimension": network.dimension,
            "threshold": network.threshold,
            "min_face": min_face,
            "max_faces": max_faces,
        }

    def close(self) -> None:
        self._analysis.close()

    def __enter__(self) -> PhotoEmbedder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def schema(self, **about: object) -> pa.Schema:
        """Of the tables; `about` is added to what the metadata says."""
        number = pa.float32()
        told = {"version": ".".join(map(str, version())), **self.made_with, **about}
        return pa.schema(
            [
                ("path", pa.string()),
                ("width", pa.int32()),  # of the photo, in pixels, as boxes and landmarks are
                ("height", pa.int32()),
                ("faces", pa.int32()),  # of the photo; null if it cannot be read
                ("face", pa.int32()),  # from 0, the largest first
                ("box", pa.struct([(name, number) for name in ("x", "y", "width", "height")])),
                ("landmarks", pa.list_(pa.list_(number, 2), 5)),  # null where the embedder sees whole photos
                ("score", number),
                ("quality", number),
                ("reasons", pa.list_(pa.string())),  # why the face is too bad for a sure answer
                ("is_main", pa.bool_()),
                ("embedding", pa.list_(number, self._dimension)),
                ("error", pa.string()),  # why the photo cannot be read
            ],
            metadata={METADATA: json.dumps(told)},
        )

    def table(self, paths: Sequence[Optional[str]], photos: Sequence[Any], schema: pa.Schema) -> pa.Table:
        """The rows of some photos, in their order. `paths` are texts for the first column, or None; `photos` are encoded
        files' bytes, or what `FaceAnalysis.faces` takes. An exception stands for a photo that cannot be read, and so does None, a null
        of a column."""
        rows = [row for path, photo in zip(paths, photos) for row in self._rows(path, photo)]
        columns = {name: [row.get(name) for row in rows] for name in schema.names if name != "embedding"}
        columns["embedding"] = self._vectors([row.get("embedding") for row in rows])
        return pa.table(columns, schema)

    def _vectors(self, embeddings: list[Any]) -> pa.Array:
        """A column without a detour over Python's numbers."""
        absent = np.array([embedding is None for embedding in embeddings], bool)
        numbers = np.zeros((len(embeddings), self._dimension), np.float32)
        for row, embedding in enumerate(embeddings):
            if embedding is not None:
                numbers[row] = embedding
        return pa.FixedSizeListArray.from_arrays(pa.array(numbers.reshape(-1)), self._dimension, mask=pa.array(absent))

    def _rows(self, path: Optional[str], photo: Any) -> list[dict[str, Any]]:
        try:
            try:
                with self._turns.beside_others():
                    width, height, faces = self._look(photo)
            except FaceStyleError as error:
                if error.status != _c.FS_NO_MEMORY:
                    raise
                with self._turns.alone():  # the others' photos may have taken it
                    width, height, faces = self._look(photo)
        except (FaceStyleError, OSError, ValueError) as error:
            return [{"path": path, "error": str(error)}]
        of_photo = {"path": path, "width": width, "height": height, "faces": len(faces)}
        return [{**of_photo, "face": i, **_columns(face)} for i, face in enumerate(faces)] or [of_photo]

    def _look(self, photo: Any) -> tuple[int, int, list[AnalysedFace]]:
        if isinstance(photo, Exception):
            raise photo
        if photo is None:
            raise ValueError("no photo; expected one")
        is_file = isinstance(photo, (bytes, bytearray, memoryview))
        with Image.decode(photo) if is_file else opened(photo, "photo") as picture:
            return picture.width, picture.height, self._analysis.faces(picture)


def text_of(path: AnyPath) -> str:
    """A path as a column takes it: bytes that are not UTF-8 as \\xff."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def faces_of(table: pa.Table, model: Model, names: Optional[str] = None) -> tuple[list[str], NDArray[np.float32]]:
    """Names and embeddings [faces, dimension] of a table's faces, which `model` must have embedded if the table says by what.

    `names` is the column that says whose a face is; without it a face is named by its photo's path, and the second and later ones of
    a photo PATH#1 and so on."""
    said = (table.schema.metadata or {}).get(METADATA)
    made_by = json.loads(said)["embedder"]["fingerprint"] if said else None
    if made_by not in (None, f"{model.fingerprint:016x}"):
        raise ValueError(f"faces of model {made_by}; expected those of {model.name}, {model.fingerprint:016x}")
    faces = table.filter(table["embedding"].is_valid())
    if names is None:
        places = zip(faces["path"].to_pylist(), faces["face"].to_pylist())
        whose = [f"{path}#{face}" if face else path for path, face in places]
    else:
        whose = faces[names].to_pylist()
    numbers = faces["embedding"].combine_chunks().flatten().to_numpy()
    return whose, numbers.reshape(len(whose), faces.schema.field("embedding").type.list_size)


def _columns(found: AnalysedFace) -> dict[str, Any]:
    face = found.face
    return {
        "box": dict(zip(("x", "y", "width", "height"), face.box)),
        "landmarks": None if face.landmarks is None else np.asarray(face.landmarks).tolist(),
        "score": face.score, "quality": found.quality, "reasons": list(found.reasons), "is_main": found.is_main,
        "embedding": found.embedding,
    }  # fmt: skip


def _identity(info: ModelInfo) -> dict[str, str]:
    with Model.open(info.path or info.name) as model:
        return {"name": info.name, "fingerprint": f"{model.fingerprint:016x}"}


class _Turns:
    """Threads that work beside each other, or one alone."""

    def __init__(self) -> None:
        self._door, self._changed, self._inside = threading.Lock(), threading.Condition(), 0

    @contextlib.contextmanager
    def beside_others(self) -> Iterator[None]:
        with self._door, self._changed:
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        with self._door, self._changed:
            self._changed.wait_for(lambda: self._inside == 0)
            yield
