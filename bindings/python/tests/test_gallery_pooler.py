"""Galleries behind a pooler and on servers that are only read: sessions that change hands, options that get lost."""

import contextlib
import random

import numpy as np
import pytest

import facestyle as fs
import temporary_postgres
from facestyle import _c
from test_gallery_postgres import refused, vector_of, vectors  # noqa: F401: a fixture


@pytest.fixture
def database(postgres):
    """An empty database's name: a pooler and the server have each an address of it."""
    return postgres.query(postgres.new_database(), "SELECT current_database()")[0]


@contextlib.contextmanager
def pooled(postgres, mode, **settings):
    if not temporary_postgres.pooler_program():
        pytest.skip("PgBouncer is absent: install Debian's pgbouncer")
    with temporary_postgres.Pooler(postgres, mode, **settings) as pooler:
        yield pooler


def rows(postgres, address):
    """The notes of everybody's photos as the server has them."""
    answer = postgres.query(address, "SELECT name, note FROM facestyle_photos p JOIN facestyle_people ON id = person ORDER BY number")
    return [tuple(line.split("|")) for line in answer]


@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_hosts_that_share_sessions_change_what_they_are_asked_to(embedder, postgres, database, mode):
    direct, chance, expected, number = postgres.address(database), random.Random(3), [], 0
    with pooled(postgres, mode) as pooler:
        hosts = [fs.Gallery.open(pooler.address(database), embedder) for _ in range(2)]
        for _ in range(120):
            host, name = chance.choice(hosts), f"person {chance.randrange(6)}"
            here = [note for person, note in expected if person == name]
            what = chance.choice(["enrol", "enrol", "remove", "remove photo", "replace"])
            if what == "enrol" or not here:
                host.enrol(name, vector_of(number), note=str(number))
                expected.append((name, str(number)))
                number += 1
            elif what == "remove":
                host.remove(name)
                expected = [row for row in expected if row[0] != name]
            elif what == "remove photo":
                host.remove_photo(int(here[0]))
                expected.remove((name, here[0]))
            else:
                host.replace_photo(int(here[0]), vector_of(1000 + int(here[0])))
            assert rows(postgres, direct) == expected
        for host in hosts:
            host.reload()
            assert [(photo.name, photo.note) for photo in host.list_photos()] == expected
        assert np.array_equal(hosts[0].embeddings(), hosts[1].embeddings())
        for host in hosts:
            host.close()


def test_nothing_of_ours_stays_in_a_session_that_others_get(embedder, vectors, postgres, database):  # noqa: F811
    settings = """SELECT name, setting FROM pg_settings WHERE source = 'session' OR name IN
        ('lock_timeout', 'statement_timeout', 'default_transaction_read_only', 'row_security', 'client_min_messages') ORDER BY name"""
    with pooled(postgres, "transaction") as pooler:
        address = pooler.address(database)
        before = postgres.query(address, settings)
        with fs.Gallery.open(address, embedder) as gallery, fs.Gallery.open(address, read_only=True) as reader:
            gallery.add_many(["ada", "bob"], vectors[:2])
            gallery.remove("ada")
            refused(_c.FS_NOT_FOUND, "eve", gallery.remove, "eve")
            assert reader.reload() and reader.photos == 1
            for _ in range(4):  # each of the two sessions
                assert postgres.query(address, settings) == before
                assert postgres.query(address, "SELECT count(*) FROM pg_prepared_statements") == ["0"]


def test_a_session_that_somebody_turned_to_another_gallery_is_refused(embedder, vectors, postgres, database):  # noqa: F811
    direct = postgres.address(database)
    postgres.query(direct, "CREATE SCHEMA south; CREATE SCHEMA empty")
    with fs.Gallery.open(f"{direct}&options=-csearch_path%3Dsouth", embedder) as south:
        south.add("south", vectors[1])
    with pooled(postgres, "transaction", sessions=1) as pooler:
        address = pooler.address(database)
        with fs.Gallery.open(address, embedder) as gallery:
            gallery.add("north", vectors[0])
            for schema in ("south", "empty"):
                postgres.query(address, f"SET search_path = {schema}")
                refused(_c.FS_IO, "another gallery|no gallery", gallery.add, "bob", vectors[2])
                refused(_c.FS_IO, "another gallery|no gallery", gallery.remove, "north")
                refused(_c.FS_IO, "another gallery|no gallery", gallery.reload)
                assert gallery.photos == 1 and gallery.identify(vectors[0]).name == "north"
            postgres.query(address, "RESET search_path")
            gallery.add("bob", vectors[2])
    people = "SELECT name FROM {}.facestyle_people ORDER BY id"
    assert postgres.query(direct, people.format("south")) == ["south"]
    assert postgres.query(direct, people.format("public")) == ["north", "bob"]


