"""Distances and rules against plain twins in NumPy."""

import numpy as np
import pytest

import facestyle as fs
import tolerances

RANDOM = np.random.default_rng(5)
A, B = RANDOM.normal(size=(9, 33)).astype(np.float32), RANDOM.normal(size=(14, 33)).astype(np.float32)
HEAD = RANDOM.normal(size=34).astype(np.float32) * 0.2


def twin(kind, a, b, head=None):
    a, b = a[:, None].astype(float), b[None].astype(float)
    chi = (a - b) ** 2 / (abs(a) + abs(b))
    if head is not None:
        logit = ((abs(a - b) if kind == "difference-head" else chi) * head[:-1]).sum(2) + head[-1]
        return 1 / (1 + np.exp(logit))
    return {
        "euclidean": np.sqrt(((a - b) ** 2).sum(2)), "squared": ((a - b) ** 2).sum(2), "chi-square": chi.sum(2),
        "cosine": 1 - (a * b).sum(2) / np.linalg.norm(a, axis=2) / np.linalg.norm(b, axis=2),
    }[kind]


@pytest.mark.parametrize("kind", ["euclidean", "squared", "cosine", "chi-square", "difference-head", "chi-square-head"])
def test_distances_agree_with_numpy(kind):
    head = HEAD if kind.endswith("head") else None
    found = fs.distances(A, B, kind, head)
    assert found.shape == (9, 14) and found.dtype == np.float32
    assert found == pytest.approx(twin(kind, A, B, head), rel=tolerances.FLOAT, abs=tolerances.FLOAT)
    assert np.array_equal(fs.distances(A[2], B, kind, head), found[2])
    both = fs.distances(A, kind=kind, head=head)
    assert both.shape == (9, 9) and np.array_equal(both, both.T)


def test_a_head_that_a_loss_trains_is_the_losss_own_probability():
    loss = fs.Loss("pair-chi-square")
    head = loss.head(33, seed=4)
    rows = np.stack([A[0], A[1]])
    same = fs.distances(A[0], A[1:2], "chi-square-head", head)[0]
    # Cross-entropy of a pair of one person is -log of the probability of that.
    assert loss(rows, [0], head=head).value == pytest.approx(-np.log1p(-same), rel=1e-5)


def test_distances_refuse_what_is_none():
    with pytest.raises(ValueError, match="'manhattan'"):
        fs.distances(A, B, "manhattan")
    with pytest.raises(ValueError, match=r"b has shape \[2, 3\]"):
        fs.distances(A, np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"head has shape \[33\]"):
        fs.distances(A, B, "chi-square-head", HEAD[:-1])
    with pytest.raises(fs.FaceStyleError, match="head is NULL"):
        fs.distances(A, B, "chi-square-head")
    with pytest.raises(fs.FaceStyleError, match="nan"):
        fs.distances(A, np.full((1, 33), np.nan))
    assert fs.distances(np.zeros((0, 3)), np.zeros((2, 3))).shape == (0, 2)


def measured(rule, photos, labels, probe, neighbours):
    """(votes, distance) of each person."""
    d = np.linalg.norm(photos - probe, axis=1)
    nearest = np.argsort(d, kind="stable")[:neighbours]
    found = {}
    for name in dict.fromkeys(labels):
        mine = np.array(labels) == name
        mean = photos[mine].mean(0)
        template = mean / np.linalg.norm(mean) * np.linalg.norm(photos[mine], axis=1).mean()
        distance = {
            "nearest": d[mine].min(), "mean": d[mine].mean(), "template": np.linalg.norm(template - probe), "vote": d[mine].min(),
        }[rule]
        found[name] = (-mine[nearest].sum() if rule == "vote" else 0, distance)
    return found


@pytest.mark.parametrize("rule", ["nearest", "mean", "template", "vote"])
def test_rules_agree_with_numpy(rule):
    random = np.random.default_rng(3)
    photos = random.normal(size=(60, 8)).astype(np.float32)
    labels = [f"person {i % 13}" for i in range(60)]
    for probe in random.normal(size=(20, 8)).astype(np.float32):
        found = fs.identify(photos, labels, probe, 100.0, rule=rule, neighbours=7)
        people = measured(rule, photos, labels, probe, 7)
        first, second = sorted(people, key=people.get)[:2]
        assert (found.label, found.runner_up) == (first, second) and found.known and not found.ambiguous
        assert found.distance == pytest.approx(people[first][1], abs=tolerances.FLOAT)
        assert found.margin == pytest.approx(people[second][1] - people[first][1], abs=2 * tolerances.FLOAT)
        assert labels[found.photo] == first and found.votes == -people[first][0]


@pytest.mark.parametrize("rule", ["nearest", "mean", "template", "vote"])
def test_a_gallery_identifies_by_rules_as_arrays_are(rule, embedder):
    random = np.random.default_rng(6)
    photos = random.normal(size=(40, embedder.dimension)).astype(np.float32)
    names = [f"person {i % 9}" for i in range(40)]
    with fs.Gallery(embedder) as gallery:
        gallery.add_many(names, photos)
        for probe in random.normal(size=(5, embedder.dimension)).astype(np.float32):
            found = gallery.identify(probe, 100.0, rule=rule, neighbours=7)
            wanted = fs.identify(photos, names, probe, 100.0, rule=rule, neighbours=7)
            assert (found.known, found.ambiguous, found.name, found.runner_up) == (True, False, wanted.label, wanted.runner_up)
            assert (found.distance, found.margin, found.votes) == (wanted.distance, wanted.margin, wanted.votes)
            assert found.photo == wanted.photo
        assert gallery.identify(probe, 100.0, margin=1e3).ambiguous
        head = np.zeros(embedder.dimension + 1)  # everybody is one of two with probability 1/2
        assert gallery.identify(probe, 0.6, kind="difference-head", head=head).distance == 0.5
        with pytest.raises(fs.FaceStyleError, match="Euclidean"):
            gallery.identify(probe, kind="cosine")
        with pytest.raises(ValueError, match="'best'"):
            gallery.identify(probe, rule="best")
        with pytest.raises(ValueError, match="head has shape"):
            gallery.identify(probe, 1, kind="difference-head", head=head[1:])


def test_a_stranger_stays_unknown():
    photos, labels = np.eye(3, dtype=np.float32), [10, 20, 30]
    near = fs.identify(photos, labels, [0.9, 0.1, 0], 0.5)
    assert near.known and near.label == 10 and near.runner_up == 20 and near.photo == 0
    assert not fs.identify(photos, labels, [0.9, 0.1, 0], 0.05).known
    between = fs.identify(photos, labels, [0.5, 0.49, 0], 1, margin=0.1)
    assert between.ambiguous and not between.known
    nobody = fs.identify(np.zeros((0, 3)), [], [1, 0, 0], 1)
    assert not nobody.known and nobody.label is None and nobody.photo is None and nobody.distance == np.inf


def test_identify_names_bad_arguments():
    photos, labels = np.eye(3, dtype=np.float32), [1, 2, 3]
    with pytest.raises(ValueError, match=r"labels have shape \[2\]"):
        fs.identify(photos, [1, 2], [1, 0, 0], 1)
    with pytest.raises(ValueError, match="3 numbers and the probe 2"):
        fs.identify(photos, labels, [1, 0], 1)
    with pytest.raises(ValueError, match="'best'"):
        fs.identify(photos, labels, [1, 0, 0], 1, rule="best")
    with pytest.raises(fs.FaceStyleError, match="threshold"):
        fs.identify(photos, labels, [1, 0, 0], -1)
