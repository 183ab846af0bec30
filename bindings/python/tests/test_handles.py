"""Handles: given back once, whoever does it; in threads, after fork, at the end of Python."""

import copy
import gc
import os
import pickle
import re
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import facestyle as fs
from conftest import REPOSITORY, gradient_array, open_model

PACKAGE = str(REPOSITORY / "bindings" / "python")
CASCADE = str(REPOSITORY / "models" / "faces-cascade.safetensors")


def python(code, *arguments):
    """What a Python of its own says and complains of."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], env={**os.environ, "PYTHONPATH": PACKAGE}, capture_output=True, text=True,
        timeout=300)
    assert done.returncode == 0, f"{done.returncode} {done.stdout} {done.stderr}"
    return done.stdout, done.stderr


@pytest.mark.parametrize("attempt", [copy.copy, copy.deepcopy, pickle.dumps], ids=lambda f: f.__name__)
def test_copies_and_pickles_are_refused_with_a_reason(picture, attempt):
    frame = fs.Frame(np.zeros((4, 4), np.uint8), "grey")
    with fs.Model.open(CASCADE) as model, fs.Detector(model) as detector, fs.Tracker() as tracker, fs.Photos() as photos:
        for thing in (picture, model, detector, tracker, photos):
            with pytest.raises(TypeError, match=f"a {type(thing).__name__} cannot be copied or pickled: it is an address in this process"):
                attempt(thing)
            with pytest.raises(TypeError, match="cannot be copied or pickled"):
                attempt({"inside": [thing]}) if attempt is not copy.copy else attempt(thing)
        assert picture.width == 40 and len(detector.find(picture)) == 0  # as they were
    with pytest.raises(TypeError, match="a Frame cannot be copied or pickled: it points into its arrays"):
        attempt(frame)


def test_answers_are_copied_and_pickled():
    face = fs.Face(np.zeros((5, 2)), (1, 2, 3, 4))
    for same in (copy.deepcopy(face), pickle.loads(pickle.dumps(face))):
        assert same.box == face.box and np.array_equal(same.landmarks, face.landmarks)
    error = pickle.loads(pickle.dumps(fs.FaceStyleError(1, "a reason")))
    assert (error.status, str(error)) == (1, "a reason (FS_INVALID_ARGUMENT)")


def test_a_handle_is_given_back_once_by_whoever_comes_first():
    before = fs.live_handles()
    for _ in range(50):
        image = fs.Image.from_array(gradient_array(4, 4))
        closers = [threading.Thread(target=image.close) for _ in range(4)]
        for closer in closers:
            closer.start()
        for closer in closers:
            closer.join()
        assert image.closed and fs.live_handles() == before
    with fs.Image.from_array(gradient_array(4, 4)) as image:
        image.close()
    del image
    ring = [fs.Image.from_array(gradient_array(4, 4))]
    ring.append(ring)
    del ring
    gc.collect()
    assert fs.live_handles() == before


def test_an_array_of_a_picture_outlives_it(picture):
    wanted, before = picture.to_array(), fs.live_handles()
    image = fs.Image.from_array(wanted)
    first, second = np.asarray(image)[2:], np.asarray(image)
    assert np.shares_memory(first, second)
    image.close()
    assert image.closed and fs.live_handles() == before + 1
    del second
    assert np.array_equal(first, wanted[2:])
    del first
    assert fs.live_handles() == before


def test_arrays_and_pillow_images_stand_for_pictures(picture):
    pillow = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    array = picture.to_array()
    with fs.Model.open(CASCADE) as model, fs.Detector(model) as detector, fs.Tracker() as tracker:
        for same in (array, pillow.fromarray(array), pillow.fromarray(array).convert("RGBA"), np.asarray(picture)):
            assert detector.find(same) == detector.find(picture) == []
        grey = pillow.fromarray(array).convert("P")
        with fs.Image.from_array(grey) as image:
            assert np.array_equal(image.to_array(), np.asarray(grey.convert("RGB")))
        with pytest.raises(TypeError, match="image: pixels are float64; expected uint8"):
            detector.find(array.astype(float))
        with fs.Image.from_array(array[..., ::-1], "bgr") as image:  # as OpenCV has it
            assert np.array_equal(image.to_array(), array)
        assert tracker.update([], 0) == []


def test_calls_release_the_interpreters_lock():
    """While a thread is in a call, another counts."""
    noise = np.random.default_rng(1).normal(size=(600, 32)).astype(np.float32)
    begun, counted, over = threading.Event(), [], threading.Event()

    def work():
        begun.set()
        fs.tsne(noise, steps=300)
        over.set()

    worker = threading.Thread(target=work)
    worker.start()
    begun.wait()
    while not over.is_set():
        counted.append(None)
        time.sleep(0)
    worker.join()
    assert len(counted) > 100


def test_threads_take_turns_with_an_object_for_one_thread(picture):
    faces, failures = [fs.Face(None, (10 * i, 10, 30, 30)) for i in range(4)], []

    def follow(tracker, index):
        try:
            for _ in range(100):
                assert len(tracker.update(faces, 1.0)) == 4
                assert len(tracker.tracks) >= 4
        except BaseException as error:
            failures.append(error)

    with fs.Tracker() as tracker:
        threads = [threading.Thread(target=follow, args=(tracker, i)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures and {track.seen for track in tracker.tracks} == {400}


def test_threads_take_turns_with_a_painting(styler, picture):
    failures = []
    with styler.job(picture, picture, preset="course", steps=12) as job:

        def step():
            try:
                for _ in range(3):
                    job.step()
                    job.preview().close()
            except BaseException as error:
                failures.append(error)

        threads = [threading.Thread(target=step) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures and job.step().ending == "steps"
        with job.result() as together:
            pixels = together.to_array()
    with styler.run(picture, picture, preset="course", steps=12) as alone:
        assert np.array_equal(alone.to_array(), pixels)


def test_what_is_closed_by_another_thread_ends_the_calls_that_come_after(picture):
    failures = []
    model = open_model("vgg19")

    def look():
        try:
            while True:
                model.features(picture, "conv1_1")
        except (ValueError, fs.FaceStyleError) as error:  # before the call, or in it: C checks handles
            failures.append(str(error))

    thread = threading.Thread(target=look)
    thread.start()
    time.sleep(0.05)
    model.close()
    thread.join()
    assert len(failures) == 1 and re.match("this Model is closed|.*FS_INVALID_ARGUMENT", failures[0]), failures


FORK = """
import os, sys, threading
import numpy as np
import facestyle as fs

