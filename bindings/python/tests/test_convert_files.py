"""facestyle.convert: whole files. What kind they are, what is written, what is refused, and the published ones that are at hand."""

import os
import subprocess
import sys

import numpy as np
import pytest
from conftest import MODELS, PHOTOS, REPOSITORY, need, shared

onnx = pytest.importorskip("onnx", reason="onnx is absent: pip install onnx")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is absent: pip install onnxruntime")

from onnx import helper  # noqa: E402
from onnx_files import Graph  # noqa: E402

import facestyle as fs  # noqa: E402
import facestyle.convert as convert  # noqa: E402
import tolerances  # noqa: E402
from facestyle.convert import __main__ as command  # noqa: E402
from facestyle.convert import recognition, verification, writing  # noqa: E402

ARCFACE = "38.2946 51.6963 73.5318 51.5014 56.0252 71.7366 41.5493 92.3655 70.7299 92.2041"


def converted(graph, folder, *outputs, **options):
    path = graph.save(folder / "network.onnx", *outputs)
    return convert.convert(path, folder / "network.safetensors", **options)


# ---- Kinds ----


def embedder_graph(count, side=112, opening=False, opset=17):
    graph = Graph((None, 3, side, side), opset=opset)
    x = "input"
    if opening:
        x = graph("Mul", graph("Sub", x, np.float32(127.5)), np.float32(0.0078125))
    x = graph("PRelu", graph.normalise(graph.conv(x, 3, 8, strides=[8, 8]), 8), graph.numbers(8, 1, 1))
    x = graph("Flatten", graph("Dropout", graph.normalise(x, 8)))
    places = (side // 8) ** 2 * 8
    return graph, graph.normalise(graph("Gemm", x, graph.numbers(count, places) / 16, graph.numbers(count), transB=1), count)


@pytest.mark.parametrize("count, opening, side, stem, kind, order, first", [
    (512, False, 112, "w600k_r50", "arcface", "rgb", "mean=127.5,127.5,127.5 scale=0.007843138"),
    (512, True, 112, "glintr100", "arcface", "rgb", "mean=127.5,127.5,127.5 scale=0.0078125"),
    (128, True, 112, "recognition", "sface", "rgb", "mean=127.5,127.5,127.5 scale=0.0078125"),
    (512, False, 112, "adaface_ir18", "adaface", "bgr", "mean=127.5,127.5,127.5 scale=0.007843138 order=bgr"),
    (128, False, 112, "mobile", "mobilefacenet", "rgb", "mean=127.5,127.5,127.5 scale=0.0078125"),
    (512, False, 160, "vggface2", "facenet", "rgb", "mean=127.5,127.5,127.5 scale=0.0078125"),
])  # fmt: skip
def test_an_embedder_is_recognised_by_its_shape_and_runs_at_once(tmp_path, count, opening, side, stem, kind, order, first):
    graph, output = embedder_graph(count, side, opening)
    path = graph.save(tmp_path / f"{stem}.onnx", output)
    conversion = convert.convert(path, tmp_path / "out.safetensors", verify=True)
    assert conversion.kind.name == kind and conversion.metadata["distance"] == "cosine"
    assert conversion.network.text().startswith(f"input channels=3 height={side} width={side} {first}\n")
    with fs.Model.open(tmp_path / "out.safetensors") as model, fs.Embedder(model) as embedder:
        assert model.metadata("kind") == kind and model.metadata("name") == stem and model.info.use == "embedder"
        assert (model.metadata("template") == ARCFACE) == (side == 112)
        assert embedder.dimension == count
        cosine = conversion.kind.threshold
        assert abs(embedder.threshold - np.sqrt(2 * cosine)) < tolerances.FLOAT
        with fs.Image.from_array(verification.levels(conversion)) as image:
            embedding = embedder.embed_chips([image])[0]
            raw = model.features(image, conversion.features[output][0]).ravel()
        assert np.abs(embedding - raw / np.linalg.norm(raw)).max() < tolerances.FLOAT


def test_an_embedder_that_ends_in_unit_length_gets_no_second_one(tmp_path):
    graph, output = embedder_graph(128)
    conversion = converted(graph, tmp_path, graph("LpNormalization", output, axis=1, p=2), verify=True)
    assert conversion.network.text().count("unit-length") == 1 and list(conversion.network.outputs) == ["embedding"]


def test_a_published_threshold_of_cosines_becomes_the_distance_of_unit_vectors(tmp_path):
    """OpenCV's SFace: a cosine of 0.363 or more, or a distance of 1.128 or less."""
    graph, output = embedder_graph(128, opening=True)
    conversion = converted(graph, tmp_path, output)
    assert abs(float(conversion.metadata["threshold"]) - 1.128) < 0.001
    assert conversion.metadata["published_threshold"] == "cosine distance 0.637"
    assert not conversion.metadata["licence"]  # its shape does not tell whose weights they are
    conversion = converted(graph, tmp_path, output, distance="euclidean", threshold=1.25)
    assert conversion.metadata["threshold"] == "1.25" and "distance" in conversion.metadata


STRIDES = (8, 16, 32)


def detector_graph(numbers, cells=1, side=64):
    """A head of so many numbers for each stride, in cells; the file's order and names tell nothing."""
    graph = Graph((1, 3, side, side))
    x, heads = graph.conv("input", 3, 4, pads=[1, 1, 1, 1], strides=[4, 4]), []
    for _ in STRIDES:
        x = graph.conv(x, 4, 4, pads=[1, 1, 1, 1], strides=[2, 2])
        for count in numbers:
            y = graph("Transpose", graph.conv(x, 4, count * cells, 1), perm=[0, 2, 3, 1])
            heads.append(graph("Reshape", y, np.array([1, -1, count])))
    return graph, heads


def test_scrfd_is_recognised_whatever_the_order_of_its_outputs(tmp_path):
    graph, heads = detector_graph((10, 1, 4), cells=2)
    order = np.random.default_rng(2).permutation(len(heads))
    conversion = converted(graph, tmp_path, *[heads[i] for i in order], verify=True)
    assert conversion.kind.name == "scrfd" and conversion.metadata["kind"] == "scrfd"
    assert set(conversion.network.outputs) == {f"{part}{s}" for part in ("score", "box", "points") for s in STRIDES}
    assert conversion.network.text().startswith("input channels=3 mean=127.5,127.5,127.5 scale=0.0078125\n")
    with fs.Model.open(tmp_path / "network.safetensors") as model, fs.Image.from_array(np.zeros((96, 128, 3), np.uint8)) as image:
        shapes = {name: model.features(image, name).shape for name in conversion.network.outputs}
    for stride in STRIDES:
        assert shapes[f"score{stride}"] == (96 // stride, 128 // stride, 2) and shapes[f"points{stride}"][2] == 20


def test_yunet_is_recognised_and_its_heads_by_name(tmp_path):
    graph, heads = detector_graph((1, 1, 4, 10))
    names = [f"{part}_{s}" for s in STRIDES for part in ("obj", "cls", "bbox", "kps")]
    named = [graph.nodes.append(helper.make_node("Identity", [head], [name])) or name for head, name in zip(heads, names)]
    conversion = converted(graph, tmp_path, *sorted(named), verify=True)
    assert conversion.kind.name == "yunet"
    assert set(conversion.network.outputs) == {f"{part}{s}" for part in ("class", "object", "box", "points") for s in STRIDES}
    assert conversion.features["obj_8"] == ["object8"] and conversion.features["cls_16"] == ["class16"]
    assert "order=bgr" in conversion.network.text()


def test_retinaface_whose_outputs_join_the_strides(tmp_path):
    graph, heads = detector_graph((4, 2, 10), cells=2)
    joined = [graph("Concat", *heads[i::3], axis=1) for i in range(3)]
    joined[1] = graph("Softmax", joined[1], axis=-1)
    conversion = converted(graph, tmp_path, *joined, verify=True)
    assert conversion.kind.name == "retinaface" and conversion.features[joined[1]] == ["score8", "score16", "score32"]
    assert "softmax channels=2" in conversion.network.text()


def test_centerface_has_one_box_of_four_numbers(tmp_path):
    graph = Graph((1, 3, 64, 64))
    x = graph.conv("input", 3, 4, pads=[1, 1, 1, 1], strides=[4, 4])
    heads = [graph("Sigmoid", graph.conv(x, 4, 1, 1))] + [graph.conv(x, 4, n, 1) for n in (2, 2, 10)]
    conversion = converted(graph, tmp_path, *heads, verify=True)
    assert conversion.kind.name == "centerface" and {"score4", "box4", "points4"} < set(conversion.network.outputs)
    size, offset = conversion.features[heads[1]][0], conversion.features[heads[2]][0]
    with fs.Model.open(tmp_path / "network.safetensors") as model, fs.Image.from_array(np.full((32, 32, 3), 9, np.uint8)) as image:
        parts = [model.features(image, name) for name in (size, offset)]
        assert np.array_equal(model.features(image, "box4"), np.concatenate(parts, 2))


@pytest.mark.parametrize("side, count, kind", [
    (80, 3, "liveness"), (112, 136, "landmarks"), (112, 196, "landmarks"), (96, 128, "openface")])
def test_other_networks_for_faces_are_recognised(tmp_path, side, count, kind):
    graph, output = embedder_graph(count, side)
    assert converted(graph, tmp_path, output).kind.name == kind


def test_landmarks_whose_graph_subtracts_the_mean_take_levels_as_they_are(tmp_path):
    graph, output = embedder_graph(212, 192, opening=True)
    conversion = converted(graph, tmp_path, output)
    assert conversion.kind.name == "landmarks" and "mean=127.5,127.5,127.5 scale=0.0078125\n" in conversion.network.text()


def test_a_fast_style_takes_pictures_of_any_size(tmp_path):
    graph = Graph((1, 3, 64, 64))
    x = graph("Pad", "input", np.array([0, 0, 4, 4, 0, 0, 4, 4]), mode="reflect")
    x = graph("Relu", graph("InstanceNormalization", graph.conv(x, 3, 8, 9), graph.numbers(8), graph.numbers(8)))
    conversion = converted(graph, tmp_path, graph.conv(x, 8, 3, pads=[1, 1, 1, 1]), verify=True)
    assert conversion.kind.name == "fast-style" and not conversion.network.is_fixed


def two_styles(graph, several=True):
    """A convolution, its normalisation as exporters write it in pieces, and factors of two styles; the picture of a sigmoid."""
    w = graph("Unsqueeze", "weights", np.array([1]))

    def mixed(channels):
        return graph("Reshape", graph("ReduceSum", graph("Mul", w, graph.numbers(2, channels)), np.array([0]), keepdims=0),
                     np.array([1, channels, 1, 1]))  # fmt: skip

    x = graph.conv("input", 3, 6, 3, pads=[1, 1, 1, 1])
    d = graph("Sub", x, graph("ReduceMean", x, axes=[2, 3], keepdims=1))
    variance = graph("ReduceMean", graph("Pow", d, np.float32(2)), axes=[-2, -1], keepdims=1)
    root = graph("Sqrt", graph("Add", variance, np.float32(1e-5)))
    x = graph("Mul", d, graph("Div", np.float32(1), root))
    x = graph("Relu", graph("Add", graph("Mul", x, mixed(6)), mixed(6)))
    return graph("Sigmoid", graph.conv(x, 6, 3, 1))


def test_a_network_of_several_styles_takes_their_weights_as_its_second_input(tmp_path):
    graph = Graph((1, 3, None, None), more={"weights": [2]})
    conversion = converted(graph, tmp_path, two_styles(graph), verify=True)
    assert conversion.kind.name == "fast-style" and conversion.network.styles == 2 and not conversion.network.is_fixed
    text = conversion.network.text()
    assert "instance-normalisation epsilon=0.00001 styles=2" in text and "linear scale=255" in text and "scale=0.003921569" in text
    pixels = np.random.default_rng(1).integers(0, 256, (12, 20, 3), np.uint8)
    session = onnxruntime.InferenceSession(str(tmp_path / "network.onnx"))
    with fs.Model.open(tmp_path / "network.safetensors") as model, fs.Image.from_array(pixels) as image:
        assert model.info.styles == 2 and model.info.use == "fast style"
        for style, weights in [(0, [1, 0]), (1, [0, 1]), ({0: 1, 1: 3}, [0.25, 0.75]), ([2, 2], [0.5, 0.5])]:
            (expected,) = session.run(None, {"input": (pixels / 255).astype(np.float32).transpose(2, 0, 1)[None],
                                             "weights": np.array(weights, np.float32)})  # fmt: skip
            with fs.FastStyler(model, style) as styler, styler.run(image) as painted:
                assert np.abs(painted.to_array() - 255 * expected[0].transpose(1, 2, 0)).max() < 0.51
        with pytest.raises(fs.FaceStyleError, match="a network of 2 styles; expected a weight for each"):
            fs.FastStyler(model)
        with pytest.raises(ValueError, match="style 2; expected 0 to 1"):
            fs.FastStyler(model, 2)
        with pytest.raises(fs.FaceStyleError, match="3 weights for 2 styles"):
            fs.FastStyler(model, [1, 2, 3])


def test_weights_of_styles_elsewhere_are_refused(tmp_path):
    graph = Graph((1, 3, 8, 8), more={"weights": [3]})
    x = graph.conv("input", 3, 3, 1)
    path = graph.save(tmp_path / "n.onnx", graph("Mul", x, graph("Reshape", "weights", np.array([1, 3, 1, 1]))))
    with pytest.raises(convert.ConvertError, match="the weights of styles there; expected them as factors of an instance normalisation"):
        convert.convert(path, tmp_path / "out.safetensors")
    for more, said in (({"a": [1]}, "weights of 2 to"), ({"a": [3], "b": [3]}, "weights of 2 to"), ({"a": [1, 3, 4, 4]}, "expected one, the picture")):
        graph = Graph((1, 3, 8, 8), more=more)
        with pytest.raises(convert.ConvertError, match=said):
            convert.convert(graph.save(tmp_path / "n.onnx", graph.conv("input", 3, 3, 1)), tmp_path / "out.safetensors")


def test_a_file_is_cut_before_what_cannot_be_read(tmp_path):
    graph = Graph()
    a = graph.conv("input", 3, 4)
    b = graph("Sigmoid", graph.conv(a, 4, 2))
    path = graph.save(tmp_path / "n.onnx", graph("NonZero", b))
    with pytest.raises(convert.ConvertError, match="NonZero"):
        convert.convert(path, tmp_path / "out.safetensors")
    command.main([str(path), "-o", str(tmp_path / "out.safetensors"), "--verify", "--outputs", b, a])
    with fs.Model.open(tmp_path / "out.safetensors") as model:
        assert set(fs.layers(model)) == {a, b}
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="n.data", size_threshold=0)
    assert len(convert.convert(path, tmp_path / "out.safetensors", outputs=[a], verify=True).report) == 1
    with pytest.raises(convert.ConvertError, match='an output is "nothing", which nothing makes'):
        convert.convert(path, tmp_path / "out.safetensors", outputs=["nothing"])


def test_what_the_command_says_goes_before_what_is_known(tmp_path, capsys):
    graph, output = embedder_graph(512)
    path = graph.save(tmp_path / "network.onnx", output)
    command.main([str(path), "-o", str(tmp_path / "o.safetensors"), "--kind", "adaface", "--mean", "1,2,3", "--scale", "0.5", "--order",
                  "rgb", "--template", "whole", "--threshold", "0.5", "--licence", "mine", "--name", "me", "--verify"])  # fmt: skip
    said = capsys.readouterr().out
    assert "adaface, pictures of 112x112" in said and "verified" in said
    with fs.Model.open(tmp_path / "o.safetensors") as model, fs.Embedder(model) as embedder:
        assert "mean=1,2,3 scale=0.5\n" in model.metadata("graph")
        assert (model.metadata("name"), model.metadata("licence"), model.metadata("template")) == ("me", "mine", "whole")
        assert abs(embedder.threshold - 1) < tolerances.FLOAT  # sqrt(2 * 0.5)


@pytest.mark.parametrize("options, reason", [
    ({"threshold": -1.0}, "threshold -1.0; expected 0 or more"), ({"scale": 0.0}, "scale 0.0; expected a number but 0"),
    ({"kind": "yunet"}, "expected the heads of yunet"),
    ({"size": (96, 96)}, "expected that size, not 96x96"), ({"kind": "what"}, 'kind "what"; expected one of'),
])  # fmt: skip
def test_options_that_do_not_fit_are_refused(tmp_path, options, reason):
    graph, output = embedder_graph(512)
    with pytest.raises(convert.ConvertError) as error:
        converted(graph, tmp_path, output, **options)
    assert reason in str(error.value) and not (tmp_path / "network.safetensors").exists()


# ---- Published files ----

PUBLISHED = {
    "face_detection_yunet_2026may.onnx": ("yunet", 12), "yunet_n_dynamic.onnx": ("yunet", 12), "yunet_s_640_640.onnx": ("yunet", 12),
    "scrfd_500m_kps.onnx": ("scrfd", 9), "pfld.onnx": ("landmarks", 1),
}  # fmt: skip


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_file_is_converted_verified_and_run(tmp_path, name):
    path = shared(f"models/published/{name}")
    conversion = convert.convert(path, tmp_path / "out.safetensors", verify=True)
    kind, outputs = PUBLISHED[name]
    assert conversion.kind.name == kind and len(conversion.report) == outputs
    licence = {"yunet": "MIT", "scrfd": "non-commercial", "landmarks": ""}[kind]
    assert conversion.metadata["licence"].startswith(licence) and bool(conversion.metadata["licence"]) == bool(licence)
    with fs.Model.open(tmp_path / "out.safetensors") as model:
        side = (112, 112) if kind == "landmarks" else (160, 96)
        with fs.Image.from_array(np.zeros((*side, 3), np.uint8)) as image:
            for output in conversion.network.outputs:
                assert np.isfinite(model.features(image, output)).all()


def test_a_file_of_a_fixed_size_answers_at_others_as_the_one_of_any_size(tmp_path):
    """The weights of yunet_s_640_640 and of face_detection_yunet_2026may are equal; onnxruntime refuses the first at 320."""
    answers = []
    pixels = np.random.default_rng(3).integers(0, 256, (96, 160, 3), np.uint8)
    for name in ("yunet_s_640_640.onnx", "face_detection_yunet_2026may.onnx"):
        convert.convert(shared(f"models/published/{name}"), tmp_path / "out.safetensors")
        with fs.Model.open(tmp_path / "out.safetensors") as model, fs.Image.from_array(pixels) as image:
            answers.append(np.concatenate([model.features(image, f"{part}{s}").ravel() for s in STRIDES for part in (
                "class", "object", "box", "points")]))  # fmt: skip
    assert np.array_equal(*answers)


def test_a_converted_embedder_tells_people_apart(tmp_path):
    folder = shared("models/published/mobilefacenet.ncnn.param").parent
    files = [folder / "mobilefacenet.ncnn.param", folder / "mobilefacenet.ncnn.bin"]
    convert.convert(files, tmp_path / "mobilefacenet.safetensors")
    need(PHOTOS / "obama.jpg", "run `make models` or set FACESTYLE_PHOTOS")
    need(MODELS / "mtcnn.safetensors", "run `make models` or set FACESTYLE_MODELS")
    program = need(REPOSITORY / "build" / "facestyle", "run `make`")
    answers = {}
    for other in ("obama2", "biden"):
        result = subprocess.run(
            [program, "compare", PHOTOS / "obama.jpg", PHOTOS / f"{other}.jpg", "--model", tmp_path / "mobilefacenet.safetensors",
             "--detector-model", MODELS / "mtcnn.safetensors"], capture_output=True, text=True)  # fmt: skip
        answers[other] = result.returncode
    assert answers == {"obama2": 0, "biden": 1}, result.stderr


# ---- Hostile and damaged files ----


def small(tmp_path):
    graph = Graph()
    return graph.model(graph.conv("input", 3, 4)), tmp_path / "network.onnx"


def refusal(path, tmp_path, **options):
    out = tmp_path / "out.safetensors"
    out.write_bytes(b"what was there before")
    with pytest.raises(convert.ConvertError) as error:
        convert.convert(path, out, **options)
    assert out.read_bytes() == b"what was there before"
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []
    return str(error.value)


@pytest.mark.parametrize("data", [b"", b"x" * 40, b"\x08\x07", bytes(range(256)) * 9])
def test_files_that_are_none_of_onnx(tmp_path, data):
    (tmp_path / "network.onnx").write_bytes(data)
    assert "is no ONNX file" in refusal(tmp_path / "network.onnx", tmp_path)


def test_absent_files_folders_and_unknown_names(tmp_path):
    assert "is absent; expected the file of a network" in refusal(tmp_path / "network.onnx", tmp_path)
    (tmp_path / "network.pb").write_bytes(b"x")
    assert "network.pb; expected an .onnx" in refusal(tmp_path / "network.pb", tmp_path)
    model, path = small(tmp_path)
    onnx.save(model, path)
    with pytest.raises(convert.ConvertError, match="no folder .*; expected one to write"):
        convert.convert(path, tmp_path / "none" / "out.safetensors")
    with pytest.raises(convert.ConvertError, match="is a folder; expected a file to be written"):
        convert.convert(path, tmp_path)


def test_a_circle_is_refused(tmp_path):
    graph = Graph()
    graph.nodes = [helper.make_node("Add", ["input", "b"], ["a"], name="first"), helper.make_node("Relu", ["a"], ["b"])]
    assert 'Relu "b" depends on itself; expected no circle' in refusal(graph.save(tmp_path / "n.onnx", "b"), tmp_path)


def test_what_nothing_makes_and_what_is_made_twice_is_refused(tmp_path):
    graph = Graph()
    graph.nodes = [helper.make_node("Conv", ["input", "weight"], ["a"], name="c")]
    assert 'Conv "c" reads "weight", which nothing makes' in refusal(graph.save(tmp_path / "n.onnx", "a"), tmp_path)
    graph.nodes = [helper.make_node("Relu", ["input"], ["a"]), helper.make_node("Tanh", ["input"], ["a"])]
    assert 'value "a" is made twice' in refusal(graph.save(tmp_path / "n.onnx", "a"), tmp_path)
    graph.nodes = [helper.make_node("Relu", ["input"], ["a"])]
    assert 'an output is "b", which nothing makes' in refusal(graph.save(tmp_path / "n.onnx", "b"), tmp_path)


def test_an_operator_that_is_not_known_is_named_with_its_shapes(tmp_path):
    graph = Graph()
    reason = refusal(graph.save(tmp_path / "n.onnx", graph("Einsum", "input", equation="nchw->nhcw")), tmp_path)
    assert reason.startswith('Einsum "/Einsum_1" of [1, 3, 8, 6]: an operator that is not known; expected one of Add, ')


@pytest.mark.parametrize("dims", [[1 << 40], [1 << 31, 1 << 31], [-1]])
def test_huge_and_negative_tensors_are_refused(tmp_path, dims):
    model, path = small(tmp_path)
    model.graph.initializer[0].ClearField("dims")
    model.graph.initializer[0].dims.extend(dims)
    onnx.save(model, path)
    assert "expected at most" in (reason := refusal(path, tmp_path)) or "expected no negative" in reason


def test_a_tensor_with_fewer_bytes_than_it_says_is_refused(tmp_path):
    model, path = small(tmp_path)
    model.graph.initializer[0].dims[0] = 5
    onnx.save(model, path)
    assert 'tensor "constant_0"' in refusal(path, tmp_path)


def test_a_constant_that_would_not_fit_the_memory_is_refused(tmp_path):
    graph = Graph()
    y = graph("Add", "input", graph("ConstantOfShape", np.array([1 << 20, 1 << 20])))
    assert "expected at most 268435456 numbers" in refusal(graph.save(tmp_path / "n.onnx", y), tmp_path)


@pytest.mark.parametrize("kind", ["Add", "Range", "Concat", "Gather"])
def test_constants_that_grow_are_refused_before_they_are_made(tmp_path, kind):
    graph = Graph()
    if kind == "Add":
        x = graph("Add", np.zeros((1 << 16, 1), np.float32), np.zeros((1, 1 << 16), np.float32))
    elif kind == "Range":
        x = graph("Range", np.int64(0), np.int64(1 << 40), np.int64(1))
    else:
        x = graph.constant(np.zeros(1 << 16, np.float32))
        for _ in range(14):
            x = graph("Concat", x, x, axis=0) if kind == "Concat" else graph("Gather", x, np.zeros(1, np.int64))
        if kind == "Gather":
            x = graph("Gather", np.zeros((1, 1 << 14), np.float32), np.zeros(1 << 16, np.int64))
    reason = refusal(graph.save(tmp_path / "n.onnx", graph("Add", "input", x)), tmp_path)
    assert "expected at most 268435456 numbers" in reason


@pytest.mark.parametrize("factor", [1e6, 1e-3])
def test_pictures_beyond_what_the_library_takes_are_refused(tmp_path, factor):
    graph = Graph()
    y = graph("Resize", graph.conv("input", 3, 2), "", np.array([1, 1, factor, factor], np.float32), mode="nearest")
    assert "expected sides of 1 to 65536 and 1 to 16777216 channels" in refusal(graph.save(tmp_path / "n.onnx", y), tmp_path)


def test_weights_that_are_not_finite_are_refused(tmp_path):
    graph = Graph()
    y = graph("Conv", "input", np.full((2, 3, 1, 1), np.nan, np.float32))
    assert "weights that are not finite" in refusal(graph.save(tmp_path / "n.onnx", y), tmp_path)


@pytest.mark.parametrize("shape, reason", [
    ((1, 5, 8, 8), "expected pictures of 3 channels, or of 1"),
    ((1, 3, 64), "expected [1, channels, height, width]"), ((1, 3, 1 << 20, 8), "expected sides of up to 16384"),
])  # fmt: skip
def test_inputs_that_are_no_pictures_are_refused(tmp_path, shape, reason):
    graph = Graph(shape)
    assert reason in refusal(graph.save(tmp_path / "n.onnx", graph("Relu", "input")), tmp_path)


def test_a_file_for_a_batch_takes_one_picture(tmp_path):
    graph = Graph((4, 3, 8, 6))
    conversion = converted(graph, tmp_path, graph("Relu", graph.conv("input", 3, 2)), verify=True, kind="network")
    assert len(conversion.report) == 1


def test_several_inputs_are_refused(tmp_path):
    graph = Graph()
    model = graph.model(graph("Add", "input", "other"))
    model.graph.input.append(helper.make_tensor_value_info("other", 1, [1, 3, 8, 6]))
    onnx.save(model, tmp_path / "n.onnx")
    assert "inputs input [1, 3, 8, 6], other [1, 3, 8, 6]; expected one, the picture" in refusal(tmp_path / "n.onnx", tmp_path)


def test_data_beside_the_file_is_read_and_missed(tmp_path):
    """As the newest exporter of PyTorch writes, also for small networks."""
    model, path = small(tmp_path)
    onnx.save(model, path, save_as_external_data=True, location="network.onnx.data", size_threshold=0)
    convert.convert(path, tmp_path / "out.safetensors", kind="network", verify=True)
    (tmp_path / "network.onnx.data").unlink()
    assert 'in "network.onnx.data", which is absent' in refusal(path, tmp_path)


@pytest.mark.parametrize("place", ["../secret", "/etc/passwd"])
def test_data_elsewhere_is_refused(tmp_path, place):
    model, path = small(tmp_path)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", place
    path.write_bytes(model.SerializeToString())
    assert "expected a file beside it" in refusal(path, tmp_path)


def test_truncated_and_overwritten_files_are_read_or_refused(tmp_path):
    """Whatever the bytes: a network, or a reason."""
    graph, output = embedder_graph(64)
    whole = graph.model(output).SerializeToString()
    random, path, refused = np.random.default_rng(5), tmp_path / "n.onnx", 0
    head = whole.rfind(b"input")  # the structure lies before and behind the weights
    for i in range(150):
        data = bytearray(whole)
        if i % 3 == 0:
            data = data[: random.integers(len(data))]
        else:
            for _ in range(3):
                place = random.integers(400) if i % 3 == 1 else random.integers(head - 2000, len(data))
                data[place] = random.integers(256)
        path.write_bytes(data)
        try:
            convert.convert(path, tmp_path / "out.safetensors")
        except convert.ConvertError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 50


def test_a_network_that_the_library_answers_otherwise_is_not_written(tmp_path, monkeypatch):
    graph = Graph()
    path = graph.save(tmp_path / "n.onnx", graph.conv("input", 3, 4))
    monkeypatch.setattr(verification, "network_input", lambda conversion: np.zeros((1, 3, 8, 6), np.float32))
    assert 'output "conv_0" differs by' in refusal(path, tmp_path, verify=True, kind="network")


def test_what_the_library_would_refuse_is_not_written(tmp_path, monkeypatch):
    from facestyle.convert import network

    graph = Graph()
    path = graph.save(tmp_path / "n.onnx", graph.conv("input", 3, 4))
    monkeypatch.setattr(network.Network, "text", lambda self: "input\nx what < input\noutput x\n")
    assert "libfacestyle refuses what was made of it: graph: x: kind" in refusal(path, tmp_path)


def test_it_converts_where_the_library_is_not_installed(tmp_path):
    graph = Graph()
    path = graph.save(tmp_path / "n.onnx", graph.conv("input", 3, 4))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "FACESTYLE_LIBRARY": str(tmp_path / "none.so")}
    command = [sys.executable, "-m", "facestyle.convert", path, "-o", tmp_path / "out.safetensors"]
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.returncode == 0 and (tmp_path / "out.safetensors").exists(), done.stderr
    done = subprocess.run([*command, "--verify"], capture_output=True, text=True, env=env)
    assert done.returncode == 1 and "libfacestyle is not to be found" in done.stderr


