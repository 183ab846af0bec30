"""The course notebook's five numbers, to every printed digit, and what the formulas say."""

import json

import numpy as np
import pytest

import facestyle as fs
import tolerances
from conftest import shared


@pytest.fixture(scope="module")
def notebook():
    return json.loads(shared("fixtures/notebook.json").read_text())


def test_the_notebooks_triplet_loss(notebook):
    n = notebook["triplet"]
    loss = fs.triplet_loss(n["anchor"], n["positive"], n["negative"], n["alpha"])
    assert abs(loss - 528.143) <= tolerances.PRINTED["triplet"] and f"{loss:.6g}" == "528.143"


def test_the_notebooks_content_cost(notebook):
    n = notebook["content"]
    cost = fs.content_cost(n["a_G"][0], n["a_C"][0])
    assert abs(cost - 6.76559) <= tolerances.PRINTED["content"] and f"{cost:.6g}" == "6.76559"


def test_the_notebooks_gram_matrix(notebook):
    n = notebook["gram"]
    gram = fs.gram_matrix(n["A"])
    assert np.abs(gram - np.array(n["expected"])).max() <= tolerances.GRAM_FLOAT
    apart = np.array(n["expected"], np.float32) != gram
    print("printed digits that differ:", int(apart.sum()), "of 9; from TensorFlow's own answer:",
          int((np.array(n["got"], np.float32) != gram).sum()))
    assert np.array_equal(gram, gram.T)


def test_the_notebooks_style_cost(notebook):
    n = notebook["style"]
    cost = fs.style_cost(n["a_G"][0], n["a_S"][0])
    assert abs(cost - 9.19028) <= tolerances.PRINTED["style"] and f"{cost:.6g}" == "9.19028"


def test_the_notebooks_total_cost(notebook):
    n = notebook["total"]
    cost = fs.total_cost(n["J_content"], n["J_style"], n["alpha"], n["beta"])
    assert abs(cost - 35.34667875478276) <= tolerances.PRINTED["total"]
    assert repr(cost) == "35.34667875478276"


def test_a_far_negative_costs_nothing():
    assert fs.triplet_loss([[0, 0]], [[0, 0]], [[3, 4]]) == 0
    assert fs.triplet_loss([[0, 0]], [[3, 4]], [[0, 0]], margin=0.5) == 25.5


def test_the_mean_is_the_sum_over_the_count():
    a, p, n = np.random.default_rng(1).normal(size=(3, 5, 4))
    assert fs.triplet_loss(a, p, n, 9, "mean") == pytest.approx(fs.triplet_loss(a, p, n, 9) / 5, rel=1e-12)


def test_the_lecture_variant_has_its_own_factors():
    g, c = np.random.default_rng(2).normal(size=(2, 2, 3, 5)).astype(np.float32)
    assert fs.content_cost(g, c, "lecture") == pytest.approx(fs.content_cost(g, c) * 2 * 30, rel=1e-6)
    assert fs.style_cost(g, c, "lecture") == pytest.approx(fs.style_cost(g, c) * 4 * 25 * 36 / (2 * 30), rel=1e-6)


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match=r"anchors and negatives have shapes \[2, 3\] and \[2, 4\]"):
        fs.triplet_loss(np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((2, 4)))
    with pytest.raises(ValueError, match=r"content has shape \[16, 3\]; expected \[any, any, any\]"):
        fs.content_cost(np.zeros((4, 4, 3)), np.zeros((16, 3)))
    with pytest.raises(ValueError, match=r"a has shape \[\]"):
        fs.gram_matrix(1.0)
    with pytest.raises(ValueError, match="'median'"):
        fs.triplet_loss(np.zeros((1, 1)), np.zeros((1, 1)), np.zeros((1, 1)), reduction="median")
    with pytest.raises(fs.FaceStyleError):
        fs.gram_matrix(np.zeros((0, 3)))


def test_arrays_of_any_order_and_type_are_taken():
    a = np.arange(6, dtype=np.int64).reshape(2, 3).T
    assert np.array_equal(fs.gram_matrix(a), a @ a.T)
