"""facestyle.verification_sets: sets of InsightFace's form, of Python 2 and of Python 3, and files that are none."""

import io
import json
import pickle
import struct
import subprocess
import sys

import numpy as np
import pytest

import facestyle as fs
from conftest import photo_file
from facestyle import verification_sets
from facestyle.verification_sets import SetError, VerificationSet


@pytest.fixture(scope="module")
def faces(detector):
    """Aligned faces as JPEG files: three of one person, one of another."""
    found = []
    for name in ("obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg"):
        with fs.Image.open(photo_file(name)) as photo:
            points = detector.find(photo)[0].landmarks
            matrix = _similarity(points, np.array(verification_sets.POINTS))
            with photo.warp(matrix, 112, 112) as aligned:
                found.append(aligned.encode("jpeg"))
    return found


def _similarity(source, target):
    """The 2x3 matrix that brings points nearest to others by turning, scaling and shifting."""
    rows, right = [], []
    for (x, y), (u, v) in zip(source, target):
        rows += [[x, -y, 1, 0], [y, x, 0, 1]]
        right += [u, v]
    a, b, c, d = np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0]
    return [[a, -b, c], [b, a, d]]


@pytest.fixture
def pair_set(faces):
    a, b, c, other = faces
    return [a, b, a, other, b, c, c, other], [True, False, True, False]


def of_python_2(pictures, labels):
    """As Python 2 writes its highest protocol: texts of bytes, each put into the memo."""
    out, count = io.BytesIO(), 0
    out.write(b"\x80\x02]q\x00(")
    for picture in pictures:
        count += 1
        out.write(b"T" + struct.pack("<I", len(picture)) + picture + b"r" + struct.pack("<I", count))
    out.write(b"e]r" + struct.pack("<I", count + 1) + b"(")
    out.write(b"".join(b"\x88" if label else b"\x89" for label in labels) + b"e\x86q\xff.")
    return out.getvalue()


@pytest.mark.parametrize("written", [of_python_2, *(lambda a, b, p=p: pickle.dumps((a, b), p) for p in (3, 4, 5))])
def test_a_set_is_read_as_every_python_writes_it(tmp_path, pair_set, written):
    (tmp_path / "set.bin").write_bytes(written(*pair_set))
    opened = VerificationSet.open(tmp_path / "set.bin")
    assert opened.pictures == pair_set[0] and opened.same.tolist() == pair_set[1] and len(opened) == 4


@pytest.mark.parametrize("flip", [False, True])
def test_an_embedder_is_evaluated_on_a_set(tmp_path, pair_set, embedder, flip):
    (tmp_path / "set.bin").write_bytes(pickle.dumps(pair_set, 4))
    result = VerificationSet.open(tmp_path / "set.bin").evaluate(embedder, flip=flip, progress=False)
    assert result.evaluation.genuine == result.evaluation.impostors == 2 and not result.faceless and not result.unreadable
    assert result.distances[[0, 2]].max() < 0.6 < result.distances[[1, 3]].min()


def test_a_set_is_unpacked_for_the_program_and_evaluates_alike(tmp_path, pair_set, embedder):
    (tmp_path / "set.bin").write_bytes(pickle.dumps(pair_set, 4))
    line = [sys.executable, "-m", "facestyle.verification_sets", tmp_path / "set.bin", "-o", tmp_path / "set"]
    run = subprocess.run(list(map(str, line)), capture_output=True, text=True)
    assert run.returncode == 0 and run.stdout == f"{tmp_path / 'set'}: 4 pairs, 2 of one person\n"
    assert (tmp_path / "set" / "pairs.csv").read_text().splitlines()[:2] == ["first,second,same,fold", "000000.jpg,000001.jpg,1,0"]
    assert len(json.loads((tmp_path / "set" / "landmarks.json").read_text())) == 8
    found = fs.evaluate_lfw(tmp_path / "set/pairs.csv", tmp_path / "set", embedder, tmp_path / "set/landmarks.json", progress=False)
    direct = VerificationSet.open(tmp_path / "set.bin").evaluate(embedder, progress=False)
    assert np.array_equal(found.distances, direct.distances) and np.array_equal(found.folds, direct.folds)


def test_a_picture_that_cannot_be_read_leaves_its_pair_out(pair_set, embedder):
    pictures, labels = pair_set
    result = VerificationSet([b"none", *pictures[1:]], np.array(labels)).evaluate(embedder, progress=False)
    assert list(result.unreadable) == ["000000.jpg"] and len(result.distances) == 3
    with pytest.raises(OSError, match="the set: none of the 8 photos can be read"):
        VerificationSet([b"none"] * 8, np.array(labels)).evaluate(embedder, progress=False)


class Command:
    def __reduce__(self):
        return print, ("executed",)


@pytest.mark.parametrize("data, reason", [
    (pickle.dumps(Command(), 4), "instruction SHORT_BINUNICODE; expected lists of pictures and labels alone"),
    (pickle.dumps(Command(), 2), "instruction GLOBAL; expected lists"), (b"", "damaged"), (b"no pickle at all", "expected"),
    (pickle.dumps(([b"a", b"b"], [True]), 4)[:-3], "damaged"), (pickle.dumps([], 4), "something else than two lists"),
    (pickle.dumps(([], []), 4), "0 pictures and 0 labels"), (pickle.dumps(([b"a"], [True]), 4), "1 pictures and 1 labels"),
    (pickle.dumps(([1, 2], [True]), 4), "pictures that are no bytes"), (pickle.dumps(([b"a", b"b"], [7]), 4), "neither true nor false"),
    (b"\x80\x02h\x07.", "damaged"), (b"\x80\x02e.", "damaged"), (b"\x80\x02a.", "damaged"), (b"\x80\x02.", "damaged"),
])  # fmt: skip
def test_other_files_are_refused_and_nothing_in_them_is_executed(tmp_path, capsys, data, reason):
    (tmp_path / "set.bin").write_bytes(data)
    with pytest.raises(SetError, match=reason):
        VerificationSet.open(tmp_path / "set.bin")
    assert "executed" not in capsys.readouterr().out
    with pytest.raises(SystemExit, match="set.bin"):
        verification_sets.main([str(tmp_path / "set.bin"), "-o", str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()


def test_every_damage_of_a_small_set_is_an_error_or_a_set(tmp_path):
    good = pickle.dumps(([b"ab", b"cd"] * 3, [True, False, True]), 4)
    for place in range(len(good)):
        for bits in (0x01, 0x80, 0xFF):
            (tmp_path / "set.bin").write_bytes(good[:place] + bytes([good[place] ^ bits]) + good[place + 1 :])
            try:
                assert len(VerificationSet.open(tmp_path / "set.bin")) >= 1
            except SetError:
                pass
