"""Four ways to a derivative, each a check of the others, and convolution over one to three axes."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Callable

import numpy as np

from . import _c
from ._callbacks import Callback
from ._convert import choice, integer, numbers, pointer, wrong
from ._convert import function as called
from ._options import defaults, fill
from ._types import ArrayLike, Doubles, Floats
from .errors import check

FUNCTIONS = {
    "exp": _c.FS_FUNCTION_EXP, "log": _c.FS_FUNCTION_LOG, "sqrt": _c.FS_FUNCTION_SQRT, "sin": _c.FS_FUNCTION_SIN,
    "cos": _c.FS_FUNCTION_COS, "tanh": _c.FS_FUNCTION_TANH, "sigmoid": _c.FS_FUNCTION_SIGMOID,
    "softplus": _c.FS_FUNCTION_SOFTPLUS, "absolute": _c.FS_FUNCTION_ABSOLUTE,
    "reciprocal": _c.FS_FUNCTION_RECIPROCAL, "square": _c.FS_FUNCTION_SQUARE,
    "sign": _c.FS_FUNCTION_SIGN,
}  # fmt: skip
WAYS = {"forward": _c.FS_FORWARD, "reverse": _c.FS_REVERSE, "numeric": _c.FS_NUMERIC, "symbolic": _c.FS_SYMBOLIC}


@dataclass(frozen=True)
class GradientReport:
    """Where a gradient and central differences agree worst.

    `index` is the place in x; `ratio` is `|analytic - numeric| / (absolute
    + relative · |numeric|)`, infinite where one of the two is NaN; `passed`
    says that it is at most 1.
    """

    index: tuple[int, ...]
    analytic: float
    numeric: float
    ratio: float
    passed: bool

    def __bool__(self) -> bool:
        return self.passed


def differentiate(function: str, x: ArrayLike, way: str = "forward") -> tuple[Doubles, Doubles]:
    """`f(x)` and `f'(x)` of each number of `x`, as two float64 arrays of
    its shape.

    `function` is one of `FUNCTIONS`; `way` is "forward" (dual numbers),
    "reverse" (the tape that trains networks), "numeric" (central
    differences) or "symbolic" (the derivative as an `Expression`).
    """
    places = _doubles(x)
    values, derivatives = np.empty_like(places), np.empty_like(places)
    kinds = choice(function, FUNCTIONS, "function"), choice(way, WAYS, "way")
    check(_c.fs_differentiate(*kinds, _double(places), places.size, _double(values), _double(derivatives), places.size))
    return values, derivatives


def numeric_gradient(function: Callable[[Doubles], float], x: ArrayLike, *, step: float | None = None) -> Doubles:
    """The gradient of `function(x)`, a number for an array, by central
    differences of `step` (1e-6): float64 of x's shape."""
    places = _doubles(x)
    gradient, options = np.empty_like(places), _options(step=step)
    with _value(function, places.shape) as value:
        status = _c.fs_gradient_numeric(
            value.c, None, _double(places), places.size, ctypes.byref(options), _double(gradient), gradient.size)
    value.check(status)
    return gradient


def check_gradient(
    function: Callable[[Doubles], float], x: ArrayLike, gradient: Callable[[Doubles], ArrayLike] | None = None, *,
    step: float | None = None, absolute: float | None = None, relative: float | None = None,
) -> GradientReport:  # fmt: skip
    """Compares `gradient(x)`, an array of x's shape, with central
    differences of `function(x)`, a number.

    Without `gradient`, differences of twice the step stand in its place:
    that tells whether the function is smooth at x. `step` is that of the
    differences (1e-6), `absolute` and `relative` are how far the two may
    lie apart (1e-5, 1e-3). What the functions raise comes out of this call.
    Returns a `GradientReport`.
    """
    places = _doubles(x)
    report, options = _c.fs_gradient_report(), _options(step=step, absolute=absolute, relative=relative)
    slope_of = called(gradient, "gradient")
    with _value(function, places.shape) as value, _gradient(slope_of, places.shape) as slope:
        status = _c.fs_gradient_check(
            value.c, slope.c if slope_of else _c.fs_gradient_callback(), None, _double(places), places.size,
            ctypes.byref(options), ctypes.byref(report))
    slope.check(_c.FS_OK)
    value.check(status)
    index = tuple(int(i) for i in np.unravel_index(report.index, places.shape))
    return GradientReport(index, report.analytic, report.numeric, report.ratio, bool(report.passed))


