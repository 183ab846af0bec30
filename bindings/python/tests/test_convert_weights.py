"""facestyle.convert: files that hold only tensors. They are written here, in the form of those that cannot be had."""

import numpy as np
import pytest
from conftest import shared
from test_models import DAT, REALS, dlib_layer, dlib_tensor, integer, integers, state, tensor, zip_file

import facestyle as fs
import facestyle.convert as convert
import tolerances
from facestyle.convert import conversion as conversions, named, program, state_dicts
from facestyle.models import torch_zip


def seeded(shape, seed, gain=1.0):
    return (np.random.default_rng(seed).uniform(-1, 1, shape) * gain).astype(np.float32)


def torch_file(path, tensors):
    """As torch.save writes a state dict."""
    parts, storages = {}, {}
    for i, (name, array) in enumerate(tensors.items()):
        array = np.ascontiguousarray(array)
        strides = [int(np.prod(array.shape[k + 1 :])) for k in range(array.ndim)]
        kind = "LongStorage" if array.dtype == np.int64 else "FloatStorage"
        parts[name] = tensor(str(i), kind, array.size, 0, array.shape, strides)
        storages[str(i)] = array
    path.write_bytes(zip_file(state(**parts), storages))
    return path


class Recorder(dict):
    """Stands for a file's tensors: makes each that a network asks for, of the shape that its neighbours need."""

    def __init__(self, shapes):
        super().__init__({name: self._make(name, shape) for name, shape in shapes.items()})

    @staticmethod
    def _make(name, shape):
        seed = sum(map(ord, name)) * 31 + len(name)
        part = name.rpartition(".")[2]
        if part == "num_batches_tracked":
            return np.array(7, np.int64).reshape(1)
        if part == "running_var":
            return 1 + np.abs(seeded(shape, seed))
        if part == "weight" and len(shape) > 1:
            return seeded(shape, seed, (3 / np.prod(shape[1:])) ** 0.5)
        return 1 + seeded(shape, seed, 0.2) if part == "weight" else seeded(shape, seed, 0.2)


