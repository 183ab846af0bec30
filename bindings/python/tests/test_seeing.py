"""What units answer to most, and where: the search against sorting all answers in NumPy, and the plots of it."""

import numpy as np
import pytest

import facestyle as fs
from conftest import open_model, photo_file


def picture(width, height, seed):
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3))
    return fs.Image.from_array(noise.astype(np.uint8))


@pytest.fixture(scope="module")
def pictures():
    return [picture(*size) for size in ((40, 30, 1), (1, 1, 2), (33, 50, 3))]


def test_layers_tell_what_their_units_see(vgg):
    layers = fs.layers(vgg)
    assert list(layers)[:3] == ["conv1_1", "conv1_2", "pool1"] and len(layers) == 21
    assert layers["conv5_4"] == ("conv5_4", 512, 252, 16, -118)
    with open_model("dlib-resnet") as model:
        assert fs.layers(model) == {"embedding": ("embedding", 128, None, None, None)}
    with open_model("mtcnn") as model:
        assert fs.layers(model) == {}


@pytest.mark.parametrize("layer, pooling", [("conv1_1", "max"), ("pool2", "max"), ("pool2", "average")])
def test_the_search_finds_what_numpy_finds(vgg, pictures, layer, pooling):
    units = [0, 7, 63]
    with fs.UnitSearch(vgg, layer, units=units, pooling=pooling) as search:
        assert search.patches(7) == []
        for shown in pictures:
            search.add(shown)
        found = {unit: search.patches(unit) for unit in units}
    maps = [fs.activation_maps(vgg, shown, layer, units, pooling) for shown in pictures]
    size = fs.layers(vgg)[layer]
    for i, unit in enumerate(units):
        best = sorted(((-answers[i].max(), number) for number, answers in enumerate(maps) if answers[i].max() > 0))
        assert [(-patch.activation, patch.picture) for patch in found[unit]] == [(pytest.approx(a), p) for a, p in best]
        for patch in found[unit]:
            answers = maps[patch.picture][i]
            assert (patch.row, patch.column) == np.unravel_index(answers.argmax(), answers.shape)
            assert (patch.x, patch.y) == (size.start + size.stride * patch.column, size.start + size.stride * patch.row)
            assert patch.width == patch.height == size.field
            x, y, width, height = patch.region
            assert x == max(patch.x, 0) and x + width == min(patch.x + patch.width, pictures[patch.picture].width)
            assert y == max(patch.y, 0) and y + height == min(patch.y + patch.height, pictures[patch.picture].height)


def test_a_patch_is_what_moves_its_unit(vgg, pictures):
    """Outside the field nothing counts: with other pixels there the answer is the same to the last bit or nearly so."""
    with fs.UnitSearch(vgg, "conv2_1", units=[5], inside=True) as search:
        for shown in pictures:
            search.add(shown)
        patch = search.patches(5)[0]
    pixels = pictures[patch.picture].to_array()
    x, y, width, height = patch.region
    assert (x, y, width, height) == (patch.x, patch.y, patch.width, patch.height)
    assert np.array_equal(patch.cut(pictures[patch.picture]), pixels[y : y + height, x : x + width])

    def answer(pixels):
        with fs.Image.from_array(pixels) as image:
            return fs.activation_maps(vgg, image, "conv2_1", [5])[0, patch.row, patch.column]

    outside = np.full_like(pixels, 99)
    outside[y : y + height, x : x + width] = pixels[y : y + height, x : x + width]
    # Winograd's tiles bring other numbers into the rounding, no more.
    assert answer(outside) == pytest.approx(patch.activation, rel=1e-4)
    for row, column in ((y, x), (y + height - 1, x + width - 1)):
        inside = pixels.copy()
        inside[row, column] ^= 128
        assert answer(inside) != pytest.approx(patch.activation, rel=1e-5)


def test_a_reduced_photo_keeps_its_own_pixels(vgg):
    with fs.Image.open(photo_file("chelsea.png")) as cat, fs.UnitSearch(vgg, "conv3_1", units=range(32), longest_side=100) as search:
        search.add(cat)
        for unit in range(32):
            for patch in search.patches(unit):
                x, y, width, height = patch.region
                assert 0 <= x and x + width <= cat.width and 0 <= y and y + height <= cat.height
                # A field of 24 pixels of 100, in 451.
                assert abs(patch.width - 24 * 4.51) < 2 and patch.cut(cat).shape == (patch.height, patch.width, 3)


