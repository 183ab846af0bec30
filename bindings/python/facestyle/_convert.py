"""From Python values to what C takes, with the mistakes named before C sees them.

A value of a wrong type is a TypeError, one of the right type that will not do a ValueError; both say which argument it is."""

import ctypes
import operator
import os

import numpy as np


def wrong(value, what, wanted):
    """The TypeError for a value that is no `wanted`."""
    return TypeError(f"{what} is {_described(value)}; expected {wanted}")


def _described(value):
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}"
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def text(value, what):
    """The UTF-8 bytes of a string or path, without a NUL, at which C would silently stop."""
    if not isinstance(value, (str, bytes, os.PathLike)):
        raise wrong(value, what, "a str, bytes or a path")
    encoded = os.fsencode(value)
    if b"\0" in encoded:
        raise ValueError(f"{what} holds a NUL character: {value!r}")
    return encoded


def data(value, what):
    """The bytes of anything that holds bytes."""
    try:
        return bytes(memoryview(value))
    except TypeError:
        raise wrong(value, what, "bytes, or what holds them") from None


def integer(value, what, bits=32):
    """A number that fits in `bits` bits; ctypes would cut it silently."""
    try:
        number = operator.index(value)
    except TypeError:
        raise wrong(value, what, "a whole number") from None
    if not 0 <= number < 1 << bits:
        raise ValueError(f"{what} is {number}; 0 to {(1 << bits) - 1} are possible")
    return number


def number(value, what):
    """A number as a float; a text that reads like one is none."""
    if isinstance(value, (str, bytes, bytearray)) or getattr(value, "ndim", 0) != 0:
        raise wrong(value, what, "a number")
    try:
        return float(value)
    except TypeError:
        raise wrong(value, what, "a number") from None
    except OverflowError:
        raise ValueError(f"{what} is {value}; it does not fit into a float") from None


def flag(value, what):
    """True or False; of whole numbers 0 and 1. A text is neither: "no" would be true."""
    if isinstance(value, (bool, np.bool_)) or (isinstance(value, (int, np.integer)) and value in (0, 1)):
        return bool(value)
    raise wrong(value, what, "True or False")


def choice(value, choices, what):
    """The constant of a word: `choices` maps words to constants."""
    if not isinstance(value, str) and not (value is None and None in choices):
        raise wrong(value, what, f"one of {', '.join(map(repr, choices))}")
    if value not in choices:
        raise ValueError(f"{what} is {value!r}; possible are {', '.join(map(repr, choices))}")
    return choices[value]


def floats(value, shape, what):
    """A contiguous float32 array of `shape`, where None stands for any length."""
    array = numbers(value, np.float32, what)
    fits = array.ndim == len(shape) and all(want in (None, have) for want, have in zip(shape, array.shape))
    if not fits:
        wanted = ", ".join("any" if side is None else str(side) for side in shape)
        raise ValueError(f"{what} has shape {list(array.shape)}; expected [{wanted}]")
    return np.ascontiguousarray(array)


def numbers(value, kind, what):
    """An array of a kind of floats, from an array or nested lists of real numbers."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        raise ValueError(f"{what} has rows of different lengths; expected as many numbers in each") from None
    # Numbers that NumPy has no type for, such as Fraction and large integers, stand in arrays of objects.
    if array.dtype.kind == "O" and array.ndim and all(_is_real(item) for item in array.flat):
        return array.astype(kind)
    if array.dtype.kind not in "biuf":
        raise wrong(value if array.ndim == 0 else array, what, "an array of numbers")
    return array.astype(kind, copy=False)


def _is_real(item):
    return hasattr(item, "__float__") and not isinstance(item, (str, bytes, complex, np.ndarray))


def handle(value, kind, what):
    """The C pointer of an open object of a class of ours, or of one of several classes; the object lives as long as the pointer, so
    that a name may go over from the one to the other while the caller keeps neither."""
    if not isinstance(value, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        raise wrong(value, what, " or ".join(f"{_article(k.__name__)} {k.__name__}" for k in kinds))
    pointer = value.handle
    held = type(pointer).from_buffer_copy(pointer)
    held.owner = value
    return held


def optional(value, kind, what):
    """The same, or None."""
    return None if value is None else handle(value, kind, what)


def _article(name):
    return "an" if name[0] in "AEIOU" else "a"


def items(value, what, of):
    """A list of what an iterable holds; a text is not taken for its letters."""
    if isinstance(value, (str, bytes)):
        raise wrong(value, what, f"a list of {of}")
    try:
        return list(value)
    except TypeError:
        raise wrong(value, what, f"a list of {of}") from None


def handles(value, kind, what):
    """The C pointers of a list of objects."""
    name = kind.__name__
    return [handle(item, kind, f"{what}[{i}]") for i, item in enumerate(items(value, what, f"{name} objects"))]


def integers(values, what, bits=32):
    """A list of numbers that fit in `bits` bits."""
    return [integer(value, f"{what}[{i}]", bits) for i, value in enumerate(items(values, what, "whole numbers"))]


def mapping(value, what):
    """A dict, or what makes one."""
    try:
        return dict(value)
    except (TypeError, ValueError):
        raise wrong(value, what, "a dict") from None


def function(value, what):
    """Something to call, or None."""
    if value is not None and not callable(value):
        raise wrong(value, what, "a function or None")
    return value


def alike(first, second, what):
    if first.shape != second.shape:
        raise ValueError(f"{what} have shapes {list(first.shape)} and {list(second.shape)}; expected equal ones")


def pointer(array, kind=ctypes.c_float):
    return array.ctypes.data_as(ctypes.POINTER(kind))
