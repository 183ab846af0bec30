"""One side of one row, in a process of its own: side.py SIDE WORK THREADS FOLDER. Started by peers.py and builds.py.

SIDE is a peer's name, "facestyle", or "facestyle@COMMIT" for the build of another commit, which builds.py has made."""

import sys
from pathlib import Path

import numpy as np

import measure
import works


def main(name, work_name, threads, folder):
    measure.serve(made(name, work_name, int(threads), Path(folder)), Path(folder) / f"{work_name}.{name}.npz")


def made(name, work_name, threads, folder):
    """The side; the arrays that it has copied go, so that they are not counted as its memory."""
    work = next(work for work in works.WORKS + works.OURS if work.name == work_name)
    with np.load(folder / f"{work_name}.npz") as file:
        arrays = dict(file)
    if name.startswith("facestyle"):
        import ours as home
    else:
        import theirs as home
    return home.make(name, work, arrays, threads, folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
