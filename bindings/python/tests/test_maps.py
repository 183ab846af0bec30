"""t-SNE maps, and plots."""

import json
import struct
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


def size(path):
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


@pytest.fixture
def plots():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from facestyle import plots

    return plots


def test_a_roc_is_drawn(plots, tmp_path):
    random = np.random.default_rng(2)
    same = np.arange(2000) % 2 == 0
    curves = {f"a{shift}": (np.where(same, random.normal(0.5, 0.15, 2000), random.normal(0.5 + shift, 0.15, 2000)), same) for shift in (0.4, 0.6)}
    assert size(plots.roc(curves, tmp_path / "roc.png")) == (960, 720)
    few = {"few": ([0.1, 0.2, 0.3, 0.4], [True, False, True, False])}
    assert plots.roc(few, tmp_path / "few.png").exists()


def test_losses_are_drawn(plots, tmp_path):
    log = tmp_path / "log.jsonl"
    lines = [{"step": i, "loss": 3 / (1 + i / 50), "rate": 0.001, "images_per_second": 90 + i % 7, "note": "x"} for i in range(300)]
    log.write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    assert list(plots.read_log(log)) == ["step", "loss", "rate", "images_per_second"]
    width, height = size(plots.losses(log, tmp_path / "losses.png"))
    assert width == 1080 and height > 500
    short = tmp_path / "short.jsonl"
    short.write_text('{"step": 1, "loss": 0}\n{"step": 2, "loss": null}\n')
    assert plots.losses({"a": log, "b": short}, tmp_path / "both.png").exists()
    for text, part in [("", "no line"), ("{", "line 1 is no JSON"), ('{"loss": 1}', 'line 1 has no "step"')]:
        short.write_text(text)
        with pytest.raises(ValueError, match=part):
            plots.losses(short, tmp_path / "none.png")


def test_a_map_is_drawn(plots, tmp_path):
    points = np.random.default_rng(3).normal(size=(30, 2))
    assert size(plots.embedding_map(points, [f"person_{i % 4}" for i in range(30)], tmp_path / "map.png"))[0] == 1140
    assert plots.embedding_map(points, range(30), tmp_path / "alone.png").exists()
    with pytest.raises(ValueError, match=r"\[30, 2\] and names are 3"):
        plots.embedding_map(points, "abc", tmp_path / "map.png")
    with pytest.raises(ValueError, match=r"map.jpg: plots are written as .png"):
        plots.embedding_map(points, range(30), tmp_path / "map.jpg")


def test_detections_are_drawn(plots, tmp_path):
    curves = {"good": ([0, 1, 40], [5, 8, 9], (1, 8)), "bad": ([3], [2], (0, 0)), "blind": ([], [], (0, 0))}
    assert size(plots.detections(curves, 10, tmp_path / "detections.png")) == (960, 720)


def test_without_matplotlib_the_remedy_is_told(monkeypatch, tmp_path):
    from facestyle import plots

    for name in ("matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"pip install facestyle\[plots\]"):
        plots.embedding_map(np.zeros((2, 2)), "ab", tmp_path / "map.png")