def test_what_lies_beyond_an_edge_is_grey():
    patch = fs.UnitPatch(1, 0, 0, 0, -2, 1, 4, 3, (0, 1, 2, 1))
    with fs.Image.from_array(np.full((2, 2, 3), 7, np.uint8)) as image:
        cut = patch.cut(image)
    assert (cut[0] == [[128] * 3, [128] * 3, [7] * 3, [7] * 3]).all() and (cut[1:] == 128).all()


@pytest.mark.parametrize(
    "arguments, message",
    [
        (dict(units=[64]), "unit 64"), (dict(units=[-1]), r"units\[0\] is -1"), (dict(units=[]), "units are none"),
        (dict(patches=65), "65 patches"), (dict(per_picture=0), "0 patches of a picture"), (dict(longest_side=70000), "70000"),
        (dict(pooling="min"), "pooling is 'min'"),
    ],
)  # fmt: skip
def test_a_search_says_what_it_cannot_do(vgg, arguments, message):
    with pytest.raises((fs.FaceStyleError, ValueError), match=message):
        fs.UnitSearch(vgg, "conv1_1", **arguments)


def test_wrong_layers_and_units_are_told(vgg, pictures):
    with pytest.raises(fs.FaceStyleError, match="nearest is conv4_1"):
        fs.UnitSearch(vgg, "conv4-1")
    with fs.UnitSearch(vgg, "conv1_1", units=[1]) as search, pytest.raises(fs.FaceStyleError, match="unit 2"):
        search.patches(2)
    with pytest.raises(ValueError, match="unit 64; conv1_1 has units 0 to 63"):
        fs.activation_maps(vgg, pictures[0], "conv1_1", [64])


# ---- Maps ----


def test_maps_are_the_features_unit_by_unit(vgg, pictures):
    features = vgg.features(pictures[0], "pool1", "max")
    maps = fs.activation_maps(vgg, pictures[0], "pool1")
    assert maps.flags.c_contiguous and np.array_equal(maps, features.transpose(2, 0, 1))
    assert np.array_equal(fs.activation_maps(vgg, pictures[0], "pool1", [9, 3]), maps[[9, 3]])


def test_a_map_becomes_a_picture():
    values = np.array([[-1, 0, 1], [2, 4, np.nan]])
    with fs.map_image(values) as grey, fs.map_image(values, 1, 2, "viridis") as colours:
        assert (grey.to_array()[..., 1] == [[0, 0, 64], [128, 255, 0]]).all()
        assert (colours.to_array()[0, 0] == [68, 1, 84]).all() and (colours.to_array()[1, 1] == [253, 231, 37]).all()
    with fs.map_image(np.full((2, 2), -3)) as flat:
        assert (flat.to_array() == 0).all()
    with pytest.raises(ValueError, match="shape"):
        fs.map_image(values[0])
    with pytest.raises(fs.FaceStyleError, match="a map from 3"):
        fs.map_image(values, 3, 2)


def test_viridis_is_matplotlibs():
    matplotlib = pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    with fs.map_image(np.arange(256)[None], palette="viridis") as image:
        ours = image.to_array()[0].astype(float)
    assert np.abs(ours - 255 * np.array(matplotlib.colormaps["viridis"].colors)).max() <= 6


# ---- Plots ----


@pytest.fixture
def plots():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from facestyle import plots

    return plots


def test_patches_make_a_square(plots):
    patches = [np.full((side, side + 1, 3), 10 * side, np.uint8) for side in (3, 5, 9)]
    grid = plots.patch_grid(patches, across=2, side=8, gap=1)
    assert grid.shape == (17, 17, 3)
    assert (grid[:8, :8] == 30).all() and (grid[:8, 9:] == 50).all() and (grid[9:, :8] == 90).all() and (grid[9:, 9:] == 224).all()
    assert (grid[8] == 255).all()


def test_units_and_maps_are_drawn(plots, tmp_path):
    random = np.random.default_rng(1)
    found = {unit: list(random.integers(0, 256, (unit, 6, 6, 3), np.uint8)) for unit in (9, 2, 0)}
    assert plots.unit_patches(found, tmp_path / "units.png").path.stat().st_size > 1000
    maps = random.random((5, 12, 16))
    assert plots.activation_maps(maps, tmp_path / "maps.png", names=range(5), shared=True).path.stat().st_size > 1000
    assert plots.activation_maps(np.zeros((1, 2, 2)), tmp_path / "flat.png").path.exists()
    for call in (lambda: plots.unit_patches({}, tmp_path / "a.png"), lambda: plots.activation_maps(maps[0], tmp_path / "a.png"),
                 lambda: plots.activation_maps(maps, tmp_path / "a.png", names="ab")):  # fmt: skip
        with pytest.raises(ValueError):
            call()