# ---- The command ----


def run(*arguments):
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run([sys.executable, "-m", "facestyle.convert", *map(str, arguments)], capture_output=True, text=True, env=env)


def test_the_command_says_what_it_wrote_or_one_line_why_not(tmp_path):
    model, path = small(tmp_path)
    onnx.save(model, path)
    done = run(path, "-o", tmp_path / "out.safetensors")
    assert done.returncode == 0 and done.stdout.endswith("network, pictures of 6x8, 1 layers, outputs conv_0\n"), done.stderr
    path.write_bytes(b"no")
    done = run(path, "-o", tmp_path / "out.safetensors")
    assert done.returncode == 1 and done.stderr.startswith("facestyle-convert: ") and done.stderr.count("\n") == 1
    assert run(path).returncode == 2  # bad usage, as argparse has it


def test_the_reference_names_every_operator_kind_and_layer():
    from facestyle.convert import operators

    reference, graph = ((REPOSITORY / "docs" / name).read_text() for name in ("reference/models.md", "graph.md"))
    assert [name for name in [*operators.FUNCTIONS, "Constant"] if name not in reference] == []
    assert [kind for kind in recognition.KINDS if f"| `{kind}` |" not in reference] == []
    with pytest.raises(fs.FaceStyleError) as error:
        fs.Model.load(writing.encoded({}, {"architecture": "graph", "graph": "input\nx what < input\noutput x"}))
    kinds = str(error.value).partition("expected one of ")[2].rpartition(" (")[0].split(", ")
    assert len(kinds) > 30 and [kind for kind in kinds if f"`{kind}`" not in graph] == []


def test_kinds_have_words_of_their_own():
    for kind in recognition.KINDS:
        assert recognition._kind(kind).name == kind


def test_a_converted_embedder_is_trained_further(tmp_path):
    graph, output = embedder_graph(64, 112)
    converted(graph, tmp_path, output)
    pixels = np.random.default_rng(5).integers(0, 256, (4, 112, 112, 3), np.uint8)
    with fs.Model.open(tmp_path / "network.safetensors") as start:
        with fs.Trainer(loss="all_triplets", start=start, steps=2, rate=1e-3) as trainer:
            before = trainer.embed(pixels)
            trainer.step(pixels, [0, 0, 1, 1])
            after = trainer.embed(pixels)
            trainer.save_model(tmp_path / "trained.safetensors", precision="float32", threshold=1.0)
    assert np.abs(after - before).max() > 0
    with fs.Model.open(tmp_path / "trained.safetensors") as model, fs.Embedder(model) as embedder:
        assert embedder.dimension == 64
