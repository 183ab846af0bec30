"""Frames as NumPy arrays: formats, strides, turning, and faces on them."""

import gc
import weakref

import numpy as np
import pytest

import facestyle as fs
from conftest import gradient_array, photo_file
from facestyle import _c

VIDEO = ["nv12", "nv21", "i420", "yuyv"]
PACKED = ["rgb", "bgr", "rgba", "bgra", "grey"]
FACTORS = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722)}  # shares of red and blue: ITU-R BT.601-7, BT.709-6


def planes_of(format, width, height, seed=1):
    """Random planes, as the format has them."""
    random = np.random.default_rng(seed)
    half = (height + 1) // 2, (width + 1) // 2
    shapes = {
        "nv12": [(height, width), (half[0], 2 * half[1])], "nv21": [(height, width), (half[0], 2 * half[1])],
        "i420": [(height, width), half, half], "yuyv": [(height, half[1] * 2, 2)], "grey": [(height, width)],
    }.get(format, [(height, width, len(format))])  # fmt: skip
    return [random.integers(0, 256, shape).astype(np.uint8) for shape in shapes]


def levels(format, planes, width, height, matrix="bt601", colour_range="limited"):
    """R, G, B by the standards' formulas, not rounded: float64 [height, width, 3]."""
    first = planes[0].astype(float)
    if format == "grey":
        return np.repeat(first[..., None], 3, 2)
    if format in PACKED:
        return first[..., [format.index(c) for c in "rgb"]]
    if format == "yuyv":
        luma, u, v = first[..., 0], first[:, 0::2, 1], first[:, 1::2, 1]
    elif format == "i420":
        luma, u, v = first, planes[1].astype(float), planes[2].astype(float)
    else:
        luma, u, v = first, planes[1][:, 0::2].astype(float), planes[1][:, 1::2].astype(float)
        if format == "nv21":
            u, v = v, u
    u, v = (np.repeat(c, 2, 1) for c in (u, v))
    if format != "yuyv":
        u, v = (np.repeat(c, 2, 0) for c in (u, v))
    luma, u, v = luma[:height, :width], u[:height, :width] - 128, v[:height, :width] - 128
    if colour_range == "limited":
        luma, u, v = (luma - 16) * 255 / 219, u * 255 / 224, v * 255 / 224
    red, blue = FACTORS[matrix]
    green = 1 - red - blue
    rgb = [
        luma + 2 * (1 - red) * v,
        luma - 2 * (1 - blue) * blue / green * u - 2 * (1 - red) * red / green * v,
        luma + 2 * (1 - blue) * u,
    ]
    return np.stack(rgb, -1).clip(0, 255)


def picture_of(frame, region=None):
    with fs.Image.from_frame(frame, region) as image:
        return image.to_array()


@pytest.mark.parametrize("colour_range", ["limited", "full"])
@pytest.mark.parametrize("matrix", FACTORS)
@pytest.mark.parametrize("format", VIDEO + PACKED)
def test_a_frame_has_the_colours_of_the_standards(format, matrix, colour_range):
    for width, height in ((1, 1), (2, 2), (15, 9), (64, 48), (131, 70)):
        planes = planes_of(format, width, height)
        frame = fs.Frame(planes, format, width=width, matrix=matrix, colour_range=colour_range)
        assert (frame.width, frame.height) == (width, height)
        exact = levels(format, planes, width, height, matrix, colour_range)
        distance = np.abs(picture_of(frame) - exact).max()
        assert distance <= (0.55 if format in VIDEO else 0)  # half a level is rounding


@pytest.mark.parametrize("format", VIDEO + PACKED)
def test_a_view_of_wider_rows_is_read_where_it_lies(format):
    planes = planes_of(format, 24, 16)
    wide = []
    for plane in planes:
        memory = np.full((plane.shape[0] + 3, plane.shape[1] + 8, *plane.shape[2:]), 255, np.uint8)
        memory[2:-1, 5 : 5 + plane.shape[1]] = plane
        wide.append(memory[2:-1, 5 : 5 + plane.shape[1]])
    frame, packed = fs.Frame(wide, format), fs.Frame(planes, format)
    assert np.array_equal(picture_of(frame), picture_of(packed))
    before = picture_of(frame)
    wide[0][:] = 255 - wide[0]  # it is the same memory
    assert not np.array_equal(picture_of(frame), before)


