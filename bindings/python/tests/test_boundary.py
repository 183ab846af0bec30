"""Nothing that a C caller can pass may crash: the layer of ctypes alone, without the checks above it."""

import ctypes
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from conftest import MODELS, model_file
from facestyle import _c

STATUS = _c.fs_status


def nothing(kind):
    """NULL, 0 or NaN."""
    return math.nan if kind in (ctypes.c_float, ctypes.c_double) else kind()


@pytest.mark.parametrize("name", _c.FUNCTIONS)
def test_a_function_survives_nulls(name):
    result, arguments = _c.FUNCTIONS[name]
    answer = getattr(_c, name)(*map(nothing, arguments))
    # 0 threads, 0 bytes, no callback and the NULL instruction set are wishes like any other; a number of 32 bits looks like a status to ctypes.
    if result is STATUS and name not in (
        "fs_threads_set", "fs_instruction_set_choose", "fs_total_cost", "fs_detector_finds_points", "fs_embedder_aligns",
        "fs_self_test", "fs_memory_limit_set",
    ):  # fmt: skip
        assert answer == _c.FS_INVALID_ARGUMENT
        assert _c.fs_last_error()


def image(width=8, height=6):
    data = (ctypes.c_uint8 * (3 * width * height))(*range(3 * width * height))
    pixels = _c.fs_pixels(
        size=ctypes.sizeof(_c.fs_pixels), data=data, byte_count=len(data), width=width, height=height
    )
    out = ctypes.POINTER(_c.fs_image)()
    assert _c.fs_image_from_pixels(ctypes.byref(out), ctypes.byref(pixels)) == _c.FS_OK
    return out


@pytest.mark.parametrize(
    "change",
    [
        {"size": 0}, {"size": 8}, {"byte_count": 143}, {"byte_count": 0}, {"stride": 23}, {"stride": 2**64 - 1},
        {"stride": 25}, {"width": 0}, {"height": 0}, {"width": 2**32 - 1, "height": 2**32 - 1}, {"width": 65501},
        {"format": 5}, {"format": -1}, {"rotation": 1}, {"rotation": 360}, {"data": None}, {"format": 2},
    ],
    ids=str,
)  # fmt: skip
def test_pixels_out_of_range_are_refused(change):
    data = (ctypes.c_uint8 * 144)()
    fields = {"size": ctypes.sizeof(_c.fs_pixels), "data": data, "byte_count": 144, "width": 8, "height": 6}
    fields.update(change)
    pixels = _c.fs_pixels(**{name: value for name, value in fields.items() if value is not None})
    out = ctypes.POINTER(_c.fs_image)()
    assert _c.fs_image_from_pixels(ctypes.byref(out), ctypes.byref(pixels)) == _c.FS_INVALID_ARGUMENT
    assert not out, "outputs are written on FS_OK alone"


def test_rows_may_have_gaps_and_the_last_one_none():
    rows = np.arange(6 * 30, dtype=np.uint8).reshape(6, 30)
    pixels = _c.fs_pixels(
        size=ctypes.sizeof(_c.fs_pixels), data=rows.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8)),
        byte_count=5 * 30 + 24, stride=30, width=8, height=6,
    )  # fmt: skip
    out = ctypes.POINTER(_c.fs_image)()
    assert _c.fs_image_from_pixels(ctypes.byref(out), ctypes.byref(pixels)) == _c.FS_OK
    got = np.ctypeslib.as_array(_c.fs_image_data(out), (6, 24)).copy()
    _c.fs_image_destroy(out)
    assert np.array_equal(got, rows[:, :24])


def test_a_struct_of_the_future_is_read_by_what_is_known():
    class Larger(ctypes.Structure):
        _fields_ = [("known", _c.fs_style_options), ("more", ctypes.c_uint64 * 4)]

    options = Larger()
    options.more[:] = [7] * 4
    known = ctypes.byref(options.known)
    assert _c.fs_style_options_init(known, ctypes.sizeof(Larger)) == _c.FS_OK
    assert options.known.steps == 400
    for size in (0, 7, 16):
        assert _c.fs_style_options_init(known, size) == _c.FS_INVALID_ARGUMENT
        assert _c.fs_detector_options_init(ctypes.byref(_c.fs_detector_options()), size) == _c.FS_INVALID_ARGUMENT


