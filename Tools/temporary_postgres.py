"""A PostgreSQL server of its own in a temporary folder, for tests and benchmarks: Debian's package, nothing of the system's.

    with Server() as server:
        fs.Gallery.open(server.new_database(), embedder)

It listens on a socket in its folder, where anybody may enter, and on 127.0.0.1, where `server.password` is wanted. A server
refuses to run as root: it is then the user `postgres`'s.
"""

import itertools
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

USER = "facestyle"


def programs():
    """The folder of the newest server that is installed, or None."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda path: int(path.parent.name), default=None)


class Server:
    def __init__(self, is_durable=False):
        """One that is not durable is as good against killed clients, and quicker: it does not outlive a power cut."""
        self.options = "" if is_durable else "-c fsync=off"
        self.folder = Path(tempfile.mkdtemp(prefix="facestyle-postgres-", dir="/tmp"))
        self.data = self.folder / "data"
        self.password = secrets.token_hex(8)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._owner = pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None
        self._names = (f"faces{i}" for i in itertools.count())
        words = self.folder / "password"
        words.write_text(self.password)
        if self._owner:
            for path in (self.folder, words):
                shutil.chown(path, self._owner)
        self._run(
            "initdb", "--no-sync", "-D", self.data, "-U", USER, "-E", "UTF8", "--locale=C", "--auth-local=trust",
            "--auth-host=scram-sha-256", f"--pwfile={words}")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program, *arguments):
        command = [str(programs() / program), *map(str, arguments)]
        if self._owner:
            command = ["runuser", "-u", self._owner, "--", *command]
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
