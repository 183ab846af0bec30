"""Labeled Faces in the Wild: who is the same person in how many of the pairs?

Accuracy as the protocol wants it: for each fold, the threshold is the best of all other folds.
"""

import json

import numpy as np
import pytest

import facestyle as fs
import tolerances
from conftest import shared

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pairs():
    """[fold, pair] of (picture, picture), and whether they are the same person's."""
    lines = shared("data/lfw/pairs.txt").read_text().splitlines()
    folds, size = map(int, lines[0].split())
    rows = [line.split() for line in lines[1:]]
    assert len(rows) == folds * 2 * size
    picture = lambda name, number: f"{name}/{name}_{int(number):04d}.jpg"
    files = [(picture(r[0], r[1]), picture(r[0], r[2]) if len(r) == 3 else picture(r[2], r[3])) for r in rows]
    return np.array(files).reshape(folds, 2 * size, 2), np.array([len(r) == 3 for r in rows]).reshape(folds, -1)


def embed_all(pairs, embed):
    """picture -> embedding, each picture once; None where `embed` finds no face."""
    found = {}
    for name in sorted(set(pairs[0].ravel())):
        with fs.Image.open(shared("data/lfw/images") / name) as photo:
            try:
                found[name] = embed(name, photo)
            except fs.NoFace:
                found[name] = None
    return found


def accuracy(pairs, embeddings, fixed):
    """(mean over folds, at the fixed threshold, pairs without a face: these count as wrong)."""
    files, same = pairs
    apart = lambda a, b: np.nan if a is None or b is None else np.linalg.norm(a - b)
    distances = np.array([[apart(embeddings[a], embeddings[b]) for a, b in fold] for fold in files])
    missing = np.isnan(distances)
    right = lambda threshold: ((distances <= threshold) == same) & ~missing
    thresholds = np.arange(0, 2, 0.005)
    by_fold = np.array([right(t).mean(1) for t in thresholds])  # [threshold, fold]
    scores = []
    for fold in range(len(files)):
        best = np.delete(by_fold, fold, 1).mean(1).argmax()
        scores.append(by_fold[best, fold])
    return np.mean(scores), right(fixed).mean(), int(missing.sum())


def report(how, embeddings, numbers):
    mean, fixed, missing = numbers
    faceless = sum(e is None for e in embeddings.values())
    print(f"LFW {how}: {100 * mean:.2f} % (at the model's threshold {100 * fixed:.2f} %); "
          f"{faceless} of {len(embeddings)} pictures without a face, in {missing} pairs")


def test_lfw_with_given_landmarks(pairs, embedder):
    marks = json.loads(shared("data/lfw/landmarks.json").read_text())
    embed = lambda name, photo: embedder.embed(photo, [fs.Face(marks[name]["landmarks"])])[0]
    embeddings = embed_all(pairs, embed)
    numbers = accuracy(pairs, embeddings, embedder.threshold)
    report("with given landmarks", embeddings, numbers)
    assert numbers[0] >= tolerances.LFW_ACCURACY


def test_lfw_with_our_own_detector(pairs, embedder, detector):
    embeddings = embed_all(pairs, lambda name, photo: embedder.embed_photo(photo, detector)[0])
    numbers = accuracy(pairs, embeddings, embedder.threshold)
    report("with our detector", embeddings, numbers)
    assert numbers[0] >= tolerances.LFW_ACCURACY
