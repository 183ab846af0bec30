"""`facestyle enlarge`, with the networks that come with the library."""

import os
import subprocess

import numpy as np
import PIL.Image
import pytest
from test_cli import PROGRAM, REPOSITORY, answer, good, parsed, png_size, refused, run, tiny  # noqa: F401

SHIPPED = {"FACESTYLE_MODELS": str(REPOSITORY / "models")}


@pytest.mark.parametrize("options, factor", [((), 2), (("--factor", "2"), 2), (("--factor", "4"), 4), (("--factor", "4", "--sharp"), 4)])
def test_a_picture_becomes_as_many_times_larger_as_is_asked(options, factor, tmp_path, tiny):  # noqa: F811
    out = tmp_path / "large.png"
    report = answer("enlarge", tiny[0], *options, "-o", out, environment=SHIPPED)
    assert list(report) == ["width", "height", "seconds"] and report["seconds"] > 0
    assert (report["width"], report["height"]) == png_size(out) == (40 * factor, 32 * factor)
    text = good("enlarge", tiny[0], *options, "-o", out, environment=SHIPPED)
    assert text.startswith(f"{out}: {40 * factor}x{32 * factor} in ")


def test_each_network_makes_another_picture(tmp_path, tiny):  # noqa: F811
    made = []
    four = ("--factor", "4")
    for options in (four, (*four, "--sharp"), ("--model", REPOSITORY / "models/enlarge4.safetensors")):
        good("enlarge", tiny[0], *options, "-o", tmp_path / "large.png", environment=SHIPPED)
        made.append((tmp_path / "large.png").read_bytes())
    assert made[0] == made[2] != made[1]


def test_many_photos_and_folders_go_to_a_folder(tmp_path, tiny):  # noqa: F811
    album, out = tmp_path / "album", tmp_path / "large"
    (album / "inner").mkdir(parents=True)
    for place in (album / "one.png", album / "inner" / "two.png"):
        place.write_bytes(tiny[0].read_bytes())
    result = run("enlarge", album, tiny[1], tmp_path / "gone.png", "-o", out, "--json", environment=SHIPPED)
    assert result.returncode == 1 and result.stderr == f"facestyle: {tmp_path / 'gone.png'}: No such file or directory\n"
    lines = [parsed(line) for line in result.stdout.splitlines()]
    files = [line["file"] for line in lines if "file" in line]
    assert files == [f"{out}/{name}" for name in ("inner/two.png", "one.png", "style.png")]
    assert [list(line) for line in lines if "error" in line] == [["photo", "error"]]
    assert png_size(out / "one.png") == png_size(out / "inner" / "two.png") == (80, 64) and png_size(out / "style.png") == (72, 72)


def test_a_picture_comes_from_the_standard_input(tmp_path, tiny):  # noqa: F811
    command = [PROGRAM, "enlarge", "-", "-o", str(tmp_path / "large.png")]
    subprocess.run(command, input=tiny[0].read_bytes(), check=True, timeout=60, env={**os.environ, **SHIPPED})
    assert png_size(tmp_path / "large.png") == (80, 64)


def test_alpha_is_kept(tmp_path):
    pixels = np.full((20, 24, 4), 90, np.uint8)
    pixels[:, :, 3] = np.arange(24) * 10
    PIL.Image.fromarray(pixels).save(tmp_path / "clear.png")
    good("enlarge", tmp_path / "clear.png", "-o", tmp_path / "large.png", environment=SHIPPED)
    large = np.asarray(PIL.Image.open(tmp_path / "large.png"))
    assert large.shape == (40, 48, 4) and len(np.unique(large[20, :, 3])) > 24


def test_a_network_of_another_kind_is_refused(tmp_path, tiny):  # noqa: F811
    told = refused("enlarge", tiny[0], "--model", "scream", "-o", tmp_path / "large.png", environment=SHIPPED)
    assert "expected enlarger for enlarging" in told
