"""Faces from a Ray dataset into a gallery on a PostgreSQL server, or in a file that all workers reach."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Optional

from ray.data import Dataset, Datasink
from ray.data.block import BlockAccessor

from .._arrow import pa
from ..face_table import AnyPath, faces_of
from ..gallery import Gallery
from ..model import Model
from ..recognition import Embedder


class GallerySink(Datasink[None]):
    """For `Dataset.write_datasink`: see `write_gallery`."""

    def __init__(
        self, address: AnyPath, *, names: Optional[str] = None, embedder: Optional[AnyPath] = None, key: Optional[bytes] = None,
        batch_size: int = 10_000,
    ) -> None:
        self._address, self._names, self._embedder, self._key = address, names, embedder or "faces", key
        self._batch_size = batch_size

    @property
    def min_rows_per_write(self) -> int:
        return self._batch_size

    def write(self, blocks: Iterable[Any], ctx: Any) -> None:
        with Model.open(self._embedder) as model, Embedder(model) as embedder:
            with Gallery.open(self._address, embedder, key=self._key) as gallery:
                for block in blocks:
                    self._add(BlockAccessor.for_block(block).to_arrow(), gallery, embedder, model)

    def _add(self, table: pa.Table, gallery: Gallery, embedder: Embedder, model: Model) -> None:
        names, embeddings = faces_of(table, model, self._names)
        if not names:
            return
        # A worker may die after the server has these, and the next one hand them in again: a merge adds what is not there yet.
        with Gallery(embedder) as batch:
            batch.add_many(names, embeddings)
            gallery.merge(batch, compare=False)


def write_gallery(
    dataset: Dataset, address: AnyPath, *, names: Optional[str] = None, embedder: Optional[AnyPath] = None, key: Optional[bytes] = None,
    batch_size: int = 10_000,
) -> None:
    """Adds the faces of a dataset, as `embed_photos` makes it, to a gallery, in batches of about `batch_size`, each all or none.

    `names` is the column that says whose a face is; without it a face is named by its photo's path, and the second and later ones
    of a photo "PATH#1" and so on. `embedder` is the model that embedded the photos, by default "faces". `key` is that of `Gallery`.
    A face is in the gallery once, although workers die and although the call is repeated: one of the same name and with the same
    embedding, to the bit, is there already. Batches are written one after the other: changes of a gallery wait for each other."""
    dataset.write_datasink(GallerySink(address, names=names, embedder=embedder, key=key, batch_size=batch_size), concurrency=1)
