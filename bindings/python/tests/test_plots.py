"""Plots."""

import json
import struct
import sys

import numpy as np
import pytest

import facestyle as fs


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
    assert size(plots.roc(curves, tmp_path / "roc.png").path) == (960, 720)
    few = {"few": ([0.1, 0.2, 0.3, 0.4], [True, False, True, False])}
    assert plots.roc(few, tmp_path / "few.png").path.exists()


def test_losses_are_drawn(plots, tmp_path):
    log = tmp_path / "log.jsonl"
    lines = [{"step": i, "loss": 3 / (1 + i / 50), "rate": 0.001, "images_per_second": 90 + i % 7, "note": "x"} for i in range(300)]
    log.write_text("\n".join(map(json.dumps, lines)) + "\n\n")
    assert list(plots.read_log(log)) == ["step", "loss", "rate", "images_per_second"]
    width, height = size(plots.losses(log, tmp_path / "losses.png").path)
    assert width == 1080 and height > 500
    short = tmp_path / "short.jsonl"
    short.write_text('{"step": 1, "loss": 0}\n{"step": 2, "loss": null}\n')
    assert plots.losses({"a": log, "b": short}, tmp_path / "both.png").path.exists()
    for text, part in [("", "no line"), ("{", "line 1 is no JSON"), ('{"loss": 1}', 'line 1 has no "step"')]:
        short.write_text(text)
        with pytest.raises(ValueError, match=part):
            plots.losses(short, tmp_path / "none.png")


def test_a_map_is_drawn(plots, tmp_path):
    points = np.random.default_rng(3).normal(size=(30, 2))
    assert size(plots.embedding_map(points, [f"person_{i % 4}" for i in range(30)], tmp_path / "map.png").path)[0] == 1140
    assert plots.embedding_map(points, range(30), tmp_path / "alone.png").path.exists()
    with pytest.raises(ValueError, match=r"\[30, 2\] and names are 3"):
        plots.embedding_map(points, "abc", tmp_path / "map.png")
    with pytest.raises(ValueError, match=r"map.jpg: plots are written as .png"):
        plots.embedding_map(points, range(30), tmp_path / "map.jpg")


def test_detections_are_drawn(plots, tmp_path):
    curves = {"good": ([0, 1, 40], [5, 8, 9], (1, 8)), "bad": ([3], [2], (0, 0)), "blind": ([], [], (0, 0))}
    assert size(plots.detections(curves, 10, tmp_path / "detections.png").path) == (960, 720)


def test_growth_is_drawn(plots, tmp_path):
    panels = {"product": {"tree": [3, 9, 27], "shared": [3, 5, 7]}, "sum": {"tree": [1, 2, 3], "shared": [1, 1, 1]}}
    plot = plots.growth(panels, tmp_path / "growth.png", ylabel="nodes")
    assert size(plot.path) == (1020, 615)
    assert [axes.get_title() for axes in plot.figure.axes] == ["product", "sum"]
    with pytest.raises(ValueError, match="panels are none"):
        plots.growth({}, tmp_path / "none.png")


def test_groups_are_drawn(plots, tmp_path):
    embeddings = np.random.default_rng(4).normal(size=(60, 4))
    names = np.array(["young", "old", "none"])[np.arange(60) % 3]
    embeddings[names == "none"] *= 100  # far from each other: nobody is taken for anybody
    rates = fs.false_accepts_by_group(embeddings, names, 1.5, resamples=20)
    assert {rate.accepted == 0 for rate in rates} == {True, False} and {rate.is_mixed for rate in rates} == {True, False}
    width, height = size(plots.groups(rates, tmp_path / "groups.png").path)
    assert width == 960 and height > 300
    with pytest.raises(ValueError, match="rates are none; expected those of false_accepts_by_group"):
        plots.groups([])


def test_a_plot_without_a_path_is_kept_in_memory_and_shown_by_a_notebook(plots, tmp_path):
    plot = plots.activation_maps(np.ones((2, 3, 4)))
    assert plot.path is None and plot._repr_png_()[:8] == b"\x89PNG\r\n\x1a\n"
    assert plot.save(tmp_path / "later.png").read_bytes() == plot._repr_png_()
    assert len(plot.figure.axes) == 2


def test_without_matplotlib_the_remedy_is_told(monkeypatch, tmp_path):
    from facestyle import plots

    for name in ("matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"pip install facestyle\[plots\]"):
        plots.embedding_map(np.zeros((2, 2)), "ab", tmp_path / "map.png")
