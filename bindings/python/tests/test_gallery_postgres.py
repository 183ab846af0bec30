"""Galleries on a PostgreSQL server: many hosts at once, servers that go away, rows that nobody should trust."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import facestyle as fs
from facestyle import _c


@pytest.fixture
def vectors(embedder):
    return np.random.default_rng(5).standard_normal((40, embedder.dimension)).astype(np.float32)


@pytest.fixture
def address(postgres):
    return postgres.new_database()


def vector_of(number, dimension=128):
    """An embedding that only this number has."""
    return np.random.default_rng(number).standard_normal(dimension).astype(np.float32)


def refused(status, reason, body, *arguments, **options):
    with pytest.raises(fs.FaceStyleError, match=reason) as caught:
        body(*arguments, **options)
    assert caught.value.status == status
    return str(caught.value)


# ---- Many hosts ----


def in_children(count, body):
    """Runs `body(i)` in so many forked processes at once; each must end well."""
    children = []
    for i in range(count):
        child = os.fork()
        if child == 0:
            signal.alarm(120)
            try:
                body(i)
            except BaseException as error:
                os.write(2, f"child {i}: {error!r}\n".encode())
                os._exit(1)
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * count


def test_hosts_that_begin_one_gallery_at_once_begin_one(embedder, address):
    def begin(i):
        fs.Gallery.open(address, embedder).add(f"person {i}", vector_of(i))

    in_children(4, begin)
    with fs.Gallery.open(address) as gallery:
        assert [person.name for person in gallery.list_people()] == [f"person {i}" for i in range(4)]
        assert [photo.photo for photo in gallery.list_photos()] == [0, 1, 2, 3]


def test_hosts_that_write_at_once_lose_nothing_and_number_photos_once(embedder, address):
    def write(i):
        gallery = fs.Gallery.open(address)
        for k in range(60):
            gallery.enrol(f"person {k % 20}", vector_of(1000 * i + k), note=f"{i} {k}")
            if k % 10 == 9:
                gallery.add(f"passer-by {i}", vector_of(k))
                gallery.remove(f"passer-by {i}")

    with fs.Gallery.open(address, embedder) as gallery:
        in_children(3, write)
        assert gallery.photos == 0 and gallery.reload()
        photos = gallery.list_photos()
        assert len(photos) == 180 and len({photo.photo for photo in photos}) == 180
        assert {person.name: person.photos for person in gallery.list_people()} == {f"person {k}": 9 for k in range(20)}
        for photo, found in zip(photos, gallery.embeddings()):
            i, k = map(int, photo.note.split())
            assert photo.name == f"person {k % 20}" and np.array_equal(found, vector_of(1000 * i + k))


def test_a_writer_killed_at_any_moment_loses_nothing_that_was_acknowledged(embedder, address):
    fs.Gallery.open(address, embedder).close()
    chance, acknowledged = random.Random(1), 0
    for _ in range(40):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            gallery = fs.Gallery.open(address)
            while True:
                number = gallery.enrol(f"person {gallery.photos % 40}", vector_of(gallery.photos)).photo
                os.write(write, number.to_bytes(4, "little"))
        os.close(write)
        told = os.read(read, 4) if chance.random() < 0.75 else b""
        time.sleep(0.04 * chance.random())
        os.kill(child, signal.SIGKILL)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        with os.fdopen(read, "rb") as pipe:
            told += pipe.read()
        if told:
            acknowledged = int.from_bytes(told[-4:], "little") + 1
        with fs.Gallery.open(address) as gallery:
            assert gallery.photos >= acknowledged
            found = gallery.embeddings()
            assert all(np.array_equal(found[i], vector_of(i)) for i in range(len(found)))
    assert acknowledged > 0


def test_a_host_that_keeps_the_others_waiting_is_told(embedder, vectors, postgres, address):
    with fs.Gallery.open(address, embedder) as gallery:
        hold = "BEGIN; SELECT 1 FROM facestyle_gallery FOR UPDATE; SELECT pg_sleep(60)"
        other = threading.Thread(target=lambda: pytest.raises(RuntimeError, postgres.query, address, hold))
        other.start()
        asleep = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
        while not (holder := postgres.query(address, asleep)):
            time.sleep(0.05)
        try:
            refused(_c.FS_IO, "another host has been writing for 10 seconds", gallery.add, "ada", vectors[0])
        finally:
            postgres.query(address, f"SELECT pg_terminate_backend({holder[0]})")
            other.join()
        gallery.add("ada", vectors[0])
        assert gallery.photos == 1


def test_a_forked_child_opens_a_gallery_of_its_own(embedder, vectors, address):
    def change(_):
        assert gallery.identify(vectors[0]).name == "ada"
        refused(_c.FS_INVALID_ARGUMENT, "forked", gallery.add, "bob", vectors[1])
        refused(_c.FS_INVALID_ARGUMENT, "forked", gallery.reload)
        fs.Gallery.open(address).add("bob", vectors[1])

    with fs.Gallery.open(address, embedder) as gallery:
        gallery.add("ada", vectors[0])
        in_children(1, change)
        gallery.add("eve", vectors[2])
        assert [person.name for person in gallery.list_people()] == ["ada", "bob", "eve"]


def test_galleries_share_a_database_in_schemas(embedder, vectors, postgres, address):
    postgres.query(address, "CREATE SCHEMA north; CREATE SCHEMA south")
    for i, name in enumerate(("north", "south")):
        with fs.Gallery.open(f"{address}&options=-csearch_path%3D{name}", embedder) as gallery:
            assert gallery.photos == 0
            gallery.add(name, vectors[i])
    with fs.Gallery.open(f"{address}&options=-csearch_path%3Dnorth") as gallery:
        assert [person.name for person in gallery.list_people()] == ["north"]


# ---- Servers that go away ----


def test_without_its_server_a_gallery_is_searched_and_not_changed(embedder, vectors, postgres, address):
    with fs.Gallery.open(address, embedder) as gallery:
        gallery.add("ada", vectors[0])
        postgres.stop()
        try:
            for _ in range(2):
                refused(_c.FS_IO, "faces.*(terminating|lost|failed)", gallery.add, "bob", vectors[1])
                refused(_c.FS_IO, "faces", gallery.reload)
                assert gallery.identify(vectors[0]).name == "ada" and gallery.photos == 1
            refused(_c.FS_IO, "faces", fs.Gallery.open, address)
        finally:
            postgres.start()
        gallery.add("bob", vectors[1])
        assert not gallery.reload()
        postgres.stop("immediate")
        postgres.start()
        assert not gallery.reload()
    with fs.Gallery.open(address) as gallery:
        assert np.array_equal(gallery.embeddings(), vectors[:2])


def test_a_connection_that_is_cut_is_made_again_by_the_next_change(embedder, vectors, postgres, address):
    cut = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'facestyle'"""
    with fs.Gallery.open(address, embedder) as gallery, fs.Gallery.open(address) as other:
        for i in range(3):
            postgres.query(address, cut)
            gallery.add(f"person {i}", vectors[i])
        postgres.query(address, cut)
        assert other.reload() and other.photos == gallery.photos == 3


