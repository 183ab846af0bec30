"""Expressions: closed forms, four ways to a gradient, texts that come back, and texts that are none."""

import copy
import math
import pickle
import threading

import numpy as np
import pytest

import facestyle as fs
import tolerances
from facestyle.differentiation import FUNCTIONS


def simplified(text, variable=None):
    with fs.Expression.parse(text) as f:
        return str((f.derivative(variable) if variable else f).simplified())


def test_values_are_numpys_at_arrays_that_broadcast():
    x, y = np.linspace(0.5, 2, 7), np.array([[0.5], [1.5]])
    with fs.Expression.parse("p0 + p1*x + exp(sin(x)/x)^2 - tanh(y)*log(x)/sqrt(y)") as f:
        assert f.variables == ("p0", "p1", "x", "y")
        found = f(x=x, y=y, p0=1, p1=-2)
    wanted = 1 - 2 * x + np.exp(np.sin(x) / x) ** 2 - np.tanh(y) * np.log(x) / np.sqrt(y)
    assert found.shape == (2, 7) and found.dtype == np.float64
    assert np.abs(found - wanted).max() <= tolerances.DOUBLE


def test_a_number_gives_a_number_and_no_points_none():
    f = fs.Expression.parse("x^2")
    assert f(x=3) == 9 and f(x=3).shape == ()
    assert f(x=[]).shape == (0,)
    assert fs.Expression.parse("2^3")() == 8


def test_where_there_is_no_value_there_is_nan_or_infinity():
    f = fs.Expression.parse("1/x + 0*log(x)")
    assert not np.isfinite(f(x=[0.0, -1.0])).any()
    assert math.isinf(fs.Expression.parse("1/x")(x=0))


# Closed forms, from a table of derivatives.
@pytest.mark.parametrize("text, derivative", [
    ("x^5", lambda x: 5 * x**4),
    ("sin(x)/x", lambda x: (x * np.cos(x) - np.sin(x)) / x**2),
    ("exp(sin(x)/x)^2", lambda x: 2 * np.exp(2 * np.sin(x) / x) * (x * np.cos(x) - np.sin(x)) / x**2),
    ("x^x", lambda x: x**x * (np.log(x) + 1)),
    ("log(sqrt(1 + x^2))", lambda x: x / (1 + x**2)),
    ("softplus(x)", lambda x: 1 / (1 + np.exp(-x))),
    ("reciprocal(tanh(x))", lambda x: 1 - 1 / np.tanh(x) ** 2),
    ("absolute(1 - x)", lambda x: np.sign(x - 1)),
])  # fmt: skip
def test_a_derivative_is_the_closed_form(text, derivative):
    x = np.linspace(0.3, 2.1, 50)
    with fs.Expression.parse(text) as f, f.derivative("x") as slope, slope.simplified() as simple:
        for found in (slope(x=x), simple(x=x), *(f.gradient(way, x=x)["x"] for way in ("forward", "reverse", "symbolic"))):
            assert np.abs(found - derivative(x)).max() <= tolerances.DERIVATIVE * np.abs(derivative(x)).max()


def random_text(rng, depth):
    if depth == 0 or rng.random() < 0.1:
        return str(rng.choice(["x", "y", "z", "1", "2.5"], p=[0.3, 0.3, 0.2, 0.1, 0.1]))
    kind = rng.integers(9)
    first = random_text(rng, depth - 1)
    if kind < 5:
        return f"({first} {'+-*/*'[kind]} {random_text(rng, depth - 1)})"
    if kind == 5:
        return f"({first})^{rng.choice(['2', '3', '0.5'])}"
    return f"{rng.choice(['sin', 'cos', 'tanh', 'sigmoid', 'softplus', 'exp', 'log', 'sqrt', 'square', 'reciprocal'])}({first})"


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_the_ways_agree_on_random_expressions_at_random_points():
    rng, compared, undefined = np.random.default_rng(5), 0, 0
    for _ in range(400):
        with fs.Expression.parse(random_text(rng, 4)) as f:
            points = {name: rng.uniform(0.3, 1.8, 20) for name in f.variables}
            if not points:
                continue
            found = {way: f.gradient(way, **points) for way in ("forward", "reverse", "symbolic", "numeric")}
            size = np.max([np.abs(g) for g in found["forward"].values()], axis=0) + np.abs(f(**points))
            for name in f.variables:
                ways = [g[name] for g in found.values()] + [f.derivative(name).simplified()(**points)]
                # A root of 0 has an infinite slope: dual numbers leave out what does not change, the tape takes 0 times it.
                usable = np.isfinite(size) & (size < 100)
                undefined += (usable & ~np.isfinite(ways).all(axis=0)).sum()
                usable &= np.isfinite(ways).all(axis=0)
                forward, reverse, symbolic, numeric, simple = (way[usable] for way in ways)
                for exact in (reverse, symbolic, simple):
                    assert (np.abs(exact - forward) <= tolerances.DERIVATIVE * (1 + size[usable])).all(), str(f)
                assert (np.abs(numeric - forward) <= 1e-5 * (1 + size[usable])).all(), str(f)
                compared += usable.sum()
    assert compared > 10000 and undefined < 0.01 * compared


