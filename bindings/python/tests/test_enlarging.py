"""Enlarging: small networks against PyTorch's numbers, the training, and the models that come with the library."""

import json

import numpy as np
import pytest

import facestyle as fs
import tolerances
from conftest import REPOSITORY, memory_of, photo_file
from facestyle.models import tensor_file
from test_fast_style import image, levels_apart, reference


def small(factor=2, filters=4, blocks=1):
    """The networks of Tests/Fixtures/reference/enlarger_reference.py, which needs PyTorch."""
    colours = 3 * factor**2
    shapes = {"head": (filters, 3, 3)} | {f"block{i}.conv{j}": (filters, filters, 3) for i in range(1, blocks + 1) for j in (1, 2)}
    shapes |= {"tail": (colours, filters, 3)}
    tensors = {f"{name}.weight": reference.tensor(f"{name}.weight", (o, i, k, k)) for name, (o, i, k) in shapes.items()}
    tensors |= {f"{name}.bias": reference.tensor(f"{name}.bias", shape[:1]) for name, shape in shapes.items()}
    tensors["straight.weight"] = reference.tensor("straight.weight", (colours, 3, 5, 5))
    tensors = {name: np.ascontiguousarray(value, "<f4") for name, value in tensors.items()}
    return fs.Model.load(tensor_file.encode(
        tensors, {"architecture": "enlarger", "factor": str(factor), "filters": str(filters), "blocks": str(blocks)}))


@pytest.fixture
def waves():
    y, x = np.mgrid[:64, :80]
    with image(np.stack([127 + 120 * np.sin((x + k * y) / (3 + k)) for k in range(3)], -1)) as picture:
        yield picture


@pytest.mark.parametrize("factor, blocks, key", [(2, 1, "twice"), (3, 2, "three times")])
def test_a_small_network_enlarges_as_pytorch_does(factor, blocks, key):
    expected = np.reshape(json.loads((REPOSITORY / "Tests/Fixtures/enlarger.json").read_text())[key], (9 * factor, 14 * factor, 3))
    with small(factor, 4, blocks) as model, fs.Enlarger(model) as enlarger, image(reference.picture("content", 9, 14)) as picture:
        assert (enlarger.factor, model.info.use) == (factor, "enlarger")
        assert levels_apart(enlarger.run(picture), expected) <= tolerances.LEVEL


def test_sixteen_bits_and_alpha_are_kept(waves):
    deep = waves.to_array(dtype=np.uint16) + np.uint16(57)
    alpha = np.full((64, 80, 1), 65535, np.uint16)
    alpha[:, :30] = 0
    with small() as model, fs.Enlarger(model) as enlarger:
        with fs.Image.from_array(np.concatenate([deep, alpha], -1), "rgba") as picture, enlarger.run(picture) as large:
            assert (large.bits, large.width, large.height) == (16, 160, 128)
            assert large.alpha is not None and large.alpha.shape == (128, 160)
        with enlarger.run(waves) as large:
            assert large.bits == 8 and large.alpha is None


def test_another_model_and_a_picture_that_would_be_too_large_are_refused():
    with fs.Model.open("faces-yunet") as other, pytest.raises(fs.FaceStyleError, match="expected enlarger") as caught:
        fs.Enlarger(other)
    assert caught.value.name == "FS_WRONG_MODEL"
    with small() as model, fs.Enlarger(model) as enlarger, image(np.zeros((1, 40000, 3))) as wide:
        with pytest.raises(fs.FaceStyleError, match="80000x2 pixels"):
            enlarger.run(wide)
        with pytest.raises(fs.FaceStyleError, match="80000x18 pixels"):
            enlarger.memory_needed(40000, 9)


_ENLARGER = """
sys.path.insert(0, sys.argv[1])
from test_enlarging import small
width, height = int(sys.argv[2]), int(sys.argv[3])
content = noise(height, width)
enlarger = fs.Enlarger(small(filters=32, blocks=4))

def needed():
    return enlarger.memory_needed(width, height)

def work():
    global picture
    picture = enlarger.run(content)
"""