picture = fs.Image.from_array(np.random.default_rng(1).integers(0, 255, (60, 60, 3), np.uint8))
model = fs.Model.open(sys.argv[1])
detector = fs.Detector(model)
fs.set_threads(2)
before = [face.box for face in detector.find(picture)], fs.distances(np.eye(300)).sum()
tracker, busy, over = fs.Tracker(), threading.Event(), threading.Event()

def occupy():
    with tracker._alone():
        busy.set()
        over.wait()

thread = threading.Thread(target=occupy)
thread.start()
busy.wait()
child = os.fork()
if child == 0:
    assert ([face.box for face in detector.find(picture)], fs.distances(np.eye(300)).sum()) == before
    try:
        tracker.finish()
    except ValueError as error:
        print(error, flush=True)
    for thing in (detector, model, picture):
        thing.close()
    print(fs.live_handles(), flush=True)
    sys.exit(0)
_, status = os.waitpid(child, 0)
over.set()
thread.join()
tracker.close()
assert status == 0 and ([face.box for face in detector.find(picture)], fs.distances(np.eye(300)).sum()) == before
print("parent", fs.live_handles())
"""


def test_a_forked_child_works_and_gives_back_its_own():
    said, complained = python(FORK, CASCADE)
    assert said.splitlines() == [
        "this Tracker was at work when the process was forked; expected a new one", "1", "parent 3"]
    assert "Traceback" not in complained


END = """
import sys, threading, time
import numpy as np
import facestyle as fs

picture = fs.Image.from_array(np.zeros((8, 8, 3), np.uint8))
model, tracker, view = fs.Model.open(sys.argv[1]), fs.Tracker(), np.asarray(picture)
detector, gone = fs.Detector(model), fs.Image.from_array(view)
fs.set_log(lambda level, message: None, "debug")
begun = threading.Event()

def look():
    while True:
        detector.find(picture)

def descend():
    fs.tsne(np.random.default_rng(1).normal(size=(40, 3)), 5, steps=10**6, on_step=lambda *_: begun.set())

for work in (look, descend):
    threading.Thread(target=work, daemon=True).start()
begun.wait()

class Slow:
    def __del__(self, sleep=time.sleep):
        sleep(0.3)  # others would call into a Python that is being taken apart

sys.slow = Slow()
print("the end")
"""


def test_python_ends_quietly_with_live_handles_threads_and_callbacks():
    for _ in range(3):
        assert python(END, CASCADE) == ("the end\n", "")


def test_without_the_interpreters_lock_too():
    """On a Python that has none: none was to be had here when this was written."""
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        pytest.skip("this Python has the lock; a free-threaded one runs this test")
    images = [fs.Image.from_array(gradient_array(40, 30)) for _ in range(8)]
    with fs.Model.open(CASCADE) as model, fs.Detector(model) as detector:
        threads = [threading.Thread(target=lambda i=i: [detector.find(images[i]) for _ in range(20)]) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for image in images:
        image.close()
