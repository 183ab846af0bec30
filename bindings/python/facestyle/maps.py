"""Embeddings in two dimensions, to look at."""

from __future__ import annotations

import ctypes
from typing import Any, Callable

import numpy as np

from . import _c
from ._callbacks import ACTIONS, Callback
from ._convert import choice, flag, floats, function, pointer
from ._options import defaults, fill
from ._progress import bar
from ._types import ArrayLike, Floats


def tsne(
    points: ArrayLike, perplexity: float | None = None, *, steps: int | None = None, learning_rate: float | None = None,
    exaggeration: float | None = None, exaggerated_steps: int | None = None, seed: int | None = None,
    on_step: Callable[[int, int, float], str | None] | None = None, progress: bool = False,
) -> tuple[Floats, float]:  # fmt: skip
    """The t-SNE map, float32 [count, 2], of `points` [count, dimension],
    and its Kullback-Leibler divergence.

    None is the library's default:

    - `perplexity`: how many neighbours count, in effect; at most a third of
      the other points (30).
    - `steps`: of the descent (1000).
    - `learning_rate`: of it (count / exaggeration / 4, at least 50).
    - `exaggeration`, `exaggerated_steps`: the factor of attraction in the
      first steps, 1 to 100, and how many they are (12, 250).
    - `seed`: of the noise at the start, which separates equal points (1).

    The start is the points' principal components, so the map depends on
    `seed` by a trace of noise alone, and it is the same for any number of
    threads.

    `on_step(step, steps, divergence)` is called every 25 steps; it returns
    None to go on, "finish" to keep the map so far, or "cancel" for a
    `Cancelled`. With `progress` a bar shows the steps, by tqdm.
    """
    vectors = floats(points, (None, None), "points")
    options = defaults(_c.fs_tsne_options, _c.fs_tsne_options_init)
    fill(
        options, perplexity=perplexity, steps=steps, learning_rate=learning_rate, exaggeration=exaggeration,
        exaggerated_steps=exaggerated_steps, seed=seed)
    observer = function(on_step, "on_step")
    with bar(options.steps, flag(progress, "progress"), unit="step") as shown:

        def step(told: Any, _: object) -> int:
            now = told.contents
            shown.update(now.step - shown.n)
            return choice(observer(now.step, now.steps, now.divergence) if observer else None, ACTIONS, "the result of on_step")

        result, divergence = np.empty((len(vectors), 2), np.float32), ctypes.c_double()
        with Callback(_c.fs_tsne_callback, step, _c.FS_CANCEL) as callback:
            options.on_step = callback.c
            status = _c.fs_tsne(
                pointer(vectors), *vectors.shape, ctypes.byref(options), pointer(result), result.size, ctypes.byref(divergence))
    callback.check(status)
    return result, divergence.value
