"""`facestyle embed FOLDER -o FILE`: the program becomes the Python package's command."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from test_cli import BAD_USAGE, MODELS, OBAMA, OBAMA2, PROGRAM, REPOSITORY, models, parsed, png, run

parquet = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def album(tmp_path):
    folder = tmp_path / "album"
    folder.mkdir()
    for photo in (OBAMA, OBAMA2):
        shutil.copy(photo, folder)
    png(folder / "nobody.png", 40, 32)
    return folder


def environment(**changes):
    """In which python3 is this one, with the package."""
    path = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
    return {**os.environ, "FACESTYLE_MODELS": str(MODELS), "PATH": path, "PYTHONPATH": str(REPOSITORY / "bindings/python"), **changes}


def table(*arguments, **changes):
    return subprocess.run([PROGRAM, "embed", *arguments], capture_output=True, text=True, timeout=300, env=environment(**changes))


@models
def test_a_folder_goes_to_a_table_with_the_options_that_are_given(tmp_path, album):
    out = tmp_path / "faces.parquet"
    options = ("--json", "--threads", "1", "--model", "faces-nn4", "--min-face", "40", "--max-faces", "1")
    result = table(album, "-o", out, *options)
    assert result.returncode == 0, result.stderr
    assert parsed(result.stdout) == {"output": str(out), "photos": 3, "faces": 2, "without_faces": 1, "unreadable": 0}
    assert parquet.read_table(out)["path"].to_pylist() == ["nobody.png", "obama.jpg", "obama2.jpg"]
    again = table(album, "-o", out, *options[1:])
    assert again.stdout == f"{out}: 3 photos, 2 faces; 1 without faces, 0 unreadable\n"
    other = table(album, f"--output={out}")
    assert other.returncode == 1 and other.stderr.startswith(f"facestyle.embed: {out}: made or begun with ")
    assert table(album, f"--output={out}", "--overwrite").returncode == 0


@models
def test_a_photo_that_cannot_be_read_shows_in_the_exit_status(tmp_path, album):
    (album / "bad.jpg").write_bytes(b"no picture")
    result = table(album, "-o", tmp_path / "faces.parquet")
    assert result.returncode == 1 and result.stderr.startswith("bad.jpg: ") and "1 unreadable" in result.stdout


@models
def test_ctrl_c_stops_it_and_the_same_command_goes_on(tmp_path, album):
    for i in range(200):
        shutil.copy(OBAMA, album / f"{i}.jpg")
    out = tmp_path / "faces.parquet"
    process = subprocess.Popen(
        [PROGRAM, "embed", album, "-o", out], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())
    deadline = time.monotonic() + 120
    while not (tmp_path / "faces.parquet.parts" / "plan.json").exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1 and errors == "facestyle.embed: stopped; the same command goes on\n"


def test_what_is_missing_of_python_is_told(tmp_path, album):
    out = tmp_path / "faces.parquet"
    result = table(album, "-o", out, PATH="/nowhere")
    told = "facestyle: python3: No such file or directory; expected Python with the package of bindings/python, for --output\n"
    assert (result.returncode, result.stdout, result.stderr) == (1, "", told)
    (tmp_path / "bin").mkdir()
    bare = tmp_path / "bin" / "python3"  # one that finds no packages but its own
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    bare.chmod(0o755)
    result = table(album, "-o", out, PATH=str(tmp_path / "bin"))
    told = "facestyle: No module named 'facestyle'; expected the Python package of bindings/python for this python3\n"
    assert (result.returncode, result.stdout, result.stderr) == (1, "", told)


@pytest.mark.parametrize("arguments", [
    ["a", "b", "-o", "c.parquet"], ["a", "-o", "c.parquet", "--chip", "d.png"], ["a", "--json", "--overwrite"], ["a", "--max-faces", "2"],
])  # fmt: skip
def test_options_that_do_not_go_together_are_bad_usage(arguments):
    assert run("embed", *arguments).returncode == BAD_USAGE