def unit(shapes, name, outputs, inputs, kernel=1, bn="bn", conv="conv", prelu=None, groups=1):
    height, width = kernel if isinstance(kernel, tuple) else (kernel, kernel)
    shapes[f"{name}.{conv}.weight"] = (outputs, inputs // groups, height, width)
    for part in ("weight", "bias", "running_mean", "running_var"):
        shapes[f"{name}.{bn}.{part}"] = (outputs,)
    shapes[f"{name}.{bn}.num_batches_tracked"] = (1,)
    if prelu:
        shapes[f"{name}.{prelu}.weight"] = (outputs,)


def inception_shapes():
    shapes = {}
    for name, outputs, inputs, kernel in [("1a", 32, 3, 3), ("2a", 32, 32, 3), ("2b", 64, 32, 3), ("3b", 80, 64, 1), ("4a", 192, 80, 3),
                                          ("4b", 256, 192, 3)]:  # fmt: skip
        unit(shapes, f"conv2d_{name}", outputs, inputs, kernel)
    for i in range(5):
        name = f"repeat_1.{i}"
        unit(shapes, f"{name}.branch0", 32, 256)
        for branch, count in (("branch1", 2), ("branch2", 3)):
            for j in range(count):
                unit(shapes, f"{name}.{branch}.{j}", 32, 256 if j == 0 else 32, 1 if j == 0 else 3)
        shapes |= {f"{name}.conv2d.weight": (256, 96, 1, 1), f"{name}.conv2d.bias": (256,)}
    unit(shapes, "mixed_6a.branch0", 384, 256, 3)
    for j, (outputs, inputs, kernel) in enumerate([(192, 256, 1), (192, 192, 3), (256, 192, 3)]):
        unit(shapes, f"mixed_6a.branch1.{j}", outputs, inputs, kernel)
    for i in range(10):
        name = f"repeat_2.{i}"
        unit(shapes, f"{name}.branch0", 128, 896)
        for j, kernel in enumerate([1, (1, 7), (7, 1)]):
            unit(shapes, f"{name}.branch1.{j}", 128, 896 if j == 0 else 128, kernel)
        shapes |= {f"{name}.conv2d.weight": (896, 256, 1, 1), f"{name}.conv2d.bias": (896,)}
    for branch, rows in {"branch0": [(256, 896, 1), (384, 256, 3)], "branch1": [(256, 896, 1), (256, 256, 3)],
                         "branch2": [(256, 896, 1), (256, 256, 3), (256, 256, 3)]}.items():  # fmt: skip
        for j, (outputs, inputs, kernel) in enumerate(rows):
            unit(shapes, f"mixed_7a.{branch}.{j}", outputs, inputs, kernel)
    for name in [f"repeat_3.{i}" for i in range(5)] + ["block8"]:
        unit(shapes, f"{name}.branch0", 192, 1792)
        for j, kernel in enumerate([1, (1, 3), (3, 1)]):
            unit(shapes, f"{name}.branch1.{j}", 192, 1792 if j == 0 else 192, kernel)
        shapes |= {f"{name}.conv2d.weight": (1792, 384, 1, 1), f"{name}.conv2d.bias": (1792,)}
    shapes |= {"last_linear.weight": (512, 1792), "logits.weight": (10, 512), "logits.bias": (10,)}
    shapes |= {f"last_bn.{part}": (512,) for part in ("weight", "bias", "running_mean", "running_var")}
    return shapes


def retinaface_shapes():
    shapes = {}

    def separable(name, outputs, inputs):
        unit(shapes, name, inputs, inputs, 3, "1", "0", groups=inputs)
        unit(shapes, name, outputs, inputs, 1, "4", "3")

    unit(shapes, "body.stage1.0", 8, 3, 3, "1", "0")
    for stage, widths in {1: [16, 32, 32, 64, 64], 2: [128] * 6, 3: [256, 256]}.items():
        inputs = {1: 8, 2: 64, 3: 128}[stage]
        for i, outputs in enumerate(widths):
            separable(f"body.stage{stage}.{i + 1 if stage == 1 else i}", outputs, inputs)
            inputs = outputs
    for i, inputs in enumerate((64, 128, 256), 1):
        unit(shapes, f"fpn.output{i}", 64, inputs, 1, "1", "0")
    for i in (1, 2):
        unit(shapes, f"fpn.merge{i}", 64, 64, 3, "1", "0")
    for i in (1, 2, 3):
        for name, outputs, inputs in [("conv3X3", 32, 64), ("conv5X5_1", 16, 64), ("conv5X5_2", 16, 16), ("conv7X7_2", 16, 16),
                                      ("conv7x7_3", 16, 16)]:  # fmt: skip
            unit(shapes, f"ssh{i}.{name}", outputs, inputs, 3, "1", "0")
        for head, numbers in (("ClassHead", 2), ("BboxHead", 4), ("LandmarkHead", 10)):
            shapes |= {f"{head}.{i - 1}.conv1x1.weight": (2 * numbers, 64, 1, 1), f"{head}.{i - 1}.conv1x1.bias": (2 * numbers,)}
    return shapes


def onnx_of(source):
    """A program as an ONNX model, for onnxruntime to run."""
    from onnx import TensorProto, helper, numpy_helper

    nodes = [helper.make_node(o.kind, o.inputs, o.outputs, **o.attributes) for o in source.operators]
    constants = [numpy_helper.from_array(np.asarray(array), name) for name, array in source.constants.items()]
    (name, shape), = source.inputs.items()
    inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1 if i == 0 else n for i, n in enumerate(shape)])]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in source.outputs]
    graph = helper.make_graph(nodes, "program", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


NETWORKS = {
    "facenet": (inception_shapes, {"embedding": (1, 1, 512)}),
    "retinaface": (retinaface_shapes, {"score8": (8, 12, 4), "box32": (2, 3, 8), "points16": (4, 6, 20)}),
}  # fmt: skip


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_state_dict_is_run_as_its_operators_say(tmp_path, kind):
    onnx = pytest.importorskip("onnx", reason="onnx is absent: pip install onnx")
    pytest.importorskip("onnxruntime", reason="onnxruntime is absent: pip install onnxruntime")
    shapes, outputs = NETWORKS[kind]
    tensors = {f"module.{name}": array for name, array in Recorder(shapes()).items()}
    path = torch_file(tmp_path / "weights.pth", tensors)
    conversion = convert.convert(path, tmp_path / "out.safetensors")
    assert conversion.kind.name == kind and set(outputs) <= set(conversion.network.outputs)
    source, _ = state_dicts.read(torch_zip.load(path.read_bytes()))
    onnx.save(onnx_of(source), tmp_path / "program.onnx")
    verified = convert.convert(tmp_path / "program.onnx", tmp_path / "again.safetensors", kind=kind, verify=True)
    assert len(verified.report) == len(source.outputs)
    side = conversion.network.extent[:2] if conversion.network.is_fixed else (64, 96)
    with fs.Model.open(tmp_path / "out.safetensors") as model, fs.Image.from_array(np.full((*side, 3), 99, np.uint8)) as image:
        for name, shape in outputs.items():
            answer = model.features(image, name)
            assert answer.shape == shape and np.isfinite(answer).all(), name


def test_inception_resnet_has_the_parameters_that_its_authors_count():
    """facenet-pytorch: 23,482,624 without the classes; shapes are those of its code, and every tensor is used."""
    tensors = Recorder(inception_shapes())
    count = sum(array.size for name, array in tensors.items() if not name.startswith("logits") and "running" not in name
                and "num_batches" not in name)  # fmt: skip
    assert count == 23_482_624
    state_dicts.read(tensors)
    del tensors["repeat_2.3.branch1.1.bn.running_var"]
    with pytest.raises(convert.ConvertError, match='no tensor "repeat_2.3.branch1.1.bn.running_var"'):
        state_dicts.read(tensors)


@pytest.mark.parametrize("name, layers", [("2.7_80x80_MiniFASNetV2", 64), ("4_0_0_80x80_MiniFASNetV1SE", 79)])
def test_the_published_networks_for_liveness(tmp_path, name, layers):
    path = shared(f"models/published/{name}.pth")
    conversion = convert.convert(path, tmp_path / "out.safetensors")
    assert conversion.kind.name == "liveness" and len(conversion.network.layers) == layers
    assert conversion.metadata["crop"] == {"2": "2.7", "4": "4"}[name[0]]
    assert conversion.metadata["licence"].startswith("Apache-2.0")
    with fs.Model.open(tmp_path / "out.safetensors") as model, fs.Image.from_array(np.full((80, 80, 3), 99, np.uint8)) as image:
        scores, logits = (model.features(image, output).ravel() for output in ("scores", "logits"))
    assert abs(scores.sum() - 1) < tolerances.FLOAT
    assert np.abs(np.exp(logits) / np.exp(logits).sum() - scores).max() < tolerances.FLOAT


def test_tensors_of_no_network_that_is_known_are_refused(tmp_path):
    path = torch_file(tmp_path / "w.pth", {"mystery.weight": seeded((2, 2), 1)})
    with pytest.raises(convert.ConvertError, match="tensors mystery.weight ...; expected those of VGG-19, InceptionResnetV1"):
        convert.convert(path, tmp_path / "out.safetensors")
    path.write_bytes(b"PK damaged")
    with pytest.raises(convert.ConvertError, match="damaged PyTorch file"):
        convert.convert(path, tmp_path / "out.safetensors")


# ---- VGG-19, from three kinds of file ----


def vgg_weights():
    """Weights [outputs, inputs, 3, 3] of the real sizes, in which few differ from 0 so that the tests are quick."""
    pairs = []
    for i, (name, inputs, outputs) in enumerate(named.vgg19_layers()):
        weight = np.zeros((outputs, inputs, 3, 3), np.float32)
        weight[:8, :8] = seeded(weight[:8, :8].shape, i)
        pairs.append((name, weight, seeded((outputs,), 100 + i)))
    return pairs


def vgg_answer(path, pixels):
    with fs.Model.open(path) as model, fs.Image.from_array(pixels) as image:
        assert model.architecture == "vgg19"
        return model.features(image, "conv2_1")


def vgg_expected(pixels, weights, mean, scale, order):
    """The first three layers in NumPy, with the file's own input."""
    x = pixels.astype(float)[:, :, ::-1] if order == "bgr" else pixels.astype(float)
    x = (x - mean) * scale

    def convolved(x, weight, bias):
        wide = np.pad(x, ((1, 1), (1, 1), (0, 0)))
        y = sum(wide[i : i + x.shape[0], j : j + x.shape[1]] @ weight[:, :, i, j].T.astype(float) for i in range(3) for j in range(3))
        return np.maximum(y + bias, 0)

    x = convolved(convolved(x, *weights[0][1:]), *weights[1][1:])
    x = x.reshape(x.shape[0] // 2, 2, x.shape[1] // 2, 2, -1).mean((1, 3))
    return convolved(x, *weights[2][1:])


PIXELS = np.random.default_rng(8).integers(0, 256, (16, 20, 3), np.uint8)
CAFFE = np.array([103.939, 116.779, 123.68])


def test_vgg19_of_torchvision(tmp_path):
    weights, places = vgg_weights(), [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]
    tensors = {}
    for place, (_, weight, bias) in zip(places, weights):
        tensors |= {f"features.{place}.weight": weight, f"features.{place}.bias": bias}
    tensors["classifier.6.bias"] = seeded((10,), 1)
    path = torch_file(tmp_path / "vgg19.pth", tensors)
    convert.convert(path, tmp_path / "out.safetensors")
    mean, deviation = np.array([0.485, 0.456, 0.406]) * 255, np.array([0.229, 0.224, 0.225]) * 255
    expected = vgg_expected(PIXELS, weights, mean, 1 / deviation, "rgb")
    got = vgg_answer(tmp_path / "out.safetensors", PIXELS)
    # At the edges the means differ by half a level of 255.
    assert np.abs(got - expected).max() < 0.02 * expected.max()
    inner = (slice(2, -2), slice(2, -2))
    assert np.abs(got[inner] - expected[inner]).max() < tolerances.FLOAT * expected.max()


def test_vgg19_of_keras(tmp_path):
    h5py = pytest.importorskip("h5py", reason="h5py is absent: pip install h5py")
    weights = vgg_weights()
    with h5py.File(tmp_path / "vgg19.h5", "w") as file:
        for name, weight, bias in weights:
            theirs = "block" + name[4:].replace("_", "_conv")
            # As Keras 1 named them.
            file[f"{theirs}/{theirs}_W_1:0"], file[f"{theirs}/{theirs}_b_1:0"] = weight.transpose(2, 3, 1, 0), bias
    convert.convert(tmp_path / "vgg19.h5", tmp_path / "out.safetensors")
    expected = vgg_expected(PIXELS, weights, CAFFE, 1, "bgr")
    assert np.abs(vgg_answer(tmp_path / "out.safetensors", PIXELS) - expected).max() < tolerances.FLOAT * expected.max()


@pytest.mark.parametrize("form", ["weights", "filters"])
def test_vgg19_of_matconvnet(tmp_path, form):
    scipy_io = pytest.importorskip("scipy.io", reason="scipy is absent: pip install scipy")
    weights, layers = vgg_weights(), []
    for name, weight, bias in weights:
        cells = np.empty((1, 2), object)
        cells[0, 0], cells[0, 1] = weight.transpose(2, 3, 1, 0), bias[:, None]
        words = {"weights": cells} if form == "weights" else {"filters": cells[0, 0], "biases": cells[0, 1]}
        layers += [{"type": "conv", "name": name, **words}, {"type": "relu", "name": "r" + name}]
    row = np.empty((1, len(layers)), object)
    row[0, :] = layers
    image = np.ones((4, 4, 3)) * CAFFE[::-1]
    normalization = {"averageImage": image if form == "filters" else CAFFE[::-1].reshape(1, 1, 3)}
    words = {"normalization": normalization}
    net = {"layers": row, **(words if form == "filters" else {"meta": words})}
    scipy_io.savemat(tmp_path / "imagenet-vgg-verydeep-19.mat", net)
    convert.convert(tmp_path / "imagenet-vgg-verydeep-19.mat", tmp_path / "out.safetensors")
    expected = vgg_expected(PIXELS, weights, CAFFE[::-1], 1, "rgb")
    assert np.abs(vgg_answer(tmp_path / "out.safetensors", PIXELS) - expected).max() < tolerances.FLOAT * expected.max()


@pytest.mark.parametrize("name", ["a.h5", "a.mat", "a.dat", "a.pth"])
def test_damaged_files_are_refused(tmp_path, name):
    for needed in ("h5py", "scipy"):
        pytest.importorskip(needed, reason=f"{needed} is absent: pip install {needed}")
    for data in (b"", b"\x89HDF\r\n\x1a\n" + bytes(60), bytes(range(200))):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(convert.ConvertError) as error:
            convert.convert(tmp_path / name, tmp_path / "out.safetensors")
        assert ("expected" in str(error.value) or "damaged" in str(error.value)) and not (tmp_path / "out.safetensors").exists()


# ---- OpenFace ----


def nn4_tensors(tmp_path):
    from safetensors.numpy import load_file

    with fs.Trainer("nn4.small2", steps=2) as trainer:
        trainer.save_model(tmp_path / "start.safetensors", precision="float32", threshold=1.0)
    return {name: array.astype(np.float32) for name, array in load_file(tmp_path / "start.safetensors").items()}


def same_embedding(converted, tmp_path, tensors):
    from safetensors.numpy import save_file

    save_file(tensors, tmp_path / "wanted.safetensors", {"architecture": "nn4.small2", "lrn": "tensorflow", "threshold": "0.995"})
    pixels = np.random.default_rng(9).integers(0, 256, (96, 96, 3), np.uint8)
    answers = []
    for path in (converted, tmp_path / "wanted.safetensors"):
        with fs.Model.open(path) as model, fs.Embedder(model) as embedder, fs.Image.from_array(pixels) as image:
            assert abs(embedder.threshold - 0.995) < tolerances.FLOAT
            answers.append(embedder.embed_chips([image])[0])
    assert np.array_equal(*answers)


def test_openfaces_folder_of_csv_files(tmp_path):
    tensors = nn4_tensors(tmp_path)
    folder = tmp_path / "weights"
    folder.mkdir()
    parts = {"weight": "w", "bias": "b", "running_mean": "m", "running_var": "v"}
    for name, array in tensors.items():
        layer, _, part = name.rpartition(".")
        np.savetxt(folder / f"{layer}_{parts[part]}.csv", array.reshape(1, -1), delimiter=",", fmt="%.9g")
    (folder / "readme.csv").write_text("not a number")
    conversion = convert.convert(folder, tmp_path / "out.safetensors")
    assert conversion.metadata["distance"] == "euclidean"
    same_embedding(tmp_path / "out.safetensors", tmp_path, tensors)
    (folder / "conv1_w.csv").write_text("1,2,x")
    with pytest.raises(convert.ConvertError, match="expected numbers with commas"):
        convert.convert(folder, tmp_path / "out.safetensors")
    (folder / "conv1_w.csv").write_text("1,2")
    with pytest.raises(convert.ConvertError, match="conv1 has 2 weights and 64 biases; expected windows of 7x7"):
        convert.convert(folder, tmp_path / "out.safetensors")


def test_openface_of_keras(tmp_path):
    h5py = pytest.importorskip("h5py", reason="h5py is absent: pip install h5py")
    tensors = nn4_tensors(tmp_path)
    theirs = {"running_mean": "moving_mean", "running_var": "moving_variance"}
    with h5py.File(tmp_path / "nn4.small2.h5", "w") as file:
        for name, array in tensors.items():
            layer, _, part = name.rpartition(".")
            if f"{layer}.running_mean" in tensors:
                word = {"weight": "gamma", "bias": "beta", **theirs}[part]
            else:
                word = {"weight": "kernel", "bias": "bias"}[part]
                array = array.T if array.ndim == 2 else array.transpose(2, 3, 1, 0) if array.ndim == 4 else array
            layer = "dense_layer" if layer == "dense" else layer
            file[f"model_weights/{layer}/{layer}/{word}:0"] = array
    convert.convert(tmp_path / "nn4.small2.h5", tmp_path / "out.safetensors")
    same_embedding(tmp_path / "out.safetensors", tmp_path, tensors)


# ---- Other named networks ----


def test_a_network_of_pytorchs_fast_neural_style(tmp_path):
    shapes, norms = {}, {"conv1": "in1", "conv2": "in2", "conv3": "in3", "deconv1": "in4", "deconv2": "in5"}
    plain = [("conv1", 8, 3, 9), ("conv2", 16, 8, 3), ("conv3", 32, 16, 3), ("deconv1", 16, 32, 3),
             ("deconv2", 8, 16, 3), ("deconv3", 3, 8, 9)]  # fmt: skip
    for name, outputs, inputs, kernel in plain:
        shapes |= {f"{name}.conv2d.weight": (outputs, inputs, kernel, kernel), f"{name}.conv2d.bias": (outputs,)}
        if name in norms:
            shapes |= {f"{norms[name]}.weight": (outputs,), f"{norms[name]}.bias": (outputs,), f"{norms[name]}.running_mean": (outputs,)}
    for j in (1, 2):
        shapes |= {f"res1.conv{j}.conv2d.weight": (32, 32, 3, 3), f"res1.conv{j}.conv2d.bias": (32,), f"res1.in{j}.weight": (32,),
                   f"res1.in{j}.bias": (32,)}  # fmt: skip
    path = torch_file(tmp_path / "candy.pth", Recorder(shapes))
    conversion = convert.convert(path, tmp_path / "out.safetensors", name="candy", licence="BSD-3-Clause")
    assert conversion.metadata["architecture"] == "fast-style-resize" and conversion.metadata["licence"] == "BSD-3-Clause"
    with fs.Model.open(tmp_path / "out.safetensors") as model:
        assert model.info.use == "fast style" and model.metadata("name") == "candy"
    from safetensors.numpy import save_file

    save_file({name: np.ascontiguousarray(array) for name, array in Recorder(shapes).items()}, tmp_path / "candy.safetensors")
    again = convert.convert(tmp_path / "candy.safetensors", tmp_path / "again.safetensors", name="candy", licence="BSD-3-Clause")
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "out.safetensors").read_bytes() and again.metadata
    (tmp_path / "candy.safetensors").write_bytes(b"no")
    with pytest.raises(convert.ConvertError, match="is no safetensors file"):
        convert.convert(tmp_path / "candy.safetensors", tmp_path / "again.safetensors")
    with pytest.raises(convert.ConvertError, match="--mean for fast-style-resize, which has its own; expected none"):
        convert.convert(path, tmp_path / "out.safetensors", mean=(1, 2, 3))
    with pytest.raises(convert.ConvertError, match="cannot be verified; expected one of ONNX or ncnn"):
        convert.convert(path, tmp_path / "out.safetensors", verify=True)


def test_a_program_refuses_what_it_cannot_order():
    build = program.Builder([1, 3, 8, 8])
    whole = build.end(out=build("Relu", build("Add", "input", np.float32(1))))
    assert [operator.kind for operator in whole.ordered()] == ["Add", "Relu", "Identity"]
    assert conversions.make(whole, conversions.Options(kind="network")).network.text().count("\n") == 3


def dlib_file():
    """A file of dlib's face recognition network, every layer of it, and the weights that ours should have."""
    from facestyle.models import convert as recipes

    wanted, layers = {}, []

    def convolution(name, shape, steps):
        weight, bias = seeded(shape, len(layers), (1 / np.prod(shape[1:])) ** 0.5), seeded(shape[:1], len(layers) + 500)
        gamma, beta = 1 + seeded(shape[:1], len(layers) + 600, 0.1), seeded(shape[:1], len(layers) + 700, 0.1)
        wanted.update({f"{name}.weight": weight, f"{name}.bias": bias, f"{name}.gamma": gamma, f"{name}.beta": beta})
        one = (1, shape[0], 1, 1)
        layers.append(dlib_layer("con_4", dlib_tensor([*weight.ravel(), *bias]), integers(1, 1, 1, *steps), integers(1, *shape),
                                 integers(1, *one), REALS))  # fmt: skip
        layers.append(dlib_layer("affine_", dlib_tensor([*gamma, *beta]), integers(1, *one), integers(1, *one), integer(0)))

    pool = integers(1, 1, 1, 1, 0, 0)
    convolution("stem", (32, 3, 7, 7), (2, 2, 0, 0))
    layers += [dlib_layer("relu_"), dlib_layer("max_pool_2", pool)]
    inputs, block = 32, 0
    for count, outputs, halves in recipes.STAGES:
        for smaller in [halves] + [False] * (count - 1):
            block += 1
            convolution(f"block{block}.a", (outputs, inputs, 3, 3), (2, 2, 0, 0) if smaller else (1, 1, 1, 1))
            layers.append(dlib_layer("relu_"))
            convolution(f"block{block}.b", (outputs, outputs, 3, 3), (1, 1, 1, 1))
            layers += [dlib_layer("avg_pool_2", pool)] * smaller + [dlib_layer("add_prev_"), dlib_layer("relu_")]
            inputs = outputs
    matrix = seeded((256, 128), 9, 0.1)
    wanted["embedding.weight"] = matrix.T
    layers.append(dlib_layer("avg_pool_2", pool))
    layers.append(dlib_layer("fc_2", integers(128, 256), dlib_tensor(matrix.ravel()), integers(1, 256, 128, 1, 1), integers(1, 0, 0, 0, 0),
                             integer(1), REALS))  # fmt: skip
    # The layer on the input has one number more.
    return DAT[: DAT.index(b"con_4") - len(integer(5))] + layers[0] + integer(1) + b"".join(layers[1:]), wanted


def test_dlibs_own_file(tmp_path):
    from safetensors.numpy import load_file

    data, wanted = dlib_file()
    (tmp_path / "resnet.dat").write_bytes(data)
    conversion = convert.convert(tmp_path / "resnet.dat", tmp_path / "out.safetensors", licence="mine")
    assert conversion.metadata["licence"] == "mine" and conversion.metadata["threshold"] == "0.6"
    tensors = load_file(tmp_path / "out.safetensors")
    assert tensors.keys() == wanted.keys() and all(np.array_equal(tensors[name], wanted[name]) for name in wanted)
    with fs.Model.open(tmp_path / "out.safetensors") as model, fs.Embedder(model) as embedder:
        with fs.Image.from_array(np.full((150, 150, 3), 99, np.uint8)) as image:
            assert np.isfinite(embedder.embed_chips([image])).all()