def test_no_number_that_a_caller_can_pass_ends_the_process(tmp_path):
    """extremes.py passes NaN, infinities, SIZE_MAX, INT_MIN and their like to every function, one at a time."""
    model_file("vgg19"), model_file("mtcnn")
    environment = {**os.environ, "PYTHONPATH": str(Path(_c.__file__).resolve().parents[1]), "FACESTYLE_MODELS": str(MODELS)}
    script, journal = Path(__file__).with_name("extremes.py"), tmp_path / "journal"
    result = subprocess.run(
        [sys.executable, script, journal], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=900)  # fmt: skip
    last = journal.read_text().splitlines()[-1]
    assert result.returncode == 0 and last == "done", f"{last}: {result.returncode} {result.stderr}"
    assert int(result.stdout) > 5000


def test_what_the_library_answers_is_narrowed_by_one_rule():
    """A number that is computed from a caller's is clamped where a C type is too small for it: UInt32(x) would end the process."""
    folder = Path(__file__).resolve().parents[3] / "Sources" / "CInterface"
    sources = sorted(folder.rglob("*.swift"))
    assert len(sources) > 20
    for source in sources:
        found = re.search(r"\bU?Int(8|16|32|64)\((?!\s*(clamping:|bitPattern:|truncatingIfNeeded:|exactly:|UInt\(|[0-9]+\))).*", source.read_text())
        assert not found, f"{source.name}: {found[0]}"


def test_encode_asks_and_answers_the_size():
    picture, count = image(), ctypes.c_size_t()
    size = ctypes.byref(count)
    assert _c.fs_image_encode(picture, _c.FS_PNG, 0, None, 0, size) == _c.FS_OK
    whole, buffer = count.value, ctypes.create_string_buffer(count.value)
    count.value = 0
    assert _c.fs_image_encode(picture, _c.FS_PNG, 0, buffer, whole - 1, size) == _c.FS_INVALID_ARGUMENT
    assert count.value == whole
    assert _c.fs_image_encode(picture, _c.FS_PNG, 0, buffer, whole, size) == _c.FS_OK
    for kind, quality in ((_c.FS_JPEG, 0), (_c.FS_JPEG, 101), (2, 90), (-1, 90)):
        assert _c.fs_image_encode(picture, kind, quality, None, 0, size) == _c.FS_INVALID_ARGUMENT
    assert _c.fs_image_encode(picture, _c.FS_JPEG, 90, None, whole, size) == _c.FS_INVALID_ARGUMENT
    _c.fs_image_destroy(picture)


def test_sizes_that_overflow_are_refused():
    huge, one = 2**63, (ctypes.c_float * 16)()
    double = ctypes.byref(ctypes.c_double())
    assert _c.fs_triplet_loss(one, one, one, huge, huge, 0.2, 0, double) == _c.FS_INVALID_ARGUMENT
    assert _c.fs_content_cost(one, one, huge, huge, huge, 0, double) == _c.FS_INVALID_ARGUMENT
    assert _c.fs_style_cost(one, one, huge, 2, huge, 0, double) == _c.FS_INVALID_ARGUMENT
    assert _c.fs_gram_matrix(one, huge, huge, one, 16) == _c.FS_INVALID_ARGUMENT
    assert _c.fs_distance(one, one, huge, one) == _c.FS_INVALID_ARGUMENT
    assert _c.fs_triplet_loss(one, one, one, 1, 1, 0.2, 3, double) == _c.FS_INVALID_ARGUMENT
    assert _c.fs_content_cost(one, one, 1, 1, 1, 4, double) == _c.FS_INVALID_ARGUMENT
    out, picture = ctypes.POINTER(_c.fs_image)(), image()
    for width, height in ((2**32 - 1, 2**32 - 1), (65501, 1), (60000, 60000), (0, 5)):
        assert _c.fs_image_resize(ctypes.byref(out), picture, width, height, 0) == _c.FS_INVALID_ARGUMENT
    assert _c.fs_image_resize(ctypes.byref(out), picture, 4, 4, 3) == _c.FS_INVALID_ARGUMENT
    for x, y, width, height in ((2**32 - 1, 0, 2, 1), (0, 0, 9, 1), (8, 0, 1, 1), (0, 0, 0, 1), (1, 0, 2**32 - 1, 1)):
        assert _c.fs_image_crop(ctypes.byref(out), picture, x, y, width, height) == _c.FS_INVALID_ARGUMENT
    _c.fs_image_destroy(picture)
    assert not out