def convolve(
    x: ArrayLike, weights: ArrayLike, bias: ArrayLike | None = None, stride: int = 1, padding: int = 0
) -> Floats:
    """Convolution over d axes, 1 to 3: `x` [batch, n1 ... nd, inputs],
    `weights` [outputs, inputs, k1 ... kd], `bias` [outputs]. Returns
    float32 [batch, n1' ... nd', outputs] with `n' = (n + 2 padding - k) /
    stride + 1`."""
    given, filters = _singles(x, "x"), _singles(weights, "weights")
    if given.ndim != filters.ndim or not 3 <= given.ndim <= 5:
        raise ValueError(f"x has shape {list(given.shape)} and weights {list(filters.shape)}; expected 3 to 5 axes in both")
    offsets = None if bias is None else _singles(bias, "bias")
    if offsets is not None and offsets.shape != filters.shape[:1]:
        raise ValueError(f"bias has shape {list(offsets.shape)}; expected [{filters.shape[0]}]")
    sizes = ctypes.c_size_t * given.ndim
    shape, steps = (ctypes.c_size_t * 5)(), (integer(stride, "stride", 63), integer(padding, "padding", 63))

    def run(y: Any, capacity: int) -> None:
        check(
            _c.fs_convolve(
                given.ndim - 2, pointer(given), sizes(*given.shape), pointer(filters), sizes(*filters.shape),
                None if offsets is None else pointer(offsets), *steps, y, capacity, shape,
            )
        )  # fmt: skip

    run(None, 0)
    y = np.empty(tuple(shape[: given.ndim]), np.float32)
    run(pointer(y), y.size)
    return y


def _value(function: Callable[[Doubles], float], shape: tuple[int, ...]) -> Callback:
    if not callable(function):
        raise wrong(function, "function", "a function of an array")

    def answer(x: Any, count: int, value: Any, _: object) -> int:
        value[0] = float(function(_array(x, shape)))
        return _c.FS_OK

    return Callback(_c.fs_function_callback, answer, _c.FS_CANCELLED)


def _gradient(gradient: Callable[[Doubles], ArrayLike] | None, shape: tuple[int, ...]) -> Callback:
    def answer(x: Any, count: int, target: Any, _: object) -> int:
        slopes = np.asarray(gradient(_array(x, shape)) if gradient else None, np.float64)
        if slopes.shape != shape:
            raise ValueError(f"the gradient has shape {list(slopes.shape)}; expected {list(shape)}")
        np.ctypeslib.as_array(target, (count,))[:] = slopes.ravel()
        return _c.FS_OK

    return Callback(_c.fs_gradient_callback, answer, _c.FS_CANCELLED)


def _array(x: Any, shape: tuple[int, ...]) -> Doubles:
    """A copy, which the host's function may keep."""
    return np.ctypeslib.as_array(x, shape or (1,)).reshape(shape).copy()


def _doubles(x: ArrayLike) -> Doubles:
    return np.array(numbers(x, np.float64, "x"), order="C")


def _singles(values: ArrayLike, what: str) -> Floats:
    return np.ascontiguousarray(numbers(values, np.float32, what))


def _double(array: Doubles) -> Any:
    return pointer(array, ctypes.c_double)


def _options(**values: float | None) -> _c.fs_gradient_options:
    options = defaults(_c.fs_gradient_options, _c.fs_gradient_options_init)
    fill(options, **values)
    return options
