"""A gallery that is too large for one host: parts on Ray actors, with the answers of the whole."""

from __future__ import annotations

import bisect
import functools
import math
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Optional

import numpy as np
import ray
from numpy.lib.recfunctions import repack_fields
from numpy.typing import NDArray

from .. import library
from .._convert import floats, integer, number
from ..face import threshold_of
from ..gallery import Gallery
from ..gallery_records import Match, Neighbour
from ..model import Model
from ..recognition import Embedder

Rows = Callable[[int, int], Iterable["tuple[list[str], NDArray[np.float32]]"]]


class _Shard:
    def __init__(self, rows: Rows, index: int, count: int, embedder: str) -> None:
        cpus = ray.get_runtime_context().get_assigned_resources().get("CPU", 1)
        library.set_threads(max(1, int(cpus)))
        self._model = Model.open(embedder)
        self._embedder = Embedder(self._model)
        self._gallery = Gallery(self._embedder)
        for names, embeddings in rows(index, count):
            self._gallery.add_many(names, embeddings)

    def about(self) -> tuple[int, int]:
        return self._gallery.photos, self._gallery.dimension

    def search(self, embeddings: NDArray[np.float32], k: int, fields: list[str]) -> NDArray[Any]:
        return repack_fields(self._gallery._search(embeddings, k)[fields])  # without room for the others

    def within(self, embedding: NDArray[np.float32], distance: float) -> list[Neighbour]:
        return self._gallery.within(embedding, distance)

    def identify(self, embedding: NDArray[np.float32], options: dict[str, Any]) -> Match:
        return self._gallery.identify(embedding, **options)


class ShardedGallery:
    """A gallery in memory of several processes, on as many hosts as Ray has.

    `rows(shard, shards)` is called in each of `shards` processes and yields its part: lists of names with embeddings [names,
    dimension], as `Gallery.add_many` takes them; `parquet_rows` makes such a function. Photos are numbered as if one gallery had
    been given the parts one after the other, and every answer is that gallery's, to the bit: each shard is searched in full,
    distances are computed the same way, and equal ones are told apart by the photos' numbers.

    `embedder` is the model that the embeddings are of. Each process has `cpus`, as many threads, and asks Ray for `memory` bytes. One
    that dies is started again, reads its rows again, and then answers what it was asked. The gallery is not changed; to take in
    new photos make another one."""

    def __init__(self, rows: Rows, shards: int, *, embedder: str = "faces", cpus: float = 1, memory: Optional[int] = None) -> None:
        count = integer(shards, "shards")
        if count < 1:
            raise ValueError(f"shards is {count}; expected 1 or more")
        if not callable(rows):
            raise TypeError(f"rows is a {type(rows).__name__}; expected a function of a shard's number and their count")
        kind = ray.remote(_Shard).options(
            num_cpus=cpus, memory=memory, max_restarts=-1, max_task_retries=-1, scheduling_strategy="SPREAD")
        self._shards: list[Any] = [kind.remote(rows, index, count, embedder) for index in range(count)]
        told = ray.get([shard.about.remote() for shard in self._shards])
        self._first = np.cumsum([0, *(photos for photos, _ in told)])  # the number of each shard's first photo
        self.photos, self.dimension = int(self._first[-1]), told[0][1]

    def close(self) -> None:
        """Ends the processes."""
        for shard in self._shards:
            ray.kill(shard)
        self._shards = []

    def __enter__(self) -> ShardedGallery:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def search(self, embeddings: NDArray[np.float32], k: int = 5) -> list[list[Neighbour]]:
        """As `Gallery.search`: the `k` photos nearest to each of the embeddings [count, dimension], as lists of `Neighbour`."""
        found = self._nearest(embeddings, k, ["photo", "distance", "name"])
        return [
            [Neighbour(name.decode(errors="replace"), distance, photo) for photo, distance, name in near] for near in found.tolist()]

    def search_arrays(self, embeddings: NDArray[np.float32], k: int = 5) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
        """As `Gallery.search_arrays`: the photos' numbers and their distances, [count, found] each."""
        found = self._nearest(embeddings, k, ["photo", "distance"])
        return found["photo"].copy(), found["distance"].copy()

    def within(self, embedding: NDArray[np.float32], distance: float) -> list[Neighbour]:
        """As `Gallery.within`: all photos up to a distance from an embedding, nearest first."""
        embedding, distance = floats(embedding, (None,), "embedding"), number(distance, "distance")
        found = [
            Neighbour(near.name, near.distance, near.photo + int(first))
            for first, part in zip(self._first, self._ask("within", embedding, distance)) for near in part]  # fmt: skip
        return sorted(found, key=lambda near: (near.distance, near.photo))

    def identify(
        self, embedding: NDArray[np.float32], threshold: Optional[float] = None, *, kind: str = "euclidean", head: Any = None,
        margin: float = 0.0,
    ) -> Match:
        """As `Gallery.identify` with the rule "nearest": who is it? A `Match` is returned."""
        embedding, margin = floats(embedding, (None,), "embedding"), number(margin, "margin")
        threshold_of(threshold)
        asked = {"threshold": threshold, "kind": kind, "head": head, "margin": margin}
        parts = self._ask("identify", embedding, asked)
        # The two nearest people are among the two nearest of each shard; sorting keeps the order of equal distances.
        people: list[tuple[float, str, Optional[int]]] = []
        for first, part in zip(self._first, parts):
            if part.nearest is not None:
                people.append((part.distance, part.nearest, part.photo + int(first)))
            if part.runner_up is not None:
                people.append((part.runner_up_distance, part.runner_up, None))
        people.sort(key=lambda person: person[0])
        limit = parts[0].threshold
        if not people:
            return Match(False, None, None, math.inf, limit, False, None, math.inf, math.inf, None, 0)
        distance, nearest, photo = people[0]
        next_distance, runner_up = next(((far, name) for far, name, _ in people if name != nearest), (math.inf, None))
        lead = math.inf
        if runner_up is not None:
            lead = float(np.float32(next_distance) - np.float32(distance)) if math.isfinite(distance) else 0.0
        is_near, is_clear = distance <= limit, margin == 0 or bool(lead >= np.float32(margin))
        known = is_near and is_clear
        return Match(
            known, nearest if known else None, nearest, distance, limit, is_near and not is_clear, runner_up, next_distance, lead, photo, 0)

    def _nearest(self, embeddings: NDArray[np.float32], k: int, fields: list[str]) -> NDArray[Any]:
        embeddings = floats(embeddings, (None, self.dimension), "embeddings")
        k = integer(k, "k", 64)
        parts = self._ask("search", embeddings, k, fields)
        found = np.concatenate(parts, axis=1)  # a copy: what comes from Ray may be shared memory
        found["photo"] += np.repeat(self._first[:-1], [part.shape[1] for part in parts]).astype(np.uint64)
        # Photos of a shard are in order, and shards are too: sorting keeps the order of equal distances.
        order = np.argsort(found["distance"], axis=1, kind="stable")[:, :k]
        return np.take_along_axis(found, order, axis=1)

    def _ask(self, question: str, *arguments: object) -> Any:
        shared = [ray.put(argument) for argument in arguments]  # once for all shards
        return ray.get([getattr(shard, question).remote(*shared) for shard in self._shards])


