"""Presets' costs and slopes are those of the programs that they are named after, by the formulas of their sources in PyTorch
and float64 (Tests/Fixtures/reference/style_presets_reference.py), with the same weights and pictures; and colours are kept as
NumPy keeps them (style_colours_reference.py)."""

import json
import zlib

import numpy as np
import pytest

import facestyle as fs
import tolerances
from conftest import PHOTOS, REPOSITORY

FIXTURES = REPOSITORY / "Tests" / "Fixtures"
PRESETS = json.loads((FIXTURES / "style_presets.json").read_text())
COLOURS = json.loads((FIXTURES / "style_colours.json").read_text())
CONTROLS = json.loads((FIXTURES / "style_controls.json").read_text())
OURS = ["course", "gatys", "neural-style", "neural-style-pt", "neural-style-tf", "crowsonkb"]


@pytest.fixture(scope="module")
def picture():
    """A picture of the fixture by its name, made as its script makes it."""

    def open_picture(name):
        about = PRESETS["pictures"][name]
        path = PHOTOS / about["photo"]
        if not path.exists():
            pytest.skip(f"{path} is not there: `make models` gets it")
        with fs.Image.open(path) as photo:
            part = photo.crop(about["x"], about["y"], about["part_width"], about["part_height"])
            small = part.resize(about["width"], about["height"], "area")
        assert zlib.crc32(small.to_array().tobytes()) == about["crc32"], "not the picture of the fixture"
        return small

    return open_picture


# Where sizes are odd at a pooling only those that round up as we do are the same; several styles are a job's, not evaluate's;
# neural-style's other scale of levels is another picture.
def is_ours(case):
    odd_down = "odd" in case["pictures"]["generated"] and case["preset"] not in ("course", "neural-style-tf", "neural-style")
    return case["preset"] in OURS and not odd_down and len(case["pictures"]["styles"]) == 1 and not ("256" in case["note"] or "eigenvalues" in case["note"])


CASES = [case for case in PRESETS["cases"] if is_ours(case)]


@pytest.mark.parametrize("case", CASES, ids=[f"{c['preset']}-{c['pictures']['generated']}-{i}" for i, c in enumerate(CASES)])
def test_costs_and_slopes_are_those_of_the_program(case, picture, styler):
    names = case["pictures"]
    generated, content, style = (
        picture(name) for name in (names["generated"], names["content"], names["styles"][0]["picture"]))  # fmt: skip
    costs = styler.evaluate(generated, content, style, preset=case["preset"])
    total = case["objective"] if case["preset"] != "neural-style" else None
    errors = {}
    if total is not None:
        errors["total"] = abs(costs.total / total - 1)
    # neural-style's variation has a gradient and no value.
    weights = {"content": case["content"], "style": sum(case["style"])}
    alpha, beta = {
        "course": (10, 40), "gatys": (1, 1000), "neural-style": (5, 100), "neural-style-pt": (5, 100),
        "neural-style-tf": (5, 1e4), "crowsonkb": (0.015, 1),
    }[case["preset"]]  # fmt: skip
    errors["content"] = abs(alpha * costs.content / weights["content"] - 1)
    errors["style"] = abs(beta * costs.style / weights["style"] - 1)
    slope = abs(np.linalg.norm(costs.gradient.astype(np.float64)) / case["gradient_norm"] - 1)
    print(case["preset"], case["note"], {name: f"{error:.1e}" for name, error in errors.items()}, f"slope {slope:.1e}")
    assert max(errors.values()) <= tolerances.VGG
    assert slope <= tolerances.RECTIFIED_GRADIENT


# The layers' weights of Tests/Fixtures/reference/style_controls_reference.py: 1e3 / C^2, in its options of "gatys"; or 1.
ALL_LAYERS = ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"]


def against(case, costs):
    """How far costs and slope are from a case of the fixture, in parts of it."""
    slope = np.linalg.norm(costs.gradient.astype(np.float64)) / case["gradient_norm"] - 1
    error = costs.total / case["total"] - 1
    print(f"total {error:.1e} slope {slope:.1e}")
    return abs(error), abs(slope)


