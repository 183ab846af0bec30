"""The face networks beside PyTorch. Numbers: the scripts in shared/reference."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file, save

import facestyle as fs
import tolerances
from conftest import open_model, photo_file, shared


def test_dlibs_embeddings_are_pytorchs(embedder):
    fixture = load_file(shared("fixtures/dlib_resnet_reference.safetensors"))
    chips = [fs.Image.from_array(chip) for chip in fixture["chips"]]
    got = embedder.embed_chips(chips)
    for chip in chips:
        chip.close()
    error = np.abs(got - fixture["embeddings"]).max()
    print(f"dlib-resnet: largest error {error:.2e}")
    assert error <= tolerances.EMBEDDING


def test_the_embedding_layer_is_the_embedding(embedder):
    fixture = load_file(shared("fixtures/dlib_resnet_reference.safetensors"))
    with open_model("dlib-resnet") as model, fs.Image.from_array(fixture["chips"][0]) as chip:
        assert model.architecture == "dlib-resnet"
        assert np.array_equal(model.features(chip, "embedding").ravel(), embedder.embed_chips([chip])[0])


# ---- Precision ----


def test_a_model_is_kept_in_eight_bits_with_a_scale_for_each_output(tmp_path):
    generator, path = np.random.default_rng(3), tmp_path / "small.safetensors"
    weights, bias = generator.normal(size=(8, 3, 3, 3)).astype(np.float32), generator.normal(size=8).astype(np.float32)
    texts = {"architecture": "graph", "graph": "input channels=3\nc convolution filters=8 kernel=3 padding=1 < input\noutput c", "note": "whole", "licence": "MIT"}
    path.write_bytes(save({"c.weight": weights, "c.bias": bias}, texts))
    with fs.Model.open(path) as model:
        model.save(tmp_path / "levels.safetensors", "int8", note="small")
        model.save(tmp_path / "halves.safetensors")
    stored = load_file(tmp_path / "levels.safetensors")
    # Symmetric QuantizeLinear with an axis of 0: the scale is the largest weight / 127, ties go to the even level.
    scale = np.abs(weights).max((1, 2, 3)) / np.float32(127)
    levels = np.round(weights / scale[:, None, None, None]).astype(np.int8)
    assert set(stored) == {"c.weight", "c.weight_scale", "c.bias"}
    assert np.array_equal(stored["c.weight_scale"], scale) and np.array_equal(stored["c.weight"], levels)
    assert stored["c.bias"].dtype == np.float16 and np.array_equal(stored["c.bias"], bias.astype(np.float16))
    wide = {"c.weight": levels * scale[:, None, None, None], "c.bias": bias.astype(np.float16).astype(np.float32)}
    picture = generator.integers(0, 256, (20, 24, 3), np.uint8)
    with fs.Image.from_array(picture) as image, fs.Model.open(tmp_path / "levels.safetensors") as small, fs.Model.load(save(wide, texts)) as same:
        assert np.array_equal(small.features(image, "c"), same.features(image, "c"))
        assert small.parameter_count == same.parameter_count == 8 * 27 + 8
        assert (small.info.note, small.info.licence, small.metadata("graph")) == ("small", "MIT", texts["graph"])
        assert small.info.bytes == (tmp_path / "levels.safetensors").stat().st_size
        # In its own precision a file stays as it is, under its own name too.
        before = (tmp_path / "levels.safetensors").read_bytes()
        small.save(tmp_path / "levels.safetensors", "int8")
        assert (tmp_path / "levels.safetensors").read_bytes() == before
    assert load_file(tmp_path / "halves.safetensors")["c.weight"].dtype == np.float16


def test_a_mirrored_embedder_takes_the_mean_of_a_face_and_its_mirror_image(tmp_path):
    generator = np.random.default_rng(5)
    chip = generator.integers(0, 256, (96, 96, 3), np.uint8)
    with fs.Trainer("nn4.small2", "triplet", seed=3) as trainer:
        trainer.save_model(tmp_path / "plain.safetensors", "float32", threshold=1)
    with fs.Model.open(tmp_path / "plain.safetensors") as model:
        model.save(tmp_path / "mirrored.safetensors", "float32", mirrored=True, threshold=0.5)
    with fs.Model.open(tmp_path / "mirrored.safetensors") as model:
        model.save(tmp_path / "again.safetensors", "float32", mirrored=False)
    found, both = {}, [chip, np.ascontiguousarray(chip[:, ::-1])]
    for name in ("plain", "mirrored", "again"):
        with fs.Model.open(tmp_path / f"{name}.safetensors") as model, fs.Embedder(model) as embedder:
            assert model.info.mirrored is (name == "mirrored") and embedder.threshold == (1 if name == "plain" else 0.5)
            found[name] = embedder.embed_chips(both)
    mean = found["plain"].sum(0)
    assert np.allclose(found["mirrored"], mean / np.linalg.norm(mean), rtol=0, atol=tolerances.EMBEDDING)
    assert np.array_equal(found["again"], found["plain"]) and not np.allclose(found["plain"][0], found["plain"][1], atol=1e-3)
    with fs.Model.open(tmp_path / "plain.safetensors") as model:
        for setting in ({"mirrored": "yes"}, {"mirrored": 2}, {"threshold": -1}, {"threshold": np.nan}, {"threshold": "1"}):
            with pytest.raises((TypeError, ValueError, fs.FaceStyleError), match=next(iter(setting))):
                model.save(tmp_path / "x.safetensors", **setting)
    assert not (tmp_path / "x.safetensors").exists()


def test_a_number_that_the_precision_does_not_have_is_named(tmp_path):
    path = tmp_path / "x.safetensors"
    for value, precision, reason in ((1e5, "float16", "has no half precision number"), (np.nan, "int8", "has no level of 8 bits")):
        weights = np.full((2, 3, 3, 3), value, np.float32)
        texts = {"architecture": "graph", "graph": "input channels=3\nc convolution filters=2 kernel=3 bias=no < input\noutput c"}
        with fs.Model.load(save({"c.weight": weights}, texts)) as model, pytest.raises(fs.FaceStyleError, match=f"in c.weight {reason}"):
            model.save(path, precision)
        assert not path.exists()


# ---- MTCNN ----


def detections():
    return json.loads(shared("fixtures/mtcnn_reference.json").read_text())


def iou(a, b):
    """Of two boxes (left, top, right, bottom)."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    inter = max(width, 0) * max(height, 0)
    area = lambda c: (c[2] - c[0]) * (c[3] - c[1])
    return inter / (area(a) + area(b) - inter)


