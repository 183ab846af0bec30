"""How long a gallery of many people takes: python benchmarks/gallery.py [--server] [--people 100000] [--model FILE] [--folder DIR]

Prints building, opening, one search, 64 searches at once, an addition that is kept, a removal, what other hosts' changes
cost, and what memory it takes: of a gallery in a file, or with --server on a PostgreSQL server that is started for it on this
machine. Embeddings are made up: times do not depend on them.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "bindings" / "python"), str(ROOT / "Tools")]

import facestyle as fs  # noqa: E402
from temporary_postgres import Server  # noqa: E402


def resident():
    """Megabytes of this process in memory."""
    return int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1024


def timed(what, body, times=1):
    """Prints the median of so many runs in milliseconds, and what the processors worked: on a busy machine less."""
    took, worked = [], []
    for _ in range(times):
        start, busy = time.perf_counter(), time.process_time()
        body()
        took.append(1000 * (time.perf_counter() - start))
        worked.append(1000 * (time.process_time() - busy))
    median = sorted(took)[len(took) // 2]
    print(f"{what:40} {median:10.2f} ms, processors {sorted(worked)[len(worked) // 2]:10.2f} ms", flush=True)
    return median


def show(what, value, unit):
    print(f"{what:40} {value:10.2f} {unit}", flush=True)


def build(place, people, model):
    """In a process of its own: what it leaves in memory does not count."""
    with fs.Model.open(model) as weights, fs.Embedder(weights) as embedder, fs.Gallery.open(place, embedder) as gallery:
        random = np.random.default_rng(1)
        embeddings = random.standard_normal((people, embedder.dimension), np.float32)
        embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
        names = [f"person {i}" for i in range(people)]
        timed(f"adding {people} people at once", lambda: gallery.add_many(names, embeddings))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--model", default=ROOT / "build" / "models" / "dlib-resnet.safetensors")
    parser.add_argument("--folder", help="where the file is made; default: a temporary folder")
    parser.add_argument("--server", action="store_true", help="on a PostgreSQL server instead of in a file")
    parser.add_argument("--build", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.build:
        return build(options.build, options.people, options.model)
    with contextlib.ExitStack() as stack:
        if options.server:
            server = stack.enter_context(Server(is_durable=True))
            place = server.new_database()
        else:
            place = str(Path(stack.enter_context(tempfile.TemporaryDirectory(dir=options.folder))) / "people.gallery")
        arguments = ["--people", str(options.people), "--model", str(options.model), "--build", place]
        subprocess.run([sys.executable, __file__, *arguments], check=True, env=os.environ)
        if options.server:
            tables = "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relname LIKE 'facestyle%' AND relkind = 'r'"
            show("the tables", int(server.query(place, tables)[0]) / 2**20, "MB")
        else:
            show("the file", Path(place).stat().st_size / 2**20, "MB")
        before = resident()
        opened = []
        timed("opening it", lambda: opened.append(fs.Gallery.open(place)))
        gallery = opened[0]
        show("memory that it takes", resident() - before, "MB")
        queries = np.random.default_rng(2).standard_normal((64, gallery.dimension), np.float32)
        gallery.search_arrays(queries, 5)
        one = timed("the 5 nearest of one embedding", lambda: gallery.search_arrays(queries[:1], 5), 50)
        show("  at which memory is read", 4 * gallery.dimension * options.people / one / 1e6, "GB/s")
        timed("the 5 nearest of each of 64", lambda: gallery.search_arrays(queries, 5), 10)
        timed("adding one, kept on the disk", lambda: gallery.add("one more", queries[0]), 50)
        timed("reloading where nothing is new", gallery.reload, 50)
        with fs.Gallery.open(place) as other:
            other.add("another host's", queries[1])
            timed("reloading where another host added one", gallery.reload)
            other.add_many(["another host's"] * 1000, np.repeat(queries[:1], 1000, 0))
            timed("reloading where it added a thousand", gallery.reload)
            timed("removing one person for good", lambda: gallery.remove_photo(gallery.photos // 2))
            timed("reloading where one was removed", other.reload)
        gallery.close()


if __name__ == "__main__":
    main()