def test_the_gradient_of_several_variables_is_rosenbrocks():
    x, y = np.random.default_rng(1).uniform(-2, 2, (2, 30))
    f = fs.Expression.parse("100*(y - x^2)^2 + (1 - x)^2")
    for way in ("forward", "reverse", "symbolic"):
        gradient = f.gradient(way, x=x, y=y)
        assert list(gradient) == ["y", "x"]
        assert np.allclose(gradient["x"], -400 * x * (y - x**2) - 2 * (1 - x), rtol=tolerances.DERIVATIVE)
        assert np.allclose(gradient["y"], 200 * (y - x**2), rtol=tolerances.DERIVATIVE, atol=1e-12)
    assert np.abs(f.gradient("numeric", x=x, y=y)["y"] - 200 * (y - x**2)).max() < 1e-3


def test_its_functions_are_those_of_differentiate():
    x = np.array([0.3, 1, 2.5])
    for name in FUNCTIONS:
        values, slopes = fs.differentiate(name, x)
        with fs.Expression.parse(f"{name}(x)") as f:
            assert np.array_equal(f(x=x), values)
            assert np.allclose(f.derivative("x")(x=x), slopes, rtol=tolerances.DERIVATIVE, atol=0)
            assert np.array_equal(fs.differentiate(name, x, "symbolic")[1], f.derivative("x")(x=x))


def test_texts_come_back_and_simplification_is_what_a_person_writes():
    assert str(fs.Expression.parse("((x))*2-(y-(-3))")) == "x*2 - (y - (-3))"
    assert str(fs.Expression.parse("x*x").derivative("x")) == "1*x + x*1"
    assert simplified("x*x", "x") == "2*x"
    assert simplified("p0 + p1*x + p2*x^2 + p3*x^3", "x") == "p1 + 2*p2*x + 3*p3*x^2"
    assert simplified("0*x + y^1 + 3 - 1 + y") == "2 + 2*y"
    assert simplified("x/x + sqrt(y)*sqrt(y)") == "1 + y"
    f = fs.Expression.parse("sin(x)")
    assert repr(f) == "<Expression sin(x)>"
    f.close()
    assert repr(f) == "<Expression, closed>"
    assert repr(fs.Expression.parse("+".join(f"v{i}" for i in range(100)))) == "<Expression of 199 nodes>"


def test_nodes_are_counted():
    f = fs.Expression.parse("(x + 1)*(x + 1)")
    assert f.node_count == 7
    assert f.size == fs.ExpressionSize(nodes=7, shared_nodes=4, operations=2, depth=3, reverse_operations=5)


def test_a_text_that_is_none_says_where():
    with pytest.raises(fs.FaceStyleError, match=r"position 5: \"\)\"; expected a number, a variable, a function"):
        fs.Expression.parse("2 * )")
    with pytest.raises(fs.FaceStyleError, match="more than 1048576 bytes"):
        fs.Expression.parse("(" * (1 << 21))
    with pytest.raises(fs.FaceStyleError, match="10000"):
        fs.Expression.parse("sin(" * 20000 + "x" + ")" * 20000)
    with pytest.raises(ValueError, match="NUL"):
        fs.Expression.parse("x\0y")


def test_variables_are_given_by_name_all_of_them_and_no_others():
    f = fs.Expression.parse("x*way + self")
    assert f(x=2, way=3, self=1) == 7 and f.gradient("forward", x=2, way=3, self=1)["way"] == 2
    with pytest.raises(ValueError, match="the variable way is missing"):
        f(x=1)
    with pytest.raises(ValueError, match="z is no variable of the expression; expected x, way, self"):
        f(x=1, z=2)
    with pytest.raises(ValueError, match=r"x \[2\], way \[3\]"):
        f(x=[1, 2], way=[1, 2, 3], self=0)
    with pytest.raises(fs.FaceStyleError, match="no variable \"q\" in the expression; expected x, way, self"):
        f.derivative("q")


def test_threads_share_an_expression():
    f, wrong = fs.Expression.parse("exp(sin(x))/x"), []
    x = np.linspace(0.1, 3, 1000)
    wanted = f(x=x)

    def work():
        for _ in range(50):
            if not np.array_equal(f(x=x), wanted) or str(f.derivative("x").simplified()) != simplified("exp(sin(x))/x", "x"):
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_it_is_neither_copied_nor_pickled():
    f = fs.Expression.parse("x")
    for way in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="an? Expression cannot be copied or pickled"):
            way(f)
