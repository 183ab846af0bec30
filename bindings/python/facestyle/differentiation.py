"""Three ways to a derivative, each a check of the others, and convolution over one to three axes."""

import ctypes
from dataclasses import dataclass

import numpy as np

from . import _c
from ._convert import choice, function as called, integer, number, numbers, pointer, wrong
from .errors import check

FUNCTIONS = {
    "exp": _c.FS_FUNCTION_EXP, "log": _c.FS_FUNCTION_LOG, "sqrt": _c.FS_FUNCTION_SQRT, "sin": _c.FS_FUNCTION_SIN,
    "cos": _c.FS_FUNCTION_COS, "tanh": _c.FS_FUNCTION_TANH, "sigmoid": _c.FS_FUNCTION_SIGMOID,
    "softplus": _c.FS_FUNCTION_SOFTPLUS, "absolute": _c.FS_FUNCTION_ABSOLUTE,
    "reciprocal": _c.FS_FUNCTION_RECIPROCAL, "square": _c.FS_FUNCTION_SQUARE,
}  # fmt: skip
WAYS = {"forward": _c.FS_FORWARD, "reverse": _c.FS_REVERSE, "numeric": _c.FS_NUMERIC}


@dataclass(frozen=True)
class GradientReport:
    """Where a gradient and central differences agree worst.

    `index` is the place in x; `ratio` is `|analytic - numeric| / (absolute + relative · |numeric|)`, infinite where
    one of the two is NaN; `passed` says that it is at most 1.
    """

    index: tuple
    analytic: float
    numeric: float
    ratio: float
    passed: bool

    def __bool__(self):
        return self.passed


def differentiate(function, x, way="forward"):
    """`f(x)` and `f'(x)` of each number of `x`, as two float64 arrays of its shape.

    `function` is one of `FUNCTIONS`; `way` is "forward" (dual numbers), "reverse" (the tape that trains networks) or
    "numeric" (central differences).
    """
    x = _doubles(x)
    values, derivatives = np.empty_like(x), np.empty_like(x)
    kind, way = choice(function, FUNCTIONS, "function"), choice(way, WAYS, "way")
    check(_c.fs_differentiate(kind, way, _double(x), x.size, _double(values), _double(derivatives), x.size))
    return values, derivatives


def numeric_gradient(function, x, *, step=1e-6):
    """The gradient of `function(x)`, a number for an array, by central differences: an array of x's shape."""
    x, host = _doubles(x), _Host()
    gradient, options = np.empty_like(x), _options(step=step)
    callback = host.function(_required(function), x.shape)
    host.check(
        _c.fs_gradient_numeric(
            callback, None, _double(x), x.size, ctypes.byref(options), _double(gradient), gradient.size))
    return gradient


def check_gradient(function, x, gradient=None, *, step=1e-6, absolute=1e-5, relative=1e-3):
    """Compares `gradient(x)`, an array of x's shape, with central differences of `function(x)`, a number.

    Without `gradient`, differences of twice the step stand in its place: that tells whether the function is smooth
    at x. What the functions raise comes out of this call. Returns a `GradientReport`.
    """
    x, host = _doubles(x), _Host()
    report, options = _c.fs_gradient_report(), _options(step=step, absolute=absolute, relative=relative)
    value = host.function(_required(function), x.shape)
    slope = host.gradient(called(gradient, "gradient"), x.shape) if gradient is not None else _c.fs_gradient_callback()
    host.check(
        _c.fs_gradient_check(value, slope, None, _double(x), x.size, ctypes.byref(options), ctypes.byref(report))
    )
    index = tuple(int(i) for i in np.unravel_index(report.index, x.shape))
    return GradientReport(index, report.analytic, report.numeric, report.ratio, bool(report.passed))


def convolve(x, weights, bias=None, stride=1, padding=0):
    """Convolution over d axes, 1 to 3: `x` [batch, n1 ... nd, inputs], `weights` [outputs, inputs, k1 ... kd], `bias`
    [outputs]. Returns float32 [batch, n1' ... nd', outputs] with `n' = (n + 2 padding - k) / stride + 1`."""
    x, weights = _singles(x, "x"), _singles(weights, "weights")
    if x.ndim != weights.ndim or not 3 <= x.ndim <= 5:
        raise ValueError(f"x has shape {list(x.shape)} and weights {list(weights.shape)}; expected 3 to 5 axes in both")
    if bias is not None:
        bias = _singles(bias, "bias")
        if bias.shape != weights.shape[:1]:
            raise ValueError(f"bias has shape {list(bias.shape)}; expected [{weights.shape[0]}]")
    sizes = ctypes.c_size_t * x.ndim
    shape, steps = (ctypes.c_size_t * 5)(), (integer(stride, "stride", 63), integer(padding, "padding", 63))

    def run(y, capacity):
        check(
            _c.fs_convolve(
                x.ndim - 2, pointer(x), sizes(*x.shape), pointer(weights), sizes(*weights.shape),
                None if bias is None else pointer(bias), *steps, y, capacity, shape,
            )
        )  # fmt: skip

    run(None, 0)
    y = np.empty(tuple(shape[: x.ndim]), np.float32)
    run(pointer(y), y.size)
    return y


def _required(function):
    if not callable(function):
        raise wrong(function, "function", "a function of an array")
    return function


class _Host:
    """Python's functions as C callbacks; what they raise waits here, as nothing may pass through C."""

    def __init__(self):
        self._raised = []

    def function(self, function, shape):
        def bridge(x, count, value, _):
            return self._guarded(lambda: value.__setitem__(0, float(function(_array(x, shape)))))

        return _c.fs_function_callback(bridge)

    def gradient(self, gradient, shape):
        def fill(x, count, target):
            answer = np.asarray(gradient(_array(x, shape)), np.float64)
            if answer.shape != shape:
                raise ValueError(f"the gradient has shape {list(answer.shape)}; expected {list(shape)}")
            np.ctypeslib.as_array(target, (count,))[:] = answer.ravel()

        return _c.fs_gradient_callback(lambda x, count, target, _: self._guarded(lambda: fill(x, count, target)))

    def check(self, status):
        if self._raised:
            raise self._raised[0]
        check(status)

    def _guarded(self, body):
        try:
            body()
            return _c.FS_OK
        except BaseException as error:
            self._raised.append(error)
            return _c.FS_CANCELLED


def _array(x, shape):
    """A copy, which the host's function may keep."""
    return np.ctypeslib.as_array(x, shape or (1,)).reshape(shape).copy()


def _doubles(x):
    return np.array(numbers(x, np.float64, "x"), order="C")


def _singles(values, what):
    return np.ascontiguousarray(numbers(values, np.float32, what))


def _double(array):
    return pointer(array, ctypes.c_double)


def _options(**values):
    options = _c.fs_gradient_options()
    check(_c.fs_gradient_options_init(ctypes.byref(options), ctypes.sizeof(options)))
    for name, value in values.items():
        setattr(options, name, number(value, name))
    return options
