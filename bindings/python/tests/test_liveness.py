"""Liveness and dense landmarks from Python; the published networks on photos of a living person and of pictures."""

import sys

import numpy as np
import pytest
from conftest import REPOSITORY, shared

import facestyle as fs

sys.path.append(str(REPOSITORY / "Tests" / "Fixtures" / "reference"))

import converted_models  # noqa: E402


@pytest.fixture
def blue():
    """Blue left of column 50, black elsewhere."""
    levels = np.zeros((80, 100, 3), np.uint8)
    levels[:, :50, 2] = 255
    with fs.Image.from_array(levels) as image:
        yield image


def face(x, y, width, height):
    return fs.Face(None, (x, y, width, height))


def test_a_verdict_is_of_the_part_around_the_face(blue):
    with fs.Model.load(converted_models.liveness(2)) as model, fs.Liveness([model]) as liveness:
        live, picture = liveness.check(blue, face(10, 20, 20, 20)), liveness.check(blue, face(70, 20, 20, 20))
        assert live and live.is_live and not picture and live.score > 0.99 and picture.score < 0.01
        assert abs(liveness.check(blue, face(40, 20, 20, 20)).score - 0.5) < 0.15  # half of it is blue
    with pytest.raises(ValueError, match="closed"):
        liveness.check(blue, face(1, 1, 2, 2))


def test_several_networks_are_averaged(blue):
    with fs.Model.load(converted_models.liveness(2)) as near, fs.Model.load(converted_models.liveness(2, channel=1)) as green:
        with fs.Liveness([near, green]) as both:
            verdict = both.check(blue, face(10, 20, 20, 20))
        assert abs(verdict.score - 0.5) < 0.01


def test_a_face_of_a_frame_is_that_of_its_picture(blue):
    frame = fs.Frame(np.ascontiguousarray(blue.to_array()), "rgb")
    with fs.Model.load(converted_models.liveness(2)) as model, fs.Liveness([model]) as liveness:
        assert liveness.check(frame, face(40, 20, 20, 20)) == liveness.check(blue, face(40, 20, 20, 20))
    with fs.Model.load(converted_models.landmarks()) as model, fs.DenseLandmarks(model) as landmarks:
        assert np.array_equal(landmarks.find(frame, face(40, 20, 20, 20)), landmarks.find(blue, face(40, 20, 20, 20)))


def test_models_that_will_not_do_are_refused():
    with fs.Model.load(converted_models.landmarks()) as model:
        assert model.info.use == "landmarks"
        with pytest.raises(fs.FaceStyleError, match='of kind "landmarks"; expected a graph of kind liveness'):
            fs.Liveness([model])
        with pytest.raises(fs.FaceStyleError, match="expected a graph of kind yunet, scrfd, retinaface or centerface"):
            fs.Detector(model)
    with fs.Model.load(converted_models.liveness()) as model:
        assert model.info.use == "liveness"
        with pytest.raises(fs.FaceStyleError, match='of kind "liveness"; expected a graph of kind landmarks'):
            fs.DenseLandmarks(model)
        with pytest.raises(fs.FaceStyleError, match="9 models; expected 1 to 8"):
            fs.Liveness([model] * 9)


def test_without_models_the_installed_ones_are_taken(tmp_path, monkeypatch, blue):
    for name, crop in (("liveness-2.7", 2.7), ("liveness-4.0", 4)):
        (tmp_path / f"{name}.safetensors").write_bytes(converted_models.liveness(crop))
    monkeypatch.setenv("FACESTYLE_MODELS", str(tmp_path))
    with fs.Liveness() as liveness:
        assert liveness.check(blue, face(10, 20, 5, 5)).is_live
    (tmp_path / "liveness-4.0.safetensors").unlink()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(fs.FaceStyleError, match="liveness-4.0"):
        fs.Liveness()


def test_points_are_places_in_the_square_around_the_box(blue):
    with fs.Model.load(converted_models.landmarks(crop=1.5)) as model, fs.DenseLandmarks(model) as landmarks:
        assert landmarks.count == 5
        points = landmarks.find(blue, face(30, 25, 40, 20))
        # 60 wide around (50, 35); the first pixel's centre is (0, 0).
        assert points.shape == (5, 2) and np.abs(points - [[19.5, 4.5], [79.5, 4.5], [49.5, 34.5], [19.5, 64.5], [79.5, 64.5]]).max() < 1e-3
        with pytest.raises(fs.FaceStyleError, match="expected an area"):
            landmarks.find(blue, face(30, 25, 0, 20))


def test_points_are_marked_on_a_copy(blue):
    with blue.mark_points([(70, 20), (80.0, 60)], radius=2) as marked:
        levels = marked.to_array()
    assert levels[20, 70].tolist() == levels[60, 80].tolist() == [255, 209, 51] and levels[40, 75].tolist() == [0, 0, 0]
    assert blue.to_array()[20, 70].tolist() == [0, 0, 0]
    with blue.mark_points(np.zeros((0, 2))) as same:
        assert np.array_equal(same.to_array(), blue.to_array())
    for points, radius in (([(1, float("nan"))], None), ([(1, 1)], 201)):
        with pytest.raises(fs.FaceStyleError):
            blue.mark_points(points, radius)


