"""examples/camera-daemon/jpegs.c alone: where JPEGs begin and end in a stream that comes in parts of any length."""

import ctypes
import io
import os
import random
import subprocess
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

SOURCE = Path(__file__).resolve().parents[2] / "examples" / "camera-daemon" / "jpegs.c"
MORE, BEGINS, AGAIN, ENDS = range(4)


class Jpegs(ctypes.Structure):
    _fields_ = [("state", ctypes.c_int), ("marker", ctypes.c_uint8), ("left", ctypes.c_uint32), ("taken", ctypes.c_uint32),
                ("width", ctypes.c_uint32), ("height", ctypes.c_uint32), ("skipped", ctypes.c_uint64)]  # fmt: skip


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    out = tmp_path_factory.mktemp("jpegs") / "jpegs.so"
    subprocess.run(["cc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", SOURCE, "-o", out], check=True)
    library = ctypes.CDLL(str(out))
    library.jpegs_take.restype = ctypes.c_size_t
    library.jpegs_take.argtypes = [ctypes.POINTER(Jpegs), ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(ctypes.c_int)]
    return library


def jpeg(width=64, height=48, seed=0, **options):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).save(file, "JPEG", **{"quality": 90, **options})
    return file.getvalue()


def split(library, stream, part=None):
    """The frames with their sizes, how many were cut off, and how many bytes belong to none."""
    jpegs, event, frames, cut, frame = Jpegs(), ctypes.c_int(), [], 0, b""
    part = part or len(stream)
    for first in range(0, len(stream), part):
        rest = stream[first : first + part]
        while rest:
            inside = library.jpegs_inside(ctypes.byref(jpegs))
            count = library.jpegs_take(ctypes.byref(jpegs), rest, len(rest), ctypes.byref(event))
            assert 1 <= count <= len(rest) and (event.value != MORE or count == len(rest))
            frame = frame + rest[:count] if inside else b""
            rest = rest[count:]
            if event.value in (BEGINS, AGAIN):
                cut += event.value == AGAIN
                frame = b"\xff\xd8\xff"
            if event.value == ENDS:
                frames.append((frame, (jpegs.width, jpegs.height)))
    return frames, cut, jpegs.skipped


THUMBNAIL = {"exif": b"Exif\0\0" + jpeg(16, 16)}  # a whole JPEG, with its end, inside a segment
KINDS = {
    "plain": {}, "with a thumbnail": THUMBNAIL, "progressive": {"progressive": True}, "with restarts": {"restart_marker_blocks": 2},
    "with a comment": {"comment": b"\xff\xd8\xff\xe0 \xff\xd9"}, "a single shade": {"quality": 1},
}  # fmt: skip


@pytest.mark.parametrize("part", [1, 2, 3, 7, 1000, None])
@pytest.mark.parametrize("kind", KINDS)
def test_frames_one_behind_the_other_are_parted(library, kind, part):
    frames = [jpeg(64 + i, 48 + i, i, **KINDS[kind]) for i in range(4)]
    found, cut, skipped = split(library, b"".join(frames), part)
    assert found == [(frame, (64 + i, 48 + i)) for i, frame in enumerate(frames)]
    assert cut == skipped == 0


@pytest.mark.parametrize("garbage", [b"\0", b"\xff", b"\xff\xff\xff", b"\xff\xd8\0", b"\xd8\xff", b"\xff\xd9", b"RIFF\0\0\0\0AVI "])
def test_what_lies_between_frames_is_skipped_and_counted(library, garbage):
    frames = [jpeg(seed=i) for i in range(3)]
    for part in (1, 5, None):
        found, cut, skipped = split(library, garbage + garbage.join(frames), part)
        # FF before FF D8 may be the frame's own filling: whether it counts is of no matter.
        assert [frame for frame, _ in found] == frames and cut == 0
        assert skipped == 3 * len(garbage)


def test_a_frame_that_is_cut_off_costs_that_frame_alone(library):
    frames = [jpeg(seed=i) for i in range(3)]
    scan = frames[1].index(b"\xff\xda")
    for end in range(scan + 14, len(frames[1]) - 2, 97):
        for part in (1, 64, None):
            found, cut, skipped = split(library, frames[0] + frames[1][:end] + frames[2], part)
            if frames[1][end - 1] == 0xFF:  # of FF 00, before FF D8: taken for a filling
                continue
            assert [frame for frame, _ in found] == [frames[0], frames[2]] and (cut, skipped) == (1, 0)


def test_any_bytes_are_taken_to_their_end(library):
    source = random.Random(3)
    for turn in range(60):
        stream = bytearray(jpeg(seed=turn) * 2)
        for _ in range(20):
            stream[source.randrange(len(stream))] = source.choice([0, 0xFF, 0xD8, 0xD9, 0xDA, source.randrange(256)])
        whole = split(library, bytes(stream))
        assert split(library, bytes(stream), 1 + turn % 9) == whole
    split(library, os.urandom(1 << 20))
