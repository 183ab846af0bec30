"""Embeddings in two dimensions, to look at."""

import ctypes

import numpy as np

from . import _c
from ._convert import choice, flag, floats, function, integer, number, pointer
from .errors import check

_ACTIONS = {None: _c.FS_CONTINUE, "finish": _c.FS_FINISH, "cancel": _c.FS_CANCEL}


def tsne(points, perplexity=None, *, steps=None, learning_rate=None, exaggeration=None, exaggerated_steps=None, seed=None,
         on_step=None, progress=False):  # fmt: skip
    """The t-SNE map [count, 2] of `points` [count, dimension], and its Kullback-Leibler divergence.

    `perplexity` (30, at most a third of the other points) is how many neighbours count, in effect. Options that are not
    given keep the library's defaults. The start is the points' principal components, so the map depends on `seed` by a
    trace of noise alone, and it is the same for any number of threads.

    `on_step(step, steps, divergence)` is called every 25 steps; it returns None to go on, "finish" to keep the map so
    far, or "cancel" for a `Cancelled`. With `progress` a bar shows the steps, where tqdm is installed.
    """
    from .evaluation import _bar

    points = floats(points, (None, None), "points")
    options = _c.fs_tsne_options()
    check(_c.fs_tsne_options_init(ctypes.byref(options), ctypes.sizeof(options)))
    for name, value, bits in (
        ("perplexity", perplexity, 0), ("steps", steps, 32), ("learning_rate", learning_rate, 0),
        ("exaggeration", exaggeration, 0), ("exaggerated_steps", exaggerated_steps, 32), ("seed", seed, 64),
    ):  # fmt: skip
        if value is not None:
            setattr(options, name, integer(value, name, bits) if bits else number(value, name))
    raised, _ = [], (function(on_step, "on_step"), flag(progress, "progress"))

    with _bar(options.steps, progress, unit="step") as bar:

        def bridge(told, _):
            now = told.contents
            try:
                bar.update(now.step - getattr(bar, "n", 0))
                answer = on_step(now.step, now.steps, now.divergence) if on_step else None
                return choice(answer, _ACTIONS, "the result of on_step")
            except BaseException as error:  # nothing may pass through C
                raised.append(error)
                return _c.FS_CANCEL

        callback = _c.fs_tsne_callback(bridge)  # this name holds it until the call is over
        options.on_step = callback
        result, divergence = np.empty((len(points), 2), np.float32), ctypes.c_double()
        status = _c.fs_tsne(
            pointer(points), *points.shape, ctypes.byref(options), pointer(result), result.size, ctypes.byref(divergence))
    if raised:
        raise raised[0]
    check(status)
    return result, divergence.value
