"""Galleries in files that SQLite's own tools, copies, editors and other programs have been at; names and paths of all kinds."""

import contextlib
import os
import sqlite3
import unicodedata

import numpy as np
import pytest

import facestyle as fs
from facestyle import _c
from test_gallery import file, place, vectors  # noqa: F401: fixtures
from test_gallery_postgres import refused


def sql(path, *statements):
    """Runs statements on a file as the sqlite3 program would, and gives the last one's rows."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in statements:
            rows = database.execute(statement).fetchall()
        return rows


def filled(path, embedder, vectors):  # noqa: F811
    with fs.Gallery.open(path, embedder) as gallery:
        gallery.add_many(["ada", "bob", "ada"], vectors[:3])


# ---- Files that went through SQLite's tools ----


def vacuumed(path):
    sql(path, "VACUUM")
    return path


def vacuumed_into(path):
    sql(path, f"VACUUM INTO '{path}.copy'")
    return f"{path}.copy"


def with_other_pages(path):
    sql(path, "PRAGMA journal_mode = DELETE", "PRAGMA page_size = 16384", "VACUUM")
    return path


def dumped(path):
    with contextlib.closing(sqlite3.connect(path)) as old, contextlib.closing(sqlite3.connect(f"{path}.new")) as new:
        new.executescript("\n".join(old.iterdump()))
    return f"{path}.new"


def dumped_as_utf16(path):
    with contextlib.closing(sqlite3.connect(path)) as old, contextlib.closing(sqlite3.connect(f"{path}.new")) as new:
        new.execute("PRAGMA encoding = 'UTF-16'")
        new.executescript("\n".join(old.iterdump()))
    return f"{path}.new"


def indexed(path):
    sql(path, "CREATE INDEX mine ON facestyle_photos (created, note)", "CREATE INDEX lower ON facestyle_people (lower(name))")
    return path


def analysed(path):
    sql(path, "ANALYZE")
    return path


@pytest.mark.parametrize("change", [vacuumed, vacuumed_into, with_other_pages, dumped, dumped_as_utf16, indexed, analysed])
def test_a_file_that_went_through_sqlites_tools_is_the_same_gallery(embedder, vectors, file, change):  # noqa: F811
    filled(file, embedder, vectors)
    path = change(file)
    with fs.Gallery.open(path, read_only=True) as gallery:
        assert np.array_equal(gallery.embeddings(), vectors[:3])
    with fs.Gallery.open(path, embedder) as gallery:
        gallery.add("eve", vectors[3])
        gallery.remove("bob")
    assert sql(path, "PRAGMA journal_mode") == [("wal",)]
    with fs.Gallery.open(path) as gallery:
        assert np.array_equal(gallery.embeddings(), vectors[[0, 2, 3]])
        assert [(person.name, person.photos) for person in gallery.list_people()] == [("ada", 2), ("eve", 1)]


def test_a_live_backup_of_a_gallery_that_is_open_is_one(embedder, vectors, file):  # noqa: F811
    with fs.Gallery.open(file, embedder) as gallery:
        gallery.add("ada", vectors[0])
        path = vacuumed_into(file)
        gallery.add("bob", vectors[1])
        with fs.Gallery.open(path) as copy:
            assert [person.name for person in copy.list_people()] == ["ada"]
        sql(file, "VACUUM")
        gallery.add("eve", vectors[2])
    with fs.Gallery.open(file) as gallery:
        assert np.array_equal(gallery.embeddings(), vectors[:3])


@pytest.mark.parametrize("statements", [
    ["CREATE TRIGGER more AFTER INSERT ON facestyle_photos BEGIN DELETE FROM facestyle_people; END"],
    ["CREATE VIEW mine AS SELECT * FROM facestyle_people"], ["CREATE TABLE mine (x)"],
    ["CREATE UNIQUE INDEX once ON facestyle_photos (number, person)"], ["DROP INDEX facestyle_names"],
    ["CREATE TABLE mine (x)", "CREATE INDEX theirs ON mine (x)"],
    ["ALTER TABLE facestyle_photos ADD extra"], ["ALTER TABLE facestyle_people RENAME COLUMN created TO made"],
])
def test_what_changes_the_meaning_of_a_file_is_refused(embedder, vectors, file, statements):  # noqa: F811
    filled(file, embedder, vectors)
    sql(file, *statements)
    refused(_c.FS_BAD_DATA, "people.gallery", fs.Gallery.open, file)


# ---- Files that go away ----


def remove_all(path, _):
    for name in os.listdir(path.parent):
        if name.startswith(path.name):
            os.unlink(path.parent / name)


def remove_the_file(path, _):
    path.unlink()


def rename(path, _):
    path.rename(f"{path}.old")


def replace(path, other):
    os.replace(other, path)
    for ending in ("-wal", "-shm"):  # they are the old file's: SQLite would take them for the new one's
        os.unlink(f"{path}{ending}")


def remove_the_log(path, _):
    os.unlink(f"{path}-wal")


def remove_the_index(path, _):
    os.unlink(f"{path}-shm")


def remove_the_folder(path, _):
    path.parent.rename(f"{path.parent}.old")


@pytest.mark.parametrize(
    "change", [remove_all, remove_the_file, rename, replace, remove_the_log, remove_the_index, remove_the_folder])
def test_what_is_added_to_a_file_that_is_gone_is_not_said_to_be_kept(embedder, vectors, tmp_path, change):  # noqa: F811
    (tmp_path / "here").mkdir()
    path, other = tmp_path / "here" / "people.gallery", tmp_path / "other.gallery"
    with fs.Gallery.open(other, embedder) as gallery:
        gallery.add("zoe", vectors[9])
    with fs.Gallery.open(path, embedder) as gallery:
        gallery.add_many(["ada", "bob"], vectors[:2])
        change(path, other)
        for body, *arguments in (
            (gallery.add, "eve", vectors[2]), (gallery.remove, "ada"), (gallery.remove_photo, 0), (gallery.reload,),
            (gallery.add_many, ["eve"], vectors[2:3]), (gallery.replace_photo, 0, vectors[3]),
        ):
            refused(_c.FS_IO, "removed or replaced.*open it again", body, *arguments)
        assert gallery.photos == 2 and gallery.identify(vectors[0]).name == "ada"
    if change is replace:
        with fs.Gallery.open(path) as gallery:
            assert np.array_equal(gallery.embeddings(), vectors[9:10])
            gallery.add("yan", vectors[8])
    elif path.exists():
        with fs.Gallery.open(path) as gallery:
            assert np.array_equal(gallery.embeddings(), vectors[:2])


def test_a_link_that_leads_elsewhere_meanwhile_is_another_file(embedder, vectors, tmp_path):  # noqa: F811
    link, first, second = (tmp_path / name for name in ("people.gallery", "first", "second"))
    filled(first, embedder, vectors)
    filled(second, embedder, vectors)
    link.symlink_to("first")
    with fs.Gallery.open(link) as gallery:
        gallery.add("eve", vectors[3])
        link.unlink()
        link.symlink_to("second")
        refused(_c.FS_IO, "replaced", gallery.add, "fay", vectors[4])
    for path, photos in ((first, 4), (second, 3)):
        with fs.Gallery.open(path) as gallery:
            assert gallery.photos == photos


def test_a_gallery_of_a_relative_path_stays_where_it_was_opened(embedder, vectors, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    with fs.Gallery.open("people.gallery", embedder) as gallery:
        (tmp_path / "below").mkdir()
        monkeypatch.chdir("below")
        gallery.add("ada", vectors[0])
        assert not gallery.reload()
    assert os.listdir(".") == [] and sorted(os.listdir(tmp_path)) == ["below", "people.gallery"]
    with fs.Gallery.open(tmp_path / "people.gallery") as gallery:
        assert gallery.photos == 1


# ---- Paths ----


@pytest.mark.parametrize("name", [
    ":memory:", "file:people.gallery", "file::memory:?cache=shared", "file:people?mode=memory", "people?immutable=1", "100%25.gallery",
    "people.gallery;", "-people", " ", "~", "wal",
])
def test_a_path_is_a_path(embedder, vectors, tmp_path, monkeypatch, name):  # noqa: F811
    monkeypatch.chdir(tmp_path)
    with fs.Gallery.open(name, embedder) as gallery:
        gallery.add("ada", vectors[0])
        assert name in os.listdir()
    with fs.Gallery.open(tmp_path / name) as gallery:
        assert np.array_equal(gallery.embeddings(), vectors[:1])
    assert os.listdir() == [name]


def test_more_slashes_lead_to_the_same_file(embedder, vectors, tmp_path):  # noqa: F811
    path = tmp_path / "people.gallery"
    filled(path, embedder, vectors)
    path.chmod(0o444)
    tmp_path.chmod(0o555)
    child = os.fork()
    if child == 0:  # where nothing may be written, the file is read as one that does not change
        if os.geteuid() == 0:
            for folder in path.parents[:-2]:
                os.chmod(folder, 0o755)
            tmp_path.chmod(0o555)
            os.setuid(65534)
        try:
            os._exit(0 if fs.Gallery.open(f"/{path}", read_only=True).photos == 3 else 1)
        except BaseException as error:
            os.write(2, f"{error!r}\n".encode())
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    tmp_path.chmod(0o755)


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_a_name_that_another_gallerys_log_would_have_is_refused(embedder, tmp_path, ending):
    for options in ({}, {"read_only": True}):
        refused(_c.FS_INVALID_ARGUMENT, ending, fs.Gallery.open, tmp_path / f"people.gallery{ending}", embedder, **options)
    assert os.listdir(tmp_path) == []


NOT_UTF8 = b"Andr\xe9 \xff\xf4\x8f\xba\x80"  # Latin-1, a byte that no text has, and a scalar that we use ourselves


def test_a_gallerys_path_is_any_bytes(embedder, vectors, tmp_path):  # noqa: F811
    path = os.fsencode(tmp_path) + b"/" + NOT_UTF8
    with fs.Gallery.open(path + b".gallery", embedder) as gallery:
        gallery.add("ada", vectors[0])
        assert os.path.exists(path + b".gallery")
        gallery.export(path + b".csv")
        gallery.export(path + b".SAFETENSORS")
        assert gallery.import_file(path + b".csv").present == gallery.import_file(path + b".SAFETENSORS").present == 1
    with fs.Gallery.open(path + b".gallery") as gallery:
        assert np.array_equal(gallery.embeddings(), vectors[:1])
    assert sorted(os.listdir(os.fsencode(tmp_path))) == [NOT_UTF8 + end for end in (b".SAFETENSORS", b".csv", b".gallery")]
    assert "Andr\ufffd \ufffd" in refused(_c.FS_IO, "No such file", fs.Gallery.open, path)


def test_a_pictures_path_is_any_bytes(picture, tmp_path):
    path = os.fsencode(tmp_path) + b"/" + NOT_UTF8 + b".PNG"
    picture.save(path)
    assert os.listdir(os.fsencode(tmp_path)) == [NOT_UTF8 + b".PNG"]
    with fs.Image.open(path) as image:
        assert np.array_equal(image.to_array(), picture.to_array())
    os.unlink(path)
    assert "Andr\ufffd \ufffd" in refused(_c.FS_IO, "No such file", fs.Image.open, path)


# ---- Names ----

COMPOSED, PARTED = "Zo\u00eb \ud55c \u1e69", "Zoe\u0308 \u1112\u1161\u11ab s\u0307\u0323"


def test_a_name_is_one_however_it_was_typed(embedder, vectors, place):  # noqa: F811
    assert unicodedata.normalize("NFC", PARTED) == COMPOSED != PARTED
    with fs.Gallery.open(place, embedder) as gallery:
        gallery.add(PARTED, vectors[0])
        told = gallery.enrol(COMPOSED, vectors[0] * 1.0001)
        assert told.other is None  # nobody else
        gallery.add_many([PARTED, "Zoe"], vectors[2:4], compare=True)
        assert [(person.name, person.photos) for person in gallery.list_people()] == [("Zoe", 1), (COMPOSED, 3)]
        for name in (COMPOSED, PARTED):
            assert gallery.verify(vectors[0], name).same and len(gallery.list_photos(name)) == 3
        assert gallery.identify(vectors[0]).name == COMPOSED
    with fs.Gallery.open(place) as gallery:
        gallery.replace_person(PARTED, vectors[5:7])
        assert [(person.name, person.photos) for person in gallery.list_people()] == [("Zoe", 1), (COMPOSED, 2)]
        gallery.remove(PARTED)
        assert [person.name for person in gallery.list_people()] == ["Zoe"]


def test_a_name_is_one_in_memory_and_tables(embedder, vectors, tmp_path):  # noqa: F811
    table = tmp_path / "all.csv"
    with fs.Gallery(embedder) as gallery, fs.Gallery(embedder) as other:
        gallery.add(PARTED, vectors[0])
        gallery.export(table)
        assert COMPOSED in table.read_text(encoding="utf-8")
        table.write_text(table.read_text(encoding="utf-8").replace(COMPOSED, PARTED), encoding="utf-8")
        assert gallery.import_file(table).present == 1
        other.add(COMPOSED, vectors[0])
        assert gallery.merge(other).present == 1
        gallery.remove(COMPOSED)
        assert gallery.people == 0
        name = "\u0344" * 127  # twice as long in form C: it stays as it is
        gallery.add(name, vectors[0])
        assert [person.name for person in gallery.list_people()] == [name]
        gallery.remove(name)


def test_names_that_were_kept_as_they_were_typed_are_found_and_removed(embedder, vectors, postgres, place):  # noqa: F811
    def run(*statements):
        return sql(place, *statements) if isinstance(place, os.PathLike) else [tuple(row.split("|")) for row in map(
            str, postgres.query(place, "; ".join(statements)))]

    with fs.Gallery.open(place, embedder) as gallery:
        gallery.add_many([COMPOSED, "bob", "eve", "eve"], vectors[:4])
    run(f"UPDATE facestyle_people SET name = '{PARTED}' WHERE name = 'eve'")  # as an earlier version wrote it
    with fs.Gallery.open(place) as gallery:
        assert [(person.name, person.photos) for person in gallery.list_people()] == [(COMPOSED, 3), ("bob", 1)]
        gallery.add(PARTED, vectors[4])
        gallery.add(COMPOSED, vectors[5])
        gallery.remove_photo(0)
        assert [len(gallery.list_photos(name)) for name in (COMPOSED, PARTED)] == [4, 4]
    with fs.Gallery.open(place) as gallery:
        assert np.array_equal(gallery.embeddings(), vectors[[1, 2, 3, 4, 5]])
        gallery.remove(COMPOSED)
        assert gallery.photos == 1
    assert [name for name, in run("SELECT name FROM facestyle_people ORDER BY id")] == ["bob"]
    assert [int(count) for count, in run("SELECT count(*) FROM facestyle_photos")] == [1]


# ---- Tables that other programs wrote ----


@pytest.mark.parametrize("change", [
    lambda text: b"\xef\xbb\xbf" + text, lambda text: text + b"\n", lambda text: text + b"\r\n \r\n",
    lambda text: text.replace(b"\n", b"\r\n") + b"\r\n", lambda text: text.rstrip(b"\n"),
    lambda text: text.replace(b"\n", b"\n\n", 2), lambda text: b"\xef\xbb\xbf" + text.replace(b"name,", b'"name",', 1) + b"\n\n",
])
def test_a_table_that_a_spreadsheet_wrote_is_read(embedder, vectors, tmp_path, change):  # noqa: F811
    with fs.Gallery(embedder) as gallery, fs.Gallery(embedder) as copy:
        gallery.add_many(["ada", "bob"], vectors[:2])
        for name in ("ALL.CSV", "All.Csv", "ALL.SAFETENSORS"):
            gallery.export(tmp_path / name)
        path = tmp_path / "ALL.CSV"
        path.write_bytes(change(path.read_bytes()))
        assert copy.import_file(path).added == 2
        assert np.array_equal(copy.embeddings(), vectors[:2]) and copy.list_people()[0].name == "ada"
        assert copy.import_file(tmp_path / "All.Csv").present == copy.import_file(tmp_path / "ALL.SAFETENSORS").present == 2


MARK = b"\xef\xbb\xbf"


def test_a_mark_before_pairs_and_landmarks_is_no_part_of_them(tmp_path):
    pairs, points = tmp_path / "PAIRS.TXT", tmp_path / "POINTS.JSON"
    for mark in (b"", MARK):
        pairs.write_bytes(mark + b"1\t1\r\nAda\t1\t2\r\nAda\t1\tBob\t1\r\n\r\n")
        points.write_bytes(mark + b'{"Ada/Ada_0001.jpg": [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]}\r\n')
        assert fs.Pairs.open(pairs).photos == ["Ada/Ada_0001.jpg", "Ada/Ada_0002.jpg", "Bob/Bob_0001.jpg"]
        with fs.Landmarks(points) as landmarks:
            assert tuple(landmarks.find("Ada/Ada_0001.jpg").landmarks[4]) == (9, 10)
            assert landmarks.find(b"Andr\xe9/1.jpg") is None
    pairs.write_bytes(MARK + MARK + b"1\t1\n")
    refused(_c.FS_BAD_DATA, "line 1", fs.Pairs.open, pairs)