# ---- Published networks ----

PUBLISHED = {"liveness-2.7": "2.7_80x80_MiniFASNetV2.pth", "liveness-4.0": "4_0_0_80x80_MiniFASNetV1SE.pth"}


@pytest.mark.parametrize("photo, is_live", [("image_T1.jpg", True), ("image_F1.jpg", False), ("image_F2.jpg", False)])
def test_the_published_networks_know_their_authors_photos(tmp_path, photo, is_live):
    convert = pytest.importorskip("facestyle.convert")
    for name, file in PUBLISHED.items():
        convert.convert(shared(f"models/published/{file}"), tmp_path / f"{name}.safetensors")
    convert.convert(shared("models/published/face_detection_yunet_2026may.onnx"), tmp_path / "yunet.safetensors")
    models = [fs.Model.open(tmp_path / f"{name}.safetensors") for name in PUBLISHED]
    with fs.Image.open(shared(f"data/liveness/{photo}")) as image, fs.Model.open(tmp_path / "yunet.safetensors") as model:
        with fs.Detector(model, max_faces=1) as detector, fs.Liveness(models) as liveness:
            (found,) = detector.find(image)
            verdict = liveness.check(image, found)
    assert verdict.is_live == is_live and (verdict.score > 0.5) == is_live
    # The authors' steps: the part, sampled at 80x80, blue first, each network's softmax, the sum.
    sums = sum(softmax(model, image_part(shared(f"data/liveness/{photo}"), found.box, crop)) for model, crop in zip(models, (2.7, 4.0)))
    assert abs(sums[1] / 2 - verdict.score) < 0.002 and (int(np.argmax(sums)) == 1) == is_live


def softmax(model, picture):
    with fs.Image.from_array(picture) as image:
        logits = model.features(image, "logits").ravel().astype(np.float64)
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def image_part(path, box, crop):
    """Silent-Face-Anti-Spoofing's part around a box, and OpenCV's bilinear samples of it, in NumPy."""
    with fs.Image.open(path) as image:
        levels = image.to_array().astype(np.float64)
    height, width = levels.shape[:2]
    x, y, w, h = (float(number) for number in box)
    scale = min((height - 1) / h, (width - 1) / w, crop)
    left, top = x + w / 2 - w * scale / 2, y + h / 2 - h * scale / 2
    left, top = min(max(left, 0), width - 1 - w * scale), min(max(top, 0), height - 1 - h * scale)
    right, bottom = int(left + w * scale), int(top + h * scale)
    part = levels[int(top) : bottom + 1, int(left) : right + 1]

    def weights(count):
        places = ((np.arange(80) + 0.5) * count / 80 - 0.5).clip(0, count - 1)
        lower = np.minimum(places.astype(int), count - 2)
        matrix = np.zeros((80, count))
        matrix[np.arange(80), lower] = 1 - (places - lower)
        matrix[np.arange(80), lower + 1] = places - lower
        return matrix

    sampled = np.einsum("yi,ijc,xj->yxc", weights(part.shape[0]), part, weights(part.shape[1]))
    return np.floor(sampled + 0.5).astype(np.uint8)


def test_a_published_pfld_finds_68_points_of_a_face(tmp_path):
    convert = pytest.importorskip("facestyle.convert")
    convert.convert(shared("models/published/pfld.onnx"), tmp_path / "pfld.safetensors")
    convert.convert(shared("models/published/face_detection_yunet_2026may.onnx"), tmp_path / "yunet.safetensors")
    with fs.Image.open(shared("data/liveness/image_T1.jpg")) as image, fs.Model.open(tmp_path / "yunet.safetensors") as model:
        with fs.Detector(model, max_faces=1) as detector, fs.Model.open(tmp_path / "pfld.safetensors") as pfld:
            (found,) = detector.find(image)
            with fs.DenseLandmarks(pfld) as landmarks:
                points = landmarks.find(image, found)
    assert len(points) == 68
    # iBUG's: 36 to 47 around the eyes, 30 the nose's tip, 48 and 54 the mouth's corners. In parts of the distance of the eyes.
    eyes = np.linalg.norm(found.landmarks[1] - found.landmarks[0])
    centres = np.stack([points[36:42].mean(0), points[42:48].mean(0), points[30], points[48], points[54]])
    assert np.linalg.norm(centres - found.landmarks, axis=1).max() < 0.25 * eyes
    openness = fs.face_openness(points)
    assert min(openness[:2]) > 0.15  # eyes that look at the camera
    with pytest.raises(fs.FaceStyleError, match="5 points of a face; expected 68 as iBUG has them, or 98 as WFLW"):
        fs.face_openness(found.landmarks)
