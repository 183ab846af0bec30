"""Thresholds with a meaning: against exact sums, against plain twins in NumPy, and on LFW."""

import math
from fractions import Fraction

import numpy as np
import pytest

import facestyle as fs
import tolerances
from conftest import shared
from facestyle.evaluation import evaluate_lfw


def tail(successes, trials, rate):
    """The probability of so few successes, exactly."""
    rate = Fraction(rate)
    return float(sum(math.comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in range(successes + 1)))


def line(impostors, genuine):
    """Impostors at 1 + 1/128, 1 + 2/128, ...; genuine pairs at 1/32, 2/32, ...: floats all."""
    return (
        np.r_[1 + np.arange(1, impostors + 1) / 128, np.arange(1, genuine + 1) / 32],
        np.r_[np.zeros(impostors, bool), np.ones(genuine, bool)])


@pytest.mark.parametrize("impostors, far", [(60, 0.05), (300, 0.02), (300, 0.1), (500, 0.3)])
def test_the_bound_is_clopper_and_pearsons(impostors, far):
    distances, same = line(impostors, 90)
    found = fs.calibrate(distances, same, far)
    accepted = int((distances[~same] <= found.threshold).sum())
    assert accepted == found.impostors_accepted and found.false_accepts == accepted / impostors
    assert tail(accepted, impostors, found.max_false_accepts) == pytest.approx(0.05, abs=1e-9)
    assert found.max_false_accepts <= far < 1 and tail(accepted + 1, impostors, far) > 0.05
    rejected = int((distances[same] > found.threshold).sum())
    assert (found.genuine_rejected, found.genuine, found.impostors) == (rejected, 90, impostors)
    assert tail(rejected, 90, found.max_false_rejects) == pytest.approx(0.025, abs=1e-9)
    assert 1 - tail(rejected - 1, 90, found.min_false_rejects) == pytest.approx(0.025, abs=1e-9)


def test_too_few_pairs_are_refused_with_the_number():
    with pytest.raises(fs.FaceStyleError, match="300 pairs of two people; expected at least 2995"):
        fs.calibrate(*line(300, 90), 1e-3)
    assert fs.calibrate(*line(2995, 90), 1e-3).impostors_accepted == 0
    # log(0.05) / log(0.99) / 10 people: each comparison may err at 0.001005.
    with pytest.raises(fs.FaceStyleError, match="expected at least 2981"):
        fs.calibrate(*line(2980, 90), 0.01, people=10)
    assert fs.calibrate(*line(2981, 90), 0.01, people=10).max_false_accepts_of_search <= 0.01


def test_the_threshold_accepts_the_distance_that_it_was_chosen_for():
    for distance in (0.1, 0.3, 0.7):
        found = fs.calibrate([distance] * 5 + [0.9] * 3000, [True] * 5 + [False] * 3000, 1e-3)
        assert (found.false_rejects, found.genuine_rejected, found.impostors_accepted) == (0, 0, 0)
        assert distance <= found.threshold == np.float32(found.threshold)


def test_a_search_among_many_wants_more_of_each_comparison():
    distances, same = line(3000, 90)
    alone, among = fs.calibrate(distances, same, 0.1), fs.calibrate(distances, same, 0.1, people=50)
    assert among.comparison_rate == pytest.approx(1 - 0.9 ** (1 / 50), abs=1e-15)
    assert among.threshold < alone.threshold and among.false_rejects > alone.false_rejects
    assert among.max_false_accepts_of_search == pytest.approx(1 - (1 - among.max_false_accepts) ** 50, abs=1e-12)
    assert among.max_false_accepts_of_search <= 0.1


