"""Training in several processes that share their gradients over MPI (mpi4py), each with photos of its own order.

    mpiexec -n 2 python parallel_training.py                                     shows that two learn as one
    mpiexec -n 2 python parallel_training.py --people FOLDER --out my.safetensors [--steps 1000 ...]

`make parallel` does the first with an MPI of its own. A step on n processes with `--batch` photos each learns as one
process does with n times as many; every process ends with the very same network.
"""

import argparse
import hashlib
import os
import sys
import traceback

import facestyle as fs
import numpy as np
from mpi4py import MPI

world = MPI.COMM_WORLD


def mean_over_processes(numbers):
    """The all-reduce: every process gets the same sums, in the same order."""
    world.Allreduce(MPI.IN_PLACE, numbers)
    numbers /= world.size


def show_that_many_learn_as_one(steps=4):
    """Each process learns from its part of a batch; the first one also from the whole batch alone, to compare."""
    # Every part shows the same pictures in other pairs, so that batch normalisation, which takes the statistics of the
    # pictures that a process has, finds the same in the parts as in the whole.
    pictures = np.random.default_rng(2).integers(0, 255, (6, 112, 92, 3), np.uint8)
    people = [0, 0, 1, 1, 2, 2]
    orders = [np.random.default_rng(10 + rank).permutation(6) for rank in range(world.size)]

    def batch(order):
        labels = [int(people[a] != people[b]) for a, b in zip(order[::2], order[1::2])]
        return pictures[order], labels

    def gradients(trainer, order, reduce):
        seen = []

        def capture(numbers):
            reduce(numbers)
            seen.append(numbers[: trainer.parameters].copy())

        trainer.all_reduce = capture
        trainer.step(*batch(order))
        return seen[0]

    options = {"loss": "contrastive", "schedule": "constant", "steps": steps}
    with fs.Trainer("siamese", **options) as trainer:
        shared = gradients(trainer, orders[world.rank], mean_over_processes)
        trainer.all_reduce = mean_over_processes
        for _ in range(steps - 1):
            trainer.step(*batch(orders[world.rank]))
        networks = world.allgather(hashlib.sha256(trainer.embed(pictures).tobytes()).hexdigest())
    if world.rank == 0:
        with fs.Trainer("siamese", **options) as alone:
            whole = gradients(alone, np.concatenate(orders), lambda numbers: None)
        # The gradients of the dense layer, its last. Below it, a rounding makes a maximum or a rectifier choose another side
        # now and then. One process differs from itself by 2e-5 when its batch is in another order.
        dense = slice(-128 * (7 * 5 * 128 + 1), None)
        difference = np.abs(shared - whole)[dense].max() / np.abs(whole[dense]).max()
        print(f"{world.size} processes: gradients differ from one process's by {difference:.1e} of the largest")
        print(f"after {steps} steps their networks are {'the same' if len(set(networks)) == 1 else 'DIFFERENT'}")
        if difference > 5e-5 or len(set(networks)) != 1:
            raise SystemExit(1)


def train(options):
    first = world.rank == 0
    with fs.Photos() as photos, fs.Trainer(options.architecture, options.loss, steps=options.steps, rate=options.rate) as trainer:
        photos.add_people(options.people, landmarks=options.landmarks)
        trainer.all_reduce = mean_over_processes
        # Another seed is another order of the photos; weights begin alike in all.
        trainer.run(photos, batch=options.batch, seed=1 + world.rank, progress=first, log=options.log if first else None)
        if first:
            trainer.save_model(options.out, threshold=options.threshold)
            print(f"{options.out} is written")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", help="a folder of people to learn from")
    parser.add_argument("--landmarks", help="JSON file with the points of their faces")
    parser.add_argument("--out", default="trained.safetensors", help="the model to write")
    parser.add_argument("--architecture", default="nn4.small2")
    parser.add_argument("--loss", default="semi-hard")
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=0.001)
    parser.add_argument("--batch", type=int, default=64, help="photos of each process in a step")
    parser.add_argument("--threshold", type=float, default=1.0, help="the model's; `facestyle evaluate` finds it")
    parser.add_argument("--log", help="JSON lines, for facestyle.plots.losses")
    options = parser.parse_args()
    fs.set_threads(max(1, min(256, (os.cpu_count() or 1) // world.size)))  # as if the processes share one machine
    train(options) if options.people else show_that_many_learn_as_one()


if __name__ == "__main__":
    try:
        main()
    except Exception:
        # The others wait for this one's gradients: they are ended with it.
        traceback.print_exc()
        sys.stderr.flush()
        world.Abort(1)