@pytest.mark.parametrize("pooling", ["average", "max", "l2"])
def test_poolings_are_those_of_torch(pooling, picture, styler):
    name = "l2_x0.78" if pooling == "l2" else pooling
    (case,) = (case for case in CONTROLS["poolings"] if case["pooling"] == name)
    costs = styler.evaluate(picture("generated"), picture("content"), picture("style"), preset="gatys", pooling=pooling)
    error, slope = against(case, costs)
    assert error <= tolerances.VGG and slope <= tolerances.RECTIFIED_GRADIENT


@pytest.mark.parametrize("style", ["style", "style_wide"])
@pytest.mark.parametrize("loss", ["moments", "wasserstein"])
def test_style_losses_are_those_of_the_formulas(loss, style, picture, styler):
    name = "mean_and_covariance" if loss == "moments" else "wasserstein_12_steps"
    (case,) = (case for case in CONTROLS["statistics"] if case["loss"] == name and case["style"] == style)
    costs = styler.evaluate(
        picture("generated"), picture("content"), picture(style), preset="gatys", content_weight=0, style_weight=1,
        style_loss=loss, style_layers=dict.fromkeys(ALL_LAYERS, 1))  # fmt: skip
    error, slope = against(case, costs)
    assert error <= tolerances.VGG and slope <= tolerances.RECTIFIED_GRADIENT


@pytest.mark.parametrize("ours, theirs, scale", [("absolute", "l1", 1), ("squared", "neural_style", 1), ("nine-points", "nine_points", 1 / 255)])
def test_variations_are_those_of_the_formulas(ours, theirs, scale, picture, styler):
    (case,) = (case for case in CONTROLS["variations"] if case["variation"] == theirs and case["scale"] == scale)
    costs = styler.evaluate(
        picture("generated"), picture("content"), picture("style"), preset="gatys", content_weight=0, style_weight=0,
        variation=ours, variation_weight=1)  # fmt: skip
    error, slope = against(case, costs)
    assert error <= tolerances.VGG and slope <= tolerances.VGG


def region(height, width):
    """The fixture's disc with a soft edge, as a picture."""
    y, x = np.mgrid[:height, :width]
    distance = np.sqrt((x - 0.6 * width) ** 2 + (y - 0.5 * height) ** 2)
    levels = np.round(255 * np.clip((0.35 * width - distance) / 8 + 0.5, 0, 1)).astype(np.uint8)
    return levels[..., None].repeat(3, 2)


@pytest.mark.parametrize("kind", ["soft", "inside"])
def test_masks_guide_styles_as_the_formulas_do(kind, picture, styler):
    (case,) = (case for case in CONTROLS["masks"] if case["mask"] == kind)
    generated, style = picture("generated"), picture("style_wide")
    here, there = region(generated.height, generated.width), region(style.height, style.width)
    masks = [tuple(fs.Image.from_array(m) for m in pair) for pair in ((here, there), (255 - here, 255 - there))]
    # One step of Adam is one look at the picture to start from.
    with styler.job(
        picture("content"), [style, style], preset="gatys", start="image", start_image=generated, optimizer="adam", steps=1,
        content_weight=0, regions=masks, mask_kind=kind, style_scale=style.width / generated.width) as job:  # fmt: skip
        progress = job.step(1)
    layers = sum(case["layers"])
    error = 1000 * progress.style / layers - 1
    print(f"style {error:.1e}")
    assert abs(error) <= tolerances.VGG


def seen(picture):
    """What the fixture has of a picture: colours at its samples, and the mean of each channel."""
    levels = picture.to_array() / 255
    return np.array([levels[y, x, c] for y, x, c in COLOURS["samples"]]), levels.reshape(-1, 3).mean(0)


@pytest.mark.parametrize(
    "ours, theirs",
    [("cholesky", "cholesky"), ("principal", "pca"), ("histogram", "histogram"), ("luminance", "luminance_mean_and_deviation")],
)
def test_colours_are_matched_as_numpy_does(ours, theirs, picture):
    at_samples, mean = seen(fs.match_colours(picture("style"), picture("content"), ours))
    wanted = COLOURS[theirs]
    level = 1 / 255
    assert np.abs(at_samples - wanted["at_samples"]).max() <= 0.51 * level
    assert np.abs(mean - wanted["mean"]).max() <= 0.1 * level