def test_errors_grow_with_the_people():
    distances, same = line(3000, 90)
    found = fs.calibrate(distances, same, 0.1)
    rows = fs.calibration_growth(distances, same, 0.1, counts=[1, 10, 100, 1000])
    assert [row.people for row in rows] == [1, 10, 100, 1000]
    for row in rows:
        assert row.max_false_accepts == pytest.approx(1 - (1 - found.max_false_accepts) ** row.people, abs=1e-12)
    assert rows[0].threshold == found.threshold and rows[0].reason is None
    assert rows[1].threshold == fs.calibrate(distances, same, 0.1, people=10).threshold
    assert rows[3].threshold is None and rows[3].false_rejects is None
    assert rows[3].reason == f"1000 people need {rows[3].impostors_needed} pairs of two people, there are 3000"
    assert rows[3].impostors_needed == math.ceil(math.log(0.05) / math.log1p(-(1 - 0.9**0.001)))


def test_embeddings_make_their_pairs():
    random = np.random.default_rng(7)
    people = random.normal(size=(12, 16))
    labels = np.repeat([f"p{i}" for i in range(12)], 4)
    photos = (np.repeat(people, 4, 0) + 0.1 * random.normal(size=(48, 16))).astype(np.float32)
    strangers = random.normal(size=(30, 16)).astype(np.float32)
    apart = np.linalg.norm(photos[:, None] - photos, axis=2)
    i, j = np.triu_indices(48, 1)
    genuine = apart[i, j][labels[i] == labels[j]]
    for impostors, others in ((strangers, np.linalg.norm(photos[:, None] - strangers, axis=2).ravel()),
                              (None, apart[i, j][labels[i] != labels[j]])):
        found = fs.calibrate_embeddings(photos, labels, impostors, 0.01)
        twin = fs.calibrate(np.r_[genuine, others], np.r_[np.ones(len(genuine)), np.zeros(len(others))], 0.01)
        assert found.threshold == pytest.approx(twin.threshold, abs=tolerances.FLOAT)
        assert (found.genuine, found.impostors, found.impostors_accepted) == (72, len(others), twin.impostors_accepted)
    with pytest.raises(ValueError, match=r"labels have shape \[3\]"):
        fs.calibrate_embeddings(photos, [1, 2, 3])
    with pytest.raises(ValueError, match=r"impostors has shape \[2, 3\]"):
        fs.calibrate_embeddings(photos, labels, np.zeros((2, 3)))


def test_too_many_pairs_are_refused():
    photos = np.zeros((8000, 1), np.float32)
    with pytest.raises(fs.FaceStyleError, match="expected at most 16777216"):
        fs.calibrate_embeddings(photos, np.zeros(8000, int))


def test_bad_arguments_are_named():
    for far in (0, 1, -1, math.nan):
        with pytest.raises(fs.FaceStyleError, match="false accept rate"):
            fs.calibrate(*line(100, 9), far)
    with pytest.raises(fs.FaceStyleError, match="confidence 1.0"):
        fs.calibrate(*line(100, 9), 0.1, confidence=1)
    with pytest.raises(fs.FaceStyleError, match="people 0; expected 1 or more"):
        fs.calibrate(*line(100, 9), 0.1, people=0)
    with pytest.raises(fs.FaceStyleError, match="a distance of -0.5"):
        fs.calibrate([-0.5, 1, 2], [True, False, False], 0.9)
    with pytest.raises(ValueError, match="people is -1"):
        fs.calibrate(*line(100, 9), 0.1, people=-1)


@pytest.mark.slow
def test_half_of_lfw_calibrates_the_other(embedder):
    """The threshold of folds 1 to 3 is tried on folds 4 and 5, whose pairs are of other people."""
    folder = shared("data/lfw")
    result = evaluate_lfw(folder / "pairs.txt", folder / "images", embedder, folder / "landmarks.json")
    known = result.folds < 3
    found = fs.calibrate(result.distances[known], result.same[known], 0.01)
    other = result.distances[~known & ~result.same]
    accepted = int((other <= found.threshold).sum())
    print(found, f"{accepted} of {len(other)} others accepted", sep="\n")
    # So many, or more, of the others would be accepted by chance in one of ten thousand cases if the bound were true.
    assert 1 - tail(accepted - 1, len(other), found.max_false_accepts) > 1e-4 if accepted else True
    with pytest.raises(fs.FaceStyleError, match="900 pairs of two people; expected at least 2995"):
        fs.calibrate(result.distances[known], result.same[known], 0.001)
