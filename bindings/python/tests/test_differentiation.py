"""Four ways to a derivative agree with each other and with NumPy; convolution has the shapes of the course."""

import math

import numpy as np
import pytest

import facestyle as fs
import tolerances
from facestyle import _c
from facestyle.differentiation import FUNCTIONS

# f and f' as NumPy has them.
WANTED = {
    "exp": (np.exp, np.exp),
    "log": (np.log, lambda x: 1 / x),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "sin": (np.sin, np.cos),
    "cos": (np.cos, lambda x: -np.sin(x)),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2),
    "softplus": (lambda x: np.log1p(np.exp(x)), lambda x: 1 / (1 + np.exp(-x))),
    "absolute": (np.abs, np.sign),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / x**2),
    "square": (np.square, lambda x: 2 * x),
    "sign": (np.sign, lambda x: 0 * x),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("way", ["forward", "reverse", "numeric", "symbolic"])
def test_a_function_and_its_derivative_are_numpys(name, way):
    x = np.random.default_rng(1).uniform(0.2, 2, (3, 5))
    values, derivatives = fs.differentiate(name, x, way)
    value, derivative = WANTED[name]
    assert np.abs(values - value(x)).max() <= tolerances.DOUBLE
    assert np.abs(derivatives - derivative(x)).max() <= (tolerances.CENTRAL if way == "numeric" else tolerances.DOUBLE)


def test_numbers_outside_a_functions_domain_are_nan():
    values, derivatives = fs.differentiate("log", [-1.0, 1.0])
    assert math.isnan(values[0]) and values[1] == 0 and derivatives[1] == 1
    assert fs.differentiate("absolute", 0.0, "reverse")[1] == 0


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="function is 'sec'"):
        fs.differentiate("sec", 1.0)
    with pytest.raises(ValueError, match="way is 'sideways'"):
        fs.differentiate("exp", 1.0, "sideways")


def rosenbrock(x):
    return 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2


def rosenbrock_gradient(x):
    return [-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)]


def test_a_right_gradient_passes():
    report = fs.check_gradient(rosenbrock, [-1.2, 1.0], rosenbrock_gradient)
    assert report and report.passed and report.ratio < 1
    assert np.abs(fs.numeric_gradient(rosenbrock, [-1.2, 1.0]) - rosenbrock_gradient([-1.2, 1.0])).max() <= 1e-4


def test_a_wrong_gradient_is_caught_where_it_is_wrong():
    report = fs.check_gradient(lambda x: (x**3).sum(), np.full((2, 3), 2.0), lambda x: 3 * x**2 + (x == x[1, 2]) * np.eye(2, 3, 2))
    assert not report and report.index == (0, 2)
    assert report.analytic == 13 and abs(report.numeric - 12) <= tolerances.CENTRAL
    assert report.ratio == pytest.approx(1 / (1e-5 + 12e-3), rel=1e-3)


def test_without_a_gradient_a_kink_is_told_from_a_smooth_point():
    def kinked(x):
        return abs(x[0] - 1.5e-6)

    assert fs.check_gradient(lambda x: np.sin(x).sum(), [0.3, 0.4])
    assert not fs.check_gradient(kinked, [0.0])


def test_nan_is_reported():
    report = fs.check_gradient(lambda x: math.nan if x[1] > 0.5 else x.sum(), [0.0, 0.5], lambda x: [1, 1])
    assert not report and report.index == (1,) and math.isinf(report.ratio) and math.isnan(report.numeric)
    report = fs.check_gradient(lambda x: x.sum(), [0.0, 0.5], lambda x: [math.nan, 1])
    assert not report and report.index == (0,) and math.isnan(report.analytic)


