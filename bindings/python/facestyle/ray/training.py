"""Training in several Ray workers that share their gradients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Any, Optional

import numpy as np
import ray
from numpy.typing import NDArray
from ray.util import get_current_placement_group

from .._convert import integer, number


@ray.remote(num_cpus=0)
class _Part:
    """Takes the mean of a part of the gradients, which all workers hand in."""

    def __init__(self, workers: int, seconds: float) -> None:
        self._workers, self._seconds = workers, seconds
        self._round: Hashable = None
        self._given: dict[int, NDArray[np.float32]] = {}
        self._mean: Optional[asyncio.Future[NDArray[np.float32]]] = None

    async def mean(self, rank: int, round: Hashable, numbers: NDArray[np.float32]) -> NDArray[np.float32]:
        # After a failure nobody waits for the mean of the round in which it was.
        if self._mean is None or round != self._round or rank in self._given:
            self._round, self._given, self._mean = round, {}, asyncio.get_running_loop().create_future()
        given, mean = self._given, self._mean
        given[rank] = numbers
        if len(given) == self._workers:
            total = given[0].copy()
            for other in range(1, self._workers):  # in this order, for the same bits each time
                total += given[other]
            total /= self._workers
            mean.set_result(total)
        try:
            return await asyncio.wait_for(asyncio.shield(mean), self._seconds)
        except asyncio.TimeoutError:
            absent = sorted({*range(self._workers)} - {*given})
            raise TimeoutError(f"no gradients of workers {absent} within {self._seconds} s; expected all {self._workers}") from None


class AllReduce:
    """The all-reduce of a training in `workers` processes, for `Trainer.all_reduce`; made once, and handed to all of them.

        reduce = facestyle.ray.AllReduce(workers=4)            # in the driver
        trainer.all_reduce = reduce.of(rank)                   # in each worker, by its rank, from 0

    Every worker gets the very same numbers. Each of as many actors as there are workers takes the mean of its part, so that a
    process sends and receives the gradients twice a step, however many there are. A step in which a worker gives nothing for
    `seconds` fails. Workers that are started anew, as Ray Train does after a failure, go on with the same object."""

    def __init__(self, workers: int, seconds: float = 600) -> None:
        self._workers, seconds = integer(workers, "workers"), number(seconds, "seconds")
        if self._workers < 1:
            raise ValueError(f"workers is {workers}; expected 1 or more")
        kind: Any = _Part  # Ray gives the class its methods
        spread = kind.options(scheduling_strategy="SPREAD")
        self._parts = [spread.remote(self._workers, seconds) for _ in range(self._workers)]

    def of(self, rank: int) -> Callable[[NDArray[np.float32]], None]:
        """The function for the worker of a rank."""
        rank, step = integer(rank, "rank"), 0
        # Ray Train places workers that it starts anew in another group: what their predecessors handed in is not theirs.
        group = get_current_placement_group()
        attempt = None if group is None else group.id.hex()
        if rank >= self._workers:
            raise ValueError(f"rank is {rank}; expected 0 to {self._workers - 1}")

        def reduce(numbers: NDArray[np.float32]) -> None:
            nonlocal step
            edges = [numbers.size * i // self._workers for i in range(self._workers + 1)]
            cuts = [slice(first, end) for first, end in zip(edges, edges[1:])]
            asked = [part.mean.remote(rank, (attempt, step), numbers[cut]) for part, cut in zip(self._parts, cuts)]
            for cut, mean in zip(cuts, ray.get(asked)):
                numbers[cut] = mean
            step += 1

        return reduce
