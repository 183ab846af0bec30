"""Galleries in files and on servers: kept, listed, exported, merged, shared by processes, encrypted."""

import os
import subprocess
import sys

import numpy as np
import pytest

import facestyle as fs
from facestyle import _c


@pytest.fixture
def vectors(embedder):
    return np.random.default_rng(5).standard_normal((40, embedder.dimension)).astype(np.float32)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "people.gallery"


@pytest.fixture(params=["a file", "a server"])
def place(request, tmp_path):
    """Where a gallery may lie: the same calls, the same answers."""
    if request.param == "a file":
        return tmp_path / "people.gallery"
    return request.getfixturevalue("postgres").new_database()


def test_a_gallery_is_there_when_it_is_opened_again(embedder, vectors, place):
    with fs.Gallery.open(place, embedder) as gallery:
        gallery.add("ada", vectors[0])
        told = gallery.enrol("bob", vectors[1], note="front door")
        assert (told.photo, told.other, told.distance) == (1, None, float("inf"))
    with fs.Gallery.open(place) as gallery:
        assert (gallery.people, gallery.photos, gallery.dimension) == (2, 2, embedder.dimension)
        assert gallery.threshold == embedder.threshold and gallery.model != 0 and not gallery.is_encrypted
        assert [(person.name, person.photos) for person in gallery.list_people()] == [("ada", 1), ("bob", 1)]
        assert [(p.photo, p.name, p.note) for p in gallery.list_photos()] == [(0, "ada", ""), (1, "bob", "front door")]
        assert all(photo.created > 1_700_000_000 for photo in gallery.list_photos("bob"))
        assert np.array_equal(gallery.embeddings(), vectors[:2])
        assert np.array_equal(gallery.embeddings([1]), vectors[1:2])
        assert gallery.identify(vectors[1]).name == "bob"
        gallery.remove("ada")
        with pytest.raises(fs.FaceStyleError, match="ada") as caught:
            gallery.list_photos("ada")
        assert caught.value.status == _c.FS_NOT_FOUND


def test_a_gallery_has_a_threshold_of_its_own_which_others_see(embedder, vectors, place):
    with fs.Gallery.open(place, embedder) as gallery, fs.Gallery.open(place) as other:
        gallery.add("ada", vectors[0])
        gallery.threshold = 0.25
        assert gallery.threshold == 0.25 and other.threshold == embedder.threshold
        assert other.reload() and (other.threshold, other.photos) == (0.25, 1)
        near = vectors[0] + 0.3 * vectors[1] / np.linalg.norm(vectors[1])
        assert not other.identify(near).known and other.identify(near, threshold=0.31).known
        for wrong in (-1, float("nan"), float("inf")):
            with pytest.raises(fs.FaceStyleError, match="expected a number of 0 or more"):
                gallery.threshold = wrong
    with fs.Gallery.open(place) as gallery:
        assert gallery.threshold == 0.25


def test_somebody_under_another_name_is_told(embedder, vectors):
    with fs.Gallery(embedder) as gallery:
        gallery.add("ada", vectors[0])
        told = gallery.enrol("eve", vectors[0])
        assert (told.photo, told.other, told.distance) == (1, "ada", 0.0)
        assert gallery.enrol("zoe", vectors[0], refuse=True).photo is None
        assert gallery.enrol("zoe", vectors[0] * 1.01, threshold=0).other is None
        assert gallery.photos == 3


def test_a_warning_is_in_the_log(embedder, vectors):
    lines = []
    with fs.Gallery(embedder) as gallery:
        gallery.add("ada", vectors[0])
        fs.set_log(lambda level, message: lines.append(message), "warning")
        try:
            gallery.add("eve", vectors[0])
        finally:
            fs.set_log(None)
    assert len(lines) == 1 and "eve" in lines[0] and "ada" in lines[0]


def test_all_photos_within_a_distance_are_what_sorting_finds(embedder, vectors):
    with fs.Gallery(embedder) as gallery:
        gallery.add_many([f"person {i % 7}" for i in range(200)], np.tile(vectors, (5, 1)))
        exact = np.linalg.norm(vectors.astype(np.float64) - vectors[0], axis=1)
        limit = float(np.median(exact))
        found = gallery.within(vectors[0], limit)
        assert len(found) == 5 * (exact <= np.float32(limit)).sum()
        assert [n.distance for n in found] == sorted(n.distance for n in found)
        assert found[0].distance == 0 and found[0].photo == 0
        assert len(gallery.within(vectors[0], float("inf"))) == 200
        with pytest.raises(fs.FaceStyleError, match="distance of -1"):
            gallery.within(vectors[0], -1)


def test_photos_are_replaced_and_removed(embedder, vectors, place):
    with fs.Gallery.open(place, embedder) as gallery:
        assert gallery.add_many(["a", "b", "a"], vectors[:3], compare=True) == fs.GalleryReport(3, 0, 0)
        gallery.replace_photo(1, vectors[9])
        gallery.replace_person("a", vectors[4:6])
        assert [photo.photo for photo in gallery.list_photos()] == [1, 3, 4]
        gallery.remove_photo(1)
        assert [person.name for person in gallery.list_people()] == ["a"]
        with pytest.raises(fs.FaceStyleError, match="no photo 1"):
            gallery.remove_photo(1)
    with fs.Gallery.open(place, read_only=True) as gallery:
        assert np.array_equal(gallery.embeddings(), vectors[4:6])
        with pytest.raises(fs.FaceStyleError) as caught:
            gallery.add("a", vectors[0])
        assert caught.value.status == _c.FS_IO