def test_what_a_function_raises_comes_out():
    class Mine(Exception):
        pass

    def fails(x):
        raise Mine("no")

    with pytest.raises(Mine):
        fs.check_gradient(fails, [1.0])
    with pytest.raises(Mine):
        fs.check_gradient(lambda x: 1.0, [1.0], fails)
    with pytest.raises(Mine):
        fs.numeric_gradient(fails, [1.0])
    with pytest.raises(ValueError, match="expected \\[1\\]"):
        fs.check_gradient(lambda x: 1.0, [1.0], lambda x: [1.0, 2.0])


@pytest.mark.parametrize("options", [{"step": 0}, {"step": 2}, {"step": math.nan}, {"absolute": -1}, {"relative": math.inf},
                                     {"absolute": 0, "relative": 0}], ids=str)  # fmt: skip
def test_options_out_of_range_are_refused(options):
    with pytest.raises(fs.FaceStyleError, match="expected"):
        fs.check_gradient(lambda x: 1.0, [1.0], **options)


def test_a_point_without_numbers_is_refused():
    with pytest.raises(fs.FaceStyleError, match="expected 1 or more"):
        fs.check_gradient(lambda x: 1.0, [])
    with pytest.raises(fs.FaceStyleError, match="finite"):
        fs.check_gradient(lambda x: 1.0, [math.inf])


def test_the_courses_shapes():
    one = np.ones
    assert fs.convolve(one((1, 14, 1)), one((16, 1, 5))).shape == (1, 10, 16)
    assert fs.convolve(one((1, 14, 14, 14, 1)), one((16, 1, 5, 5, 5))).shape == (1, 10, 10, 10, 16)
    assert (fs.convolve(one((1, 14, 14, 14, 1)), one((16, 1, 5, 5, 5))) == 125).all()


def test_one_axis_is_numpys_correlation():
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=11), rng.normal(size=4)
    got = fs.convolve(x[None, :, None], w[None, None, :], bias=[0.5])
    assert np.abs(got[0, :, 0] - np.correlate(x, w, "valid") - 0.5).max() <= tolerances.FLOAT
    got = fs.convolve(x[None, :, None], w[None, None, :], stride=3, padding=2)
    assert np.abs(got[0, :, 0] - np.correlate(np.pad(x, 2), w, "valid")[::3]).max() <= tolerances.FLOAT


def test_shapes_that_do_not_fit_are_refused():
    one = np.ones
    with pytest.raises(fs.FaceStyleError, match="weights \\[16, 2, 5\\] for \\[1, 14, 1\\]"):
        fs.convolve(one((1, 14, 1)), one((16, 2, 5)))
    with pytest.raises(fs.FaceStyleError, match="a window of 5 over 4"):
        fs.convolve(one((1, 4, 1)), one((16, 1, 5)))
    with pytest.raises(ValueError, match="3 to 5 axes"):
        fs.convolve(one((14, 1)), one((16, 1)))
    with pytest.raises(ValueError, match="bias has shape"):
        fs.convolve(one((1, 14, 1)), one((16, 1, 5)), bias=one(3))
    with pytest.raises(fs.FaceStyleError):
        fs.convolve(one((1, 4, 1)), one((1, 1, 1)), padding=2**62)
    with pytest.raises(fs.FaceStyleError):
        fs.convolve(one((1, 4, 4, 4, 1)), one((1, 1, 1, 1, 1)), padding=2**30)
    with pytest.raises(fs.FaceStyleError):
        fs.convolve(one((0, 4, 4, 4, 1)), one((1, 1, 1, 1, 1)), padding=2**30)


def test_a_status_that_is_none_is_refused():
    callback = _c.fs_function_callback(lambda *_: 77)
    x, gradient = np.zeros(1), np.zeros(1)
    double = x.ctypes.data_as(_c.POINTER(_c.c_double)), gradient.ctypes.data_as(_c.POINTER(_c.c_double))
    assert _c.fs_gradient_numeric(callback, None, double[0], 1, None, double[1], 1) == _c.FS_INVALID_ARGUMENT
    assert b"77" in _c.fs_last_error()
