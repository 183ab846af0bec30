"""Photos and galleries on several Ray processes beside one process, on this machine: the figures of docs/many-photos.md.

    build/ray/bin/python benchmarks/many_machines.py cost FOLDER
    build/ray/bin/python benchmarks/many_machines.py photos FOLDER [--workers 2] [--rounds 3]
    build/ray/bin/python benchmarks/many_machines.py gallery [--rows 10000000] [--shards 4]
    build/ray/bin/python benchmarks/many_machines.py folder [--photos 1000000]

`make build/ray/.ready` installs Ray; PYTHONPATH is bindings/python.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import facestyle as fs
import facestyle.ray
import numpy as np
import pyarrow.parquet as parquet
import ray
from facestyle.face_table import PhotoEmbedder
from facestyle.files import walk

BLOCK = 50_000  # rows of a gallery that are made at once


def cost(options):
    """Processor time of a photo, which other work on the machine hardly changes; and how much of it is the table's."""
    names = names_in(options.folder)[:500]
    for threads in (1, 2, 1, 2):
        began = time.process_time()
        one_process(names, threads)
        print(f"{threads} threads: {(time.process_time() - began) / len(names) * 1000:.1f} ms a photo, with opening the models")
    with PhotoEmbedder() as embedder:
        looked = {name: embedder._look(name) for name in names}
        embedder._look, schema = looked.get, embedder.schema()
        for _ in range(3):  # the first one also loads what makes tables
            began = time.process_time()
            for first in range(0, len(names), 8):
                embedder.table(names[first : first + 8], names[first : first + 8], schema)
            print(f"tables alone: {(time.process_time() - began) / len(names) * 1000:.2f} ms a photo")


def names_in(folder):
    return [str(Path(folder, name).resolve()) for name, error in walk(Path(folder)) if error is None]


