"""A model file that carries its network as text: docs/graph.md."""

import numpy as np
import pytest

import facestyle as fs
import tolerances
from facestyle.models import tensor_file

GRAPH = """\
input channels=3 height=6 width=4 mean=100,110,120 scale=0.015625
a convolution filters=4 kernel=1 activation=rectifier < input
b convolution filters=4 kernel=1 tensors=second < a
c pool pooling=average kernel=2 stride=2 < a
whole sum < a, b, c
less difference < whole, b
e dense outputs=5 < less
embedding unit-length < e
output whole
output less
output embedding
"""


def tensors():
    random = np.random.default_rng(3)
    shapes = {"a.weight": (4, 3, 1, 1), "a.bias": (4,), "second.weight": (4, 4, 1, 1), "second.bias": (4,),
              "e.weight": (5, 96), "e.bias": (5,)}  # fmt: skip
    return {name: random.standard_normal(shape).astype("<f4") for name, shape in shapes.items()}


def model_of(graph, weights, **metadata):
    return fs.Model.load(tensor_file.encode(weights, {"architecture": "graph", "graph": graph, **metadata}))


def picture():
    return np.random.default_rng(4).integers(0, 256, (6, 4, 3), np.uint8)


def answers(weights, pixels):
    """The same in NumPy."""
    x = (pixels.astype(float) - [100, 110, 120]) / 64
    a = np.maximum(x @ weights["a.weight"][:, :, 0, 0].T + weights["a.bias"], 0)
    b = a @ weights["second.weight"][:, :, 0, 0].T + weights["second.bias"]
    c = np.zeros_like(a)
    c[:3, :2] = a.reshape(3, 2, 2, 2, 4).mean((1, 3))
    whole = a + b + c
    e = weights["e.weight"] @ (whole - b).ravel() + weights["e.bias"]
    return {"whole": whole, "less": whole - b, "embedding": (e / np.linalg.norm(e))[None, None]}


def test_a_network_of_ones_own_lists_its_layers_and_answers():
    weights = tensors()
    with model_of(GRAPH, weights) as model, fs.Image.from_array(picture()) as image:
        assert model.architecture == "graph"
        assert {name: layer.units for name, layer in fs.layers(model).items()} == {"whole": 4, "less": 4, "embedding": 5}
        for name, expected in answers(weights, picture()).items():
            got = model.features(image, name)
            assert got.shape == expected.shape, name
            assert np.abs(got - expected).max() <= tolerances.FLOAT * max(1, np.abs(expected).max()), name


def test_it_is_trained_and_saved_with_its_text(tmp_path):
    pixels = np.random.default_rng(5).integers(0, 256, (4, 6, 4, 3), np.uint8)
    with model_of(GRAPH, tensors()) as start:
        with fs.Trainer(loss="all-triplets", start=start, steps=2, rate=1e-3) as trainer:
            before = trainer.embed(pixels)
            trainer.step(pixels, [0, 0, 1, 1])
            after = trainer.embed(pixels)
            trainer.save_model(tmp_path / "graph.safetensors", precision="float32", threshold=1.0)
    assert np.abs(after - before).max() > 0
    with fs.Model.open(tmp_path / "graph.safetensors") as model, fs.Image.from_array(pixels[0]) as image:
        assert model.architecture == "graph" and "whole sum < a, b, c" in model.metadata("graph")
        assert np.abs(model.features(image, "embedding").ravel() - after[0]).max() <= tolerances.FLOAT


def test_it_embeds_whole_pictures():
    weights = tensors()
    with model_of(GRAPH, weights, template="whole", threshold="1") as model, fs.Embedder(model) as embedder:
        with fs.Image.from_array(picture()) as image:
            got = embedder.embed_chips([image])[0]
    assert np.abs(got - answers(weights, picture())["embedding"].ravel()).max() <= tolerances.FLOAT


@pytest.mark.parametrize("graph, reason", [
    ("", 'graph: no line "input"; expected it first'),
    ("input\nc squash < input\noutput c", 'graph: c: kind "squash"; expected one of convolution, '),
    ("input\nc rectifier < d\noutput c", 'graph: c: input "d"; expected "input" or a node above'),
    ("input\nc upsampling factor=1000 < input\noutput c", 'graph: c: factor "1000"; expected 1 to 256'),
    ("input\n" + "".join(f"n{i} rectifier < input\n" for i in range(4097)) + "output n1", "graph: too many nodes"),
])  # fmt: skip
def test_a_wrong_text_is_refused_with_its_place(graph, reason):
    with pytest.raises(fs.FaceStyleError) as error:
        model_of(graph, tensors())
    assert reason in str(error.value)


WINDOWS = """\
input channels=3 height=9 width=8
a convolution filters=8 kernel=1x3 padding=0:1:0:1 bias=no < input
b convolution filters=24 kernel=3x2 dilation=2x1 stride=1x2 padding=2:0:2:1 bias=no < a
output b
"""


def test_windows_of_every_form_take_weights_of_half_precision():
    from safetensors.numpy import save

    random = np.random.default_rng(6)
    weights = {"a.weight": random.uniform(-1, 1, (8, 3, 1, 3)), "b.weight": random.uniform(-1, 1, (24, 8, 3, 2))}
    halves = {name: np.ascontiguousarray(array, np.float16) for name, array in weights.items()}
    pixels = random.integers(0, 256, (9, 8, 3), np.uint8)
    answers = []
    for tensors in (halves, {name: array.astype(np.float32) for name, array in halves.items()}):
        with fs.Model.load(save(tensors, {"architecture": "graph", "graph": WINDOWS})) as model:
            with fs.Image.from_array(pixels) as image:
                answers.append(model.features(image, "b"))
    assert answers[0].shape == (9, 4, 24)
    assert np.abs(answers[0] - answers[1]).max() <= tolerances.FLOAT * np.abs(answers[1]).max()
