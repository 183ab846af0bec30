"""One side of one row, in a process of its own: side.py SIDE WORK THREADS FOLDER. Started by peers.py."""

import sys
from pathlib import Path

import numpy as np

import measure
import works


def main(name, work_name, threads, folder):
    work = next(work for work in works.WORKS if work.name == work_name)
    with np.load(Path(folder) / f"{work_name}.npz") as file:
        arrays = dict(file)
    if name == "facestyle":
        import ours as home
    else:
        import theirs as home
    side = home.make(name, work, arrays, int(threads), Path(folder))
    measure.serve(side, Path(folder) / f"{work_name}.{name}.npz")


if __name__ == "__main__":
    main(*sys.argv[1:])
