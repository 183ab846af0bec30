"""Fast styles: published networks against NumPy, small ones always, and what their converters make."""

import importlib.util
import sys

import numpy as np
import pytest

import facestyle as fs
import tolerances
from conftest import REPOSITORY, gradient_array, memory_of, shared
from facestyle.models import ModelError, styles, tensor_file

_spec = importlib.util.spec_from_file_location(
    "fast_styles_reference", REPOSITORY / "Tests/Fixtures/reference/fast_styles_reference.py")
reference = importlib.util.module_from_spec(_spec)
sys.path.append(str(REPOSITORY / "Tests/Fixtures/reference"))  # it imports formula.py
_spec.loader.exec_module(reference)


def model_of(architecture, tensors, **metadata):
    tensors = {name: np.ascontiguousarray(value, "<f4") for name, value in tensors.items()}
    return fs.Model.load(tensor_file.encode(tensors, {"architecture": architecture, **metadata}))


def image(array):
    return fs.Image.from_array(np.asarray(array, np.uint8))


def levels_apart(picture, expected):
    """The largest difference from numbers in 0...255, of which a picture keeps whole ones within."""
    with picture:
        return np.abs(picture.to_array() - np.clip(expected, 0, 255)).max()


@pytest.fixture
def small_universal():
    with model_of("universal-style", reference.small_universal()) as model:
        yield model


@pytest.fixture(scope="module")
def published_universal():
    folder = shared("models/vgg19-distilled16x")
    pytest.importorskip("safetensors")
    return styles.universal(styles.read_folder(folder))


@pytest.fixture
def content():
    with image(reference.picture("content", 48, 64)) as picture:
        yield picture