def parquet_rows(source: str | os.PathLike[str], names: Optional[str] = None, embedder: str = "faces") -> Rows:
    """The faces of Parquet files, as `embed_folder` and `facestyle.ray.embed_photos` write them, for `ShardedGallery`.

    `source` is a file, a folder or an address that `pyarrow.dataset` takes and that every host reaches. `names` is the column that says
    whose a face is; without it a face is named by its photo's path, and the second and later ones of a photo PATH#1 and so on."""
    return functools.partial(_rows_of, os.fspath(source), names, embedder)


def _rows_of(
    source: str, names: Optional[str], embedder: str, index: int, count: int
) -> Iterator[tuple[list[str], NDArray[np.float32]]]:
    from .._arrow import pa
    from ..face_table import faces_of

    import pyarrow.dataset  # behind the check of the former

    files = pyarrow.dataset.dataset(source, format="parquet")
    groups = [group for file in files.get_fragments() for group in file.split_by_row_group()]
    ends = np.cumsum([0, *(group.row_groups[0].num_rows for group in groups)]).tolist()
    first, last = (ends[-1] * side // count for side in (index, index + 1))
    columns = ["embedding", *(["path", "face"] if names is None else [names])]
    with Model.open(embedder) as model:
        for place in range(bisect.bisect_right(ends, first) - 1, len(groups)):
            if ends[place] >= last:
                break
            table = groups[place].to_table(columns=columns)
            part = table.slice(max(0, first - ends[place]), min(last, ends[place + 1]) - max(first, ends[place]))
            whose, embeddings = faces_of(pa.table(part.columns, part.schema.with_metadata(files.schema.metadata)), model, names)
            if whose:
                yield whose, embeddings
