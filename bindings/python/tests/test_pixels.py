"""Which pixels count: for a unit's answer and for the distance of two faces, against differences of numbers and NumPy."""

from pathlib import Path

import numpy as np
import pytest

import facestyle as fs
import tolerances
from conftest import open_model, photo_file

SHIPPED = Path(__file__).resolve().parents[3] / "models" / "faces-nn4.safetensors"
DETECTOR = SHIPPED.with_name("faces-yunet.safetensors")
WAYS = ("deconvolution", "guided", "gradient")


def noise(width, height, seed):
    return np.random.default_rng(seed).integers(40, 216, (height, width, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def embedder():
    with fs.Model.open(SHIPPED) as model, fs.Embedder(model) as embedder:
        yield embedder


@pytest.fixture(scope="module")
def chips(embedder):
    """Two photos of one person."""
    with fs.Model.open(DETECTOR) as network, fs.Detector(network) as detector:
        aligned = []
        for name in ("obama.jpg", "obama2.jpg"):
            with fs.Image.open(photo_file(name)) as photo:
                aligned.append(embedder.align(photo, embedder.embed_photo(photo, detector)[1]))
        yield aligned


# ---- Units ----


def test_a_gradient_is_what_small_changes_do(vgg):
    pixels = noise(24, 20, 1)

    def answer(pixels, patch):
        with fs.Image.from_array(pixels) as image:
            return float(fs.activation_maps(vgg, image, "conv2_1", [5])[0, patch.row, patch.column])

    with fs.Image.from_array(pixels) as image:
        found = fs.unit_pixels(vgg, image, "conv2_1", 5, way_back="gradient")
    assert found.values.shape == (20, 24, 3) and found.values.dtype == np.float32
    assert answer(pixels, found.patch) == pytest.approx(found.patch.activation, rel=1e-5)
    # One level along the signs of the strongest numbers, there and back.
    signs = np.where(np.abs(found.values) >= np.quantile(np.abs(found.values), 0.9), np.sign(found.values), 0).astype(int)
    change = answer((pixels + signs).astype(np.uint8), found.patch) - answer((pixels - signs).astype(np.uint8), found.patch)
    assert change == pytest.approx(2 * np.abs(found.values[signs != 0]).sum(), rel=tolerances.KINKED_DIFFERENCE)


@pytest.mark.parametrize("way_back", WAYS)
def test_pixels_outside_the_field_do_not_count(vgg, way_back):
    with fs.Image.from_array(noise(60, 50, 2)) as image:
        found = fs.unit_pixels(vgg, image, "conv3_1", 7, (6, 7), way_back)
        assert (found.patch.row, found.patch.column, found.patch.picture) == (6, 7, 0)
        x, y, width, height = found.patch.region
        inside = np.zeros((50, 60), bool)
        inside[y : y + height, x : x + width] = True
        assert not found.values[~inside].any() and found.patch.width == found.patch.height == 24
        maps = fs.activation_maps(vgg, image, "conv3_1", [7])
        assert maps[0, 6, 7] == found.patch.activation
    assert found.cut().shape == (24, 24, 3)


def test_without_a_place_the_strongest_answer_is_taken(vgg):
    with fs.Image.from_array(noise(33, 40, 3)) as image:
        answers = fs.activation_maps(vgg, image, "pool2", [9])[0]
        patch = fs.unit_pixels(vgg, image, "pool2", 9).patch
    assert (patch.row, patch.column) == np.unravel_index(answers.argmax(), answers.shape)
    assert patch.activation == answers.max() > 0


def test_ways_back_differ_by_their_rectifiers_alone(vgg):
    """Behind the first sum there is one rectifier: a unit that answers has its filter by each way."""
    with fs.Image.from_array(noise(9, 9, 4)) as image:
        first = [fs.unit_pixels(vgg, image, "conv1_1", 3, way_back=way).values for way in WAYS]
        later = [fs.unit_pixels(vgg, image, "conv2_2", 3, way_back=way).values for way in WAYS]
    assert all(np.array_equal(first[0], other) for other in first[1:]) and first[0].any()
    assert not np.array_equal(later[0], later[1]) and not np.array_equal(later[1], later[2])


def test_a_network_of_one_size_has_pixels_too(embedder):
    with fs.Model.open(SHIPPED) as model, fs.Image.from_array(noise(96, 96, 5)) as image:
        name = next(iter(fs.layers(model)))
        found = fs.unit_pixels(model, image, name, 0, way_back="gradient")
        assert np.isfinite(found.values).all()
        with fs.Image.from_array(noise(95, 96, 5)) as small, pytest.raises(fs.FaceStyleError, match="expected 96x96"):
            fs.unit_pixels(model, small, name, 0)


def test_units_places_and_ways_that_are_not_there_are_told(vgg):
    with fs.Image.from_array(noise(9, 9, 4)) as image:
        for arguments, error, message in (
            (dict(layer="conv1_l", unit=0), fs.FaceStyleError, "nearest is conv1_1"),
            (dict(layer="conv1_1", unit=64), fs.FaceStyleError, "unit 64; expected less than 64"),
            (dict(layer="conv1_1", unit=0, place=(9, 0)), fs.FaceStyleError, "row 9 and column 0"),
            (dict(layer="conv1_1", unit=0, place=(1,)), ValueError, "place has 1 numbers"),
            (dict(layer="conv1_1", unit=0, way_back="up"), ValueError, "way_back is 'up'"),
        ):
            with pytest.raises(error, match=message):
                fs.unit_pixels(vgg, image, **arguments)
    with open_model("mtcnn") as several, fs.Image.from_array(noise(9, 9, 4)) as image:
        with pytest.raises(fs.FaceStyleError, match="expected a network of one input"):
            fs.unit_pixels(several, image, "conv1", 0)


# ---- Faces ----


def test_a_distances_gradient_is_what_small_changes_do(embedder, chips):
    def squared(a, b):
        with fs.Image.from_array(a) as first, fs.Image.from_array(b) as second:
            return fs.distance(*embedder.embed_chips([first, second]).astype(float)) ** 2

    pixels = [chip.to_array() for chip in chips]
    for turn, gradient in enumerate(embedder.distance_gradient(*chips)):
        assert gradient.shape == (96, 96, 3)
        strong = np.abs(gradient) >= np.quantile(np.abs(gradient), 0.998)
        strong &= (pixels[turn] > 0) & (pixels[turn] < 255)
        signs = np.where(strong, np.sign(gradient), 0).astype(int)
        there, back = list(pixels), list(pixels)
        there[turn], back[turn] = (pixels[turn] + signs).astype(np.uint8), (pixels[turn] - signs).astype(np.uint8)
        change = squared(*there) - squared(*back)
        assert change == pytest.approx(2 * np.abs(gradient[strong]).sum(), rel=tolerances.KINKED_DIFFERENCE)


def test_faces_in_turn_have_their_gradients_in_turn_and_equal_ones_none(embedder, chips):
    a, b = embedder.distance_gradient(*chips)
    other_b, other_a = embedder.distance_gradient(*reversed(chips))
    assert np.array_equal(a, other_a) and np.array_equal(b, other_b) and a.any() and b.any()
    assert not np.any(embedder.distance_gradient(chips[0], chips[0]))


def test_heat_maps_are_the_gradients_on_one_scale(embedder, chips):
    heats = [fs.pixel_heat(gradient, blur=3) for gradient in embedder.distance_gradient(*chips)]
    highest = max(float(heat.max()) for heat in heats)
    for shown, chip, heat in zip(embedder.heat(*chips), chips, heats):
        with shown, fs.heat_image(chip, heat, highest) as wanted:
            assert np.array_equal(shown.to_array(), wanted.to_array())
    with pytest.raises(fs.FaceStyleError, match="expected 96x96"), fs.Image.from_array(noise(95, 96, 1)) as small:
        embedder.heat(chips[0], small)


def test_a_face_analysis_has_the_maps_of_two_photos(embedder, chips):
    with fs.FaceAnalysis(DETECTOR, SHIPPED) as analysis:
        maps = analysis.heat(photo_file("obama.jpg"), photo_file("obama2.jpg"))
    for found, wanted in zip(maps, embedder.heat(*chips)):
        with found, wanted:
            assert np.array_equal(found.to_array(), wanted.to_array())


# ---- Pictures of them ----


def test_heat_is_the_length_of_a_pixels_numbers_blurred():
    gradient = np.random.default_rng(1).normal(size=(6, 9, 3))
    length = np.sqrt((gradient**2).sum(2))
    assert fs.pixel_heat(gradient) == pytest.approx(length, rel=1e-6)

    def filters(side):
        steps = np.arange(side)[:, None] - np.arange(side)
        weights = np.exp(-(steps**2) / 2.0) * (np.abs(steps) <= 3)
        return weights / weights.sum(1, keepdims=True)

    assert fs.pixel_heat(gradient, blur=1) == pytest.approx(filters(6) @ length @ filters(9).T, rel=1e-5)
    with pytest.raises(fs.FaceStyleError, match="a blur of 65"):
        fs.pixel_heat(gradient, blur=65)
    with pytest.raises(ValueError, match="shape"):
        fs.pixel_heat(length)


def test_signed_numbers_become_a_picture_about_grey():
    values = np.zeros((2, 2, 3))
    values[0, 0], values[1, 1] = (1, -2, 4), (-4, np.nan, 0)
    with fs.gradient_image(values) as own, fs.gradient_image(values, 2) as given:
        assert own.to_array().tolist() == [[[160, 65, 255], [128] * 3], [[128] * 3, [1, 128, 128]]]
        assert given.to_array()[0, 0].tolist() == [192, 1, 255]
    for largest in (0, -1):
        with pytest.raises(ValueError, match="expected more than 0"):
            fs.gradient_image(values, largest)


def test_heat_lies_over_a_picture():
    with fs.Image.from_array(np.full((1, 2, 3), 100, np.uint8)) as image:
        with fs.heat_image(image, [[0, 7]]) as shown:
            assert shown.to_array()[0].tolist() == [[81, 41, 90], [192, 179, 62]]
        with pytest.raises(ValueError, match=r"heat has shape \[2, 1\]; expected \[1, 2\]"):
            fs.heat_image(image, [[0], [7]])
        with pytest.raises(fs.FaceStyleError, match="a map from 0"):
            fs.heat_image(image, [[0, 7]], -1)