@pytest.mark.parametrize("name", ["all.csv", "all.safetensors"])
def test_an_exported_file_comes_back_and_is_read_by_others(embedder, vectors, tmp_path, name):
    path = tmp_path / name
    with fs.Gallery(embedder) as gallery, fs.Gallery(embedder) as copy:
        gallery.add_many(["Zoë, \"the first\"", *["b"] * 39], vectors)
        gallery.export(path)
        assert copy.import_file(path) == fs.GalleryReport(40, 0, 0)
        assert copy.import_file(path) == fs.GalleryReport(0, 40, 0)
        assert copy.merge(gallery, compare=False) == fs.GalleryReport(0, 0, 0)
        assert np.array_equal(copy.embeddings(), vectors)
    if path.suffix == ".csv":
        import csv

        with open(path, newline="") as lines:
            rows = list(csv.DictReader(lines))
        assert rows[0]["name"] == "Zoë, \"the first\"" and rows[3]["name"] == "b"
        numbers = [[row[str(i)] for i in range(vectors.shape[1])] for row in rows]
        assert np.array_equal(np.array(numbers, np.float32), vectors)
    else:
        from safetensors.numpy import load_file

        tensors = load_file(path)
        assert np.array_equal(tensors["embeddings"], vectors)
        assert bytes(tensors["names"]).split(b"\0")[:2] == ["Zoë, \"the first\"".encode(), b"b"]


def test_a_damaged_table_is_refused_with_its_line(embedder, vectors, tmp_path):
    path = tmp_path / "all.csv"
    with fs.Gallery(embedder) as gallery:
        gallery.add_many(["a", "b"], vectors[:2])
        gallery.export(path)
        whole = path.read_text()
        first, second = whole.splitlines()[1:3]
        for damaged, reason in (
            ("", "first line"), ("name,created\n", "first line"), (whole.replace("b,", ",", 1), "line 3: a name of 0"),
            (whole[: len(whole) // 2], "fields"), (whole + '"a', "quote"), (whole.replace(first.split(",")[4], "nan"), "nan"),
            (whole.replace(second.split(",")[1], "soon"), "created"),
        ):
            path.write_text(damaged)
            with pytest.raises(fs.FaceStyleError, match=reason) as caught:
                gallery.import_file(path)
            assert caught.value.status == _c.FS_BAD_DATA
        path.write_text(whole.replace(first.split(",")[3], "0" * 16))
        with pytest.raises(fs.FaceStyleError) as caught:
            gallery.import_file(path)
        assert caught.value.status == _c.FS_WRONG_MODEL
        assert gallery.photos == 2


ANOTHER = """
import sys, numpy as np, facestyle as fs
with fs.Gallery.open(sys.argv[1]) as gallery:
    gallery.add("eve", np.full(gallery.dimension, 0.5, np.float32))
    gallery.remove("ada")
"""


def test_what_another_process_wrote_is_there_after_reloading(embedder, vectors, place):
    with fs.Gallery.open(place, embedder) as gallery:
        gallery.add_many(["ada", "bob"], vectors[:2])
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run([sys.executable, "-c", ANOTHER, place], check=True, env=environment, timeout=120)
        assert [person.name for person in gallery.list_people()] == ["ada", "bob"]
        assert gallery.reload() and not gallery.reload()
        assert [person.name for person in gallery.list_people()] == ["bob", "eve"]


def test_a_key_encrypts_the_embeddings(embedder, vectors, file):
    key = bytes(range(32))
    try:
        gallery = fs.Gallery.open(file, embedder, key=key)
    except fs.FaceStyleError as error:
        if "libsodium" in str(error):
            pytest.skip("libsodium is absent: install Debian's libsodium23")
        raise
    with gallery:
        gallery.add("ada", vectors[0])
        assert gallery.is_encrypted
    assert vectors[0, :4].tobytes() not in file.read_bytes()
    with fs.Gallery.open(file, key=key) as gallery:
        assert np.array_equal(gallery.embeddings(), vectors[:1])
    for wrong in (None, bytes(32)):
        with pytest.raises(fs.FaceStyleError, match="key"):
            fs.Gallery.open(file, key=wrong)
    with pytest.raises(ValueError, match="key has 3 bytes"):
        fs.Gallery.open(file, key=b"abc")
    with pytest.raises(ValueError, match="with a path"):
        fs.Gallery(embedder, key=key)


def test_what_is_no_gallery_is_refused(embedder, tmp_path):
    (tmp_path / "text").write_text("name,created\n")
    for path, status in ((tmp_path / "text", _c.FS_BAD_DATA), (tmp_path, _c.FS_IO), (tmp_path / "a" / "b", _c.FS_IO)):
        with pytest.raises(fs.FaceStyleError) as caught:
            fs.Gallery.open(path, embedder)
        assert caught.value.status == status
    with pytest.raises(fs.FaceStyleError):
        fs.Gallery.open(tmp_path / "absent")