@pytest.mark.parametrize("width, height", [(256, 256), (1500, 700)])
def test_the_forecast_of_memory_is_true(width, height):
    forecast, grown, again = memory_of(_ENLARGER, REPOSITORY / "bindings/python/tests", width, height)
    assert abs(forecast - grown) <= 0.1 * grown + 4e6
    assert again < forecast


def test_a_training_lowers_its_cost_and_its_network_enlarges(waves, tmp_path):
    with fs.EnlargerTrainer(filters=8, blocks=1, side=48, rate=0.003) as trainer:
        steps = [trainer.step([waves] * 4) for _ in range(30)]
        trainer.save_model(tmp_path / "model.safetensors", note="thirty steps")
    assert [step.step for step in steps] == list(range(1, 31))
    assert all(step.features == 0 and step.total == step.pixels > 0 for step in steps)
    assert np.mean([s.total for s in steps[-5:]]) < 0.8 * np.mean([s.total for s in steps[:5]])
    with fs.Model.open(tmp_path / "model.safetensors") as model, fs.Enlarger(model) as enlarger, enlarger.run(waves) as large:
        assert (large.width, large.height, model.metadata("note")) == (160, 128, "thirty steps")


def test_a_training_goes_on_from_its_checkpoint(waves, tmp_path):
    def trainer(**options):
        return fs.EnlargerTrainer(filters=4, blocks=1, side=32, **options)

    with trainer() as whole, trainer() as resumed, trainer(seed=2) as other:
        whole.step([waves])
        whole.save(tmp_path / "checkpoint")
        resumed.resume(tmp_path / "checkpoint")
        assert resumed.step([waves]) == whole.step([waves])
        with pytest.raises(fs.FaceStyleError, match="seed is 2; the checkpoint has 1"):
            other.resume(tmp_path / "checkpoint")


def test_a_photo_smaller_than_a_square_is_refused(waves):
    with fs.EnlargerTrainer(filters=1, blocks=1, side=96) as trainer, pytest.raises(fs.FaceStyleError) as caught:
        trainer.step([waves])
    assert "a photo of 80x64; expected 96x96 or more" in str(caught.value)


# ---- What comes with the library ----


def chelsea(factor):
    """The photo with sides that are multiples of the factor; the models did not learn from it."""
    with fs.Image.open(photo_file("chelsea.png")) as photo:
        return photo.crop(0, 0, photo.width // factor * factor, photo.height // factor * factor)


def enlarged_again(name, factor):
    with chelsea(factor) as photo, photo.resize(photo.width // factor, photo.height // factor) as small:
        if name is None:
            return small.resize(photo.width, photo.height).to_array().astype(float)
        with fs.Model.open(REPOSITORY / f"models/{name}.safetensors") as model, fs.Enlarger(model) as enlarger:
            assert enlarger.factor == factor
            return enlarger.run(small).to_array().astype(float)


@pytest.mark.parametrize("factor", [2, 4])
def test_the_models_in_the_box_are_nearer_to_a_photo_than_cubic_interpolation(factor):
    """models/README.md has the figures on many photos, in luma: at least a decibel for twice."""
    true = chelsea(factor).to_array().astype(float)
    cubic, plain = (np.mean((enlarged_again(name, factor) - true) ** 2) for name in (None, f"enlarge{factor}"))
    assert 10 * np.log10(cubic / plain) > {2: 1, 4: 0.4}[factor]


def test_the_sharp_model_is_less_exact_and_has_more_of_a_photos_contrast_between_neighbours():
    def contrast(picture):
        return np.mean(np.abs(np.diff(picture.mean(-1), axis=1)))

    true = chelsea(4).to_array().astype(float)
    pictures = [enlarged_again(name, 4) for name in (None, "enlarge4", "enlarge4-sharp")]
    cubic, plain, sharp = map(contrast, pictures)
    assert cubic < plain < sharp < contrast(true)
    cubic, plain, sharp = (np.mean((picture - true) ** 2) for picture in pictures)
    assert plain < sharp < cubic