@pytest.mark.parametrize("option", ["-csearch_path%3Dnorth", "-c%20search_path%3Dnorth", "--search-path%3Dnorth"])
@pytest.mark.parametrize("mode", ["session", "transaction"])
def test_a_search_path_that_a_pooler_drops_is_missed(embedder, vectors, postgres, database, mode, option):  # noqa: F811
    direct = postgres.address(database)
    postgres.query(direct, "CREATE SCHEMA north")
    with pooled(postgres, mode, ignore_startup_parameters="options") as pooler:
        refused(_c.FS_IO, 'search_path.*"north"', fs.Gallery.open, f"{pooler.address(database)}&options={option}", embedder)
    assert postgres.query(direct, "SELECT count(*) FROM pg_class WHERE relname LIKE 'facestyle%'") == ["0"]
    with fs.Gallery.open(f"{direct}&options={option}", embedder) as gallery:
        gallery.add("ada", vectors[0])
    assert postgres.query(direct, "SELECT name FROM north.facestyle_people") == ["ada"]


def test_options_of_the_environment_count_as_those_of_the_address(embedder, postgres, database, monkeypatch):
    postgres.query(postgres.address(database), "CREATE SCHEMA north; CREATE SCHEMA south")
    monkeypatch.setenv("PGOPTIONS", r"-c lock_timeout=5s -c search_path=north,\ public")
    with fs.Gallery.open(postgres.address(database), embedder):
        pass
    with pooled(postgres, "session", ignore_startup_parameters="options") as pooler:
        refused(_c.FS_IO, 'search_path.*"north, public"', fs.Gallery.open, pooler.address(database), embedder)


def test_options_that_a_pooler_does_not_know_are_its_reason(embedder, postgres, database):
    with pooled(postgres, "session") as pooler:
        refused(_c.FS_IO, "options", fs.Gallery.open, f"{pooler.address(database)}&options=-csearch_path%3Dnorth", embedder)


def test_a_pooler_that_parts_transactions_is_refused(embedder, postgres, database):
    with pooled(postgres, "statement") as pooler:
        refused(_c.FS_IO, "faces", fs.Gallery.open, pooler.address(database), embedder)
    assert postgres.query(postgres.address(database), "SELECT count(*) FROM pg_class WHERE relname LIKE 'facestyle%'") == ["0"]


# ---- Servers that may only be read ----


def test_a_gallery_on_a_standby_writes_once_that_is_promoted(embedder, vectors, postgres, database):  # noqa: F811
    with fs.Gallery.open(postgres.address(database), embedder) as first:
        first.add("ada", vectors[0])
        with temporary_postgres.Standby(postgres) as standby:
            standby.catch_up(postgres)
            with fs.Gallery.open(standby.address(database)) as gallery:
                assert gallery.is_read_only and gallery.identify(vectors[0]).name == "ada"
                refused(_c.FS_IO, "read only", gallery.add, "bob", vectors[1])
                first.add("eve", vectors[2])
                standby.catch_up(postgres)
                assert gallery.reload() and gallery.photos == 2
                standby.promote()
                gallery.add("bob", vectors[1])
                assert not gallery.is_read_only and gallery.photos == 3
                gallery.remove("ada")
            assert standby.query(standby.address(database), "SELECT name FROM facestyle_people ORDER BY id") == ["eve", "bob"]


def test_a_role_that_may_only_read_by_default_is_asked_again_each_time(embedder, vectors, postgres, database):  # noqa: F811
    direct = postgres.address(database)
    with fs.Gallery.open(direct, embedder) as gallery:
        postgres.query(direct, f"ALTER DATABASE {database} SET default_transaction_read_only = on")
        with fs.Gallery.open(direct) as other:
            assert other.is_read_only
            refused(_c.FS_IO, "read only", other.add, "bob", vectors[1])
        gallery.add("ada", vectors[0])  # its session is from before