def reduced(photo, width, height):
    """The picture that the fixture's faces were found in: Pillow 13 made it, which takes the height first where a
    picture is twice as high as wide. One level of grey decides between two boxes of score 0.99999."""
    if photo.height <= 2 * photo.width:
        return photo.resize(width, height, "bilinear")
    with photo.resize(photo.width, height, "bilinear") as low:
        return low.resize(width, height, "bilinear")


def test_mtcnn_finds_facenet_pytorchs_faces(detector):
    wrong = []
    for name, want in detections().items():
        with fs.Image.open(photo_file(name)) as photo:
            k = 800 / max(photo.width, photo.height)
            with reduced(photo, round(photo.width * k), round(photo.height * k)) as small:
                assert [small.width, small.height] == want["size"], name
                faces = detector.find(small)
        corners = [(x, y, x + w, y + h) for x, y, w, h in (face.box for face in faces)]
        print(f"{name}: {len(faces)} of {len(want['boxes'])} faces", end="")
        if len(faces) != len(want["boxes"]):
            wrong.append(f"{name}: {len(faces)} faces; expected {len(want['boxes'])}")
        for box, points in zip(want["boxes"], want["landmarks"]):
            best = max(range(len(faces)), key=lambda i: iou(corners[i], box), default=None)
            if best is None:
                continue
            overlap = iou(corners[best], box)
            apart = np.abs(faces[best].landmarks - points).max() / (box[2] - box[0])
            print(f", IoU {overlap:.3f}, points {100 * apart:.1f} % apart", end="")
            if overlap < tolerances.DETECTION_IOU or apart > tolerances.LANDMARK:
                wrong.append(f"{name}: IoU {overlap:.3f}, points {100 * apart:.1f} % of the width apart")
        print()
    assert not wrong, "\n".join(wrong)


# ---- OpenFace nn4.small2, with the published weights up to inception 3b and seeded ones after it ----

BLOCKS = {  # name: input channels, 3x3 (reduced, out), 5x5 (reduced, out), pool projection, 1x1
    "3a": (192, (96, 128), (16, 32), 32, 64),
    "3b": (256, (96, 128), (32, 64), 64, 64),
    "3c": (320, (128, 256), (32, 64), None, None),
    "4a": (640, (96, 192), (32, 64), 128, 256),
    "4e": (640, (160, 256), (64, 128), None, None),
    "5a": (1024, (96, 384), None, 96, 256),
    "5b": (736, (96, 384), None, 96, 256),
}