@pytest.mark.parametrize("format", VIDEO + PACKED)
def test_turning_is_clockwise_and_mirroring_comes_after_it(format):
    planes = planes_of(format, 31, 18)
    flat = picture_of(fs.Frame(planes, format, width=31))
    for rotation in (0, 90, 180, 270):
        turned = np.rot90(flat, -rotation // 90)
        for mirrored in (False, True):
            frame = fs.Frame(planes, format, width=31, rotation=rotation, mirrored=mirrored)
            expected = turned[:, ::-1] if mirrored else turned
            assert (frame.height, frame.width) == expected.shape[:2]
            assert np.array_equal(picture_of(frame), expected)
            assert np.array_equal(picture_of(frame, (3, 5, 9, 11)), expected[5:16, 3:12])


def test_one_array_of_opencv_and_ffmpeg_has_all_planes():
    for format in ("nv12", "nv21", "i420"):
        planes = planes_of(format, 32, 20)
        together = np.concatenate([plane.ravel() for plane in planes]).reshape(30, 32)
        assert np.array_equal(picture_of(fs.Frame(together, format)), picture_of(fs.Frame(planes, format)))
    with pytest.raises(ValueError, match="even sides"):
        fs.Frame(np.zeros((31, 32), np.uint8), "nv12")
    with pytest.raises(ValueError, match="even sides"):
        fs.Frame(np.zeros((30, 31), np.uint8), "i420")


def test_rows_that_are_not_in_one_piece_are_copied():
    planes = planes_of("rgb", 20, 12)
    for view in (planes[0][:, ::-1], planes[0][::-1], planes[0][:, ::2], planes[0].transpose(1, 0, 2)):
        assert np.array_equal(picture_of(fs.Frame(view, "rgb")), view)


def test_a_frame_keeps_its_arrays_alive():
    plane = np.zeros((8, 8, 3), np.uint8)
    seen = weakref.ref(plane)
    frame = fs.Frame(plane, "rgb")
    del plane
    gc.collect()
    assert seen() is not None and picture_of(frame).shape == (8, 8, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([np.zeros((4, 4), np.uint8)] * 2, "i420"), "2 planes"),
        (([np.zeros((4, 4), np.uint8)] * 2, "grey"), "2 planes"),
        ((np.zeros((4, 4), np.uint8), "p010"), "format is 'p010'"),
        ((np.zeros((4, 4), np.uint8), "rgb"), "rows of 4 bytes"),
        ((np.zeros(4, np.uint8), "grey"), r"shape \[4\]"),
        ((np.zeros((0, 4), np.uint8), "grey"), r"shape \[0, 4\]"),
    ],
)
def test_arrays_that_are_no_frame_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        fs.Frame(*arguments)


def test_what_is_no_byte_or_no_region_is_refused():
    with pytest.raises(TypeError, match="float64"):
        fs.Frame(np.zeros((4, 4)), "grey")
    frame = fs.Frame(np.zeros((4, 6), np.uint8), "grey")
    with pytest.raises(ValueError, match="0x0"):
        fs.Image.from_frame(frame, (0, 0, 0, 0))
    for region in ((0, 0, 7, 1), (6, 0, 1, 1), (0, 4, 1, 1)):
        with pytest.raises(fs.FaceStyleError, match="inside 6x4") as caught:
            fs.Image.from_frame(frame, region)
        assert caught.value.status == _c.FS_INVALID_ARGUMENT
    for options in ({"matrix": "bt2020"}, {"colour_range": "video"}):
        with pytest.raises(ValueError):
            fs.Frame(np.zeros((4, 6), np.uint8), "grey", **options)
    with pytest.raises(fs.FaceStyleError, match="rotation of 45"):
        fs.Image.from_frame(fs.Frame(np.zeros((4, 6), np.uint8), "grey", rotation=45))
    short = [np.zeros((4, 6), np.uint8), np.zeros((1, 6), np.uint8)]
    with pytest.raises(fs.FaceStyleError, match="of plane 1"):
        fs.Image.from_frame(fs.Frame(short, "nv12"))


