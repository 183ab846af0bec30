"""Two sides in two processes, asked in turn.

Each side lives in a process of its own, so that thread pools do not disturb each other and memory is attributable. A
side idles while the other works. Requests and answers are lines of JSON over pipes.
"""

import json
import os
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
        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            environment[name] = str(threads)
        self.name = side
        command = [sys.executable, str(Path(__file__).with_name("side.py")), side, work.name, str(threads), str(folder)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.about = self._answer()

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

    def seconds(self, repeats):
        return self.ask(do="run", repeats=repeats)["seconds"]

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
            answer(seconds=statistics.median(side.once() for _ in range(request["repeats"])))
        else:
            answer(megabytes=getattr(side, "peak", peak)())
    getattr(side, "close", lambda: None)()


def timed(function):
    def once():
        start = time.perf_counter()
        function()
        return time.perf_counter() - start

    return once


def reset_peak():
    """From here on the peak of memory counts: what set-up needed for a moment is not in it."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass  # then it counts from the start


def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def difference(ours, theirs):
    """The largest difference of any output, as a part of the peer's largest number; and of which output."""
    worst, where = 0.0, ""
    for name, expected in theirs.items():
        if ours[name].shape != expected.shape:
            return float("inf"), f"{name} {list(ours[name].shape)} beside {list(expected.shape)}"
        scale = max(float(np.abs(expected).max()), 1e-30)
        part = float(np.abs(ours[name].astype(np.float64) - expected).max()) / scale
        if not part <= worst:
            worst, where = part, name
    return worst, where


def alternate(ours, theirs, repeats, pairs):
    """Times of both, pair by pair, the first to be asked changing each time."""
    for _ in range(2):
        ours.seconds(repeats), theirs.seconds(repeats)
    times = []
    for pair in range(pairs):
        if pair % 2:
            second, first = theirs.seconds(repeats), ours.seconds(repeats)
        else:
            first, second = ours.seconds(repeats), theirs.seconds(repeats)
        times.append((first, second))
    return times
