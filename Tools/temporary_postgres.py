"""A PostgreSQL server of its own in a temporary folder, for tests and benchmarks: Debian's package, nothing of the system's.

    with Server() as server:
        fs.Gallery.open(server.new_database(), embedder)

It listens on a socket in its folder, where anybody may enter, and on 127.0.0.1, where `server.password` is wanted. A server
refuses to run as root: it is then the user `postgres`'s.

    with Pooler(server, "transaction") as pooler:      PgBouncer before it: Debian's package
        pooler.address("faces0")
    with Standby(server) as standby:                   one that repeats it, and may be promoted
        standby.address("faces0")
"""

import itertools
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

USER = "facestyle"


def programs():
    """The folder of the newest server that is installed, or None."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda path: int(path.parent.name), default=None)


def pooler_program():
    """PgBouncer, or None."""
    return shutil.which("pgbouncer", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"]))


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def owner_of_servers():
    """Whom servers run as: neither PostgreSQL nor PgBouncer runs as root."""
    return pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None


def as_user(user, *command):
    return [*(["runuser", "-u", user, "--"] if user else []), *map(str, command)]


class Server:
    def __init__(self, is_durable=False):
        """One that is not durable is as good against killed clients, and quicker: it does not outlive a power cut."""
        self._prepare_folder("" if is_durable else "-c fsync=off")
        self.password = secrets.token_hex(8)
        self._names = (f"faces{i}" for i in itertools.count())
        words = self.folder / "password"
        words.write_text(self.password)
        if self._owner:
            shutil.chown(words, self._owner)
        self._run(
            "initdb", "--no-sync", "-D", self.data, "-U", USER, "-E", "UTF8", "--locale=C", "--auth-local=trust",
            "--auth-host=scram-sha-256", f"--pwfile={words}")

    def _prepare_folder(self, options):
        self.options = options
        self.folder = Path(tempfile.mkdtemp(prefix="facestyle-postgres-", dir="/tmp"))
        self.data = self.folder / "data"
        self.port = free_port()
        self._owner = owner_of_servers()
        if self._owner:
            shutil.chown(self.folder, self._owner)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program, *arguments):
        command = as_user(self._owner, programs() / program, *arguments)
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self):
        options = f"-k {self.folder} -p {self.port} -c listen_addresses=127.0.0.1 {self.options}"
        self._run("pg_ctl", "-D", self.data, "-l", self.folder / "log", "-o", options, "-w", "start")

    def stop(self, mode="fast"):
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def new_database(self):
        """The address of an empty database."""
        name = next(self._names)
        self.query(self.address("postgres"), f"CREATE DATABASE {name}")
        return self.address(name)

    def address(self, database):
        return f"postgresql://{USER}@/{database}?host={self.folder}&port={self.port}"

    def address_with_password(self, database, password=None):
        return f"postgresql://{USER}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def query(self, address, sql):
        """What statements answer, a line for each row."""
        psql = [str(programs() / "psql"), "--no-psqlrc", "-qAtX", "-v", "ON_ERROR_STOP=1", "-d", address, "-c", sql]
        done = subprocess.run(psql, capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.splitlines()


class Standby(Server):
    """Repeats a server as it is changed, and may only be read, until it is promoted."""

    def __init__(self, server):
        self._prepare_folder(server.options)
        self._run(
            "pg_basebackup", "-D", self.data, "-h", server.folder, "-p", server.port, "-U", USER, "-R", "-X", "stream",
            "-c", "fast", "--no-sync")

    def promote(self):
        self._run("pg_ctl", "-D", self.data, "-w", "promote")

    def catch_up(self, server):
        """Waits until all that the server has acknowledged is here."""
        place = server.query(server.address("postgres"), "SELECT pg_current_wal_flush_lsn()")[0]
        question = f"SELECT pg_last_wal_replay_lsn() >= '{place}'"
        while self.query(self.address("postgres"), question) != ["t"]:
            time.sleep(0.02)


class Pooler:
    """PgBouncer, which hands a few sessions of a server's out to its own clients, in turn."""

    def __init__(self, server, mode, sessions=2, **settings):
        self._server = server
        self.folder = Path(tempfile.mkdtemp(prefix="facestyle-pgbouncer-", dir="/tmp"))
        self.port = free_port()
        settings = {
            "pool_mode": mode, "default_pool_size": sessions, "server_round_robin": 1, "unix_socket_dir": self.folder,
            "listen_port": self.port, "auth_type": "any", "logfile": self.folder / "log", **settings,
        }
        self._file = self.folder / "pgbouncer.ini"
        self._file.write_text("\n".join([
            "[databases]", f"* = host={server.folder} port={server.port} user={USER}",
            "[pgbouncer]", *(f"{name} = {value}" for name, value in settings.items()), ""]))

    def __enter__(self):
        owner = owner_of_servers()
        if owner:
            for path in (self.folder, self._file):
                shutil.chown(path, owner)
        self._process = subprocess.Popen([pooler_program(), "-q", self._file], cwd="/", user=owner)
        while not (self.folder / f".s.PGSQL.{self.port}").exists():
            if self._process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, database):
        return f"postgresql://{USER}@/{database}?host={self.folder}&port={self.port}"