def nv12_of(rgb):
    """Limited BT.601, chroma of every second pixel: what a camera would send of this picture."""
    r, g, b = (rgb[..., c].astype(float) for c in range(3))
    luma = 16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255
    u = 128 + (-37.797 * r - 74.203 * g + 112.0 * b) / 255
    v = 128 + (112.0 * r - 93.786 * g - 18.214 * b) / 255
    chroma = np.stack([u, v], -1)[::2, ::2].reshape((rgb.shape[0] + 1) // 2, -1)
    return [luma.round().astype(np.uint8), chroma.round().astype(np.uint8)]


@pytest.fixture(scope="module")
def portrait():
    with fs.Image.open(photo_file("obama.jpg")) as photo, photo.resize(480, 640) as small:
        yield small.to_array()


def close(a, b):
    return np.array_equal(a.landmarks, b.landmarks) and a.box == b.box and a.score == b.score


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_faces_and_embeddings_of_a_frame_are_those_of_its_picture(detector, embedder, portrait, rotation, mirrored):
    lying = portrait[:, ::-1] if mirrored else portrait
    lying = np.ascontiguousarray(np.rot90(lying, rotation // 90))  # the camera was held so
    frame = fs.Frame(nv12_of(lying), "nv12", rotation=rotation, mirrored=mirrored)
    with fs.Image.from_frame(frame) as image:
        assert (image.width, image.height) == (480, 640)
        found, direct = detector.find(image), detector.find_frame(frame)
        assert len(found) >= 1 and len(found) == len(direct) and all(map(close, found, direct))
        with embedder.align(image, found[0]) as chip, embedder.align_frame(frame, found[0]) as other:
            assert np.array_equal(chip.to_array(), other.to_array())
        assert np.array_equal(embedder.embed(image, found), embedder.embed_frame(frame, direct))
    # Upright coordinates: the same face, up to what chroma of every second pixel changes.
    with fs.Image.from_array(portrait) as original:
        (face, *_), width = detector.find(original), found[0].box[2]
        assert np.abs(face.landmarks - found[0].landmarks).max() < 0.05 * width
        one, two = embedder.embed(original, [face])[0], embedder.embed_frame(frame, direct)[0]
        assert fs.distance(one, two) < 0.25


def test_a_detector_has_region_order_and_a_most(portrait):
    from conftest import open_model

    both = np.concatenate([portrait, portrait[::-1][::-1]], 1)
    with open_model("mtcnn") as model, fs.Image.from_array(both) as image:
        with fs.Detector(model) as detector:
            found = detector.find(image)
            assert len(found) >= 2
            left = detector.find_frame(fs.Frame(both, "rgb"), region=(0, 0, 480, 640))
            assert all(face.box[0] < 480 for face in left) and len(left) < len(found)
        with fs.Detector(model, max_faces=1, order="surest") as detector:
            (best,) = detector.find(image)
            assert best.score == max(face.score for face in found)
        with fs.Detector(model, region=(480, 0, 480, 640)) as detector:
            right = detector.find(image)
            assert right and all(face.box[0] > 400 for face in right)
            assert all(map(close, right, detector.find_frame(fs.Frame(both, "rgb"))))
        for options in ({"order": "oldest"}, {"region": (0, 0, 0, 5)}, {"max_faces": -1}):
            with pytest.raises(ValueError):
                fs.Detector(model, **options)


def test_a_small_picture_is_a_frame_too(detector):
    assert detector.find_frame(fs.Frame(gradient_array(40, 30), "rgb")) == []
    assert detector.find_frame(fs.Frame(np.zeros((1, 1), np.uint8), "grey")) == []