@pytest.fixture
def style():
    stripes = np.indices((40, 56)).sum(0) % 8 // 4 * 255
    with image(np.stack([stripes, 255 - stripes, stripes // 2], -1)) as picture:
        yield picture


# ---- One style ----


@pytest.mark.parametrize("resize", [False, True])
def test_a_small_network_paints_what_numpy_does(resize, content):
    w = reference.small_fast_style(4, 2, resize)
    name, function = ("fast-style-resize", reference.fast_style_resize) if resize else ("fast-style", reference.fast_style)
    with model_of(name, w, filters="4", blocks="2") as model, fs.FastStyler(model) as styler:
        assert levels_apart(styler.run(content), function(content.to_array().astype(float), w, 2)) <= tolerances.LEVEL


def test_the_published_network_paints_what_numpy_does():
    safetensors = pytest.importorskip("safetensors.numpy")
    source = safetensors.load_file(shared("models/faststyle/scream.safetensors"))
    name, tensors, metadata = styles.fast(dict(source))
    assert (name, metadata) == ("fast-style", {"filters": "32", "blocks": "5"})
    photo = fs.Image.open(shared("data/styles/golden_gate.jpg"))
    with photo, photo.resize(96, 64) as content, model_of(name, tensors, **metadata) as model:
        expected = reference.fast_style(content.to_array().astype(float), reference.from_tensorflow(source))
        with fs.FastStyler(model) as styler:
            assert levels_apart(styler.run(content), expected) <= tolerances.LEVEL


@pytest.mark.parametrize("width, height", [(1, 1), (3, 50), (17, 6)])
def test_any_size_is_kept(width, height):
    w = reference.small_fast_style(2, 1, True)
    with model_of("fast-style-resize", w, filters="2", blocks="1") as model, fs.FastStyler(model) as styler:
        with image(gradient_array(width, height)) as content, styler.run(content) as picture:
            assert (picture.width, picture.height) == (width, height)


def test_another_model_is_refused(small_universal, style):
    with pytest.raises(fs.FaceStyleError, match="fast-style"):
        fs.FastStyler(small_universal)
    with model_of("fast-style", reference.small_fast_style(2, 1, False), filters="2", blocks="1") as model:
        with pytest.raises(fs.FaceStyleError, match="universal-style"):
            fs.UniversalStyler(model, style)


@pytest.mark.parametrize("metadata, reason", [({"filters": "many"}, 'filters is "many"'), ({"blocks": "0"}, 'blocks is "0"')])
def test_metadata_that_say_of_no_network_what_it_is_like_are_refused(metadata, reason):
    with pytest.raises(fs.FaceStyleError, match=reason) as caught:
        model_of("fast-style", reference.small_fast_style(2, 1, False), **{"filters": "2", "blocks": "1", **metadata})
    assert caught.value.name == "FS_BAD_DATA"
    with model_of("universal-style", reference.small_universal()) as model:  # of several networks: no fault, and no layers
        assert fs.layers(model) == {}


# ---- Any style ----


def universal(content, targets, w, **options):
    return 255 * reference.universal_style(content.to_array() / 255, [t.to_array() / 255 for t in targets], w, **options)


@pytest.mark.parametrize("method", ["covariance", "variance"])
@pytest.mark.parametrize("levels", [(3,), (5, 4, 3, 2, 1)])
def test_published_networks_paint_what_numpy_does(method, levels, published_universal, content):
    options = {"method": method, "levels": levels, "strength": 0.7}
    photo = fs.Image.open(shared("data/styles/starry_night.jpg"))
    with photo, photo.resize(80, 64) as style, model_of("universal-style", published_universal) as model:
        expected = universal(content, [style], published_universal, **options)
        with fs.UniversalStyler(model, style) as styler:
            assert levels_apart(styler.run(content, **options), expected) <= tolerances.LEVEL_CASCADE


def test_two_styles_are_blended(small_universal, content, style):
    w = reference.small_universal()
    with image(reference.picture("second", 32, 48)) as second, fs.UniversalStyler(small_universal, [style, second]) as styler:
        options = {"weights": [1, 3], "levels": (2,), "strength": 1}
        expected = universal(content, [style, second], w, **options)
        assert levels_apart(styler.run(content, **options), expected) <= tolerances.LEVEL


def test_strength_runs_from_the_content_to_the_style(published_universal):
    def colours(picture):
        with picture:
            array = picture.to_array().reshape(-1, 3)
        return np.concatenate([array.mean(0), array.std(0)])

    photo, painting = (fs.Image.open(shared(f"data/styles/{name}.jpg")) for name in ("golden_gate", "the_scream"))
    with photo, painting, photo.resize(96, 64) as content, painting.resize(80, 96) as style:
        with model_of("universal-style", published_universal) as model, fs.UniversalStyler(model, style) as styler:
            painted = [colours(styler.run(content, strength=s)) for s in (0, 0.5, 1)]
        wanted = colours(style)
    distances = [np.abs(each - wanted).sum() for each in painted]
    assert distances[0] > distances[1] > distances[2]


def test_what_cannot_be_is_refused(small_universal, style, content):
    with image(gradient_array(1, 1)) as pixel, pytest.raises(fs.FaceStyleError, match="1x1; expected sides of at least 32"):
        fs.UniversalStyler(small_universal, pixel)
    with pytest.raises(fs.FaceStyleError, match="0 styles"):
        fs.UniversalStyler(small_universal, [])
    with fs.UniversalStyler(small_universal, style) as styler:
        with pytest.raises(fs.FaceStyleError, match="strength 2"):
            styler.run(content, strength=2)
        with pytest.raises(ValueError, match="level 6"):
            styler.run(content, levels=[6])
        with pytest.raises(ValueError, match="method"):
            styler.run(content, method="gram")
        with pytest.raises(fs.FaceStyleError, match="3 weights for 1 styles"):
            styler.run(content, weights=[1, 2, 3])


def test_weights_that_are_no_numbers_are_told(style):
    w = reference.small_universal()
    w["encoder3.conv12.bias"][0] = np.nan
    with model_of("universal-style", w) as model, pytest.raises(fs.FaceStyleError, match="level 3 has features that are not finite"):
        fs.UniversalStyler(model, style)


# ---- Training ----


def test_a_network_learns_a_style(vgg, style, content, tmp_path):
    with fs.FastStyleTrainer(vgg, style, filters=4, blocks=1, side=32, rate=0.01, scales=2) as trainer:
        steps = [trainer.step([content]) for _ in range(10)]
        trainer.save_model(tmp_path / "learned.safetensors", note="ten steps", licence="CC0")
        trainer.save(tmp_path / "checkpoint")
        following = trainer.step([content])
    with fs.FastStyleTrainer(vgg, style, filters=4, blocks=1, side=32, rate=0.01, scales=2) as trainer:
        trainer.resume(tmp_path / "checkpoint")
        assert trainer.step([content]) == following
    assert [step.step for step in steps] == list(range(1, 11))
    assert steps[-1].total < 0.8 * steps[0].total
    with fs.Model.open(tmp_path / "learned.safetensors") as model, fs.FastStyler(model) as styler:
        assert model.metadata("note") == "ten steps" and model.info.licence == "CC0" and model.info.accuracy is None
        with styler.run(content) as picture:
            assert (picture.width, picture.height) == (content.width, content.height)


def test_a_training_begins_with_another_models_weights(vgg, style, content, tmp_path):
    settings = dict(filters=4, blocks=1, side=32, rate=0.01)
    with fs.FastStyleTrainer(vgg, style, **settings) as trainer:
        for _ in range(10):
            trainer.step([content])
        trainer.save_model(tmp_path / "first.safetensors", precision="float32")
        following = trainer.step([content]).total
    with fs.Model.open(tmp_path / "first.safetensors") as start, fs.FastStyleTrainer(vgg, style, start=start, **settings) as trainer:
        assert trainer.step([content]).total == following
        with pytest.raises(fs.FaceStyleError, match="the start has 9651 numbers; expected the"):
            fs.FastStyleTrainer(vgg, style, **settings | {"filters": 8}, start=start)


def test_a_training_refuses_what_cannot_be(vgg, style):
    with pytest.raises(fs.FaceStyleError, match="side 40; expected a multiple of 16"):
        fs.FastStyleTrainer(vgg, style, side=40)
    with pytest.raises(TypeError, match="unexpected keyword argument 'epochs'"):
        fs.FastStyleTrainer(vgg, style, epochs=3)
    with fs.FastStyleTrainer(vgg, style, filters=2, blocks=1, side=32) as trainer:
        with pytest.raises(fs.FaceStyleError, match="0 contents"):
            trainer.step([])


# ---- Memory ----

_STYLER = """
sys.path.insert(0, sys.argv[1])
from test_fast_style import model_of, reference
width, height, kind = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
content = noise(height, width)
if kind == "fast":
    styler = fs.FastStyler(model_of("fast-style", reference.small_fast_style(32, 5, False)))
else:
    styler = fs.UniversalStyler(model_of("universal-style", reference.small_universal()), noise(64, 64))

def needed():
    return styler.memory_needed(width, height)

def work():
    global picture
    picture = styler.run(content)
"""


@pytest.mark.parametrize("kind", ["fast", "universal"])
def test_the_forecast_of_memory_is_true(kind):
    forecast, grown, again = memory_of(_STYLER, REPOSITORY / "bindings/python/tests", 640, 480, kind)
    assert abs(forecast - grown) <= 0.1 * grown + 4e6
    assert again < forecast / 2


# ---- Converters ----


def theirs(w):
    """Names of PyTorch's example."""
    norms = {"conv1": "in1", "conv2": "in2", "conv3": "in3", "deconv1": "in4", "deconv2": "in5"}
    source = {}
    for name, value in w.items():
        layer, part = name.rsplit(".", 1)
        if layer.endswith("_in"):
            layer = layer[:-3]
            source[f"{norms.get(layer) or layer.replace('block', 'res').replace('conv', 'in')}.{part}"] = value
        else:
            source[f"{layer.replace('block', 'res')}.conv2d.{part}"] = value
    return source


def test_pytorchs_names_become_ours():
    w = reference.small_fast_style(2, 3, True)
    name, tensors, metadata = styles.fast({**theirs(w), "in1.running_mean": np.zeros(2)})
    assert (name, metadata) == ("fast-style-resize", {"filters": "2", "blocks": "3"})
    assert tensors.keys() == w.keys()
    assert all(np.array_equal(tensors[key], w[key].astype(np.float32)) for key in w)


def test_tensorflows_variables_become_ours():
    w = reference.small_fast_style(2, 1, False)
    names = [name[:-7] for name in w if name.endswith(".weight") and not name.endswith("_in.weight")]
    source = {}
    for i, name in enumerate(names):
        parts = w[f"{name}.weight"].transpose(2, 3, 1, 0), w[f"{name}_in.bias"], w[f"{name}_in.weight"]
        source.update({"Variable" + (f"_{3 * i + j}" if i or j else ""): part for j, part in enumerate(parts)})
    name, tensors, metadata = styles.fast(source)
    assert (name, metadata) == ("fast-style", {"filters": "2", "blocks": "1"})
    assert all(np.array_equal(tensors[key], w[key].astype(np.float32)) for key in w)


def test_a_converter_says_what_is_missing():
    w = theirs(reference.small_fast_style(2, 1, True))
    del w["in5.bias"]
    with pytest.raises(ModelError, match="in5.bias is missing"):
        styles.fast(w)
    with pytest.raises(ModelError, match="neither"):
        styles.fast({"weight": np.zeros(3)})
    with pytest.raises(ModelError, match="4 variables"):
        styles.fast({f"Variable{n}": np.zeros(3) for n in ("", "_1", "_2", "_3")})
    with pytest.raises(ModelError, match="decoder2: tensor conv12.bias is missing"):
        styles.universal({("decoder", 2): dict.fromkeys(["conv11.weight", "conv11.bias", "conv12.weight"], np.zeros(1))})


def test_the_command_converts_a_folder(tmp_path, capsys):
    safetensors = pytest.importorskip("safetensors.numpy")
    w = {name: value.astype(np.float32) for name, value in reference.small_universal().items()}
    for level in (1, 2):
        for kind in ("encoder", "decoder"):
            part = {name.split(".", 1)[1]: value for name, value in w.items() if name.startswith(f"{kind}{level}.")}
            safetensors.save_file({**part, "conv11_aux.weight": np.zeros(3, np.float32)}, tmp_path / f"{kind}{level}.safetensors")
    out = tmp_path / "out" / "small.safetensors"
    styles.main(["universal", str(tmp_path), "-o", str(out), "--licence", "MIT"])
    assert capsys.readouterr().out.startswith(f"{out}: universal-style, ")
    with fs.Model.open(out) as model:
        assert (model.architecture, model.metadata("licence"), model.metadata("name")) == ("universal-style", "MIT", "small")
    (tmp_path / "encoder2.safetensors").unlink()
    with pytest.raises(SystemExit, match="one half of level 2"):
        styles.main(["universal", str(tmp_path), "-o", str(out)])


def test_a_network_that_is_not_there_is_told_with_those_that_are(tmp_path):
    def told(*arguments):
        with pytest.raises(SystemExit) as end:
            styles.main([*map(str, arguments), "-o", str(tmp_path / "out.safetensors")])
        return end.value.code.removeprefix("facestyle.models.styles: ")

    nets = tmp_path / "nets"
    assert told("fast", nets / "candy.pth") == f"{nets}/candy.pth: no such file; expected a .pth or .safetensors file: {nets} has none"
    nets.mkdir()
    for name in ("mosaic.pth", "udnie.safetensors", "notes.txt"):
        (nets / name).write_bytes(b"")
    there = f"{nets} has mosaic.pth, udnie.safetensors"
    assert told("fast", nets / "candy.pth") == f"{nets}/candy.pth: no such file; expected a .pth or .safetensors file: {there}"
    assert told("fast", nets) == f"{nets}: a folder; expected a .pth or .safetensors file: {there}"
    assert told("universal", nets / "mosaic.pth") == f"{nets}/mosaic.pth: a file; expected a folder of .pth or .safetensors files: {there}"
    for i in range(8):
        (nets / f"z{i}.pth").write_bytes(b"")
    assert told("fast", nets / "candy.pth").endswith("z4.pth, z5.pth and 2 more")
