"""`embed_folder`'s function, mapped over photos wherever Ray Data reads them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Optional, Union

import numpy as np
import ray
import ray.data
from ray.data.block import BlockAccessor

from .. import library
from .._arrow import pa
from .._convert import items
from ..face_table import AnyPath, PhotoEmbedder

_COLUMNS = ("image", "bytes", "path")  # as read_images and read_binary_files name them


class EmbedPhotos:
    """For `Dataset.map_batches` with `batch_format="pyarrow"`: photos in, rows of faces out, as `embed_folder` writes them.

    `column` holds the photos: encoded files' bytes, paths, or arrays as `Image.from_array` takes them; without it the first that
    there is of "image", "bytes" and "path". A column "path" is the rows' `path`; columns in `keep` are repeated for each row of a
    photo. The other options are those of `FaceAnalysis`. As many photos are worked on at once as the worker has CPUs."""

    def __init__(
        self, column: Optional[str] = None, keep: Iterable[str] = (), detector: Optional[AnyPath] = None,
        embedder: Optional[AnyPath] = None, min_face: Optional[float] = None, max_faces: Optional[int] = None,
    ) -> None:
        self._column, self._keep = column, items(keep, "keep", "names of columns")
        self._photos = PhotoEmbedder(detector, embedder, min_face, max_faces)
        self._schema = self._photos.schema()
        cpus = ray.get_runtime_context().get_assigned_resources().get("CPU", 1)
        self._threads = max(1, int(cpus))
        self._pool = ThreadPoolExecutor(self._threads)
        library.set_threads(1)  # photos are worked on side by side

    def __call__(self, batch: pa.Table) -> pa.Table:
        photos = self._given(batch)
        if "path" in batch.column_names:
            paths: list[Optional[str]] = batch["path"].to_pylist()
        else:
            paths = [None] * len(photos)
        # Cut small enough that no thread waits long for the last of them.
        side = max(1, -(-len(photos) // (4 * self._threads)))
        parts = [slice(i, i + side) for i in range(0, len(photos), side)] or [slice(0, 0)]

        def table(part: slice) -> pa.Table:
            return self._photos.table(paths[part], photos[part], self._schema)

        faces = pa.concat_tables(self._pool.map(table, parts))
        of_photo = np.cumsum([face in (None, 0) for face in faces["face"].to_pylist()]) - 1
        for name in self._keep:
            faces = faces.append_column(batch.schema.field(name), batch[name].take(pa.array(of_photo, pa.int64())))
        return faces

    def _given(self, batch: pa.Table) -> list[Any]:
        name = self._column or next((name for name in _COLUMNS if name in batch.column_names), None)
        for wanted in (name, *self._keep):
            if wanted not in batch.column_names:
                missing = f"no column {wanted!r}" if wanted else f"none of the columns {', '.join(_COLUMNS)}"
                raise ValueError(f"{missing} in a dataset with {', '.join(batch.column_names)}; expected one with photos, or `column`")
        kind = batch.schema.field(name).type
        is_plain = pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind)
        return batch[name].to_pylist() if is_plain else list(BlockAccessor.for_block(batch.select([name])).to_numpy(name))


def embed_photos(
    dataset: ray.data.Dataset, *, column: Optional[str] = None, keep: Iterable[str] = (), detector: Optional[AnyPath] = None,
    embedder: Optional[AnyPath] = None, min_face: Optional[float] = None, max_faces: Optional[int] = None, cpus: float = 1,
    workers: Union[int, tuple[int, int], None] = None, batch_size: int = 64,
) -> ray.data.Dataset:
    """A dataset of the faces in a dataset of photos: `EmbedPhotos`, in worker processes of `cpus` CPUs each.

    `workers` is their number, or (least, most); without it Ray decides. They must leave CPUs for reading and writing, or Ray waits
    for ever. Each works on `batch_size` photos at a time. When a worker dies, Ray hands its photos to another: each photo is in
    the result once. Rows come in no certain order."""
    least, there = cpus * (min(workers) if isinstance(workers, tuple) else workers or 1), ray.cluster_resources().get("CPU", 0)
    if least >= there:
        warnings.warn(
            f"workers with {least} CPUs in a cluster of {there:g}; expected some left, with which Ray reads and writes: it waits for them",
            stacklevel=2)
    options = {
        "column": column, "keep": keep, "detector": detector, "embedder": embedder, "min_face": min_face, "max_faces": max_faces}  # fmt: skip
    return dataset.map_batches(
        EmbedPhotos, fn_constructor_kwargs=options, batch_format="pyarrow", batch_size=batch_size, num_cpus=cpus, compute=_pool(workers))


def _pool(workers: Union[int, tuple[int, int], None]) -> ray.data.ActorPoolStrategy:
    if isinstance(workers, tuple):
        return ray.data.ActorPoolStrategy(min_size=workers[0], max_size=workers[1])
    return ray.data.ActorPoolStrategy(size=workers)
