"""Losses against PyTorch: losses.json is written by Tests/Fixtures/reference/losses_reference.py."""

import json

import numpy as np
import pytest

import facestyle as fs
import tolerances
from conftest import REPOSITORY
from facestyle.losses import KINDS

CASES = json.loads((REPOSITORY / "Tests" / "Fixtures" / "losses.json").read_text())
NAMES = {"lambda": "centre_weight", "rate": "centre_rate", "cosine": "cosine_weight", "similarity": "similarity_weight"}


def loss_of(case):
    return fs.Loss(case["loss"], **{NAMES.get(name, name): value for name, value in case["settings"].items()})


def near(mine, wanted):
    wanted = np.asarray(wanted)
    return np.abs(np.ravel(mine) - wanted).max(initial=0) <= tolerances.LOSS * max(1, np.abs(wanted).max(initial=0))


def batch(kind, seed=1):
    random = np.random.default_rng(seed)
    labels, taught = None, None
    if kind in ("contrastive", "pair-difference", "pair-chi-square"):
        labels = [0, 1, 1]
    elif kind in ("distillation", "teacher-distance"):
        taught = random.normal(size=(6, 4))
    elif kind != "triplet":
        labels = [0, 2, 0, 1, 2, 1]
    return {"embeddings": random.normal(size=(6, 4)), "labels": labels, "teacher": taught}


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['loss']} {c['settings'].get('reduction', '')} {c['note']}")
def test_pytorchs_value_and_gradients(case):
    shape = (case["count"], case["dimension"])
    loss, x = loss_of(case), np.reshape(case["embeddings"], shape)
    names = list(loss.head(case["dimension"], max(case["classes"], 1)))
    shapes = {"weight": (-1, shape[1]), "bias": (-1,), "centres": (-1, shape[1])}
    head = {name: np.reshape(values, shapes[name]) for name, values in zip(names, case["head"], strict=True)}
    teacher = np.reshape(case["teacher"], shape) if case["teacher"] else None
    result = loss(x, case["labels"] or None, teacher=teacher, head=head)
    assert near(result.value, [case["value"]])
    assert near(result.gradient, case["gradient"])
    for name, wanted in zip(names, case["head_gradients"]):
        assert near(result.head_gradient[name], wanted)
    if "statistics" in case:
        assert result.statistics == fs.MiningStatistics(**{
            name: pytest.approx(value, rel=tolerances.LOSS, abs=tolerances.LOSS)
            for name, value in case["statistics"].items()})  # fmt: skip
    if "moved" in case:
        assert near(loss.updated_centres(x, case["labels"], head)["centres"], case["moved"])
    without = loss(x, case["labels"] or None, teacher=teacher, head=head, gradients=False)
    assert without.value == result.value and without.gradient is None and without.head_gradient == {}


@pytest.mark.parametrize("kind", KINDS)
def test_steps_along_the_gradient_make_the_loss_smaller(kind):
    loss = fs.Loss(kind, margin=0.3 if kind in ("cosface", "arcface") else 3, scale=8)
    given, head = batch(kind), loss.head(4, 3, seed=2)
    first = loss(**given, head=head).value
    for _ in range(20):
        result = loss(**given, head=head)
        given["embeddings"] = given["embeddings"] - 0.02 * result.gradient
        head = {name: values - 0.02 * result.head_gradient[name] for name, values in head.items()}
    assert result.value < first


@pytest.mark.parametrize("kind", KINDS)
def test_identical_embeddings_and_zeros_have_finite_gradients(kind):
    loss = fs.Loss(kind)
    given = batch(kind)
    for value in (0, 1):
        given["embeddings"] = np.full((6, 4), value)
        result = loss(**given, head=loss.head(4, 3))
        assert np.isfinite(result.value) and np.isfinite(result.gradient).all()
        assert all(np.isfinite(part).all() for part in result.head_gradient.values())


