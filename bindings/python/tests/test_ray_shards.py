"""A gallery on several Ray actors: the answers of one gallery, to the bit."""

import math

import numpy as np
import pytest
from ray_here import cluster, die_once, ray  # noqa: F401

import facestyle as fs
import facestyle.ray
import pyarrow.parquet as parquet
from facestyle import face_table

COUNT, PEOPLE = 1000, 300


def vectors():
    """Of 1000 photos, many of which are copies: distances are equal within shards and across them."""
    random = np.random.default_rng(8)
    some = random.standard_normal((400, 128), dtype=np.float32)
    return some[random.integers(0, len(some), COUNT)]


def people():
    return [f"person {i}" for i in np.random.default_rng(9).integers(0, PEOPLE, COUNT)]


def rows(shard, shards):
    """Uneven parts, in pieces; the second is empty."""
    ends = [0, COUNT // 5, COUNT // 5, COUNT // 5 + 7, COUNT][: shards] + [COUNT]
    for first in range(ends[shard], ends[shard + 1], 150):
        part = slice(first, min(first + 150, ends[shard + 1]))
        yield people()[part], vectors()[part]


def rows_of_one_that_dies(marker, shard, shards):
    """The shard dies when it is asked, which needs a thread: no question can kill."""
    import threading
    import time

    def later():
        time.sleep(1)
        die_once(marker)

    if shard == 2:
        threading.Thread(target=later, daemon=True).start()
    yield from rows(shard, shards)


@pytest.fixture(scope="module")
def whole():
    with fs.Model.open("faces-nn4") as model, fs.Embedder(model) as embedder, fs.Gallery(embedder) as gallery:
        gallery.add_many(people(), vectors())
        yield gallery


@pytest.fixture(scope="module")
def sharded(cluster):
    with facestyle.ray.ShardedGallery(rows, 4, embedder="faces-nn4") as gallery:
        yield gallery


@pytest.fixture(scope="module")
def probes():
    """Near to photos, far from all, and photos themselves."""
    random = np.random.default_rng(10)
    near = vectors()[:20] + random.standard_normal((20, 128), dtype=np.float32) * 0.1
    return np.concatenate([near, random.standard_normal((20, 128), dtype=np.float32), vectors()[:20]]).astype(np.float32)


@pytest.mark.parametrize("k", [1, 5, 300, 2000])
def test_the_nearest_are_those_of_one_gallery(whole, sharded, probes, k):
    photos, distances = whole.search_arrays(probes, k)
    found_photos, found_distances = sharded.search_arrays(probes, k)
    assert np.array_equal(photos, found_photos) and distances.tobytes() == found_distances.tobytes()
    assert (photos.dtype, distances.dtype) == (found_photos.dtype, found_distances.dtype)
    assert whole.search(probes[:5], k) == sharded.search(probes[:5], k)
    ties = (distances[:, 1:] == distances[:, :-1]).mean() if k > 1 else 0
    assert k == 1 or ties > 0.1  # which is what this is about


def test_all_within_a_distance_are_those_of_one_gallery(whole, sharded, probes):
    for probe in probes[::7]:
        limit = float(np.median(np.linalg.norm(vectors() - probe, axis=1)))
        assert sharded.within(probe, limit) == whole.within(probe, limit)
    assert sharded.within(probes[0], 0) == whole.within(probes[0], 0)


def test_who_it_is_is_what_one_gallery_says(whole, sharded, probes):
    seen = set()
    for options in (
        {}, {"threshold": 12.0}, {"threshold": math.inf, "margin": 0.5}, {"threshold": 1.0, "kind": "cosine"},
        {"threshold": 200.0, "kind": "squared", "margin": 1e-3},
    ):  # fmt: skip
        answers = [whole.identify(probe, **options) for probe in probes]
        assert [sharded.identify(probe, **options) for probe in probes] == answers
        seen |= {(answer.known, answer.ambiguous) for answer in answers}
    assert seen == {(True, False), (False, False), (False, True)}


def test_a_shard_that_dies_answers_when_it_is_back(cluster, whole, probes, tmp_path):
    import functools

    marker = tmp_path / "died"
    expected = whole.search_arrays(probes, 5)[0]
    with facestyle.ray.ShardedGallery(functools.partial(rows_of_one_that_dies, str(marker)), 4, embedder="faces-nn4") as gallery:
        while not marker.exists():
            assert np.array_equal(gallery.search_arrays(probes, 5)[0], expected)
        for _ in range(5):
            assert np.array_equal(gallery.search_arrays(probes, 5)[0], expected)


def test_a_table_of_faces_is_cut_into_shards(cluster, probes, tmp_path):
    """Tables as embed_folder writes them, with photos without faces and a second face; in two files of several groups of rows."""
    with face_table.PhotoEmbedder("faces-yunet", "faces-nn4") as embedder:
        schema = embedder.schema()
    numbers, names = vectors(), people()
    lines = [
        {"path": f"{i // 2}.jpg", "faces": 2, "face": i % 2, "embedding": numbers[i].tolist(), "reasons": [names[i]]} for i in range(COUNT)]
    lines[100:100] = [{"path": "nobody.jpg", "faces": 0}] * 30
    (tmp_path / "faces").mkdir()
    import pyarrow as pa

    for part, of_part in enumerate([lines[:300], lines[300:]]):
        table = pa.Table.from_pylist(of_part, schema)
        parquet.write_table(table, tmp_path / "faces" / f"{part}.parquet", row_group_size=110)
    with fs.Model.open("faces-nn4") as model, fs.Embedder(model) as embedder, fs.Gallery(embedder) as whole:
        whole.add_many([f"{i // 2}.jpg" + "#1" * (i % 2) for i in range(COUNT)], numbers)
        source = facestyle.ray.parquet_rows(tmp_path / "faces", embedder="faces-nn4")
        with facestyle.ray.ShardedGallery(source, 3, embedder="faces-nn4") as gallery:
            assert gallery.photos == COUNT and np.all(np.diff(gallery._first) > 250)
            assert gallery.search(probes, 7) == whole.search(probes, 7)
    other = facestyle.ray.parquet_rows(tmp_path / "faces", embedder="dlib-resnet")
    with pytest.raises(ray.exceptions.RayActorError, match="faces of model"):
        facestyle.ray.ShardedGallery(other, 2, embedder="dlib-resnet")


def test_empty_galleries_and_wrong_arguments(cluster, sharded):
    with facestyle.ray.ShardedGallery(lambda shard, shards: [], 2, embedder="faces-nn4") as empty:
        probe = np.ones(128, np.float32)
        assert empty.photos == 0 and empty.search_arrays(probe[None])[0].shape == (1, 0) and empty.within(probe, 9) == []
        with fs.Model.open("faces-nn4") as model, fs.Embedder(model) as embedder, fs.Gallery(embedder) as gallery:
            assert empty.identify(probe) == gallery.identify(probe)
    with pytest.raises(ValueError, match="shape .1, 3.; expected .any, 128."):
        sharded.search(np.ones((1, 3), np.float32))
    with pytest.raises(ValueError, match="shards is 0"):
        facestyle.ray.ShardedGallery(rows, 0)
    with pytest.raises(TypeError, match="rows is a list"):
        facestyle.ray.ShardedGallery([], 1)