def photos(options):
    """Photos a second, without what a run takes to begin: between a short run and a long one. Both ways take turns."""
    names = names_in(options.folder)
    few, many = names[: options.few], (names * -(-options.many // len(names)))[: options.many]
    ray.init(num_cpus=options.workers + 1, include_dashboard=False, log_to_driver=False)  # one for reading and writing
    ray.data.DataContext.get_current().enable_progress_bars = False
    fs.set_threads(options.workers)
    rates, costs, processor_time = [], [], ProcessorTime()
    for _ in range(options.rounds):
        seconds, used = [], []
        for way in (one_process, several_processes):
            before = processor_time()
            first, between, second = way(few, options.workers), processor_time(), way(many, options.workers)
            seconds.append(second - first)
            used.append(processor_time() - between - (between - before))
        more = len(many) - len(few)
        rates.append([more / each for each in seconds])
        costs.append([1000 * each / more for each in used])
        print("one process {:.1f}, Ray {:.1f} photos/s;".format(*rates[-1]), end=" ")
        print("{:.1f}, {:.1f} ms of a processor a photo".format(*costs[-1]), flush=True)
    print(
        f"{options.workers} Ray workers beside one process of {options.workers} threads, medians of {options.rounds}: photos/s "
        f"{statistics.median(several / one for one, several in rates):.2f}, processor time "
        f"{statistics.median(several / one for one, several in costs):.2f}")


class ProcessorTime:
    """Seconds of a processor that this process and all below it have taken. Ray's workers leave nothing behind when they end, so they
    are looked at over and over; the last half second of each is missed."""

    def __init__(self):
        self._taken, self._lock = {}, threading.Lock()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        while True:
            self._look()
            time.sleep(0.5)

    def _look(self):
        parents, times = {}, {}
        for place in Path("/proc").glob("[0-9]*"):
            try:
                fields = (place / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended
            parents[int(place.name)], times[int(place.name)] = int(fields[1]), sum(map(int, fields[11:13]))
        ours = {os.getpid()}
        while more := {process for process, parent in parents.items() if parent in ours} - ours:
            ours |= more
        with self._lock:
            self._taken.update({process: times[process] for process in ours})

    def __call__(self):
        self._look()
        with self._lock:
            return sum(self._taken.values()) / os.sysconf("SC_CLK_TCK")


def one_process(names, workers):
    with tempfile.TemporaryDirectory() as folder:
        for i, name in enumerate(names):
            os.symlink(name, Path(folder, f"{i:08}{Path(name).suffix}"))
        began = time.perf_counter()
        fs.embed_folder(folder, Path(folder, "faces.parquet"), threads=workers)
        return time.perf_counter() - began


def several_processes(names, workers):
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        read = ray.data.read_binary_files(names, include_paths=True, override_num_blocks=max(4 * workers, len(names) // 128))
        facestyle.ray.embed_photos(read, workers=workers).write_parquet(folder)
        return time.perf_counter() - began


class Rows:
    """Random embeddings, a function of their numbers alone; two photos for each person."""

    def __init__(self, rows, dimension):
        self.blocks, self.dimension = rows // BLOCK, dimension

    def __call__(self, shard, shards):
        for block in range(self.blocks * shard // shards, self.blocks * (shard + 1) // shards):
            numbers = np.random.default_rng(block).standard_normal((BLOCK, self.dimension), np.float32)
            yield [f"person {i // 2}" for i in range(block * BLOCK, (block + 1) * BLOCK)], numbers


def folder(options):
    """What a folder of very many photos costs beyond their faces: links to tiny ones, and a run that is killed half way."""
    with tempfile.TemporaryDirectory() as place:
        album, output = Path(place, "album"), Path(place, "faces.parquet")
        with fs.Image.from_array(np.zeros((16, 16), np.uint8)) as tiny:
            tiny.save(Path(place, "tiny.png"))
        for i in range(options.photos):
            below = album / f"{i // 1000:04}"
            if i % 1000 == 0:
                below.mkdir(parents=True)
            os.symlink("../../tiny.png", below / f"{i % 1000:03}.png")
        command = [sys.executable, "-m", "facestyle.embed", str(album), "-o", str(output), "--threads", "2"]
        began = time.perf_counter()
        for half in (options.photos // 2000, None):
            run = subprocess.Popen(command)
            while half is not None and not Path(f"{output}.parts", f"{half:08}.parquet").exists():
                time.sleep(0.1)
            if half is not None:
                run.kill()
            _, status, used = os.wait4(run.pid, 0)
            print(f"ended with {status}, {time.perf_counter() - began:.0f} s since the beginning, {used.ru_maxrss / 1e6:.2f} GB", flush=True)
        paths = parquet.read_table(output, columns=["path"])["path"]
        print(len(paths), "rows,", len(paths.unique()), "paths,", f"{output.stat().st_size / 1e6:.1f} MB")


def queries(dimension):
    return np.random.default_rng(10**6).standard_normal((64, dimension), np.float32)


def measured(gallery):
    """Answers, and seconds for one query and for 64."""
    asked = queries(gallery.dimension)
    gallery.search_arrays(asked[:1], 10)
    one = []
    for i in range(10):
        began = time.perf_counter()
        gallery.search_arrays(asked[i : i + 1], 10)
        one.append(time.perf_counter() - began)
    began = time.perf_counter()
    photos, distances = gallery.search_arrays(asked, 10)
    return photos, distances, statistics.median(one), time.perf_counter() - began


def peak(process="self"):
    return int(Path(f"/proc/{process}/status").read_text().split("VmHWM:")[1].split()[0]) / 1e6


def gallery(options):
    """One gallery in a process of its own, which ends; then the shards."""
    with tempfile.TemporaryDirectory() as folder:
        answers = Path(folder, "answers.npz")
        subprocess.run([sys.executable, __file__, "whole", str(answers), "--rows", str(options.rows)], check=True)
        photos, distances = np.load(answers).values()
    ray.init(num_cpus=options.shards, include_dashboard=False, log_to_driver=False, object_store_memory=200 << 20)
    with fs.Model.open("faces") as model, fs.Embedder(model) as embedder:
        rows = Rows(options.rows, embedder.dimension)
    began = time.perf_counter()
    with facestyle.ray.ShardedGallery(rows, options.shards) as shards:
        loaded = time.perf_counter() - began
        found, far, one, many = measured(shards)
        tell(f"{options.shards} shards", shards.photos, loaded, one, many, sum(map(peak, processes("ray::_Shard"))))
    same = np.array_equal(found, photos) and far.tobytes() == distances.tobytes()
    print("the answers are", "the same, to the bit" if same else "DIFFERENT")
    sys.exit(0 if same else 1)


def whole(options):
    with fs.Model.open("faces") as model, fs.Embedder(model) as embedder, fs.Gallery(embedder) as gallery:
        began = time.perf_counter()
        for names, embeddings in Rows(options.rows, embedder.dimension)(0, 1):
            gallery.add_many(names, embeddings)
        loaded = time.perf_counter() - began
        photos, distances, one, many = measured(gallery)
        tell("one gallery", gallery.photos, loaded, one, many, peak())
    np.savez(options.answers, photos=photos, distances=distances)


def tell(what, rows, loaded, one, many, memory):
    print(f"{what}: {rows} rows in {loaded:.0f} s, {memory:.1f} GB; one query {1000 * one:.0f} ms, 64 {1000 * many:.0f} ms", flush=True)


def processes(name):
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if (place / "cmdline").read_bytes().startswith(name.encode()):
                yield place.name
        except OSError:
            continue  # it ended


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("cost")
    command.add_argument("folder")
    command.set_defaults(run=cost)
    command = commands.add_parser("photos")
    command.add_argument("folder")
    for name, standard in (("workers", 2), ("rounds", 3), ("few", 400), ("many", 2000)):
        command.add_argument(f"--{name}", type=int, default=standard)
    command.set_defaults(run=photos)
    command = commands.add_parser("folder")
    command.add_argument("--photos", type=int, default=1_000_000)
    command.set_defaults(run=folder)
    for name, run in (("gallery", gallery), ("whole", whole)):
        command = commands.add_parser(name)
        command.add_argument("--rows", type=int, default=10_000_000)
        command.set_defaults(run=run)
        if run is whole:
            command.add_argument("answers")
        else:
            command.add_argument("--shards", type=int, default=4)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