def test_strangers_whom_the_teacher_confuses_are_kept_apart():
    random = np.random.default_rng(5)
    x, teacher = random.normal(size=(8, 3)), random.normal(size=(8, 3))
    people = np.array([0, 1, 0, 2, -1, 3, 1, -7])
    unit = lambda rows: rows / np.linalg.norm(rows, axis=1, keepdims=True)
    e, t = unit(x), unit(teacher)
    strangers = (people[:, None] != people) & (people[:, None] >= 0) & (people >= 0)
    wanted = np.where(strangers, np.minimum(t @ t.T, 0.2), t @ t.T)
    excess = np.where(strangers, np.maximum(e @ e.T - 0.2, 0), 0)
    near = np.maximum((excess > 0).sum(1), 1)
    expected = 2 * np.mean(1 - (e * t).sum(1)) + 4 * np.mean((e @ e.T - wanted) ** 2) + 10 * np.mean((excess**2).sum(1) / near)
    loss = fs.Loss("distillation", stranger_weight=10, stranger_limit=0.2, memory=0)
    assert loss(x, people, teacher=teacher).value == pytest.approx(expected, rel=tolerances.FLOAT)


def test_forty_photos_of_each_person_are_mined():
    people = np.repeat(np.arange(20), 40)
    x = np.random.default_rng(4).normal(size=(800, 32)).astype(np.float32)
    found = fs.Loss("all-triplets")(x, people).statistics
    assert found.triplets == 800 * 39 * 760 and 0 < found.active <= found.triplets


def test_a_batch_without_triplets_is_refused():
    with pytest.raises(fs.FaceStyleError, match="no negatives: 3 photos of one person"):
        fs.Loss("semi-hard")(np.eye(3), [1, 1, 1])
    with pytest.raises(fs.FaceStyleError, match="no positives: 3 photos of as many people"):
        fs.Loss("batch-hard")(np.eye(3), [1, 2, 3])


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="kind is 'triple'"):
        fs.Loss("triple")
    with pytest.raises(ValueError, match="reduction is 'median'"):
        fs.Loss("triplet", reduction="median")
    with pytest.raises(TypeError, match="unexpected keyword argument 'gap'"):
        fs.Loss("triplet", gap=1)
    with pytest.raises(fs.FaceStyleError, match="margin -1"):
        fs.Loss("triplet", margin=-1)
    softmax = fs.Loss("softmax")
    head = softmax.head(4, 3)
    with pytest.raises(ValueError, match="needs labels"):
        softmax(np.zeros((2, 4)), head=head)
    with pytest.raises(ValueError, match=r"labels has shape \[3\]; expected \[2\]"):
        softmax(np.zeros((2, 4)), [0, 1, 2], head=head)
    with pytest.raises(ValueError, match="labels are float64"):
        softmax(np.zeros((2, 4)), [0.0, 1.0], head=head)
    with pytest.raises(ValueError, match="32 bits"):
        softmax(np.zeros((2, 4)), [0, 2**40], head=head)
    with pytest.raises(fs.FaceStyleError, match="label 3; expected 0 to 2"):
        softmax(np.zeros((2, 4)), [0, 3], head=head)
    with pytest.raises(ValueError, match=r"head has \[\]; expected \['bias', 'weight'\]"):
        softmax(np.zeros((2, 4)), [0, 1])
    with pytest.raises(ValueError, match=r"head\['bias'\] has shape \[2\]"):
        softmax(np.zeros((2, 4)), [0, 1], head=dict(head, bias=np.zeros(2)))
    with pytest.raises(ValueError, match="expected .1, 4."):
        fs.Loss("pair-difference")(np.zeros((2, 4)), [0], head=head)
    with pytest.raises(ValueError, match="has no labels"):
        fs.Loss("distillation")(np.zeros((2, 4)), [0, 1], teacher=np.zeros((2, 4)))
    with pytest.raises(ValueError, match="needs labels"):
        fs.Loss("distillation", stranger_weight=1)(np.zeros((2, 4)), teacher=np.zeros((2, 4)))
    with pytest.raises(ValueError, match="needs a teacher"):
        fs.Loss("distillation")(np.zeros((2, 4)))
    with pytest.raises(ValueError, match="embeddings and teacher have shapes"):
        fs.Loss("distillation")(np.zeros((2, 4)), teacher=np.zeros((2, 5)))
    with pytest.raises(ValueError, match="no teacher"):
        softmax(np.zeros((2, 4)), [0, 1], teacher=np.zeros((2, 4)), head=head)
    with pytest.raises(fs.FaceStyleError, match="multiple of 3"):
        fs.Loss("triplet")(np.zeros((4, 2)))
    with pytest.raises(fs.FaceStyleError):
        fs.Loss("centre").head(0, 3)
