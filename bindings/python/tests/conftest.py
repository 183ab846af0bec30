"""Where models, photos and fixtures lie; tests that need absent ones are skipped with a line that says so."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
MODELS = Path(os.environ.get("FACESTYLE_MODELS", REPOSITORY / "build" / "models"))
PHOTOS = Path(os.environ.get("FACESTYLE_PHOTOS", REPOSITORY / "build" / "photos"))
SHARED = Path(os.environ.get("FACESTYLE_SHARED", REPOSITORY.parent / "shared"))
sys.path.append(str(REPOSITORY / "Tools"))

import temporary_postgres  # noqa: E402


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


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server of the tests' own."""
    if not temporary_postgres.programs():
        pytest.skip("PostgreSQL's server is absent: install Debian's postgresql")
    with temporary_postgres.Server() as server:
        yield server


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


_MEMORY = """
import ctypes
import sys
from pathlib import Path
import numpy as np
import facestyle as fs

def kilobytes(name):
    return int(Path("/proc/self/status").read_text().split(name + ":")[1].split()[0])

def noise(height, width):
    return fs.Image.from_array(np.random.default_rng(1).integers(0, 255, (height, width, 3)).astype(np.uint8))

fs.set_threads(2)
{setup}
forecast = needed()
ctypes.CDLL(None).malloc_trim(0)  # what setup freed and the heap kept would be used again, unseen
Path("/proc/self/clear_refs").write_text("5")  # the peak from here on
before = kilobytes("VmRSS")
work()
print(forecast, 1024 * (kilobytes("VmHWM") - before), needed())
"""


def memory_of(setup, *arguments):
    """What `needed()` says before `work()`, what that adds to the peak of memory, and what `needed()` says then: bytes,
    in a process of its own, where nothing is laid out yet. `setup` defines both."""
    result = subprocess.run(
        [sys.executable, "-c", _MEMORY.replace("{setup}", setup), *map(str, arguments)], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"}, timeout=300)
    assert result.returncode == 0, result.stderr
    return map(int, result.stdout.split())
