"""Two sides in two processes, asked in turn.

Each side lives in a process of its own, so that thread pools do not disturb each other and memory is attributable. A
side idles while the other works. Requests and answers are lines of JSON over pipes.
"""

import ctypes
import gc
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np


class Worker:
    """The parent's end of a side."""

    def __init__(self, side, work, threads, folder):
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "MKL_", "OPENBLAS_", "KMP_"))}
        # OpenBLAS is NumPy's, which measures nothing here: its threads would only wait busily beside ours.
        environment |= {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": "1"}
        self.name = side
        command = [sys.executable, str(Path(__file__).with_name("side.py")), side, work.name, str(threads), str(folder)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.about = self._answer()["about"]

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the worker of {self.name} ended with status {self._process.wait()}")
        return json.loads(line)

    def ask(self, **request):
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def outputs(self):
        with np.load(self.ask(do="outputs")["path"]) as file:
            return dict(file)

    def seconds(self, repeats, clock):
        return self.ask(do="run", repeats=repeats)[clock]

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def serve(side, path):
    """The child's end: `side` has `outputs()`, `once()` -> seconds, and says what it is by `about`."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints goes to the log

    def answer(**values):
        answers.write(json.dumps(values) + "\n")
        answers.flush()

    reset_peak()
    answer(about=side.about)
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "outputs":
            np.savez(path, **side.outputs())
            reset_peak()
            answer(path=str(path))
        elif request["do"] == "run":
            if request["repeats"] > 1:
                side.once()  # the caches were the other side's
            wall, worked = zip(*(both(side.once) for _ in range(request["repeats"])))
            answer(wall=statistics.median(wall), processor=statistics.median(worked))
        else:
            answer(megabytes=getattr(side, "peak", peak)())
    getattr(side, "close", lambda: None)()


def both(once):
    """Seconds by the clock, as the side measures them, and those that processors worked for its process and its children."""
    start = _worked()
    seconds = once()
    return seconds, _worked() - start


def _worked():
    usages = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def timed(function):
    def once():
        start = time.perf_counter()
        function()
        return time.perf_counter() - start

    return once


class Queries:
    """A search that takes `count` queries at a time: the next ones each time it is timed, all of them for comparison."""

    def __init__(self, queries, count, search):
        self._parts = [queries[i : i + count] for i in range(0, len(queries), count)]
        self._search, self._turn = search, 0

    def run(self):
        self._turn = (self._turn + 1) % len(self._parts)
        return self._search(self._parts[self._turn])

    def all(self):
        return [np.concatenate(found) for found in zip(*map(self._search, self._parts))]


def reset_peak():
    """From here on the peak of memory counts: what set-up needed for a moment is not in it, on either side."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # what was freed goes back to the system
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass  # then it counts from the start


def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def difference(ours, theirs):
    """The largest |ours - theirs| / |theirs| of any output, and which output that is. Euclidean norms: a gradient in
    Float has single pixels that are off by parts in a hundred on either side, where a rectifier sits at zero."""
    worst, where = 0.0, ""
    for name, expected in theirs.items():
        if ours[name].shape != expected.shape:
            return float("inf"), f"{name} {list(ours[name].shape)} beside {list(expected.shape)}"
        norm = max(float(np.linalg.norm(expected)), 1e-30)
        part = float(np.linalg.norm(ours[name].astype(np.float64) - expected)) / norm
        if not part <= worst:
            worst, where = part, name
    return worst, where


def alternate(ours, theirs, repeats, pairs, patience, clock="wall"):
    """Times of both, pair by pair, the first to be asked changing each time; and how many pairs were disturbed. By the
    clock ("wall"), or of processors ("processor"), which says less, and more on a busy machine.

    A pair during which other programs took much of the machine is measured again, for `patience` seconds; after that
    it counts as it is.
    """
    for _ in range(2):
        ours.seconds(repeats, clock), theirs.seconds(repeats, clock)
    times, disturbed, end = [], 0, time.monotonic() + patience
    while len(times) < pairs:
        watch = Watch()
        if len(times) % 2:
            second, first = theirs.seconds(repeats, clock), ours.seconds(repeats, clock)
        else:
            first, second = ours.seconds(repeats, clock), theirs.seconds(repeats, clock)
        alone = watch.foreign() < FOREIGN
        if not alone and time.monotonic() < end:
            time.sleep(0.5)
            continue
        disturbed += not alone
        times.append((first, second))
    return times, disturbed


FOREIGN = 0.08  # of one processor


class Watch:
    """How much of one processor programs outside this benchmark take, other virtual machines too. It is counted in
    ticks of 10 ms: short works see little."""

    def __init__(self):
        self._start = self._now()

    def foreign(self):
        (busy, own, clock), (busy0, own0, clock0) = self._now(), self._start
        return max(0.0, (busy - busy0) - (own - own0)) / max(clock - clock0, 0.1)

    @staticmethod
    def _now():
        tick = os.sysconf("SC_CLK_TCK")
        user, nice, system, _, _, _, _, stolen = map(int, Path("/proc/stat").read_text().split()[1:9])
        own = 0
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                name, fields = status.read_text().rsplit(")", 1)
            except OSError:
                continue  # it has just ended
            fields = fields.split()
            if os.getpid() in (int(name.split(" ")[0]), int(fields[1])):
                own += sum(map(int, fields[11:15]))  # with its children that have ended
        return (user + nice + system + stolen) / tick, own / tick, time.monotonic()