def convolutions():
    """name -> (out, in, side)"""
    found = {"conv1": (64, 3, 7), "conv2": (64, 64, 1), "conv3": (192, 64, 3)}
    for block, (channels, three, five, pool, one) in BLOCKS.items():
        name = f"inception_{block}_"
        found[name + "3x3_conv1"], found[name + "3x3_conv2"] = (three[0], channels, 1), (three[1], three[0], 3)
        if five:
            found[name + "5x5_conv1"], found[name + "5x5_conv2"] = (five[0], channels, 1), (five[1], five[0], 5)
        if pool:
            found[name + "pool_conv"] = (pool, channels, 1)
        if one:
            found[name + "1x1_conv"] = (one, channels, 1)
    return found


@pytest.fixture(scope="module")
def nn4_weights():
    """Absent tensors are w[i] = sin(0.37 i) sqrt(2 / fan in), as in the reference script."""
    weights = load_file(shared("models/openface-nn4.small2-partial.safetensors"))
    for name, (out, channels, side) in convolutions().items():
        if name + ".weight" not in weights:
            fan_in = channels * side * side
            values = np.sin(0.37 * np.arange(out * fan_in)) * np.sqrt(2 / fan_in)
            weights[name + ".weight"] = values.astype(np.float32).reshape(out, channels, side, side)
    return weights


@pytest.mark.parametrize("lrn, prefix", [("torch", "torch"), ("tensorflow", "tf")])
def test_nn4_small2_is_pytorchs(nn4_weights, lrn, prefix):
    fixture = load_file(shared("fixtures/nn4_small2_reference.safetensors"))
    data = save(nn4_weights, {"architecture": "nn4.small2", "lrn": lrn})
    with fs.Model.load(data) as model, fs.Image.from_array(fixture["image_rgb"]) as image:
        assert model.architecture == "nn4.small2"
        assert model.parameter_count == 3743280
        third = model.features(image, "3b")
        embedding = model.features(image, "embedding").ravel()
        with fs.Embedder(model) as embedder:
            assert (embedder.dimension, embedder.chip_side) == (128, 96)
            (same,) = embedder.embed_chips([image])
    errors = (
        np.abs(third - fixture[f"{prefix}.inception_3b"][0].transpose(1, 2, 0)).max(),
        np.abs(embedding - fixture[f"{prefix}.embedding_seeded"].ravel()).max(),
    )
    print(f"nn4.small2 ({lrn}): largest errors 3b {errors[0]:.2e}, embedding {errors[1]:.2e}")
    assert errors[0] <= tolerances.NN4_FEATURE and errors[1] <= tolerances.EMBEDDING
    assert np.array_equal(same, embedding)


def test_a_model_without_a_tensor_is_bad_data_that_names_it(nn4_weights):
    some = {name: tensor for name, tensor in nn4_weights.items() if name != "conv3.weight"}
    data = save(some, {"architecture": "nn4.small2", "lrn": "torch"})
    with pytest.raises(fs.FaceStyleError, match=r"conv3\.weight") as caught:
        with fs.Model.load(data) as model:
            fs.Embedder(model)
    assert caught.value.name == "FS_BAD_DATA"


def test_fingerprints_tell_models_apart(nn4_weights):
    data = save(nn4_weights, {"architecture": "nn4.small2", "lrn": "torch"})
    one_bit = data[:-1] + bytes([data[-1] ^ 1])
    prints = []
    for file in (data, data, one_bit):
        with fs.Model.load(file) as model:
            prints.append(model.fingerprint)
    assert prints[0] == prints[1] != prints[2]


def test_a_gallery_refuses_another_models_embedder(nn4_weights, embedder, detector):
    data = save(nn4_weights, {"architecture": "nn4.small2", "lrn": "torch"})
    with fs.Model.load(data) as model, fs.Embedder(model) as other, fs.Gallery(embedder) as gallery:
        gallery._embedder, gallery._detector = other, detector
        with fs.Image.open(photo_file("obama.jpg")) as photo, pytest.raises(fs.FaceStyleError) as caught:
            gallery.add_photo("somebody", photo)
        assert caught.value.name == "FS_WRONG_MODEL"