def test_a_short_buffer_is_refused_and_left_alone():
    model, picture = ctypes.POINTER(_c.fs_model)(), image(16, 16)
    assert _c.fs_model_open(ctypes.byref(model), str(model_file("vgg19")).encode()) == _c.FS_OK
    values, shape = (ctypes.c_float * 16)(*[7] * 16), (ctypes.c_uint32 * 3)()
    arguments = model, picture, b"conv1_1"
    assert _c.fs_model_features(*arguments, 0, None, 0, shape) == _c.FS_OK
    assert list(shape) == [16, 16, 64]
    assert _c.fs_model_features(*arguments, 0, values, 16, shape) == _c.FS_INVALID_ARGUMENT
    assert _c.fs_model_features(*arguments, 3, None, 0, shape) == _c.FS_INVALID_ARGUMENT
    assert list(values) == [7] * 16
    _c.fs_image_destroy(picture)
    _c.fs_model_destroy(model)


MUTANTS = """
import ctypes, random, sys
from facestyle import _c
random.seed(1)
for kind in (0, 1):
    array = (ctypes.c_uint8 * (3 * 40 * 30))(*(random.randrange(256) for _ in range(3 * 40 * 30)))
    pixels = _c.fs_pixels(ctypes.sizeof(_c.fs_pixels), array, len(array), 0, 40, 30, 0, 0)
    picture, size = ctypes.POINTER(_c.fs_image)(), ctypes.c_size_t()
    assert _c.fs_image_from_pixels(ctypes.byref(picture), ctypes.byref(pixels)) == 0
    _c.fs_image_encode(picture, kind, 90, None, 0, ctypes.byref(size))
    buffer = ctypes.create_string_buffer(size.value)
    _c.fs_image_encode(picture, kind, 90, buffer, size.value, ctypes.byref(size))
    whole = buffer.raw
    for turn in range(3000):
        data = bytearray(whole)
        for _ in range(random.choice((1, 2, 8))):
            data[random.randrange(min(len(data), random.choice((64, 700, len(data)))))] = random.randrange(256)
        if turn % 3 == 0:
            data = data[:random.randrange(len(data))]
        out = ctypes.POINTER(_c.fs_image)()
        status = _c.fs_image_decode(ctypes.byref(out), bytes(data), len(data))
        assert (status == 0) == bool(out) and status in (0, 1, 2, 4), status
        _c.fs_image_destroy(out)
header = b'{"__metadata__":{"architecture":"mtcnn"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}'
whole = len(header).to_bytes(8, "little") + header + bytes(24)
for turn in range(20000):
    data = bytearray(whole)
    for _ in range(random.choice((1, 1, 2, 5))):
        data[random.randrange(len(data))] = random.choice((random.randrange(256), *b'0123456789{}[]",:-e'))
    out = ctypes.POINTER(_c.fs_model)()
    status = _c.fs_model_load(ctypes.byref(out), bytes(data), len(data))
    assert (status == 0) == bool(out) and status in (0, 1, 2, 4), status
    _c.fs_model_destroy(out)
assert _c.fs_debug_live_handles() == 2, _c.fs_debug_live_handles()
"""


def test_mutated_files_never_crash():
    folder = str(Path(_c.__file__).resolve().parents[1])
    environment = {**os.environ, "PYTHONPATH": folder}
    result = subprocess.run([sys.executable, "-c", MUTANTS], env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
