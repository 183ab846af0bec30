"""From Python values to what C takes, with the mistakes named before C sees them."""

import ctypes
import operator
import os

import numpy as np


def text(value, what):
    """The UTF-8 bytes of a string or path, without a NUL, at which C would silently stop."""
    encoded = os.fsencode(value)
    if b"\0" in encoded:
        raise ValueError(f"{what} holds a NUL character: {value!r}")
    return encoded


def integer(value, what, bits=32):
    """A number that fits in `bits` bits; ctypes would cut it silently."""
    value = operator.index(value)
    if not 0 <= value < 1 << bits:
        raise ValueError(f"{what} is {value}; 0 to {(1 << bits) - 1} are possible")
    return value


def choice(value, choices, what):
    """The constant of a word: `choices` maps words to constants."""
    if value not in choices:
        raise ValueError(f"{what} is {value!r}; possible are {', '.join(map(repr, choices))}")
    return choices[value]


def floats(value, shape, what):
    """A contiguous float32 array of `shape`, where None stands for any length."""
    array = np.ascontiguousarray(value, np.float32)
    fits = array.ndim == len(shape) and all(want in (None, have) for want, have in zip(shape, array.shape))
    # ascontiguousarray makes a scalar one-dimensional: what was seen is the caller's shape.
    if not fits or np.ndim(value) != len(shape):
        wanted = ", ".join("any" if side is None else str(side) for side in shape)
        raise ValueError(f"{what} has shape {list(np.shape(value))}; wanted is [{wanted}]")
    return array


def alike(first, second, what):
    if first.shape != second.shape:
        raise ValueError(f"{what} have shapes {list(first.shape)} and {list(second.shape)}; wanted are equal ones")


def pointer(array, kind=ctypes.c_float):
    return array.ctypes.data_as(ctypes.POINTER(kind))
