"""From Python values to what C takes, with the mistakes named before C sees them.

A value of a wrong type is a TypeError, one of the right type that will not do a ValueError; both say which argument it is."""

from __future__ import annotations

import ctypes
import operator
import os
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value")
Word = TypeVar("Word")


def wrong(value: object, what: str, wanted: str) -> TypeError:
    """The TypeError for a value that is no `wanted`."""
    return TypeError(f"{what} is {_described(value)}; expected {wanted}")


def _described(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}"
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def text(value: object, what: str) -> bytes:
    """The UTF-8 bytes of a string or path, without a NUL, at which C would silently stop."""
    if not isinstance(value, (str, bytes, os.PathLike)):
        raise wrong(value, what, "a str, bytes or a path")
    encoded = os.fsencode(value)
    if b"\0" in encoded:
        raise ValueError(f"{what} holds a NUL character: {value!r}")
    return encoded


def data(value: Any, what: str) -> bytes:
    """The bytes of anything that holds bytes."""
    try:
        return bytes(memoryview(value))
    except TypeError:
        raise wrong(value, what, "bytes, or what holds them") from None


def integer(value: Any, what: str, bits: int = 32) -> int:
    """A number that fits in `bits` bits; ctypes would cut it silently."""
    try:
        number = operator.index(value)
    except TypeError:
        raise wrong(value, what, "a whole number") from None
    if not 0 <= number < 1 << bits:
        raise ValueError(f"{what} is {number}; 0 to {(1 << bits) - 1} are possible")
    return number


def number(value: Any, what: str) -> float:
    """A number as a float; a text that reads like one is none."""
    if isinstance(value, (str, bytes, bytearray)) or getattr(value, "ndim", 0) != 0:
        raise wrong(value, what, "a number")
    try:
        return float(value)
    except TypeError:
        raise wrong(value, what, "a number") from None
    except OverflowError:
        raise ValueError(f"{what} is {value}; it does not fit into a float") from None


def flag(value: object, what: str) -> bool:
    """True or False; of whole numbers 0 and 1. A text is neither: "no" would be true."""
    if isinstance(value, (bool, np.bool_)) or (isinstance(value, (int, np.integer)) and value in (0, 1)):
        return bool(value)
    raise wrong(value, what, "True or False")


def choice(value: object, choices: Mapping[Any, Value], what: str) -> Value:
    """The constant of a word: `choices` maps words to constants."""
    return choices[word(value, choices, what)]


def word(value: object, choices: Mapping[Word, object], what: str) -> Word:
    """The word among `choices` that is meant: British or American, with hyphens, underscores or blanks."""
    if not isinstance(value, str) and not (value is None and None in choices):
        raise wrong(value, what, f"one of {', '.join(map(repr, choices))}")
    for known in choices:
        if known == value or (value is not None and isinstance(known, str) and _folded(known) == _folded(str(value))):
            return known
    raise ValueError(f"{what} is {value!r}; possible are {', '.join(map(repr, choices))}")


def _folded(name: str) -> str:
    """What spellings of a name have in common."""
    for british, american in (("grey", "gray"), ("centre", "center"), ("isation", "ization"), ("ised", "ized")):
        name = name.replace(british, american)
    return name.replace("_", "-").replace(" ", "-")


def floats(value: Any, shape: tuple[int | None, ...], what: str) -> NDArray[np.float32]:
    """A contiguous float32 array of `shape`, where None stands for any length."""
    array = numbers(value, np.float32, what)
    fits = array.ndim == len(shape) and all(want in (None, have) for want, have in zip(shape, array.shape))
    if not fits:
        wanted = ", ".join("any" if side is None else str(side) for side in shape)
        raise ValueError(f"{what} has shape {list(array.shape)}; expected [{wanted}]")
    return np.ascontiguousarray(array)


def numbers(value: Any, kind: type[Any], what: str) -> NDArray[Any]:
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


def _is_real(item: object) -> bool:
    return hasattr(item, "__float__") and not isinstance(item, (str, bytes, complex, np.ndarray))


def handle(value: Any, kind: type[Any] | tuple[type[Any], ...], what: str) -> Any:
    """The C pointer of an open object of a class of ours, or of one of several classes; the object lives as long as the
    pointer, so that a name may go over from the one to the other while the caller keeps neither. What a class makes objects
    of by itself, as `Image` does of an array, will do as well."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    if not isinstance(value, kinds):
        value = next((made for k in kinds if (made := k._of_another(value, what)) is not None), value)
    if not isinstance(value, kinds):
        raise wrong(value, what, " or ".join(f"{_article(k.__name__)} {k.__name__}" for k in kinds))
    pointer = value.handle
    held = type(pointer).from_buffer_copy(pointer)
    held.owner = value
    return held


def optional(value: object, kind: type[Any], what: str) -> Any:
    """The same, or None."""
    return None if value is None else handle(value, kind, what)


def _article(name: str) -> str:
    return "an" if name[0] in "AEIOU" else "a"


def items(value: Iterable[Value], what: str, of: str) -> list[Value]:
    """A list of what an iterable holds; a text is not taken for its letters."""
    if isinstance(value, (str, bytes)):
        raise wrong(value, what, f"a list of {of}")
    try:
        return list(value)
    except TypeError:
        raise wrong(value, what, f"a list of {of}") from None


def handles(value: Iterable[object], kind: type[Any], what: str) -> list[Any]:
    """The C pointers of a list of objects."""
    name = kind.__name__
    return [handle(item, kind, f"{what}[{i}]") for i, item in enumerate(items(value, what, f"{name} objects"))]


def integers(values: Iterable[object], what: str, bits: int = 32) -> list[int]:
    """A list of numbers that fit in `bits` bits."""
    return [integer(value, f"{what}[{i}]", bits) for i, value in enumerate(items(values, what, "whole numbers"))]


def mapping(value: Any, what: str) -> dict[Any, Any]:
    """A dict, or what makes one."""
    try:
        return dict(value)
    except (TypeError, ValueError):
        raise wrong(value, what, "a dict") from None


def function(value: Value, what: str) -> Value:
    """Something to call, or None."""
    if value is not None and not callable(value):
        raise wrong(value, what, "a function or None")
    return value


def alike(first: NDArray[Any], second: NDArray[Any], what: str) -> None:
    if first.shape != second.shape:
        raise ValueError(f"{what} have shapes {list(first.shape)} and {list(second.shape)}; expected equal ones")


def pointer(array: NDArray[Any], kind: type[Any] = ctypes.c_float) -> Any:
    return array.ctypes.data_as(ctypes.POINTER(kind))
