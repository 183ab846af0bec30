"""fs.faces, fs.same and fs.paint: one call each, on whatever holds a picture."""

import subprocess
import sys

import numpy as np
import pytest

import facestyle as fs
from conftest import photo_file

PIL = pytest.importorskip("PIL.Image", reason="Pillow is absent: pip install pillow")


@pytest.fixture(scope="module")
def portrait():
    return photo_file("obama.jpg")


@pytest.fixture(scope="module", autouse=True)
def analysis_that_stays(portrait):
    """The first call opens the models, which stay for the next."""
    fs.faces(portrait)


def test_faces_of_a_path_an_image_an_array_and_a_pillow_image_are_the_same(portrait):
    (expected,) = fs.faces(portrait)
    with fs.Image.open(portrait) as image:
        for photo in (str(portrait), image, image.to_array(), PIL.fromarray(image.to_array())):
            (found,) = fs.faces(photo)
            assert np.array_equal(found.embedding, expected.embedding) and found.face.box == expected.face.box
    with fs.FaceAnalysis() as analysis:
        assert np.array_equal(analysis.faces(portrait)[0].embedding, expected.embedding)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "CMYK", "1", "I;16"])
def test_pillow_images_of_every_mode_are_what_pillow_shows(mode):
    from facestyle.pictures import opened

    levels = np.random.default_rng(3).integers(0, 256, (6, 5, 4), np.uint8)
    if mode == "I;16":
        given = PIL.fromarray(levels[..., 0].astype(np.uint16) * 257)
        expected = levels[..., [0, 0, 0]]
    else:
        given = PIL.fromarray(levels).convert("RGB").convert(mode) if mode != "RGBA" else PIL.fromarray(levels)
        expected = None if mode in ("RGBA", "LA") else np.asarray(given.convert("RGB"))
    with opened(given, "photo") as image:
        assert (image.width, image.height) == (5, 6)
        if expected is not None:
            assert np.array_equal(image.to_array(), expected)
        else:
            assert np.array_equal(image.to_array("rgba"), np.asarray(given.convert("RGBA")))
    with opened(given, "photo") as image:
        assert not image.closed
    assert image.closed  # what was made for the call goes with it


def test_same_is_true_for_one_person_and_false_for_two(portrait):
    assert fs.same(portrait, photo_file("obama2.jpg"))
    verdict = fs.same(portrait, photo_file("biden.jpg"), threshold=0.3)
    assert not verdict and verdict.threshold == pytest.approx(0.3)


def test_paint_in_a_learned_style_and_like_a_picture(tmp_path, portrait, monkeypatch):
    from facestyle.models import tensor_file

    graph = "input channels=3\npicture linear scale=-1 offset=255 < input\noutput picture\n"
    two = ("input channels=3\nsum convolution filters=3 kernel=1 bias=no < input\nnorm instance-normalisation styles=2 < sum\n"
           "picture linear scale=20 offset=128 < norm\noutput picture\n")  # fmt: skip
    tensors = {"sum.weight": np.eye(3, dtype="<f4").reshape(3, 3, 1, 1), "norm.weight": np.array([[1] * 3, [-1] * 3], "<f4"),
               "norm.bias": np.zeros((2, 3), "<f4")}  # fmt: skip
    for name, text, weights in (("negative", graph, {}), ("pair", two, tensors)):
        metadata = {"format": "facestyle-1", "architecture": "graph", "kind": "fast-style", "graph": text}
        (tmp_path / f"{name}.safetensors").write_bytes(tensor_file.encode(weights, metadata))
    monkeypatch.setenv("FACESTYLE_MODELS", str(tmp_path))
    content = np.random.default_rng(5).integers(0, 256, (12, 20, 3), np.uint8)
    assert np.array_equal(fs.paint(content, "negative").to_array(), 255 - content)
    assert fs.paint(content, str(tmp_path / "pair.safetensors:1"), size=10).shape == (6, 10, 3)
    first, second = fs.paint(content, "pair:0"), fs.paint(content, "pair:1")
    assert np.abs(first.to_array().astype(int) + second.to_array() - 256).max() <= 1
    with pytest.raises(fs.FaceStyleError, match="2 styles; expected a weight for each"):
        fs.paint(content, "pair")
    with pytest.raises(fs.FaceStyleError, match='no model "monet"'):
        fs.paint(content, "monet")
    with pytest.raises(ValueError, match="paints in one pass"):
        fs.paint(content, "negative", steps=3)
    with pytest.raises(ValueError, match="size is 0; expected 1 or more"):
        fs.paint(content, "negative", size=0)


@pytest.mark.slow
def test_paint_like_a_picture(portrait):
    steps = []
    painted = fs.paint(portrait, photo_file("biden.jpg"), size=64, steps=2, on_step=lambda p: steps.append(p.step))
    assert max(painted.width, painted.height) == 64 and steps


def test_a_child_process_makes_an_analysis_of_its_own(portrait):
    code = ("import os, sys, facestyle as fs\n"
            f"a = fs.faces({str(portrait)!r})[0].embedding\n"
            "child = os.fork()\n"
            "if child == 0:\n"
            f"    os._exit(0 if (fs.faces({str(portrait)!r})[0].embedding == a).all() else 1)\n"
            "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n")  # fmt: skip
    run = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr


def test_other_things_are_no_photos():
    for wrong in (7, None, ["a.jpg"], object()):
        with pytest.raises(TypeError, match="photo is .*expected an Image or the path of one"):
            fs.faces(wrong)
