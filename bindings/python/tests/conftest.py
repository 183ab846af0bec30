"""Where models, photos and fixtures lie; tests that need absent ones are skipped with a line that says so."""

import gc
import os
from pathlib import Path

import numpy as np
import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
MODELS = Path(os.environ.get("FACESTYLE_MODELS", REPOSITORY / "build" / "models"))
PHOTOS = Path(os.environ.get("FACESTYLE_PHOTOS", REPOSITORY / "build" / "photos"))
SHARED = Path(os.environ.get("FACESTYLE_SHARED", REPOSITORY.parent / "shared"))


def need(path, remedy):
    if not path.exists():
        pytest.skip(f"{path.name} is absent: {remedy}")
    return path


def model_file(name):
    return need(MODELS / f"{name}.safetensors", "run `make models` or set FACESTYLE_MODELS")


def photo_file(name):
    return need(PHOTOS / name, "run `make models` or set FACESTYLE_PHOTOS")


def shared(path):
    return need(SHARED / path, "set FACESTYLE_SHARED to the folder of fixtures")


def open_model(name):
    from facestyle import Model

    return Model.open(model_file(name))


@pytest.fixture(scope="session")
def vgg():
    with open_model("vgg19") as model:
        yield model


@pytest.fixture(scope="session")
def styler(vgg):
    from facestyle import Styler

    with Styler(vgg) as styler:
        yield styler


@pytest.fixture(scope="session")
def detector():
    from facestyle import Detector

    with open_model("mtcnn") as model, Detector(model) as detector:
        yield detector


@pytest.fixture(scope="session")
def embedder():
    from facestyle import Embedder

    with open_model("dlib-resnet") as model, Embedder(model) as embedder:
        yield embedder


@pytest.fixture
def picture():
    """40 x 30 smooth colours, different in every corner."""
    from facestyle import Image

    with Image.from_array(gradient_array(40, 30)) as image:
        yield image


def gradient_array(width, height):
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    return np.stack([255 * x, 255 * y, 255 * (1 - x) * y], -1).round().astype(np.uint8)


@pytest.fixture(autouse=True)
def no_leaked_handles(request):
    """Every test closes what it opens. Fixtures of wider scope are set up before this one."""
    if request.node.path.name == "test_models.py":  # it works without the native library
        yield
        return
    import facestyle

    before = facestyle.live_handles()
    yield
    if facestyle.live_handles() != before:
        gc.collect()  # an exception that a test caught may still hold its frames
    assert facestyle.live_handles() == before, "this test leaks handles"
