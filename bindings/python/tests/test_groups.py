"""Rates of false accepts by group, against counting."""

import numpy as np
import pytest

import facestyle as fs


def people(counts, seed=1, dimension=8):
    """Groups of people; the embeddings of each group are nearer each other, the later the nearer."""
    random = np.random.default_rng(seed)
    rows, labels = [], []
    for number, (name, count) in enumerate(counts.items()):
        spread = random.normal(size=(count, dimension)) / (1 + number)
        rows.append(spread + random.normal(size=dimension))
        labels += [name] * count
    rows = np.concatenate(rows)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), labels


def test_every_pair_of_strangers_is_counted_once():
    embeddings, labels = people({"old": 30, "young": 20, "one": 1})
    rates = {(rate.first, rate.second): rate for rate in fs.false_accepts_by_group(embeddings, labels, 0.8, resamples=50)}
    assert {frozenset(pair) for pair in rates} == {
        frozenset(pair) for pair in [("old",), ("young",), ("old", "young"), ("old", "one"), ("young", "one")]}  # fmt: skip
    counted = {}
    for i in range(len(labels)):
        for j in range(i):
            key = frozenset((labels[i], labels[j]))
            accepted = np.linalg.norm(embeddings[i].astype(float) - embeddings[j]) <= 0.8
            pairs, sum_ = counted.get(key, (0, 0))
            counted[key] = pairs + 1, sum_ + accepted
    for (first, second), rate in rates.items():
        assert (rate.pairs, rate.accepted) == counted[frozenset((first, second))]
        assert rate.rate == rate.accepted / rate.pairs and rate.is_mixed == (first != second)
        assert 0 <= rate.low <= rate.rate <= rate.high <= 1


def test_the_worst_group_comes_first():
    rates = fs.false_accepts_by_group(*people({"a": 40, "b": 40, "c": 40}), 0.7, resamples=20)
    assert [rate.rate for rate in rates] == sorted((rate.rate for rate in rates), reverse=True)
    assert (rates[0].first, rates[0].second) == ("c", "c")


def test_bounds_are_wider_than_those_of_independent_pairs():
    embeddings, labels = people({"a": 60}, dimension=3)
    (rate,) = fs.false_accepts_by_group(embeddings, labels, 0.8)
    spread = np.sqrt(rate.rate * (1 - rate.rate) / rate.pairs)
    assert rate.high - rate.low > 2 * 2 * spread, "pairs share people"


def test_no_accepted_pair_is_no_proof():
    embeddings, labels = np.eye(20, dtype=np.float32), ["a"] * 20
    (rate,) = fs.false_accepts_by_group(embeddings, labels, 0.5)
    assert rate.accepted == 0 and rate.low == 0
    assert rate.high == pytest.approx(3.8415 / (190 + 3.8415), rel=1e-4), "z^2 / (n + z^2): Wilson 1927"


def test_labels_may_be_numbers_and_are_as_many_as_embeddings():
    embeddings, _ = people({"a": 6})
    rates = fs.false_accepts_by_group(embeddings, [3, 3, 3, 5, 5, 5], 1.0, resamples=5)
    assert {(rate.first, rate.second) for rate in rates} == {(3, 3), (5, 5), (3, 5)}
    with pytest.raises(ValueError, match=r"groups have shape \[2\]; expected \[6\]"):
        fs.false_accepts_by_group(embeddings, ["a", "b"], 1.0)
    with pytest.raises(ValueError, match="confidence 1.0; expected"):
        fs.false_accepts_by_group(embeddings, [0] * 6, 1.0, confidence=1)
    with pytest.raises(ValueError, match="resamples 0; expected 1 or more"):
        fs.false_accepts_by_group(embeddings, [0] * 6, 1.0, resamples=0)