def test_a_connection_that_is_cut_in_the_middle_of_a_change_changes_nothing(embedder, vectors, postgres, address):
    # The change waits behind a lock on the photos, after it has begun: then its connection is cut.
    hold = "BEGIN; LOCK TABLE facestyle_photos IN EXCLUSIVE MODE; SELECT pg_sleep(60)"
    waiting = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'facestyle' AND wait_event_type = 'Lock'"""
    asleep = waiting.replace("application_name = 'facestyle' AND wait_event_type = 'Lock'", "wait_event = 'PgSleep'")

    def cut():
        while not postgres.query(address, waiting):
            time.sleep(0.05)
        while not postgres.query(address, asleep):
            time.sleep(0.05)

    with fs.Gallery.open(address, embedder) as gallery:
        gallery.add("ada", vectors[0])
        holder = threading.Thread(target=lambda: pytest.raises(RuntimeError, postgres.query, address, hold))
        holder.start()
        while not postgres.query(address, asleep.replace("pg_terminate_backend(pid)", "pid")):
            time.sleep(0.05)
        cutter = threading.Thread(target=cut)
        cutter.start()
        refused(_c.FS_IO, "terminating connection", gallery.add, "bob", vectors[1])
        cutter.join()
        holder.join()
        assert gallery.photos == 1 and postgres.query(address, "SELECT count(*) FROM facestyle_photos") == ["1"]
        gallery.add("bob", vectors[1])
        assert gallery.photos == 2


def test_a_server_that_never_answers_is_given_up(embedder):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        address = f"postgresql://ada@127.0.0.1:{port}/faces?connect_timeout=2"
        refused(_c.FS_IO, "timeout", fs.Gallery.open, address, embedder)


def test_a_connection_that_falls_silent_is_given_up_and_made_again(embedder, vectors, postgres, address):
    worker = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'facestyle'"
    with fs.Gallery.open(address, embedder) as gallery:
        worker = int(postgres.query(address, worker)[0])
        os.kill(worker, signal.SIGSTOP)
        try:
            gallery.add("ada", vectors[0])  # after 30 seconds
            assert postgres.query(address, "SELECT count(*) FROM facestyle_photos") == ["1"]
        finally:
            os.kill(worker, signal.SIGCONT)
        gallery.add("bob", vectors[1])
        assert gallery.photos == 2


# ---- Addresses ----


def test_where_nobody_is_let_in_the_reason_is_the_servers(embedder, vectors, postgres, address):
    database = postgres.query(address, "SELECT current_database()")[0]
    secret = "Sesame-opens-42"
    wrong = postgres.address_with_password(database, secret)
    for place, reason in (
        (wrong, "password authentication failed"),
        (postgres.address("absent"), 'database "absent" does not exist'),
        (address.replace("facestyle@", "nobody@"), 'role "nobody" does not exist'),
        (f"postgres://ada:{secret}@127.0.0.1:1/faces", "postgres://127.0.0.1:1/faces: .*refused"),
        (f"postgresql://ada:{secret}@no-such-host.invalid/faces", "no-such-host.invalid"),
        (f"postgresql:///faces?host=/nowhere&password={secret}", "/nowhere"),
    ):
        assert secret not in refused(_c.FS_IO, reason, fs.Gallery.open, place, embedder)
    with fs.Gallery.open(postgres.address_with_password(database), embedder) as gallery:
        gallery.add("ada", vectors[0])
        assert gallery.photos == 1


@pytest.mark.parametrize("form", [
    "ada:{}/more@host/db", "ada:{}@more@host/db", "ada:{}%zz@host/db", "ada:{}?more@host/db", "ada:{}/db",
    "ada@host/db?password={}%zz", "ada@host:{}/db", "ada:{}@host/db?unheard=of",
])
def test_an_address_that_is_written_wrong_is_refused_without_its_password(embedder, form):
    secret = "Sesame-opens-42"
    reason = refused(_c.FS_INVALID_ARGUMENT, "postgresql://", fs.Gallery.open, "postgresql://" + form.format(secret), embedder)
    assert "Sesame" not in reason and "more" not in reason
    assert "\n" not in reason


def test_an_option_that_is_written_wrong_is_named(embedder):
    refused(_c.FS_INVALID_ARGUMENT, "sslmod", fs.Gallery.open, "postgresql://ada@host/db?sslmod=require", embedder)


def test_without_libpq_its_package_is_named(embedder, tmp_path):
    for name in ("libpq.so.5", "libpq.so"):
        (tmp_path / name).write_bytes(b"no library")
    program = "import facestyle as fs\nfs.Gallery.open('postgresql://ada@host/db')"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "LD_LIBRARY_PATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "libpq5" in done.stderr.splitlines()[-1]


# ---- What is there ----


def test_without_a_gallery_there_is_none_to_open(embedder, address):
    refused(_c.FS_NOT_FOUND, "no gallery", fs.Gallery.open, address)
    refused(_c.FS_NOT_FOUND, "no gallery", fs.Gallery.open, address, embedder, create=False)
    refused(_c.FS_NOT_FOUND, "no gallery", fs.Gallery.open, address, embedder, read_only=True)


def test_embeddings_of_another_model_are_refused(embedder, vectors, postgres, address):
    with fs.Gallery.open(address, embedder) as gallery:
        gallery.add("ada", vectors[0])
        postgres.query(address, "UPDATE facestyle_gallery SET model = model + 1, revision = revision + 1")
        refused(_c.FS_WRONG_MODEL, "model", fs.Gallery.open, address, embedder)
        refused(_c.FS_WRONG_MODEL, "model", gallery.reload)
        refused(_c.FS_WRONG_MODEL, "model", gallery.add, "bob", vectors[1])
        with fs.Gallery.open(address) as other:
            refused(_c.FS_WRONG_MODEL, "model", other.merge, gallery)


@pytest.mark.parametrize("damage", [
    "UPDATE facestyle_photos SET embedding = substr(embedding, 2) WHERE number = 1",
    "UPDATE facestyle_photos SET embedding = embedding || '\\x00' WHERE number = 1",
    "UPDATE facestyle_photos SET embedding = '' WHERE number = 1",
    "UPDATE facestyle_photos SET embedding = set_byte(set_byte(embedding, 2, 192), 3, 127) WHERE number = 1",  # a NaN
    "UPDATE facestyle_photos SET person = 77 WHERE number = 1",
    "UPDATE facestyle_photos SET note = repeat('x', 1000) WHERE number = 1",
    "UPDATE facestyle_photos SET number = -5 WHERE number = 1",
    "UPDATE facestyle_photos SET number = 9223372036854775807 WHERE number = 1",
    "UPDATE facestyle_people SET name = repeat('x', 1000) WHERE id = 1",
    "UPDATE facestyle_people SET name = '' WHERE id = 1",
    "UPDATE facestyle_gallery SET dimension = 0",
    "UPDATE facestyle_gallery SET dimension = 1000000000000",
    "UPDATE facestyle_gallery SET next = -1",
    "UPDATE facestyle_gallery SET threshold = 'NaN'",
    "UPDATE facestyle_gallery SET version = 2",
    "UPDATE facestyle_gallery SET cipher = 'rot13'",
    "DELETE FROM facestyle_gallery",
    "INSERT INTO facestyle_gallery SELECT * FROM facestyle_gallery",
    "DROP TABLE facestyle_people",
    "ALTER TABLE facestyle_photos ALTER note TYPE varchar(10)",
    "ALTER TABLE facestyle_photos ADD extra bigint",
    "ALTER TABLE facestyle_people ALTER name DROP NOT NULL",
    "ALTER TABLE facestyle_photos RENAME TO photos; CREATE VIEW facestyle_photos AS SELECT * FROM photos",
])
def test_rows_and_tables_that_nobody_should_trust_are_refused(embedder, vectors, postgres, address, damage):
    with fs.Gallery.open(address, embedder) as gallery:
        gallery.add_many(["ada", "bob", "ada"], vectors[:3])
        postgres.query(address, damage)
        refused(_c.FS_BAD_DATA, "faces", fs.Gallery.open, address)
        if "facestyle_p" in damage and "ALTER" not in damage and "DROP" not in damage:
            postgres.query(address, "UPDATE facestyle_gallery SET revision = revision + 1, removals = revision + 1")
            refused(_c.FS_BAD_DATA, "damaged", gallery.reload)
        assert gallery.identify(vectors[1]).name == "bob"


def test_who_may_only_read_the_tables_reads_them(embedder, vectors, postgres, address):
    with fs.Gallery.open(address, embedder) as gallery:
        gallery.add("ada", vectors[0])
    postgres.query(address, "DROP ROLE IF EXISTS guest")
    postgres.query(address, "CREATE ROLE guest LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest")
    guest = address.replace("facestyle@", "guest@")
    try:
        with fs.Gallery.open(guest) as gallery:
            assert gallery.identify(vectors[0]).name == "ada"
            refused(_c.FS_IO, "permission denied", gallery.add, "bob", vectors[1])
            assert gallery.photos == 1 and not gallery.reload()
        postgres.query(address, "REVOKE SELECT ON facestyle_photos FROM guest")
        refused(_c.FS_IO, "permission denied", fs.Gallery.open, guest)
    finally:
        postgres.query(address, "DROP OWNED BY guest; DROP ROLE guest")


def test_a_key_encrypts_the_embeddings_on_the_server(embedder, vectors, postgres, address):
    key = bytes(range(32))
    with fs.Gallery.open(address, embedder, key=key) as gallery:
        gallery.add_many(["ada", "bob"], vectors[:2])
        gallery.replace_photo(1, vectors[2])
        assert gallery.is_encrypted
    found = bytes.fromhex("".join(postgres.query(address, "SELECT encode(embedding, 'hex') FROM facestyle_photos")))
    assert not any(vector[i : i + 4].tobytes() in found for vector in vectors[:3] for i in range(0, vector.size, 4))
    with fs.Gallery.open(address, key=key) as gallery:
        assert np.array_equal(gallery.embeddings(), vectors[[0, 2]])
    for wrong in (None, bytes(32)):
        refused(_c.FS_INVALID_ARGUMENT, "key", fs.Gallery.open, address, key=wrong)
    # Each is sealed for its own photo: one in another's place is refused.
    postgres.query(address, """UPDATE facestyle_photos p SET embedding = q.embedding
        FROM facestyle_photos q WHERE q.number = 1 - p.number""")
    refused(_c.FS_BAD_DATA, "photo 0, which the key does not open", fs.Gallery.open, address, key=key)


def test_photos_go_from_a_file_to_a_server_and_back(embedder, vectors, tmp_path, address):
    file, back = tmp_path / "people.gallery", tmp_path / "back.gallery"
    names = [f"Zoë's friend {i % 9}, \"{i}\"" for i in range(40)]
    with fs.Gallery.open(file, embedder) as first, fs.Gallery.open(address, embedder) as second:
        first.add_many(names, vectors)
        first.enrol("ada", vectors[0] + 9, note="front door\nat night")
        assert second.merge(first) == fs.GalleryReport(41, 0, 0)
        assert second.merge(first) == fs.GalleryReport(0, 41, 0)
        second.export(tmp_path / "all.safetensors")
    with fs.Gallery.open(back, embedder) as third, fs.Gallery.open(address) as second:
        assert third.import_file(tmp_path / "all.safetensors").added == 41
        assert third.merge(second).present == 41
        assert second.import_file(tmp_path / "all.safetensors").present == 41
        assert np.array_equal(third.embeddings(), second.embeddings())
        assert third.list_photos() == second.list_photos()
        assert second.list_photos("ada")[0].note == "front door\nat night"


def test_of_a_person_who_is_removed_no_row_stays(embedder, vectors, postgres, address):
    with fs.Gallery.open(address, embedder) as gallery:
        gallery.add_many([f"person {i}" for i in range(40)], vectors)
        gallery.remove("person 7")
        gallery.replace_photo(8, vectors[7])
    postgres.query(address, "CREATE EXTENSION pageinspect")
    # Row versions that hold data still, whether or not a query would see them; entries of the index of names.
    rows = "SELECT count(*) FROM generate_series(0, pg_relation_size('{0}') / 8192 - 1) p, heap_page_items(get_raw_page('{0}', p::int)) WHERE lp_len > 0"
    assert postgres.query(address, rows.format("facestyle_photos")) == ["39"]
    assert postgres.query(address, rows.format("facestyle_people")) == ["39"]
    assert postgres.query(address, "SELECT count(*) FROM bt_page_items('facestyle_names', 1)") == ["39"]
