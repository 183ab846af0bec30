"""t-SNE maps."""

import sys

import numpy as np
import pytest

import facestyle as fs
from conftest import shared


def read_openface():
    """[500, 128] embeddings of OpenFace, and the names of the people."""
    rows = [line.split(",") for line in shared("fixtures/openface_embeddings.csv").read_text().splitlines()[1:]]
    return np.array([row[1:] for row in rows], np.float32), [row[0].rsplit("_", 1)[0] for row in rows]


def purity(points, names):
    """How often the nearest neighbour is the same person's, among people with two photos or more."""
    names = np.array(names)
    squared = ((points[:, None] - points[None]) ** 2).sum(-1)
    np.fill_diagonal(squared, np.inf)
    known = np.array([(names == name).sum() > 1 for name in names])
    return (names[squared.argmin(1)] == names)[known].mean()


def test_openface_embeddings_keep_their_neighbours():
    embeddings, names = read_openface()
    result, divergence = fs.tsne(embeddings)
    before, after = purity(embeddings, names), purity(result, names)
    print(f"nearest neighbour is the same person's: {before:.3f} in 128 dimensions, {after:.3f} in the map; KL {divergence:.3f}")
    assert result.shape == (500, 2) and np.isfinite(result).all()
    assert after >= 0.8 * before


def test_a_map_tells_its_progress_and_can_be_stopped():
    points = np.random.default_rng(1).normal(size=(60, 5))
    seen = []
    whole, last = fs.tsne(points, 10, steps=100, on_step=lambda *now: seen.append(now))
    assert [step for step, *_ in seen] == [25, 50, 75, 100] and seen[-1][2] == last
    part, _ = fs.tsne(points, 10, steps=100, on_step=lambda step, *_: "finish" if step == 50 else None)
    assert np.array_equal(part, fs.tsne(points, 10, steps=50)[0])
    with pytest.raises(fs.Cancelled):
        fs.tsne(points, 10, on_step=lambda *_: "cancel")
    with pytest.raises(ZeroDivisionError):
        fs.tsne(points, 10, on_step=lambda *_: 1 / 0)
    assert np.array_equal(whole, fs.tsne(points, 10, steps=100, progress=True)[0])


def test_what_has_no_map_is_refused():
    points = np.zeros((20, 3))
    with pytest.raises(fs.FaceStyleError, match="perplexity 30.0 for 20 points"):
        fs.tsne(points)
    with pytest.raises(ValueError, match=r"\[20\]; expected \[any, any\]"):
        fs.tsne(points[:, 0])
    assert np.isfinite(fs.tsne(points, 5, steps=50)[0]).all()


def test_a_bar_without_tqdm_names_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with pytest.raises(ImportError, match="a bar of progress needs tqdm: pip install tqdm"):
        fs.tsne(np.eye(8), 2, steps=50, progress=True)
