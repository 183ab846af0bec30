"""The command line program, run as a user runs it.

FACESTYLE_PROGRAM names it (default: build/facestyle of this checkout); FACESTYLE_MODELS and
FACESTYLE_PHOTOS the folders that `make models` fills.
"""

import contextlib
import json
import os
import pty
import re
import resource
import select
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.append(str(REPOSITORY / "Tools"))

import temporary_postgres  # noqa: E402

PROGRAM = Path(os.environ.get("FACESTYLE_PROGRAM", REPOSITORY / "build" / "facestyle"))
MODELS = Path(os.environ.get("FACESTYLE_MODELS", REPOSITORY / "build" / "models"))
PHOTOS = Path(os.environ.get("FACESTYLE_PHOTOS", REPOSITORY / "build" / "photos"))
COMMANDS = ["detect", "compare", "identify", "live", "gallery", "embed", "evaluate", "calibrate", "train", "style", "restyle", "enlarge", "layers", "models", "demo", "doctor"]
QUESTIONS = ("compare", "identify", "live")  # whose exit status is the answer: 0 yes, 1 no, 2 none
STATUS = {True: 0, False: 1, None: 2}
LARGE = ("--model", "dlib-resnet")  # not the small one that is taken otherwise
BAD_USAGE = 64  # EX_USAGE of sysexits.h

models = pytest.mark.skipif(
    not (MODELS / "vgg19.safetensors").exists() or not (PHOTOS / "obama.jpg").exists(),
    reason="no models or photos: run `make models` or set FACESTYLE_MODELS and FACESTYLE_PHOTOS",
)
OBAMA, OBAMA2, BIDEN = (str(PHOTOS / name) for name in ("obama.jpg", "obama2.jpg", "biden.jpg"))


@pytest.fixture(scope="session", autouse=True)
def program():
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM.name} is not built: run `make` or set FACESTYLE_PROGRAM")


def run(*arguments, environment=None, folder=None):
    environment = {**os.environ, "FACESTYLE_MODELS": str(MODELS), **(environment or {})}
    return subprocess.run(
        [PROGRAM, *map(str, arguments)], capture_output=True, text=True, env=environment, cwd=folder, timeout=300
    )


def good(*arguments, status=0, **options):
    result = run(*arguments, **options)
    assert result.returncode == status, result.stderr
    return result.stdout


def parsed(line):
    return json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


def answer(*arguments, **options):
    """The one line of JSON. A question's exit status is its answer."""
    result = run(*arguments, "--json", **options)
    assert result.stdout.count("\n") == 1, result.stderr
    found, status = parsed(result.stdout), 0
    if arguments[0] == "embed":
        (face,) = found.pop("faces")
        found |= face
    if arguments[0] == "compare":
        status = STATUS[found["same"]]
    if arguments[0] == "identify":
        (face,) = found.pop("faces")
        found |= face  # whose photo shows one
        status = STATUS[found["known"]]
    assert result.returncode == status, result
    return found


def refused(*arguments, **options):
    """The one line of the error stream."""
    result = run(*arguments, **options)
    assert result.returncode == (2 if arguments[0] in QUESTIONS else 1) and result.stdout == "", result
    assert result.stderr.startswith("facestyle: ") and result.stderr.count("\n") == 1, result.stderr
    return result.stderr


def png(path, width, height):
    """Writes a picture of coloured stripes."""
    rows = b"".join(
        b"\0" + bytes(v for x in range(width) for v in (x * 255 // width, y * 255 // height, (x + y) % 8 * 32))
        for y in range(height)
    )
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )
    return path


def png_size(path):
    return struct.unpack(">II", path.read_bytes()[16:24])


def on_a_terminal(*arguments, until=None):
    """Runs with a terminal as the error stream; sends Ctrl-C when the text holds `until`."""
    terminal, side = pty.openpty()
    environment = {**os.environ, "FACESTYLE_MODELS": str(MODELS)}
    process = subprocess.Popen(
        [PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, stderr=side, env=environment, text=True
    )
    os.close(side)
    shown, deadline = "", time.monotonic() + 120
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            shown += os.read(terminal, 4096).decode()
        except OSError:  # the other side is closed
            break
        if until and until in shown:
            process.send_signal(signal.SIGINT)
            until = None
    os.close(terminal)
    output, _ = process.communicate(timeout=60)
    return process.returncode, output, shown


def wait_until(condition, process=None, seconds=120):
    """Until it holds; the process must not end before."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it takes too long"
        assert process is None or process.poll() is None, process.communicate()
        time.sleep(0.02)


class Running:
    """The program while it works; `trace` is a file in which it writes a line a step."""

    def __init__(self, *arguments, trace, environment=None, **options):
        environment = {**os.environ, "FACESTYLE_MODELS": str(MODELS), **(environment or {})}
        trace.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [PROGRAM, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True, **options
        )
        wait_until(lambda: trace.exists() and trace.read_text().count("\n") >= 3, self.process)

    def end(self, sent=signal.SIGINT):
        """Sends a signal, and answers exit status, output and errors."""
        self.process.send_signal(sent)
        output, errors = self.process.communicate(timeout=120)
        return self.process.returncode, output, errors


def way_on(errors):
    """The command that is told after an early end, as a shell takes it apart."""
    return shlex.split(re.search(r"the same command goes on from .*?: (.*)", errors)[1])


@pytest.fixture
def tiny(tmp_path):
    return png(tmp_path / "content.png", 40, 32), png(tmp_path / "style.png", 36, 36)


# ---- Usage ----


def test_help_fits_in_80_columns():
    for command in ([], *([c] for c in COMMANDS)):
        text = good(*command, "--help", environment={"COLUMNS": "80"})
        assert "USAGE: facestyle" in text
        assert [line for line in text.splitlines() if len(line) > 80] == []


def test_the_help_of_style_lists_the_librarys_presets():
    text = " ".join(good("style", "--help").split())
    for name in ("pyramid", "course", "gatys", "neural-style", "neural-style-pt", "neural-style-tf", "crowsonkb"):
        assert f" {name}: " in text, name
    assert "pyramid: from coarse to fine by L-BFGS" in text


def described(**options):
    """What the doctor finds."""
    result = subprocess.run([PROGRAM, "doctor", "--json"], capture_output=True, text=True, timeout=60, **options)
    assert result.returncode in (0, 1), result.stderr
    return parsed(result.stdout)


def test_a_process_that_is_kept_to_one_processor_has_one_thread():
    one = min(os.sched_getaffinity(0))
    found = described(preexec_fn=lambda: os.sched_setaffinity(0, {one}))
    assert found["allowed"] == 1 and found["threads"] == 1
    if found["processors"] > 1:
        assert found["threads_reason"] == f"this process may run on 1 of {found['processors']} processors"


@contextlib.contextmanager
def control_group(controller, files):
    """A control group of our own, by what it limits: version 1's, or version 2's. Skips where none may be made."""
    for parent, settings in (
        (Path("/sys/fs/cgroup") / controller, files[0]), (Path("/sys/fs/cgroup"), files[1]),
    ):  # fmt: skip
        group = parent / f"facestyle-cli-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            for name, value in settings.items():
                (group / name).write_text(value)
        except OSError:
            group.rmdir()
            continue
        try:
            yield group
        finally:
            group.rmdir()
        return
    pytest.skip(f"this test may not make a control group for {controller}")


def entered(group):
    return lambda: (group / "cgroup.procs").write_text(str(os.getpid()))


@pytest.mark.parametrize(("quota", "threads"), [(100000, 1), (150000, 2)])
def test_threads_are_as_many_as_the_control_group_s_quota_fills(quota, threads):
    files = ({"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": str(quota)}, {"cpu.max": f"{quota} 100000"})
    with control_group("cpu", files) as group:
        found = described(preexec_fn=entered(group))
    assert found["quota"] == quota / 100000
    assert found["threads"] == min(threads, len(os.sched_getaffinity(0)))
    if found["threads"] < found["allowed"]:
        assert found["threads_reason"] == f"the control groups grant the time of {quota / 100000:.2f} processors"


@models
def test_a_style_transfer_that_does_not_fit_the_container_is_refused(tmp_path):
    limit = str(300 << 20)
    with control_group("memory", ({"memory.limit_in_bytes": limit}, {"memory.max": limit})) as group:
        found = described(preexec_fn=entered(group))
        assert found["memory_limit"] == 300 << 20 and found["memory_reason"] == "the control group allows no more"
        result = subprocess.run(
            [PROGRAM, "style", OBAMA, OBAMA2, "--size", "1024x768", "-o", tmp_path / "out.png"],
            capture_output=True, text=True, timeout=300, preexec_fn=entered(group), cwd=tmp_path,
            env={**os.environ, "FACESTYLE_MODELS": str(MODELS)},
        )  # fmt: skip
    assert result.returncode == 1 and "300 MB, by the control group's limit" in result.stderr, result.stderr


@models
def test_what_needs_more_memory_than_was_allowed_is_refused():
    assert "may hold 2048 KB, by the program's limit" in refused("detect", OBAMA, "--memory-limit", 2)
    assert answer("detect", OBAMA, "--memory-limit", 64) == answer("detect", OBAMA)


@models
def test_a_progressive_photo_whose_coefficients_do_not_fit_the_container_is_refused(tmp_path):
    photo = tmp_path / "progressive.jpg"
    # The picture takes 48 MB, and what the decoder keeps until the last scan 96 MB more.
    PIL.Image.new("RGB", (4000, 4000), (200, 100, 50)).save(photo, progressive=True, quality=90, subsampling=0)
    limit = str(130 << 20)
    with control_group("memory", ({"memory.limit_in_bytes": limit}, {"memory.max": limit})) as group:
        result = subprocess.run(
            [PROGRAM, "detect", photo], capture_output=True, text=True, timeout=100, preexec_fn=entered(group),
            env={**os.environ, "FACESTYLE_MODELS": str(MODELS)},
        )  # fmt: skip
    assert result.returncode == 1 and "may hold 130 MB, by the control group's limit" in result.stderr, result


def test_the_help_says_where_models_are_looked_for():
    assert "FACESTYLE_MODELS" in good("--help")


@models
def test_models_are_found_beside_the_program(tmp_path):
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in (PROGRAM.name, "libfacestyle.so.0"):
        shutil.copy(PROGRAM.parent / name, folder / name)
    (folder / "models").symlink_to(MODELS)
    environment = {name: value for name, value in os.environ.items() if name != "FACESTYLE_MODELS"}
    result = subprocess.run(
        [folder / PROGRAM.name, "detect", OBAMA], capture_output=True, text=True, timeout=60, cwd="/", env=environment
    )
    assert result.returncode == 0, result.stderr


def test_the_program_tells_its_version():
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", good("--version"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["identify"], ["identify", "a.jpg"], ["identify", "--gallery", "file"],
        ["identify", "a.jpg", "people", "--key-file", "file"], ["identify", "a.jpg", "people", "--rule", "best"],
        ["identify", "a.jpg", "people", "--margin", "-1"], ["identify", "a.jpg", "people", "--neighbours", "3"],
        ["identify", "a.jpg", "people", "--rule", "vote", "--neighbours", "0"], ["gallery", "add", "file", "name"], ["gallery", "add", "file"], ["gallery", "add", "file", "name", "a.jpg", "--people", "b"], ["gallery", "list"],
        ["gallery", "remove", "file"], ["gallery", "remove", "file", "name", "--photo", "1"], ["gallery", "export", "file"],
        ["enlarge", "-o", "c.png"], ["enlarge", "a.jpg"], ["enlarge", "a.jpg", "-o", "c.png", "--factor", "3"],
        ["enlarge", "a.jpg", "-o", "c.png", "--model", "m", "--factor", "2"], ["enlarge", "a.jpg", "-o", "c.png", "--model", "m", "--sharp"],
        ["enlarge", "a.jpg", "-o", "c.png", "--sharp"], ["enlarge", "a.jpg", "-o", "c.png", "--factor", "2", "--sharp"],
        ["restyle", "a.jpg", "-o", "c.png"], ["restyle", "a.jpg", "--model", "m", "--style", "s", "-o", "c.png"],
        ["detect", "a.jpg", "--key-file", "k"], ["detect", "a.jpg", "--embedder", "e"], ["models", "a"], ["models", "convert", "-o", "a", "--precision", "int8"],
        ["models", "convert", "a", "-o", "b"], ["models", "convert", "a", "--precision", "int8"], ["models", "convert", "a", "-o", "b", "--precision", "int4"],
        ["models", "convert", "a", "-o", "b", "--precision", "int8", "--threshold", "0"],
        ["paint"], ["detect"], ["compare", "a.jpg"], ["detect", "a.jpg", "--nonsense"], ["style", "a.jpg", "b.jpg"],
        ["restyle", "-o", "c.png", "--style", "s"], ["embed"], ["embed", "a.jpg", "b.jpg"], ["embed", "a.jpg", "b.jpg", "--json", "--chip", "c.png"],
        ["style", "a.jpg", "b.jpg", "-o", "c.gif"], ["restyle", "a.jpg", "--model", "m", "-o", "c.gif"],
        ["layers", "maps", "a.jpg", "--layer", "l", "-o", "c.gif"], ["embed", "a.jpg", "--chip", "c.gif"], ["compare", "a.jpg", "b.jpg", "--heat", "c.gif"],
        ["style", "a.jpg", "b.jpg", "-o", "c.png", "--size", "wide"], ["style", "a.jpg", "b.jpg", "-o", "c.png", "--size", "1x2x3"],
        ["style", "a.jpg", "b.jpg", "-o", "c.png", "--pooling", "median"],
        ["style", "a.jpg", "b.jpg", "-o", "c.png", "--save-every", "0"], ["compare", "a", "b", "--threshold=-1"],
        ["calibrate", "--pairs", "a"], ["calibrate", "--pairs", "a", "--images", "b", "--far", "0"],
        ["calibrate", "--pairs", "a", "--images", "b", "--far", "1"],
        ["calibrate", "--pairs", "a", "--images", "b", "--among", "0"], ["calibrate", "--people", "b", "--pairs", "a"], ["evaluate"],
        ["evaluate", "--pairs", "a"], ["calibrate"], ["calibrate", "--gallery", "g", "--flip"], ["calibrate", "--people", "b", "--key-file", "k"],
        ["calibrate", "--pairs", "a", "--images", "b", "--confidence", "nan"],
        ["train", "--out", "a"], ["train", "--people", "a"], ["train", "--people", "a", "--out", "b", "--loss", "hinge"],
        ["train", "--photos", "a", "--out", "b"], ["train", "--people", "a:1,2,3", "--out", "b"],
        ["train", "--people", "a", "--out", "b", "--loss", "distillation"],
        ["train", "--people", "a", "--out", "b", "--teacher", "c", "--loss", "semi-hard"],
        ["train", "--people", "a", "--out", "b", "--steps", "9", "--epochs", "9"],
        ["train", "--people", "a", "--out", "b", "--architecture", "resnet"],
        ["train", "--people", "a", "--out", "b", "--checkpoint-every", "9"],
        ["train", "--people", "a", "--out", "b", "--keep-people", "9-3"],
        ["train", "--people", "a", "--out", "b", "--loss", "centre", "--margin", "1"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_bad_usage_is_told_and_exits_64(arguments):
    result = run(*arguments)
    assert result.returncode == BAD_USAGE and result.stdout == ""
    assert "Usage: facestyle" in result.stderr


@pytest.mark.parametrize(
    "command", ["style a.jpg b.jpg -o", "restyle a.jpg --model m -o", "enlarge a.jpg -o", "layers top a --layer l -o", "embed a.jpg --chip"]
)
@pytest.mark.parametrize("file", ["c.gif", "c", "png"])
def test_a_picture_to_write_has_the_ending_of_a_format(command, file):
    result = run(*command.split(), file)
    assert result.returncode == BAD_USAGE
    assert f"The value '{file}' is invalid" in result.stderr
    assert "expected a .png, .jpg or .jpeg file." in result.stderr


# ---- Errors ----


@models
def test_an_absent_photo_is_named():
    assert "nothing.jpg" in refused("detect", "nothing.jpg")
    assert "nothing.jpg" in refused("compare", OBAMA, "nothing.jpg")
    assert "nothing.jpg" in refused("identify", "nothing.jpg", PHOTOS)


@models
def test_a_broken_photo_is_named(tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(Path(OBAMA).read_bytes()[:5000])
    assert "broken.jpg" in refused("detect", broken)


@models
def test_a_photo_without_a_face_is_named(tiny):
    assert "content.png" in refused("embed", tiny[0])
    assert "content.png" in refused("compare", tiny[0], OBAMA)


def test_an_absent_model_is_told_with_the_remedy(tmp_path):
    # Beside the program there are none either.
    (tmp_path / "bin").mkdir()
    program = shutil.copy(PROGRAM, tmp_path / "bin")
    library = Path(PROGRAM).parent / "libfacestyle.so.0"
    (tmp_path / "bin" / library.name).symlink_to(library.resolve())
    environment = {**os.environ, "FACESTYLE_MODELS": str(tmp_path)}
    result = subprocess.run([program, "detect", "a.jpg"], capture_output=True, text=True, env=environment, cwd=tmp_path)
    message = result.stderr
    assert result.returncode == 1
    assert "mtcnn.safetensors" in message and "make models" in message and str(tmp_path) in message, message
    assert "gone.safetensors" in refused("detect", "a.jpg", "--model", "gone.safetensors")


@models
def test_a_model_of_another_kind_is_refused():
    assert "vgg19.safetensors" in refused("detect", OBAMA, "--model", MODELS / "vgg19.safetensors")
    assert "mtcnn.safetensors" in refused("embed", OBAMA, "--model", MODELS / "mtcnn.safetensors")


@models
def test_numbers_out_of_range_are_refused(tiny, tmp_path):
    refused("detect", OBAMA, "--min-face", 3)
    refused("detect", OBAMA, "--threads", 1000)
    refused("style", *tiny, "-o", tmp_path / "a.png", "--steps", 0)
    refused("style", *tiny, "-o", tmp_path / "a.png", "--noise", 2)
    refused("style", *tiny, "-o", tmp_path / "no" / "folder.png", "--steps", 1)
    assert not (tmp_path / "a.png").exists()


@models
def test_an_output_that_is_full_is_told():
    with open("/dev/full", "w") as full:
        environment = {**os.environ, "FACESTYLE_MODELS": str(MODELS)}
        result = subprocess.run([PROGRAM, "detect", OBAMA], stdout=full, stderr=subprocess.PIPE, env=environment)
    assert result.returncode == 1 and result.stderr.startswith(b"facestyle: output: ")


@pytest.mark.parametrize(
    "command",
    [
        "style C S -o nodir/x.png", "style C S -o ok.png --checkpoint nodir/x.png", "style C S -o ok.png --trace nodir/x.png",
        "restyle C --model none -o nodir/x.png", "enlarge C --model none -o nodir/x.png", "layers top C --layer conv1_1 -o nodir/x.png",
        "layers maps C --layer conv1_1 -o nodir/x.png", "layers pixels C --layer conv1_1 -o nodir/x.png",
        "compare C S --heat nodir/x.png", "train --people . --out nodir/x.png", "embed C --chip nodir/x.png",
        "train --people . --out ok --checkpoint nodir/x.png", "train --people . --out ok --log nodir/x.png",
        "gallery export none nodir/x.csv", "demo --photos . --style S --content C --out nodir/x.png",
    ],
)  # fmt: skip
def test_what_could_not_be_written_is_refused_before_the_work(command, tmp_path, tiny):
    words = [{"C": str(tiny[0]), "S": str(tiny[1])}.get(word, word) for word in command.split()]
    nothing = tmp_path / "no models"
    nothing.mkdir()
    # There is no model, so that a command which works first fails in another way.
    message = refused(*words, environment={"FACESTYLE_MODELS": str(nothing)}, folder=tmp_path)
    assert re.fullmatch(r"facestyle: nodir/x\.(png|csv): No such file or directory\n", message)
    if command.startswith("demo"):
        return
    (tmp_path / "nodir" / ("x.csv" if "csv" in command else "x.png")).mkdir(parents=True)
    assert "a folder; expected a file" in refused(*words, environment={"FACESTYLE_MODELS": str(nothing)}, folder=tmp_path)


def test_two_outputs_of_one_name_and_formats_that_there_are_not_are_refused(tmp_path, tiny):
    out = tmp_path / "a.png"
    for more in (["--checkpoint", out], ["--trace", out], ["--checkpoint", "c", "--trace", "c"]):
        assert "named twice" in refused("style", *tiny, "-o", out, *more, folder=tmp_path)
    assert "named twice" in refused("train", "--people", tmp_path, "--out", out, "--checkpoint", out)
    assert "expected a .csv" in refused("gallery", "export", "none", tmp_path / "a.txt")
    os.mkfifo(tmp_path / "pipe.png")
    assert "a pipe or a device" in refused("style", *tiny, "-o", tmp_path / "pipe.png")
    assert not out.exists()


# ---- Faces ----


@models
def test_detect_finds_the_face(tiny):
    found = answer("detect", OBAMA, "--threads", 1)
    assert list(found) == ["photo", "width", "height", "faces"] and found["photo"] == OBAMA
    face = found["faces"][0]
    assert list(face) == ["x", "y", "width", "height", "score", "landmarks"]
    assert len(face["landmarks"]) == 5 and all(len(point) == 2 for point in face["landmarks"])
    assert 0.7 <= face["score"] <= 1
    assert all(face["x"] < x < face["x"] + face["width"] for x, _ in face["landmarks"])
    text = good("detect", OBAMA)
    assert re.match(rf"\d+ faces? in {re.escape(OBAMA)} \({found['width']}x{found['height']}\)\n", text)
    assert len(text.splitlines()) == 1 + len(found["faces"])
    assert answer("detect", tiny[0]) == {"photo": str(tiny[0]), "width": 40, "height": 32, "faces": []}
    assert good("detect", tiny[0]).startswith("no face in ")


@models
def test_a_photo_with_16_bits_alpha_and_a_profile_is_the_same_photo(tmp_path):
    numpy, pillow = pytest.importorskip("numpy"), pytest.importorskip("PIL.Image")
    sys.path.append(str(REPOSITORY / "bindings" / "python" / "tests"))
    import icc
    import pngs

    plain = numpy.asarray(pillow.open(OBAMA).convert("RGB"))
    covered = numpy.dstack([plain, numpy.full(plain.shape[:2], 255, numpy.uint8)])
    covered[:3, :3, 3] = 100  # a corner shines through
    rich = covered.astype(numpy.uint16) * 257
    (tmp_path / "plain.png").write_bytes(pngs.written(plain))
    (tmp_path / "rich.png").write_bytes(pngs.written(rich, icc=icc.srgb()))
    # The same colours by other numbers: sRGB's inverse of what `icc.from_gamma` does.
    light = numpy.where(plain <= 10.31475, plain / 255 / 12.92, ((plain / 255 + 0.055) / 1.055) ** 2.4)
    wide = (light @ (numpy.linalg.inv(icc.WIDE) @ icc.SRGB).T).clip(0, 1) ** (256 / round(2.2 * 256))
    wide = numpy.round(65535 * wide).astype(numpy.uint16)
    (tmp_path / "wide.png").write_bytes(pngs.written(wide, icc=icc.rgb()))
    (face, *_) = answer("detect", tmp_path / "plain.png")["faces"]
    for name in ("rich.png", "wide.png"):
        (other, *_) = answer("detect", tmp_path / name)["faces"]
        assert other["score"] == pytest.approx(face["score"], abs=1e-3)
        assert [other[key] for key in ("x", "y", "width", "height")] == pytest.approx(
            [face[key] for key in ("x", "y", "width", "height")], abs=0.5
        )


@models
def test_detect_searches_for_what_it_is_asked(tiny):
    (face, *_) = answer("detect", OBAMA, "--detector", "mtcnn")["faces"]
    x, y, width, height = (round(face[name]) for name in ("x", "y", "width", "height"))
    region = f"{max(0, x - width // 2)},{max(0, y - height // 2)},{2 * width},{2 * height}"
    (near, *_) = answer("detect", OBAMA, "--region", region, "--max-faces", 1)["faces"]
    assert abs(near["x"] - face["x"]) < 0.1 * width and abs(near["y"] - face["y"]) < 0.1 * height
    assert len(answer("detect", OBAMA, "--max-faces", 1)["faces"]) == 1
    assert answer("detect", OBAMA, "--min-size", 3 * width)["faces"] == []
    assert answer("detect", OBAMA, "--min-face", 3 * width)["faces"] == []
    assert answer("detect", OBAMA, "--threshold", 1)["faces"] == []
    assert "inside 40x32" in refused("detect", tiny[0], "--region", "0,0,41,32")
    for options in (["--region", "1,2,3"], ["--region", "0,0,0,5"], ["--region", "a,b,c,d"]):
        assert run("detect", OBAMA, *options).returncode == BAD_USAGE
    refused("detect", OBAMA, "--threshold", 2)
    assert "haar" in refused("detect", OBAMA, "--detector", "haar")


@models
def test_a_cascade_finds_faces_without_points(tiny):
    asked = ("detect", OBAMA, "--detector", "cascade", "--model", REPOSITORY / "models" / "faces-cascade.safetensors")
    (face, *_) = answer(*asked, "--min-size", 60, "--max-faces", 1)["faces"]
    (expected,) = answer("detect", OBAMA, "--max-faces", 1)["faces"]
    assert face["landmarks"] == [] and len(expected["landmarks"]) == 5
    assert all(face["x"] < x < face["x"] + face["width"] for x, _ in expected["landmarks"])
    coffee = ("detect", PHOTOS / "coffee.png", *asked[2:], "--min-size", 20)  # there is none in it
    assert answer(*coffee, "--threshold", 0)["faces"] and not answer(*coffee, "--threshold", 1)["faces"]
    assert answer(*asked, "--min-size", 1000)["faces"] == []  # more than the photo's width
    assert answer("detect", tiny[0], *asked[2:])["faces"] == []
    refused(*asked, "--threshold", 1.5)


def test_a_one_pass_detector_is_searched_with(tmp_path):
    sys.path[:0] = [str(REPOSITORY / "bindings" / "python"), str(REPOSITORY / "Tests" / "Fixtures" / "reference")]
    import facestyle
    import pixel_detector
    from facestyle.models import tensor_file

    model, photo = tmp_path / "faces-points.safetensors", tmp_path / "photo.png"
    model.write_bytes(tensor_file.encode(pixel_detector.tensors(), pixel_detector.METADATA))
    (tmp_path / "faces-yunet.safetensors").symlink_to(model)
    with facestyle.Image.from_array(pixel_detector.picture(96, 64, (40, 16), (64, 40))) as image:
        image.save(photo)
    # By its file, by its kind in the folder of models, and by default.
    for asked in (["--model", model], ["--detector", "yunet"], []):
        found = answer("detect", photo, "--min-size", 12, *asked, environment={"FACESTYLE_MODELS": str(tmp_path)})["faces"]
        assert sorted((round(face["x"]), round(face["y"]), round(face["width"])) for face in found) == [(40, 16, 8), (64, 40, 8)]
        assert all(len(face["landmarks"]) == 5 for face in found)
    assert answer("detect", photo, "--min-size", 12, "--threshold", 1, "--model", model)["faces"] == []
    (near,) = answer("detect", photo, "--min-size", 12, "--region", "56,32,40,32", "--model", model)["faces"]
    assert near["x"] == pytest.approx(64, abs=0.01)


def test_a_converted_detector_is_taken_by_its_file_or_its_name(tmp_path):
    sys.path[:0] = [str(REPOSITORY / "bindings" / "python"), str(REPOSITORY / "Tests" / "Fixtures" / "reference")]
    import converted_models
    import facestyle
    import pixel_detector

    model, photo = tmp_path / "pixels.safetensors", tmp_path / "photo.png"
    model.write_bytes(converted_models.yunet(licence="MIT"))
    with facestyle.Image.from_array(pixel_detector.picture(96, 64, (40, 16), (64, 40))) as image:
        image.save(photo)
    environment = {"FACESTYLE_MODELS": str(tmp_path)}
    for asked in (["--detector", model], ["--detector", "pixels"], ["--model", model]):
        found = answer("detect", photo, "--min-size", 12, *asked, environment=environment)["faces"]
        assert sorted((round(face["x"]), round(face["y"]), round(face["width"])) for face in found) == [(40, 16, 8), (64, 40, 8)]
        assert all(len(face["landmarks"]) == 5 for face in found)
    listed = {entry["name"]: entry for entry in map(json.loads, run("models", "--json", environment=environment).stdout.splitlines())}
    assert listed["pixels"]["use"] == "finds faces" and listed["pixels"]["licence"] == "MIT" and listed["pixels"]["fault"] is None
    # A face that fills the picture: only its small copy has it in one cell.
    with facestyle.Image.from_array(pixel_detector.picture(400, 300, (32, 32), side=32)) as image:
        image.save(photo)
    widths = lambda *more: {round(face["width"]) for face in answer("detect", photo, "--min-size", 12, "--detector", model, *more)["faces"]}
    assert widths() == {8} and widths("--close-ups") == {8, 32}


def test_many_points_are_found_and_drawn(tmp_path):
    sys.path[:0] = [str(REPOSITORY / "bindings" / "python"), str(REPOSITORY / "Tests" / "Fixtures" / "reference")]
    import converted_models
    import facestyle
    import pixel_detector

    (tmp_path / "faces.safetensors").write_bytes(converted_models.yunet())
    (tmp_path / "points.safetensors").write_bytes(converted_models.landmarks(crop=4))
    with facestyle.Image.from_array(pixel_detector.picture(96, 64, (40, 24))) as image:
        image.save(tmp_path / "photo.png")
    asked = ("detect", tmp_path / "photo.png", "--min-size", 12, "--detector", tmp_path / "faces.safetensors")
    (face,) = answer(*asked, "--dense", tmp_path / "points.safetensors", "-o", tmp_path / "marked")["faces"]
    # 32 pixels around (44, 28).
    assert np.abs(np.array(face["dense_landmarks"]) - [[27.5, 11.5], [59.5, 11.5], [43.5, 27.5], [27.5, 43.5], [59.5, 43.5]]).max() < 0.01
    with facestyle.Image.open(tmp_path / "marked" / "photo.png") as marked:
        levels = marked.to_array()
    assert levels[11:13, 27:29].max() > 100 and levels[43:45, 59:61].max() > 100  # dots, far from the box
    assert "dense_landmarks" not in answer(*asked)["faces"][0]
    assert "expected a graph of kind landmarks" in refused(*asked, "--dense", tmp_path / "faces.safetensors")


# ---- Liveness ----


def test_live_answers_with_its_exit_status(tmp_path):
    sys.path[:0] = [str(REPOSITORY / "bindings" / "python"), str(REPOSITORY / "Tests" / "Fixtures" / "reference")]
    import converted_models

    (tmp_path / "faces.safetensors").write_bytes(converted_models.yunet())
    for name, crop in (("liveness-2.7", 2.7), ("liveness-4.0", 4)):
        (tmp_path / f"{name}.safetensors").write_bytes(converted_models.liveness(crop))
    for name, around in (("live", (0, 0, 255)), ("print", (255, 0, 0)), ("none", None)):
        levels = np.zeros((96, 96, 3), np.uint8)
        if around:
            levels[:] = around
            levels[40:48, 40:48] = 255
        PIL.Image.fromarray(levels).save(tmp_path / f"{name}.png")
    asked = ("live", "--detector", tmp_path / "faces.safetensors", "--min-size", 12)
    environment = {"FACESTYLE_MODELS": str(tmp_path)}
    live, picture, none = (run(*asked, tmp_path / f"{name}.png", environment=environment) for name in ("live", "print", "none"))
    assert (live.returncode, picture.returncode, none.returncode) == (0, 1, 2), (live, picture, none)
    assert live.stdout.startswith("a living person, score ") and picture.stdout.startswith("a picture, score 0.0")
    assert "no face was found" in none.stderr and none.stdout == ""
    told = run(*asked, tmp_path / "live.png", "--json", "--models", tmp_path / "liveness-4.0.safetensors", environment=environment)
    told = json.loads(told.stdout)
    assert told["live"] is True and told["score"] > 0.9 and (round(told["x"]), round(told["width"])) == (40, 8)
    all_three = run(*asked, *(tmp_path / f"{name}.png" for name in ("live", "print", "none")), environment=environment)
    assert all_three.returncode == 2 and "none.png: no face was found" in all_three.stderr
    assert [line.split(", ")[0] for line in all_three.stdout.splitlines()] == [
        f"{tmp_path / 'live.png'}: a living person", f"{tmp_path / 'print.png'}: a picture"]
    missing = run(*asked, tmp_path / "live.png", environment={"FACESTYLE_MODELS": str(MODELS), "XDG_DATA_HOME": str(tmp_path / "no")})
    assert missing.returncode == 2 and "liveness-2.7" in missing.stderr
    listed = [json.loads(line) for line in run("models", "--json", environment=environment).stdout.splitlines()]
    assert {entry["use"] for entry in listed if entry["name"].startswith("liveness")} == {"tells live faces"}


# ---- Many photos, and marks on copies of them ----


def pixels(path):
    return np.asarray(PIL.Image.open(path).convert("RGB"))


@pytest.fixture
def album(tmp_path, tiny):
    """Photos in folders, and what is none."""
    folder = tmp_path / "album"
    (folder / "trip" / "day").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    PIL.Image.open(OBAMA).save(folder / "a.png")
    shutil.copy(BIDEN, folder / "trip" / "day" / "b.JPG")
    shutil.copy(tiny[0], folder / "trip" / "wall.png")
    shutil.copy(OBAMA, folder / ".hidden" / "c.jpg")
    (folder / "notes.txt").write_text("not looked at")
    (folder / "trip" / "back").symlink_to(folder)  # and so on for ever
    return folder


@models
def test_detect_takes_photos_and_folders_and_marks_copies(album, tmp_path):
    out = tmp_path / "marked" / "here"
    out.parent.mkdir()
    before = {path: path.read_bytes() for path in album.rglob("*") if path.is_file()}
    text = good("detect", OBAMA2, album, "-o", out)
    lines = [line for line in text.splitlines() if " in " in line]
    assert [re.sub(r".* in (.*) \(.*", r"\1", line) for line in lines] == [
        OBAMA2, *(f"{album}/{name}" for name in ("a.png", "trip/day/b.JPG", "trip/wall.png"))]
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()) == [
        "a.png", "obama2.jpg", "trip/day/b.JPG", "trip/wall.png"]
    assert lines[1].endswith(f", marked in {out}/a.png")
    photo, copy = pixels(album / "a.png"), pixels(out / "a.png")
    changed = (photo != copy).any(axis=2)
    assert 0.001 < changed.mean() < 0.1
    assert (pixels(out / "trip" / "wall.png") == pixels(album / "trip" / "wall.png")).all()
    assert {path: path.read_bytes() for path in before} == before
    (face,) = answer("detect", album / "a.png")["faces"]
    y, x = np.nonzero(changed)
    edge = 12
    assert abs(x.min() - face["x"]) < edge and abs(y.min() - face["y"]) < edge
    assert abs(x.max() - face["x"] - face["width"]) < edge and abs(y.max() - face["y"] - face["height"]) < edge


@models
def test_detect_prints_a_line_of_json_for_each_photo(album, tmp_path):
    (album / "broken.jpg").write_bytes(b"not a picture")
    result = run("detect", album, tmp_path / "gone.jpg", "--json", "-o", tmp_path / "out")
    assert result.returncode == 1
    found = [parsed(line) for line in result.stdout.splitlines()]
    assert [Path(photo["photo"]).name for photo in found] == ["a.png", "broken.jpg", "b.JPG", "wall.png", "gone.jpg"]
    assert [list(photo) for photo in found[:2]] == [["photo", "width", "height", "faces", "marked"], ["photo", "error"]]
    assert [len(photo.get("faces", ())) for photo in found] == [1, 0, 1, 0, 0]
    assert found[0]["marked"] == f"{tmp_path}/out/a.png" and "broken.jpg" in found[1]["error"]
    told = result.stderr.splitlines()
    assert len(told) == 2 and "broken.jpg" in told[0] and "gone.jpg" in told[1]
    assert all(line.startswith("facestyle: ") for line in told)


@models
def test_detect_never_replaces_a_photo_or_another_copy(tmp_path):
    folder, other = tmp_path / "photos", tmp_path / "others"
    folder.mkdir(), other.mkdir()
    for place in (folder, other):
        shutil.copy(OBAMA, place / "a.jpg")
    shutil.copy(OBAMA, other / "a-2.jpg")
    shutil.copy(OBAMA, other / "plain")
    before = (folder / "a.jpg").read_bytes()
    photos = [folder / "a.jpg", other / "a.jpg", other / "a-2.jpg", other / "plain"]
    assert "one of the photos" in refused("detect", photos[0], "-o", folder)
    (folder / "linked").mkdir()
    os.link(photos[0], folder / "linked" / "a.jpg")
    assert "one of the photos" in refused("detect", photos[0], "-o", folder / "linked")
    assert (folder / "a.jpg").read_bytes() == before and not list(folder.glob("*.new"))
    out = tmp_path / "out"
    good("detect", *photos, "-o", out)
    assert sorted(os.listdir(out)) == ["a-2-2.jpg", "a-2.jpg", "a.jpg", "plain.png"]
    # The folder of copies may lie in that of the photos: copies are not marked again.
    inside = folder / "marked"
    for _ in range(2):
        good("detect", folder, "-o", inside)
        assert sorted(str(path.relative_to(inside)) for path in inside.rglob("*.jpg")) == ["a.jpg", "linked/a.jpg"]


@models
def test_photos_of_other_formats_are_found_in_folders_and_their_copies_are_written_as_png(tmp_path):
    """As phones and browsers give them; the formats themselves: bindings/python/tests/test_formats.py."""
    album, out = tmp_path / "album", tmp_path / "out"
    (album / "Barack Obama").mkdir(parents=True)
    PIL.Image.open(OBAMA).save(album / "a.WEBP", "WEBP", quality=90)
    PIL.Image.open(OBAMA).save(album / "b.tif", "TIFF")
    PIL.Image.open(OBAMA).save(album / "c.bmp", "BMP")
    shutil.copy(OBAMA, album / "c.png")  # a JPEG: what is inside counts
    found = [parsed(line) for line in good("detect", album, "-o", out, "--json").splitlines()]
    assert [(Path(photo["photo"]).name, len(photo["faces"])) for photo in found] == [
        ("a.WEBP", 1), ("b.tif", 1), ("c.bmp", 1), ("c.png", 1)]
    assert [Path(photo["marked"]).name for photo in found] == ["a.png", "b.png", "c.png", "c-2.png"]
    assert sorted(os.listdir(out)) == ["a.png", "b.png", "c-2.png", "c.png"]
    shutil.move(album / "a.WEBP", album / "Barack Obama" / "a.webp")
    assert answer("compare", album / "Barack Obama" / "a.webp", OBAMA2)["same"] is True
    people = tmp_path / "people"
    people.mkdir()
    shutil.move(album / "Barack Obama", people)
    assert answer("identify", OBAMA2, people)["name"] == "Barack Obama"


@pytest.mark.parametrize("ending", ["webp", "heic", "avif", "tiff", "jxl", "bmp"])
def test_pictures_are_not_written_in_formats_that_are_only_read(tmp_path, tiny, ending):
    for command in (["style", *tiny, "-o"], ["restyle", *tiny, "-o"], ["enlarge", tiny[0], "-o"], ["embed", tiny[0], "--chip"]):
        told = run(*command, tmp_path / f"a.{ending}")
        assert told.returncode != 0 and "expected a .png, .jpg or .jpeg file" in told.stderr
    assert not (tmp_path / f"a.{ending}").exists()


@models
def test_detect_goes_on_after_a_copy_that_cannot_be_written_and_names_folders_without_pictures(tmp_path, tiny):
    empty, out = tmp_path / "empty", tmp_path / "out"
    empty.mkdir()
    (out / "content.png").mkdir(parents=True)
    result = run("detect", empty, *tiny, "-o", out)
    assert result.returncode == 1 and result.stdout.startswith("no face in ") and "style.png" in result.stdout
    told = result.stderr.splitlines()
    assert len(told) == 2 and f"{empty}: no .png, .jpg, .jpeg, .webp, .heic, " in told[0] and "file in this folder" in told[0] and "content.png" in told[1]
    assert sorted(os.listdir(out)) == ["content.png", "style.png"]
    (tmp_path / "file").write_text("")
    assert "file" in refused("detect", tiny[0], "-o", tmp_path / "file")


@models
def test_a_gallery_is_searched_with_the_installed_model_that_it_was_made_with(tmp_path):
    gallery = tmp_path / "people.gallery"
    good("gallery", "add", gallery, "Barack Obama", OBAMA2, "--model", "faces-nn4")  # not the best one
    assert answer("compare", OBAMA, OBAMA2)["model"] == "dlib-resnet"
    found = answer("identify", OBAMA, "--gallery", gallery)
    assert (found["model"], found["name"]) == ("faces-nn4", "Barack Obama")
    assert answer("detect", OBAMA, "--gallery", gallery)["faces"][0]["name"] == "Barack Obama"
    good("gallery", "add", gallery, "Barack Obama", PHOTOS / "obama3.jpg")
    for command in (["identify", OBAMA, "--gallery", gallery], ["gallery", "add", gallery, "X", OBAMA]):
        assert "embeddings of faces-nn4" in refused(*command, *LARGE)
    assert "embeddings of faces-nn4" in refused("detect", OBAMA, "--gallery", gallery, "--embedder", "dlib-resnet")


@models
def test_detect_names_faces_by_a_gallery(tmp_path, tiny):
    gallery, out = tmp_path / "people.gallery", tmp_path / "out"
    good("gallery", "add", gallery, "Barack Obama", OBAMA2, *LARGE)
    named = ("--gallery", gallery, "--embedder", "dlib-resnet")
    (face,) = answer("detect", OBAMA, *named)["faces"]
    assert list(face) == ["x", "y", "width", "height", "score", "landmarks", "name", "nearest", "distance"]
    assert face["name"] == face["nearest"] == "Barack Obama" and face["distance"] < 0.6
    (other,) = answer("detect", BIDEN, *named, "-o", out)["faces"]
    assert other["name"] is None and other["nearest"] == "Barack Obama" and other["distance"] > 0.6
    text = good("detect", OBAMA, *named, "-o", out)
    assert re.search(r"\n    Barack Obama, distance 0\.\d\d \(threshold 0\.60, dlib-resnet\)\n", text)
    # With the name there is a plate, of which a box without one is a part.
    exact = tmp_path / "exact.png"
    PIL.Image.open(OBAMA).save(exact)
    good("detect", exact, "-o", tmp_path / "plain")
    good("detect", exact, *named, "-o", out)
    plain, labelled = ((pixels(folder / "exact.png") != pixels(exact)) for folder in (tmp_path / "plain", out))
    assert labelled.sum() > 1.2 * plain.sum()
    assert answer("detect", tiny[0], *named)["faces"] == []
    cascade = ["--detector", "cascade", "--model", REPOSITORY / "models" / "faces-cascade.safetensors"]
    assert "finds no points" in refused("detect", OBAMA, *named, *cascade)
    assert "gone" in refused("detect", OBAMA, "--gallery", tmp_path / "gone", "--embedder", "dlib-resnet")


# ---- Models ----


def listed(**options):
    return [parsed(line) for line in good("models", "--json", **options).splitlines()]


@models
def test_models_are_listed_with_where_they_are_and_what_they_are_for(tmp_path):
    folder = tmp_path / "facestyle" / "models"
    folder.mkdir(parents=True)
    for name in ("mtcnn", "vgg19"):
        (folder / f"{name}.safetensors").symlink_to((MODELS / f"{name}.safetensors").resolve())
    (folder / "broken.safetensors").write_bytes(b"not a model")
    environment = {"FACESTYLE_MODELS": str(MODELS.resolve()), "XDG_DATA_HOME": str(tmp_path)}
    models = listed(environment=environment)
    assert list(models[0]) == [
        "name", "path", "role", "use", "architecture", "bytes", "parameters", "styles", "mirrored", "licence", "accuracy", "note", "hidden",
        "fault"]  # fmt: skip
    first = {model["name"]: model for model in reversed(models)}
    assert first["dlib-resnet"]["role"] == "faces" and first["mtcnn"]["role"] == "faces-points"
    assert first["mtcnn"]["path"] == f"{MODELS.resolve()}/mtcnn.safetensors" and first["mtcnn"]["use"] == "finds faces"
    assert first["mtcnn"]["bytes"] == (MODELS / "mtcnn.safetensors").stat().st_size
    assert "MIT" in first["mtcnn"]["licence"] and first["mtcnn"]["hidden"] is False
    assert first["broken"]["fault"] and first["broken"]["role"] is None
    assert [model["hidden"] for model in models if model["path"] == f"{folder}/mtcnn.safetensors"] == [True]
    text = good("models", environment=environment)
    assert f"{folder}\n" in text and re.search(r"\n\* mtcnn +finds faces +\d\.\d MB\n", text)
    assert re.search(r"\n  \(mtcnn\) +finds faces", text) and "licence: public domain" in text
    assert [line for line in text.splitlines() if len(line) > 80 and not line.startswith("/")] == []


def test_a_model_is_written_in_another_precision(tmp_path):
    shipped, small = REPOSITORY / "models" / "enlarge4.safetensors", tmp_path / "small.safetensors"
    text = good("models", "convert", shipped, "-o", small, "--precision", "int8", "--note", "in 8 bits")
    assert text.startswith(f"{small}: {small.stat().st_size:,} bytes in int8, {shipped.stat().st_size:,} before")
    assert small.stat().st_size < 0.75 * shipped.stat().st_size
    (found,) = [model for model in listed(environment={"FACESTYLE_MODELS": str(tmp_path)}) if model["path"] == str(small)]
    assert (found["note"], found["parameters"], found["use"]) == ("in 8 bits", 92352, "enlarges")
    again = tmp_path / "again.safetensors"
    answered = parsed(good("models", "convert", small, "--out", again, "--precision", "float16", "--json"))
    assert answered == {"model": str(again), "precision": "float16", "bytes": again.stat().st_size, "bytes_before": small.stat().st_size}
    absent = str(tmp_path / "absent.safetensors")
    assert f"{absent}: No such file" in refused("models", "convert", absent, "-o", again, "--precision", "int8")
    assert "No such file" in refused("models", "convert", shipped, "-o", "/nowhere/a.safetensors", "--precision", "int8")
    assert "mirrored for a model that is no embedder" in refused("models", "convert", shipped, "-o", again, "--precision", "int8", "--mirrored")


def test_an_embedder_is_mirrored_or_not_and_has_the_threshold_that_was_given(tmp_path):
    shipped = REPOSITORY / "models" / "faces-nn4.safetensors"
    for setting in ("mirrored", "no-mirrored"):
        file = tmp_path / f"{setting}.safetensors"
        good("models", "convert", shipped, "-o", file, "--precision", "int8", f"--{setting}", "--threshold", "0.25")
        (found,) = [model for model in listed(environment={"FACESTYLE_MODELS": str(tmp_path)}) if model["path"] == str(file)]
        assert found["mirrored"] is (setting == "mirrored")
        assert parsed(good("compare", OBAMA, OBAMA, "--model", file, "--json"))["threshold"] == 0.25


@models
def test_models_are_found_in_the_users_folder_and_not_in_the_current_one(tmp_path):
    for place in ("facestyle/models", "models", "build/models"):
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / f"my-{place.split('/')[0]}.safetensors").symlink_to((MODELS / "mtcnn.safetensors").resolve())
    environment = {"XDG_DATA_HOME": str(tmp_path)}
    assert answer("detect", Path(OBAMA).resolve(), "--model", "my-facestyle", environment=environment, folder=tmp_path)["faces"]
    for name in ("my-models", "my-build"):
        message = refused("detect", Path(OBAMA).resolve(), "--model", name, environment=environment, folder=tmp_path)
        assert f'no model "{name}"' in message and str(tmp_path / "facestyle" / "models") in message


# ---- The same person? Who? ----


@models
def test_compare_tells_one_person_from_two():
    same, other = answer("compare", OBAMA, OBAMA2, *LARGE), answer("compare", OBAMA, BIDEN, *LARGE)
    assert list(same) == ["distance", "threshold", "same", "model", "reasons"]
    assert same["model"] == "dlib-resnet" and same["reasons"] == [[], []]
    assert same["same"] is True and 0 < same["distance"] <= same["threshold"]
    assert other["same"] is False and other["distance"] > other["threshold"]
    text = good("compare", OBAMA, OBAMA2, *LARGE)
    assert re.fullmatch(r"same person, distance 0\.\d\d \(threshold 0\.60, dlib-resnet\)\n", text)
    assert good("compare", OBAMA, BIDEN, *LARGE, status=1).startswith("different people, distance ")
    assert answer("compare", OBAMA, BIDEN, "--threshold", 2)["same"] is True
    small = answer("compare", OBAMA, OBAMA2, "--model", "faces-nn4")  # the model in the box, which needs no download
    assert small["same"] is True and small["threshold"] == pytest.approx(0.342)
    itself = answer("compare", OBAMA, OBAMA, "--threshold", 0)
    assert (itself["distance"], itself["threshold"], itself["same"]) == (0, 0, True)


@models
def test_compare_draws_which_pixels_count(tmp_path):
    out, back = tmp_path / "heat.png", tmp_path / "back.png"
    assert answer("compare", OBAMA, OBAMA2, "--model", "faces-nn4", "--heat", out) == answer("compare", OBAMA, OBAMA2, "--model", "faces-nn4")
    good("compare", OBAMA2, OBAMA, "--model", "faces-nn4", "--heat", back)
    assert png_size(out) == png_size(back) == (4 * 288 + 3 * 4, 288)
    sheets = [np.asarray(PIL.Image.open(path)) for path in (out, back)]
    tiles, others = ([sheet[:, 292 * i : 292 * i + 288] for i in range(4)] for sheet in sheets)
    assert all(np.array_equal(tiles[i], others[3 - i]) for i in range(4))


@models
def test_a_face_that_is_too_bad_gives_no_answer_unless_it_may_be_any(tmp_path):
    cut, people = str(PHOTOS / "obama_partial_face.jpg"), tmp_path / "people"
    people.mkdir()
    shutil.copy(OBAMA2, people / "obama.jpg")
    for command in (["compare", OBAMA, cut], ["identify", cut, people]):
        result = run(*command, *LARGE)
        assert result.returncode == 2 and result.stdout == "", result
        assert result.stderr == f"facestyle: {cut}: the face is cut off by the edge; no answer without --any-face\n"
        anyway = run(*command, *LARGE, "--any-face", "--threshold", 9)
        assert anyway.returncode == 0 and "the face is cut off by the edge" in anyway.stderr and anyway.stdout
        assert run(*command, *LARGE, "--any-face", "--threshold", 0).returncode == 1
    found = answer("compare", OBAMA, cut, *LARGE)
    assert found["same"] is None and found["reasons"] == [[], ["cut off by the edge"]] and found["distance"] > 0
    found = answer("identify", cut, people, *LARGE)
    assert found["known"] is None and found["name"] is None and found["reasons"] == ["cut off by the edge"]
    small = tmp_path / "small.png"
    photo = PIL.Image.open(OBAMA)
    photo.resize((photo.width // 11, photo.height // 11), PIL.Image.BILINEAR).save(small)
    assert f"{small}: the face is too small" in refused("compare", small, OBAMA, "--min-face", 20, *LARGE)


@models
def test_questions_say_in_their_help_how_they_answer(tmp_path):
    for command in QUESTIONS:
        assert re.search(r"exit status is 0 for .* 1 for .* 2 if there is no answer", " ".join(good(command, "--help").split()))
    assert "compare, identify and live, exit with 0 for yes, 1 for no" in " ".join(good("--help").split())
    with open("/dev/full", "w") as full:
        environment = {**os.environ, "FACESTYLE_MODELS": str(MODELS)}
        result = subprocess.run([PROGRAM, "compare", OBAMA, OBAMA], stdout=full, stderr=subprocess.PIPE, env=environment)
    assert result.returncode == 2 and result.stderr.startswith(b"facestyle: output: ")


@models
def test_embed_prints_the_numbers_and_the_chip(tmp_path):
    chip = tmp_path / "chip.png"
    small = ("--model", "faces-nn4")
    found = answer("embed", OBAMA, "--chip", chip, *small)
    assert list(found) == [
        "photo", "width", "height", "model", "architecture", "dimension", "x", "y", "score", "landmarks", "embedding"]  # fmt: skip
    assert (found["photo"], found["model"], found["architecture"]) == (OBAMA, "faces-nn4", "nn4.small2")
    assert found["dimension"] == len(found["embedding"]) == 128
    assert png_size(chip) == (96, 96)
    assert [float(line) for line in good("embed", OBAMA, *small).split()] == found["embedding"]


@models
def test_embed_prints_all_faces_of_all_photos(tmp_path, tiny, group):
    result = run("embed", group, OBAMA, tiny[0], tmp_path / "gone.png", "--json", *LARGE)
    first, second, third, last = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.returncode == 1 and "gone.png" in result.stderr and "No such file" in last["error"]
    assert len(first["faces"]) == 3 and len(second["faces"]) == 1 and third["faces"] == []
    large = [face for face in first["faces"] if face["width"] > 100]
    distances = sorted(np.linalg.norm(np.subtract(face["embedding"], second["faces"][0]["embedding"])) for face in large)
    assert distances[0] < 0.2 and distances[1] > 0.6
    assert run("embed", OBAMA, OBAMA2).returncode == BAD_USAGE


@models
def test_identify_knows_its_people(tmp_path, tiny):
    gallery = tmp_path / "people"
    (gallery / "obama").mkdir(parents=True)
    shutil.copy(OBAMA2, gallery / "obama" / "one.jpg")
    shutil.copy(PHOTOS / "obama3.jpg", gallery / "obama" / "two.jpg")
    shutil.copy(BIDEN, gallery / "biden.jpg")
    shutil.copy(tiny[0], gallery / "nobody.png")
    (gallery / "broken.jpg").write_bytes(b"not a picture")
    (gallery / "notes.txt").write_text("not looked at")

    result = run("identify", OBAMA, gallery, "--json", *LARGE)
    assert result.returncode == 0
    photo = json.loads(result.stdout)
    assert list(photo) == ["photo", "width", "height", "model", "threshold", "faces"]
    (match,) = photo["faces"]
    assert list(match) == [
        "x", "y", "width", "height", "score", "landmarks", "known", "name", "nearest", "distance", "ambiguous", "runner_up",
        "runner_up_distance", "margin", "reasons"]  # fmt: skip
    assert match["known"] is True and match["name"] == match["nearest"] == "obama" and match["distance"] <= photo["threshold"]
    assert match["runner_up"] == "biden" and match["margin"] == pytest.approx(match["runner_up_distance"] - match["distance"], abs=1e-6)
    mean = answer("identify", OBAMA, gallery, "--rule", "mean", *LARGE)
    assert mean["name"] == "obama" and mean["distance"] > match["distance"]
    assert answer("identify", OBAMA, gallery, "--rule", "vote", "--neighbours", 3, *LARGE)["name"] == "obama"
    unclear = good("identify", OBAMA, gallery, "--margin", 5, *LARGE, status=1)
    assert re.fullmatch(r"uncertain: obama 0\.\d\d or biden 0\.\d\d \(threshold 0\.60, dlib-resnet\)\n", unclear)
    told = sorted(result.stderr.splitlines())
    assert len(told) == 2 and "broken.jpg" in told[0] and "nobody.png" in told[1], told
    assert all(line.startswith("facestyle: skipped ") for line in told)

    (gallery / "biden.jpg").unlink()
    text = good("identify", BIDEN, gallery, *LARGE, status=1)
    assert re.fullmatch(r"a stranger, the nearest is obama, distance 0\.\d\d \(threshold 0\.60, dlib-resnet\)\n", text)
    stranger = answer("identify", BIDEN, gallery, *LARGE)
    assert (stranger["known"], stranger["name"], stranger["nearest"]) == (False, None, "obama")
    assert answer("identify", BIDEN, gallery, "--threshold", 9)["known"] is True


@pytest.fixture
def group(tmp_path):
    """A photo of two people, and a small third one."""
    photos = [PIL.Image.open(path).convert("RGB") for path in (BIDEN, OBAMA)]
    photos.append(photos[0].resize((photos[0].width // 10, photos[0].height // 10)))
    sheet = PIL.Image.new("RGB", (sum(photo.width for photo in photos), max(photo.height for photo in photos)))
    left = 0
    for photo in photos:
        sheet.paste(photo, (left, 0))
        left += photo.width
    sheet.save(tmp_path / "group.png")
    return tmp_path / "group.png"


@models
def test_detect_cuts_faces_out(tmp_path, tiny, group):
    out = tmp_path / "faces"
    found = [json.loads(line) for line in good("detect", OBAMA, group, tiny[0], "--crops", out, "--json").splitlines()]
    assert sorted(os.listdir(out)) == ["group-1.png", "group-2.png", "group-3.png", "obama-1.png"]
    for photo in found:
        for face in photo["faces"]:
            width, height = png_size(Path(face["crop"]))
            margin = 0.5 * max(face["width"], face["height"])
            assert face["width"] < width <= face["width"] + margin + 2 and face["height"] < height <= face["height"] + margin + 2
    again = answer("detect", out / "obama-1.png")["faces"]
    assert len(again) == 1 and again[0]["width"] == pytest.approx(found[0]["faces"][0]["width"], rel=0.1)
    (tmp_path / "file").write_text("")
    assert "file" in refused("detect", OBAMA, "--crops", tmp_path / "file")


@models
def test_a_stranger_to_an_empty_gallery_has_nobody_nearest(tmp_path):
    gallery = tmp_path / "people.gallery"
    good("gallery", "add", gallery, "obama", OBAMA)
    good("gallery", "remove", gallery, "obama")
    assert "a stranger, as the gallery is empty" in good("detect", OBAMA, "--gallery", gallery)
    assert "no photo with a face" in refused("identify", OBAMA, "--gallery", gallery)


@models
def test_identify_names_all_faces_of_all_photos(tmp_path, tiny, group):
    people = tmp_path / "people.gallery"
    good("gallery", "add", people, "obama", OBAMA2, *LARGE)
    faces = ("--min-face", 25, *LARGE)
    text = good("identify", group, "--gallery", people, *faces, status=1).splitlines()
    assert text[0] == f"3 faces in {group} (threshold 0.60, dlib-resnet)" and len(text) == 4
    assert sum(bool(re.fullmatch(r"  \d+x\d+ at \(\d+, \d+\)  obama, distance 0\.\d\d", line)) for line in text) == 1
    assert sum("a stranger, the nearest is obama" in line for line in text) == 1
    assert sum("no answer: the face is too small" in line for line in text) == 1
    result = run("identify", group, OBAMA, "--gallery", people, "--json", *faces)
    assert result.returncode == 1
    first, second = [json.loads(line) for line in result.stdout.splitlines()]
    assert (first["photo"], second["photo"]) == (str(group), OBAMA)
    assert sorted(map(str, (face["known"] for face in first["faces"]))) == ["False", "None", "True"]
    (known,) = [face for face in first["faces"] if face["known"]]
    (found,) = [face for face in answer("detect", group, "--min-face", 25)["faces"] if face["x"] == known["x"]]
    assert found.items() <= known.items() and known["name"] == "obama" and second["faces"][0]["known"] is True
    assert good("identify", OBAMA, OBAMA2, "--gallery", people, *LARGE).splitlines()[1].startswith(f"{OBAMA2}: obama, distance 0.00")
    folder = tmp_path / "photos"
    (folder / "more").mkdir(parents=True)
    shutil.copy(OBAMA, folder)
    shutil.copy(tiny[0], folder / "more")
    result = run("identify", folder, "--gallery", people, "--json", *LARGE)
    assert result.returncode == 2 and "no face was found" in json.loads(result.stdout.splitlines()[0])["error"]
    assert result.stderr.startswith(f"facestyle: {folder / 'more' / Path(tiny[0]).name}: no face was found in the photo")


@models
def test_a_photo_of_several_people_is_added_to_a_gallery_only_by_its_main_face(tmp_path, group):
    gallery = tmp_path / "people.gallery"
    told = run("gallery", "add", gallery, "obama", group, *LARGE)
    assert told.returncode == 1 and not gallery.exists()
    assert f"skipped {group}: 3 faces, 2 of them good enough to be recognised; expected one, or --main-face" in told.stderr
    assert answer("gallery", "add", gallery, "biden", group, "--main-face", *LARGE)["added"] == [0]
    alone = tmp_path / "alone.png"
    PIL.Image.open(group).crop((PIL.Image.open(BIDEN).width, 0, *PIL.Image.open(group).size)).save(alone)
    assert len(answer("detect", alone)["faces"]) == 2  # one is too small to be meant
    assert answer("gallery", "add", gallery, "obama", alone, *LARGE)["added"] == [1]
    assert answer("identify", OBAMA2, "--gallery", gallery, *LARGE)["name"] == "obama"


@models
def test_a_folder_of_people_is_added_to_a_gallery(tmp_path):
    folder, gallery = tmp_path / "folder", tmp_path / "people.gallery"
    (folder / "Barack Obama").mkdir(parents=True)
    for photo in (OBAMA, OBAMA2):
        shutil.copy(photo, folder / "Barack Obama")
    shutil.copy(BIDEN, folder / "Joe Biden.jpg")
    text = good("gallery", "add", gallery, "--people", folder, *LARGE)
    assert text == "3 photos of 2 people added; 2 people, 3 photos\n"
    assert {person["name"]: person["photos"] for person in answer("gallery", "list", gallery)} == {"Barack Obama": 2, "Joe Biden": 1}


@models
def test_one_number_is_a_paintings_longest_side(tmp_path, tiny):
    width, height = png_size(tiny[0])
    out = tmp_path / "painted.png"
    good("style", *tiny, "-o", out, "--size", 24, "--steps", 1, "--optimiser", "adam")
    assert max(png_size(out)) == 24 and min(png_size(out)) == round(24 * min(width, height) / max(width, height))


@models
def test_a_folders_pictures_of_formats_that_are_not_read_are_named(tmp_path, tiny):
    folder = tmp_path / "photos"
    folder.mkdir()
    shutil.copy(tiny[0], folder / "a.png")
    for name in ("b.gif", "c.NEF", "notes.txt"):
        (folder / name).write_bytes(b"GIF89a\1\0\1\0")
    told = run("detect", folder)
    assert told.returncode == 0 and told.stdout.startswith("no face in ")
    assert [line.split(": left out; expected a PNG, JPEG,")[0] for line in told.stderr.splitlines()] == [
        f"facestyle: {folder / name}" for name in ("b.gif", "c.NEF")]
    assert "a GIF file, which is not read; expected a PNG, JPEG," in refused("detect", folder / "b.gif")


@models
def test_a_photo_may_come_from_the_standard_input(tmp_path):
    def piped(*arguments, content=Path(OBAMA).read_bytes()):
        environment = {**os.environ, "FACESTYLE_MODELS": str(MODELS)}
        return subprocess.run([PROGRAM, *arguments], input=content, capture_output=True, env=environment, timeout=100)

    found = json.loads(piped("detect", "-", "--json").stdout)
    assert found["photo"] == "-" and found["faces"] == answer("detect", OBAMA)["faces"]
    assert piped("compare", "-", OBAMA2, *LARGE).stdout.startswith(b"same person")
    assert piped("detect", "-", "-o", tmp_path / "out").returncode == 0 and os.listdir(tmp_path / "out") == ["stdin.png"]
    for content, reason in ((b"", b"standard input: empty; expected a picture"), (b"no picture", b"standard input: picture begins")):
        told = piped("compare", OBAMA, "-", content=content)
        assert told.returncode == 2 and told.stderr.startswith(b"facestyle: " + reason), told.stderr


@models
def test_a_phones_photo_of_faces_is_read_reduced_from_a_file_and_from_the_standard_input(tmp_path):
    path = tmp_path / "phone.jpg"
    with PIL.Image.open(OBAMA) as photo:
        photo.resize((8200, 8200)).save(path, quality=80)  # 2^26 pixels and some: in full they are 202 MB, at a half 50

    def limited(command, photo, *arguments):
        with open(path, "rb") as file:
            return subprocess.run([PROGRAM, command, photo, *arguments], stdin=file, capture_output=True, timeout=100,
                                  env={**os.environ, "FACESTYLE_MODELS": str(MODELS)},
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (220 << 20, 220 << 20)))  # fmt: skip

    for photo in (path, "-"):
        told = limited("compare", photo, OBAMA2, *LARGE)
        assert told.stdout.startswith(b"same person"), told.stderr
        told = limited("detect", photo)  # where faces are, in full
        assert told.returncode == 1 and b"by RLIMIT_DATA's limit" in told.stderr, told.stderr


@models
def test_a_gallery_without_a_face_is_refused(tmp_path):
    gallery = tmp_path / "empty"
    gallery.mkdir()
    assert "no photo with a face" in refused("identify", OBAMA, gallery)
    assert "gone" in refused("identify", OBAMA, tmp_path / "gone")


# ---- Paths that are not UTF-8 ----

LATIN = os.fsdecode(b"Andr\xe9")  # as the name of a file that an old camera or an archive left
SHOWN = "Andr\ufffd"


@models
def test_a_photos_name_may_be_any_bytes(tmp_path, tiny):
    folder = tmp_path / f"{LATIN}'s"
    folder.mkdir()
    photo, painted = folder / f"{LATIN}.jpg", folder / f"{LATIN}.png"
    shutil.copy(OBAMA, photo)
    assert len(answer("detect", photo)["faces"]) == 1
    assert good("detect", photo).startswith(f"1 face in {tmp_path}/{SHOWN}'s/{SHOWN}.jpg (")
    assert answer("compare", photo, OBAMA)["distance"] == 0
    assert len(answer("embed", photo)["embedding"]) == 128
    good("style", tiny[0], photo, "-o", painted, "--size", "32x32", "--steps", 2)
    assert png_size(painted) == (32, 32) and sorted(os.listdir(folder)) == [photo.name, painted.name]
    model = folder / f"{LATIN}.safetensors"
    model.symlink_to(MODELS / "dlib-resnet.safetensors")
    found = answer("embed", photo, "--model", model)
    assert (found["model"], found["architecture"]) == (SHOWN, "dlib-resnet")


@models
def test_a_name_that_is_not_utf8_is_shown_repaired(tmp_path):
    for command in (["detect"], ["embed"], ["compare", OBAMA], ["style", OBAMA, "-o", tmp_path / "a.png"]):
        assert f"{tmp_path}/{SHOWN}" in refused(*command, tmp_path / LATIN / "a.jpg")
    result = run("detect", OBAMA, f"--{LATIN}")
    assert result.returncode == BAD_USAGE and SHOWN in result.stderr


@models
def test_people_in_a_folder_may_be_called_by_any_bytes(tmp_path):
    folder = tmp_path / "people"
    (folder / LATIN).mkdir(parents=True)
    shutil.copy(OBAMA2, folder / LATIN / f"{LATIN}.jpg")
    shutil.copy(BIDEN, folder / os.fsdecode(b"Andr\xe8.jpg"))  # somebody else
    found = answer("identify", OBAMA, folder, *LARGE)
    assert (found["name"], found["runner_up"], found["known"]) == ("Andr\\xE9", "Andr\\xE8", True)


@models
def test_a_gallery_takes_photos_of_any_name_and_people_of_good_ones(tmp_path):
    gallery, photo = tmp_path / f"{LATIN}.gallery", tmp_path / f"{LATIN}.jpg"
    shutil.copy(OBAMA, photo)
    good("gallery", "add", gallery, "Zoe\u0308", photo, *LARGE)
    assert answer("gallery", "list", gallery, "Zo\u00eb")[0]["note"] == f"{SHOWN}.jpg"
    assert "name is not UTF-8" in refused("gallery", "add", gallery, LATIN, photo, *LARGE)
    assert "name is not UTF-8" in refused("gallery", "remove", gallery, LATIN)
    assert "note is not UTF-8" in refused("gallery", "add", gallery, "bob", photo, "--note", LATIN, *LARGE)
    good("gallery", "export", gallery, tmp_path / f"{LATIN}.CSV")
    assert answer("gallery", "import", gallery, tmp_path / f"{LATIN}.CSV")["present"] == 1
    assert answer("identify", OBAMA2, "--gallery", gallery, *LARGE)["name"] == "Zo\u00eb"


FAILING_READDIR = """
#include <dirent.h>
#include <errno.h>
#include <stddef.h>
static int calls;
struct dirent *readdir(DIR *folder) { static struct dirent entry = {.d_name = "a.jpg"}; (void)folder; if (calls++ == 0) return &entry; errno = EIO; return NULL; }
"""


@models
def test_a_folder_that_cannot_be_read_to_its_end_is_not_taken_for_a_shorter_one(tmp_path):
    source, library = tmp_path / "readdir.c", tmp_path / "readdir.so"
    source.write_text(FAILING_READDIR)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    shutil.copy(OBAMA2, tmp_path / "a.jpg")
    told = refused("identify", OBAMA, tmp_path, environment={"LD_PRELOAD": str(library)})
    assert f"{tmp_path}: Input/output error" in told


# ---- Evaluation ----


@pytest.fixture
def pairs(tmp_path):
    """Three photos of one person, one of another, one without a face and one that is broken, as LFW lays them."""
    for name, files in {"Obama": [OBAMA, OBAMA2, PHOTOS / "obama3.jpg"], "Biden": [BIDEN]}.items():
        (tmp_path / name).mkdir()
        for i, file in enumerate(files, 1):
            shutil.copy(file, tmp_path / name / f"{name}_{i:04d}.jpg")
    png(tmp_path / "Biden" / "Biden_0002.jpg", 64, 64)  # told by its bytes, not by its name
    (tmp_path / "Biden" / "Biden_0003.jpg").write_bytes(b"not a picture")
    (tmp_path / "pairs.txt").write_text(
        "2\t2\nObama\t1\t2\nObama\t2\t3\nObama\t1\tBiden\t1\nObama\t3\tBiden\t2\n"
        "Obama\t1\t3\nBiden\t1\t2\nObama\t2\tBiden\t1\nObama\t3\tBiden\t3\n")
    return tmp_path


def evaluate(pairs, *options):
    return ["evaluate", "--pairs", pairs / "pairs.txt", "--images", pairs, "--model", "dlib-resnet", *options]


@models
@pytest.mark.parametrize("flip", [[], ["--flip"]])
def test_evaluate_measures_and_reports_what_it_skips(pairs, flip):
    result = run(*evaluate(pairs, "--json", *flip))
    assert result.returncode == 0, result.stderr
    told = result.stderr.splitlines()
    assert len(told) == 2 and "Biden_0003.jpg" in told[0] and "Biden_0002.jpg" in told[1], told
    found = json.loads(result.stdout)
    assert (found["pairs"], found["genuine"], found["impostors"], found["folds"], found["photos"]) == (7, 4, 3, 2, 6)
    assert found["skipped"] == {"no_face": 1, "unreadable": 1, "pairs_rejected": 2, "pairs_left_out": 1}
    # Three genuine pairs beat all impostors; the one without a face beats none, and draws with the impostor without.
    assert found["auc"] == pytest.approx(9.5 / 12, abs=1e-12) and 0 < found["accuracy"] <= 1
    assert found["accuracy_sd"] >= 0 and 0 < found["threshold"] < 1 and 0 <= found["eer"] <= 1
    assert list(found["tar"]) == ["0.1", "0.01", "0.001"]
    for rate in found["tar"].values():
        assert rate["value"] is None and rate["low"] is None and "there are 3" in rate["reason"]


@models
def test_evaluate_prints_a_table_of_80_columns(pairs):
    text = good(*evaluate(pairs, "--threads", 1))
    assert [line for line in text.splitlines() if len(line) > 80] == []
    assert text.startswith("7 pairs of 6 photos in 2 folds, embedded by dlib-resnet\n")
    assert re.search(r"\n  accuracy +\d+\.\d\d %", text) and "1 photo has no face: 2 pairs are never" in text
    assert "0.001      none: FAR 0.001 needs 1,000 pairs of two people, there are 3\n" in text
    assert text == good(*evaluate(pairs, "--threads", 3))


@models
def test_evaluate_takes_landmarks(pairs):
    photos = ["Obama/Obama_0001.jpg", "Obama/Obama_0002.jpg", "Obama/Obama_0003.jpg", "Biden/Biden_0001.jpg"]
    marks = {photo: {"landmarks": answer("detect", pairs / photo)["faces"][0]["landmarks"]} for photo in photos}
    marks["Biden/Biden_0002.jpg"] = {"landmarks": marks["Biden/Biden_0001.jpg"]["landmarks"]}
    (pairs / "marks.json").write_text(json.dumps(marks))
    result = run(*evaluate(pairs, "--json", "--landmarks", pairs / "marks.json"))
    found = json.loads(result.stdout)
    assert found["skipped"] == {"no_face": 0, "unreadable": 1, "pairs_rejected": 0, "pairs_left_out": 1}
    (pairs / "marks.json").write_text('{"a": 7}')
    assert "marks.json" in refused(*evaluate(pairs, "--landmarks", pairs / "marks.json"))


@models
def test_evaluate_takes_lists_with_a_byte_order_mark_and_photos_of_any_name(pairs):
    expected = answer(*evaluate(pairs))
    (pairs / "Obama").rename(pairs / LATIN)
    for file in (pairs / LATIN).iterdir():
        file.rename(file.with_name(file.name.replace("Obama", LATIN)))
    lines = (pairs / "pairs.txt").read_bytes().replace(b"Obama", os.fsencode(LATIN))
    (pairs / "pairs.txt").write_bytes(b"\xef\xbb\xbf" + lines + b"\n")
    (pairs / "marks.json").write_bytes(b'\xef\xbb\xbf{"nobody.jpg": [[1, 1], [2, 2], [3, 3], [4, 4], [5, 5]]}')
    assert answer(*evaluate(pairs, "--landmarks", pairs / "marks.json")) == expected


@models
def test_evaluate_takes_plain_lists_and_csv(pairs):
    lfw = answer(*evaluate(pairs))
    rows = [line.split("\t") for line in (pairs / "pairs.txt").read_text().splitlines()[1:]]
    path = lambda name, number: f"{name}/{name}_{int(number):04d}.jpg"
    listed = [(path(r[0], r[1]), path(r[-2] if len(r) == 4 else r[0], r[-1]), int(len(r) == 3), i // 4) for i, r in enumerate(rows)]
    (pairs / "pairs.txt").write_text("first,second,same,fold\n" + "".join("%s,%s,%d,%d\n" % row for row in listed))
    assert answer(*evaluate(pairs)) == lfw
    (pairs / "pairs.txt").write_text("".join("%s %s %d\n" % row[:3] for row in listed))
    assert answer(*evaluate(pairs))["folds"] == 4  # of four pairs of one person
    (pairs / "pairs.txt").write_text("Obama/Obama_0001.jpg Obama/Obama_0002.jpg 1\n")
    assert "no pair of two people" in refused(*evaluate(pairs))


@models
def test_evaluate_names_what_is_wrong(pairs):
    refused("evaluate", "--pairs", pairs / "gone.txt", "--images", pairs)
    assert "nowhere" in refused("evaluate", "--pairs", pairs / "pairs.txt", "--images", pairs / "nowhere")
    (pairs / "empty").mkdir()
    result = run("evaluate", "--pairs", pairs / "pairs.txt", "--images", pairs / "empty")
    assert result.returncode == 1 and "none of the 6 photos can be read" in result.stderr
    (pairs / "pairs.txt").write_text("1\t1\nObama\t1\t2\nObama\t1\t3\n")
    message = refused(*evaluate(pairs))
    assert "pairs.txt" in message and "line 3" in message
    assert run("evaluate", "--pairs", "a").returncode == BAD_USAGE


# ---- Calibration and quality ----


def calibrate(pairs, *more):
    return ["calibrate", "--pairs", pairs / "pairs.txt", "--images", pairs, *LARGE, *more]


@models
def test_calibrate_claims_what_the_pairs_show(pairs):
    # Of three impostor pairs none is accepted: 1 - 0.05^(1/3) = 0.6316 is the bound.
    result = run(*calibrate(pairs, "--json", "--far", 0.64))
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["genuine"], found["impostors"], found["impostors_accepted"], found["impostors_needed"]) == (4, 3, 0, 3)
    assert found["max_false_accepts"] == pytest.approx(1 - 0.05 ** (1 / 3), abs=1e-12) and found["false_accepts"] == 0
    # The pair whose photo has no face is rejected, the other three are near.
    assert found["genuine_rejected"] == 1 and 0 < found["threshold"] < 0.6 and found["people"] == 1
    growth = {row["people"]: row for row in found["growth"]}
    assert list(growth) == [1, 10, 100, 1000, 10000] and growth[1]["threshold"] == found["threshold"]
    assert growth[10]["threshold"] is None and growth[10]["impostors_needed"] > 3
    assert growth[10]["max_false_accepts"] == pytest.approx(1 - 0.05 ** (10 / 3), abs=1e-12)
    assert found["skipped"] == {"no_face": 1, "unreadable": 1, "pairs_rejected": 2, "pairs_left_out": 1}


@models
def test_calibrate_tells_how_many_pairs_are_wanted(pairs):
    message = refused(*calibrate(pairs))  # before any photo is looked at
    assert "4 pairs of two people; expected at least 2995" in message, message
    assert "among" not in message and "pairs.txt" in message
    many = refused(*calibrate(pairs, "--far", 0.64, "--among", 20))
    assert "expected at least 59 " in many, many


@models
def test_calibrate_prints_a_table_of_80_columns(pairs):
    text = good(*calibrate(pairs, "--far", 0.64, "--among", 1))
    assert [line for line in text.splitlines() if len(line) > 80] == []
    assert text.startswith("7 pairs of 6 photos, embedded by dlib-resnet\n") and "0 of 3 pairs of two people" in text
    assert "for 64.00 % among 1 person" in text and "none: needs" in text and "1 photo has no face" in text


@models
def test_a_folder_of_people_is_evaluated_and_calibrated_by_all_its_pairs(pairs):
    people = pairs / "people"
    for name, photos in {"Obama": ("", "2", "3"), "Biden": ("",)}.items():
        (people / name).mkdir(parents=True)
        for number in photos:
            shutil.copy(PHOTOS / f"{name.lower()}{number}.jpg", people / name)
    found = answer("evaluate", "--people", people, *LARGE)
    assert (found["photos"], found["genuine"], found["impostors"], found["folds"]) == (4, 3, 3, 1)
    found = answer("calibrate", "--people", people, "--far", 0.64, *LARGE)
    assert (found["genuine"], found["impostors"], found["impostors_accepted"], found["gallery"]) == (3, 3, 0, None)
    shutil.rmtree(people / "Biden")
    assert "no pair of two people" in refused("calibrate", "--people", people, "--far", 0.64)


@models
def test_a_threshold_that_a_gallery_is_calibrated_to_is_kept_in_it(pairs):
    gallery = pairs / "people.gallery"
    good("gallery", "add", gallery, "obama", OBAMA, OBAMA2, *LARGE)
    assert "1 pairs of one person and 0 of two; expected both" in refused("calibrate", "--gallery", gallery)
    good("gallery", "add", gallery, "biden", BIDEN, *LARGE)
    assert "2 pairs of two people; expected at least 2995" in refused("calibrate", "--gallery", gallery)
    assert answer("identify", OBAMA, "--gallery", gallery)["threshold"] == pytest.approx(0.6)
    found = answer("calibrate", "--gallery", gallery, "--far", 0.8)
    assert (found["genuine"], found["impostors"], found["model"], found["gallery"]) == (1, 2, "dlib-resnet", str(gallery))
    assert answer("identify", OBAMA, "--gallery", gallery)["threshold"] == pytest.approx(found["threshold"], abs=1e-6)
    assert answer("identify", OBAMA, "--gallery", gallery, "--threshold", 0.5)["threshold"] == 0.5
    other = good("calibrate", "--pairs", pairs / "pairs.txt", "--images", pairs, "--gallery", gallery, "--far", 0.64)
    assert f"kept in {gallery}" in other and "embedded by dlib-resnet" in other


@models
def test_detect_tells_the_quality_when_asked(tiny):
    assert "quality" not in answer("detect", OBAMA)["faces"][0]
    quality = answer("detect", OBAMA, "--quality")["faces"][0]["quality"]
    assert quality["reasons"] == [] and 0.3 < quality["score"] <= 1 and quality["outside"] == 0
    assert quality["eye_distance"] > 60 and abs(quality["yaw"]) < 25 and abs(quality["roll"]) < 15
    text = good("detect", OBAMA, "--quality")
    assert "no reason against it" in text and "pixels between the eyes" in text
    assert [line for line in text.splitlines()[1:] if len(line) > 80] == []
    assert answer("detect", tiny[0], "--quality")["faces"] == []


# ---- Training ----


@pytest.fixture
def people(tmp_path):
    """Four people with four small photos each, and two files that are no photos."""
    folder = tmp_path / "people"
    for person in range(4):
        (folder / f"p{person}").mkdir(parents=True)
        for photo in range(4):
            png(folder / f"p{person}" / f"{photo}.png", 40 + 4 * person, 40 + photo)
    (folder / "notes.txt").write_text("nobody's")
    (folder / "p3" / "broken.png").write_bytes(b"not a picture")
    return folder


def train(people, out, *options):
    """A training of a few steps."""
    return ["train", "--people", people, "--architecture", "siamese", "--batch", 8, "--photos-of-person", 2, "--out", out, *options]


def lines(log):
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_train_writes_a_model_and_tells_what_it_left_out(people, tmp_path):
    out, log = tmp_path / "a.safetensors", tmp_path / "a.jsonl"
    result = run(*train(people, out, "--steps", 3, "--log", log, "--json"))
    assert result.returncode == 0, result.stderr
    told = result.stderr.splitlines()
    assert len(told) == 2 and "notes.txt" in told[0] and "broken.png" in told[1], "the bar is for terminals alone"
    assert all(line.startswith("facestyle: left out ") for line in told)
    report = json.loads(result.stdout)
    assert (report["model"], report["architecture"], report["photos"], report["people"]) == (str(out), "siamese", 16, 4)
    assert (report["left_out"], report["step"], report["steps"]) == (2, 3, 3) and report["parameters"] > 800000
    rows = lines(log)
    assert [row["step"] for row in rows] == [1, 2, 3] and rows[-1]["images_per_second"] > 0
    assert report["loss"] == pytest.approx(sum(row["loss"] for row in rows) / 3)
    assert all(row["triplets"] > 0 and row["rate"] > 0 for row in rows)
    assert b'"architecture":"siamese"' in out.read_bytes().replace(b" ", b"")
    for precision, share in (("float16", 0.6), ("int8", 0.3)):
        small = tmp_path / f"{precision}.safetensors"
        text = good(*train(people, small, "--steps", 3, "--precision", precision))
        assert text.startswith(f"{small}: siamese, ") and "3 steps on 16 photos of 4 people" in text
        assert small.stat().st_size < share * out.stat().st_size


def test_train_goes_on_from_its_checkpoint_with_the_same_bits(people, tmp_path):
    whole, parts, log = tmp_path / "whole.safetensors", tmp_path / "parts.safetensors", tmp_path / "log.jsonl"
    checkpoint = tmp_path / "c.checkpoint"
    common = ["--schedule", "constant", "--loss", "contrastive", "--seed", 5]
    good(*train(people, whole, *common, "--steps", 6))
    good(*train(people, parts, *common, "--steps", 4, "--checkpoint", checkpoint, "--checkpoint-every", 2, "--log", log))
    with log.open("a") as file:  # as of a step behind the checkpoint, and of one in which the power failed
        file.write('{"step": 5, "loss": 9}\n{"step": 6, "lo')
    found = answer(*train(people, parts, *common, "--steps", 6, "--checkpoint", checkpoint, "--log", log, "--threads", 1))
    assert found["step"] == 6 and parts.read_bytes() == whole.read_bytes()
    assert [row["step"] for row in lines(log)] == [1, 2, 3, 4, 5, 6] and lines(log)[4]["loss"] != 9
    # Nothing is left to do but to write the model, with another threshold say.
    assert answer(*train(people, parts, *common, "--steps", 6, "--checkpoint", checkpoint, "--threshold", 0.7))["step"] == 6
    assert b'"0.7"' in parts.read_bytes()
    message = refused(*train(people, parts, "--steps", 6, "--loss", "batch-hard", "--checkpoint", checkpoint))
    assert "contrastive" in message and "batch-hard" in message


def test_train_starts_from_a_model_and_learns_from_it(people, tmp_path):
    first, second = tmp_path / "first.safetensors", tmp_path / "second.safetensors"
    good(*train(people, first, "--loss", "centre", "--optimiser", "sgd", "--epochs", 1))
    flat = tmp_path / "flat"
    shutil.copytree(people / "p0", flat)
    found = answer(
        "train", "--photos", flat, "--teacher", first, "--start", first, "--loss", "teacher-distance", "--augment", "none",
        "--rate", 1e-9, "--batch", 4, "--steps", 2, "--out", second)
    # In training batch normalisation takes a batch's own mean, so even the teacher's twin is not there at once.
    assert found["architecture"] == "siamese" and found["people"] == 0 and found["loss"] >= 0
    assert run("train", "--people", people, "--start", first, "--architecture", "nn4.small2", "--out", second).returncode == 1


@pytest.mark.parametrize("points", ["points.json", "10,15,30,15,20,25,12,32,28,32"])
def test_train_takes_points_of_faces(people, tmp_path, points):
    if points.endswith(".json"):
        marks = {f"p{person}/{photo}.png": [[10, 15], [30, 15], [20, 25], [12, 32], [28, 32]] for person in range(4) for photo in range(3)}
        (tmp_path / points).write_text(json.dumps(marks))
        points = tmp_path / points
    options = ["--loss", "semi-hard", "--keep-people", "1-3", "--batch", 6, "--steps", 2, "--augment", "strong", "--json"]
    found = json.loads(good(*train(f"{people}:{points}", tmp_path / "a.safetensors", *options), folder=tmp_path))
    assert found["people"] == 3 and found["photos"] == (9 if "json" in str(points) else 12)
    assert found["left_out"] == (5 if "json" in str(points) else 2)


def test_a_model_of_whole_photos_embeds_compares_and_is_measured(people, tmp_path):
    model, chip = tmp_path / "whole.safetensors", tmp_path / "chip.png"
    good(*train(people, model, "--steps", 3, "--threshold", 0.5))
    whole = ["--model", model, "--detector-model", tmp_path / "gone"]  # no face is looked for
    first, second, other = people / "p0" / "0.png", people / "p0" / "1.png", people / "p3" / "0.png"
    found = answer("embed", first, "--chip", chip, *whole)
    assert (found["model"], found["architecture"], len(found["embedding"])) == ("whole", "siamese", 128)
    assert png_size(chip) == (92, 112)
    verdict = answer("compare", first, other, *whole)
    a, b = (answer("embed", photo, *whole)["embedding"] for photo in (first, other))
    assert verdict["distance"] == pytest.approx(sum((x - y) ** 2 for x, y in zip(a, b)) ** 0.5, rel=1e-5, abs=1e-6)
    assert verdict["threshold"] == 0.5 and answer("compare", first, first, *whole)["distance"] == 0
    assert answer("identify", second, people, *whole)["distance"] == 0
    (people / "pairs.txt").write_text("2\np0\t1\t2\np1\t1\t2\np0\t1\tp1\t1\np2\t1\tp3\t2\n")
    for person in range(4):
        for photo in range(4):
            (people / f"p{person}" / f"{photo}.png").rename(people / f"p{person}" / f"p{person}_{photo + 1:04d}.jpg")
    asked = ["evaluate", "--pairs", people / "pairs.txt", "--images", people, *whole]
    report = answer(*asked)
    assert (report["pairs"], report["genuine"], report["photos"]) == (4, 2, 6)
    assert report["skipped"] == {"no_face": 0, "unreadable": 0, "pairs_rejected": 0, "pairs_left_out": 0}
    assert answer(*asked, "--flip")["pairs"] == 4
    (people / "marks.json").write_text('{"p0/p0_0001.jpg": {"landmarks": [[10, 15], [30, 15], [20, 25], [12, 32], [28, 32]]}}')
    assert "the model whole sees whole photos" in refused(*asked, "--landmarks", people / "marks.json")


def test_train_names_what_is_wrong(people, tmp_path):
    out = tmp_path / "a.safetensors"
    assert "nowhere" in refused(*train(tmp_path / "nowhere", out))
    assert "nowhere" in refused(*train(people, tmp_path / "nowhere" / "a.safetensors"))
    assert "gone.safetensors" in refused(*train(people, out, "--start", "gone.safetensors"))
    assert "gone.json" in refused(*train(f"{people}:gone.json", out))
    assert "4" in refused(*train(people, out, "--keep-people", "2-4"))
    assert "-1" in refused(*train(people, out, "--rate=-1"))
    assert "blend" in run(*train(people, out, "--blend", 0.5)).stderr
    (tmp_path / "log").mkdir()
    assert "log" in refused(*train(people, out, "--log", tmp_path / "log"))
    (tmp_path / "c").write_bytes(b"not a checkpoint")
    refused(*train(people, out, "--checkpoint", tmp_path / "c"))
    assert not out.exists()


def test_ctrl_c_ends_a_training_that_can_go_on(people, tmp_path):
    out, checkpoint = tmp_path / "a.safetensors", tmp_path / "a.checkpoint"
    options = train(people, out, "--steps", 100000, "--schedule", "constant", "--checkpoint", checkpoint, "--json")
    code, output, shown = on_a_terminal(*options, until="3/100000")
    assert code == 0, shown
    assert 3 <= json.loads(output)["step"] < 100000 and out.exists() and checkpoint.exists()
    assert f"; the same command goes on from {checkpoint}" in shown
    bars = [line for line in shown.replace("\n", "\r").split("\r") if line.startswith("[")]
    assert all(len(line) <= 80 for line in bars)
    assert re.match(r"\[-*#*-*\] +3/100000  loss \d+\.\d{4}  rate 1\.00e-03  \d+ photos/s  ETA \d", bars[3])


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGHUP])
def test_a_training_that_is_told_to_end_can_go_on(sent, people, tmp_path):
    out, checkpoint, log = tmp_path / "a model.safetensors", tmp_path / "a checkpoint", tmp_path / "log.jsonl"
    options = train(people, out, "--steps", 100000, "--schedule", "constant", "--checkpoint", checkpoint, "--log", log, "--json")
    code, output, errors = Running(*options, trace=log).end(sent)
    assert code == 0 and json.loads(output)["step"] >= 3 and out.exists() and checkpoint.exists()
    assert way_on(errors) == [str(PROGRAM), *map(str, options)]


def test_a_training_whose_checkpoint_cannot_be_written_goes_on_and_keeps_its_model(people, tmp_path):
    out, log, folder = tmp_path / "a.safetensors", tmp_path / "log.jsonl", tmp_path / "folder"
    folder.mkdir()
    options = train(
        people, out, "--steps", 100000, "--schedule", "constant", "--checkpoint", folder / "c", "--checkpoint-every", 2, "--log", log)
    training = Running(*options, trace=log)
    shutil.rmtree(folder)
    seen = len(lines(log))
    wait_until(lambda: log.read_text().count("\n") > seen + 4, training.process)
    code, output, errors = training.end()
    assert code == 1 and out.exists() and "numbers learned" in output
    assert "could not be written" in errors and "No such file or directory" in errors and "goes on from" not in errors


def test_a_training_whose_log_is_full_goes_on_and_says_so(people, tmp_path):
    out = tmp_path / "a.safetensors"
    result = run(*train(people, out, "--steps", 4, "--log", "/dev/full", "--json"))
    assert result.returncode == 1 and json.loads(result.stdout)["step"] == 4 and out.exists()
    assert result.stderr.count("No space left on device") == 1


# ---- Style ----


@models
def test_style_paints_and_reports(tmp_path, tiny):
    out = tmp_path / "out.png"
    course = ("--preset", "course", "--size", "48x40", "--seed", 7)
    report = answer("style", *tiny, "-o", out, "--steps", 2, *course)
    assert list(report) == [
        "steps", "content", "style", "variation", "total", "seconds", "temporal", "ending", "face_distances"]  # fmt: skip
    assert report["ending"] == "all steps done"
    assert report["steps"] == 2 and report["seconds"] > 0
    assert report["total"] == pytest.approx(10 * report["content"] + 40 * report["style"], rel=1e-6)
    assert png_size(out) == (48, 40)
    again = tmp_path / "again.png"
    result = run("style", *tiny, "-o", again, "--steps", 2, *course)
    assert result.stderr == "", "the bar is for terminals alone"
    assert result.stdout.startswith(f"{again}: 48x40, 2 steps in ")
    assert again.read_bytes() == out.read_bytes()


# Adam looks at signs more than at sizes: only an extreme weight moves a picture within two steps.
@models
@pytest.mark.parametrize(
    "option",
    ["seed=2", "alpha=1e9", "beta=1e-9", "learning-rate=9", "noise=0", "pooling=max", "steps=3", "preset=gatys",
     "optimizer=lbfgs", "init=noise", "init=style", "gamma=1e9", "content-layers=conv1_1=1e6", "style-layers=conv2_1=1e-9",
     "style-scale=2", "colours=luminance", "colours=cholesky", "averaging=0.9", "coarsest=16", "evaluations=1", "pooling=l2",
     "edges=repeated", "style-loss=moments", "style-loss=wasserstein", "preset=crowsonkb"],
)  # fmt: skip
def test_every_option_of_style_counts(option, tmp_path, tiny):
    plain, changed = tmp_path / "plain.png", tmp_path / "changed.png"
    two = [] if option.startswith(("steps", "evaluations")) else ["--steps=2"]
    preset = [] if option.startswith("preset") else ["--preset=course"]
    good("style", *tiny, "-o", plain, "--steps=2", "--preset=course")
    good("style", *tiny, "-o", changed, *two, *preset, f"--{option}")
    assert plain.read_bytes() != changed.read_bytes()


@models
def test_style_writes_a_trace_with_a_line_an_evaluation(tmp_path, tiny):
    trace = tmp_path / "trace.jsonl"
    good("style", *tiny, "-o", tmp_path / "a.png", "--evaluations", 9, "--coarsest", 16, "--trace", trace)
    lines = [json.loads(line) for line in trace.read_text().splitlines()]
    assert [line["evaluation"] for line in lines] == list(range(1, len(lines) + 1)) and len(lines) >= 9
    assert list(lines[0]) == [
        "evaluation", "seconds", "processor_seconds", "width", "height", "content", "style", "variation", "temporal", "total", "resident_mb"]  # fmt: skip
    assert lines[0]["width"] == 20 and lines[-1]["width"] == 40 and lines[-1]["resident_mb"] > 10
    assert "nowhere" in refused("style", *tiny, "-o", tmp_path / "a.png", "--trace", "/nowhere/trace.jsonl")


@models
def test_style_goes_on_from_a_checkpoint_and_refuses_that_of_another_painting(tmp_path, tiny):
    whole, parts, kept = tmp_path / "whole.png", tmp_path / "parts.png", tmp_path / "kept.safetensors"
    common = (*tiny, "--evaluations", 200, "--init", "noise", "--noise", 1)
    good("style", *common, "-o", whole)
    code, _, _ = on_a_terminal("style", *common, "-o", parts, "--checkpoint", kept, until=" 60/200")
    assert code == 0 and kept.exists() and parts.read_bytes() != whole.read_bytes()
    good("style", *common, "-o", parts, "--checkpoint", kept)
    assert parts.read_bytes() == whole.read_bytes()
    assert refused("style", *common, "--beta", 7, "-o", parts, "--checkpoint", kept).endswith(
        "style weight is 7.0; the checkpoint has 1000.0\n")
    parts.unlink()
    # Nothing is left to do but to write the picture.
    assert answer("style", *common, "-o", parts, "--checkpoint", kept)["ending"] == "all steps done"
    assert parts.read_bytes() == whole.read_bytes()


@models
def test_style_mixes_several_styles(tmp_path, tiny):
    a, b, c = (tmp_path / name for name in ("a.png", "b.png", "c.png"))
    content, style = tiny
    good("style", content, style, content, "-o", a, "--steps", 5)
    good("style", content, style, content, "-o", b, "--steps", 5, "--style-weights", "3,1")
    good("style", content, style, content, "-o", c, "--steps", 5, "--style-weights", "3,3")
    assert a.read_bytes() == c.read_bytes() != b.read_bytes()
    result = run("style", content, style, "-o", a, "--style-weights", "1,2")
    assert result.returncode != 0 and "--style-weights has 2 numbers, there are 1 style" in result.stderr


@models
def test_style_takes_pictures_that_tell_where(tmp_path, tiny):
    content, style = tiny
    white, other, flow = png(tmp_path / "white.png", 40, 32), png(tmp_path / "other.png", 41, 32), tmp_path / "a.flo"
    out, plain = tmp_path / "out.png", tmp_path / "plain.png"
    common = ("-o", out, "--preset=gatys", "--steps=3")
    good("style", *tiny, "-o", plain, "--preset=gatys", "--steps=3")
    for more in (
        ("--mask", white), ("--style-mask", style, "--mask-kind=soft"), ("--content-map", white, "--content-map-weight=1000"),
        ("--init", style), ("--before", white, "--delta=1e6"),
    ):  # fmt: skip
        out.unlink(missing_ok=True)
        good("style", *tiny, *common, *more)
        assert out.read_bytes() != plain.read_bytes(), more
    good("style", content, style, style, *common, "--mask", white, "--mask", "-")
    assert "1 time for 2 styles" in refused("style", content, style, style, *common, "--mask", white)
    assert "41x32" in refused("style", *tiny, *common, "--mask", other)
    assert "41x32" in refused("style", *tiny, *common, "--before", other)
    flow.write_bytes(b"PIEH" + np.array([40, 32], "<u4").tobytes() + np.zeros(2 * 40 * 32, "<f4").tobytes())
    good("style", *tiny, *common, "--before", white, "--flow", flow, "--flow-back", flow)
    flow.write_bytes(flow.read_bytes()[:-1])
    assert "ends early" in refused("style", *tiny, *common, "--before", white, "--flow", flow)
    flow.write_bytes(b"PIEH" + np.array([4, 32], "<u4").tobytes())
    assert "4x32" in refused("style", *tiny, *common, "--before", white, "--flow", flow)
    assert "PIEH" in refused("style", *tiny, *common, "--before", white, "--flow", style)
    assert "no face" in refused("style", *tiny, *common, "--faces")
    assert "--flow" in run("style", *tiny, *common, "--flow", flow).stderr


@models
def test_style_keeps_faces_and_tells_how_near_they_are(tmp_path, tiny):
    photo = OBAMA2
    common = (photo, tiny[1], "--preset=gatys", "--steps=4", "--size=0x180", "--coarsest=0")
    plainly = answer("style", *common, "-o", tmp_path / "a.png")
    kept = answer("style", *common, "-o", tmp_path / "b.png", "--faces", "--content-map-weight=100")
    assert plainly["face_distances"] == [] and len(kept["face_distances"]) >= 1
    assert "face 1: " in good("style", *common, "-o", tmp_path / "b.png", "--faces")


@models
def test_style_tells_the_memory_that_it_would_take(tmp_path, tiny):
    small, large = (answer("style", *tiny, "--memory", "--size", size)["bytes"] for size in ("48x40", "512x512"))
    assert 1e7 < small < large < 1e10
    words = good("style", *tiny, "--memory", "--size", "512x512")
    assert words == f"{tiny[0]}: {-(-large // 1000000)} MB at the peak\n"
    assert "65500" in refused("style", *tiny, "--memory", "--size", "70000x40")


@models
def test_style_keeps_pictures_on_the_way(tmp_path, tiny):
    folder = tmp_path / "kept"
    folder.mkdir()
    good("style", *tiny, "-o", folder / "a.png", "--steps", 5, "--save-every", 2)
    assert sorted(path.name for path in folder.iterdir()) == ["a-0002.png", "a-0004.png", "a.png"]


@models
def test_the_bar_is_one_line_of_80_columns(tmp_path, tiny):
    code, _, shown = on_a_terminal("style", *tiny, "-o", tmp_path / "a.png", "--steps", 3)
    assert code == 0
    lines = [line for line in shown.replace("\n", "\r").split("\r") if line]
    assert len(lines) == 3 and all(len(line) <= 80 for line in lines)
    assert re.match(r"\[#+\] 3/3  J \d\.\d\de\+\d\d  ETA 0:00", lines[-1])


@models
def test_ctrl_c_finishes_early_and_keeps_the_picture(tmp_path, tiny):
    out = tmp_path / "a.png"
    code, output, _ = on_a_terminal(
        "style", *tiny, "-o", out, "--steps", 1000000, "--json", until="2/1000000"
    )
    assert code == 0
    assert 2 <= json.loads(output)["steps"] < 1000000
    assert png_size(out) == (40, 32)


@models
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_style_that_is_told_to_end_keeps_picture_and_checkpoint_and_goes_on_from_there(sent, tmp_path, tiny):
    out, kept, trace = tmp_path / "it's a.png", tmp_path / "kept", tmp_path / "trace.jsonl"
    command = ["style", *tiny, "-o", out, "--steps", 1000000, "--checkpoint", kept, "--trace", trace]
    code, output, errors = Running(*command, trace=trace).end(sent)
    assert code == 0 and png_size(out) == (40, 32) and kept.exists() and "finished early" in output
    seen = len(lines(trace))
    assert f"stopped after {seen:,} steps of 1,000,000; the same command goes on from {kept}: ".replace(",", " ") in errors.replace(",", " ")
    assert way_on(errors) == [str(PROGRAM), *map(str, command)]
    # The trace's lines up to there stay.
    again = subprocess.Popen(way_on(errors), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                             env={**os.environ, "FACESTYLE_MODELS": str(MODELS)})  # fmt: skip
    wait_until(lambda: trace.read_text().count("\n") > seen + 3, again)
    again.send_signal(sent)
    again.communicate(timeout=60)
    assert [line["evaluation"] for line in lines(trace)] == list(range(1, len(lines(trace)) + 1))
    os.remove(kept)
    code, _, errors = Running("style", *tiny, "-o", out, "--steps", 1000000, "--trace", trace, trace=trace).end(sent)
    assert code == 0 and "without --checkpoint there is nothing to go on from" in errors


@models
def test_a_second_signal_ends_style_at_once(tmp_path):
    content, trace = png(tmp_path / "large.png", 900, 900), tmp_path / "trace.jsonl"
    fast = ("--coarsest", 0, "--content-layers", "conv1_2", "--style-layers", "conv1_1")
    painting = Running("style", content, content, "-o", tmp_path / "a.png", "--trace", trace, *fast, trace=trace)
    painting.process.send_signal(signal.SIGTERM)
    started = time.monotonic()
    time.sleep(0.05)
    code, output, errors = painting.end(signal.SIGINT)
    assert code == -signal.SIGINT and not (tmp_path / "a.png").exists() and time.monotonic() - started < 2
    assert "a second time ends it at once" in errors


@models
def test_what_is_ignored_stays_ignored(tmp_path, tiny):
    """As nohup starts it, a program does not end with its terminal."""
    trace = tmp_path / "trace.jsonl"
    painting = Running("style", *tiny, "-o", tmp_path / "a.png", "--steps", 1000000, "--trace", trace, trace=trace,
                       preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))  # fmt: skip
    painting.process.send_signal(signal.SIGHUP)
    seen = len(lines(trace))
    wait_until(lambda: trace.read_text().count("\n") > seen + 5, painting.process)
    assert painting.end()[0] == 0


def limited(size):
    """No file may be larger than so many bytes: to a program it is a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@models
def test_a_checkpoint_on_a_full_disk_does_not_cost_the_picture(tmp_path, tiny):
    out, kept = tmp_path / "a.png", tmp_path / "kept"
    environment = {**os.environ, "FACESTYLE_MODELS": str(MODELS)}
    result = subprocess.run(
        [PROGRAM, *map(str, ["style", *tiny, "-o", out, "--steps", 6, "--checkpoint", kept, "--checkpoint-every", 1, "--json"])],
        capture_output=True, text=True, env=environment, preexec_fn=limited(20000))  # fmt: skip
    assert result.returncode == 1 and json.loads(result.stdout)["ending"] == "all steps done" and png_size(out) == (40, 32)
    assert result.stderr == f"facestyle: checkpoint: {kept}: File too large\n", "told once"
    assert not kept.exists()
    plain = tmp_path / "plain.png"
    good("style", *tiny, "-o", plain, "--steps", 6)
    assert out.read_bytes() == plain.read_bytes()


@models
def test_a_trace_on_a_full_disk_does_not_cost_the_picture(tmp_path, tiny):
    out = tmp_path / "a.png"
    result = run("style", *tiny, "-o", out, "--steps", 5, "--trace", "/dev/full", "--save-every", 2, "--json")
    assert result.returncode == 1 and json.loads(result.stdout)["ending"] == "all steps done" and png_size(out) == (40, 32)
    assert result.stderr.count("\n") == 1 and "No space left on device" in result.stderr
    assert (tmp_path / "a-0004.png").exists()


@models
def test_a_painting_whose_next_scale_finds_no_memory_keeps_the_picture_so_far(tmp_path, tiny):
    """The features of a layer of the last scale want 650 MB; there is room for them at the start, and none any more later."""
    out, kept = tmp_path / "a.jpg", tmp_path / "kept"
    command = ["style", *tiny, "-o", out, "--size", "1600x1600", "--coarsest", 100, "--evaluations", 60, "--history", 1,
               "--content-layers", "conv1_1", "--style-layers", "conv1_1", "--style-scale", 0.05, "--checkpoint", kept,
               "--checkpoint-every", 1]  # fmt: skip
    process = subprocess.Popen(
        [PROGRAM, *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "FACESTYLE_MODELS": str(MODELS)})  # fmt: skip
    while not kept.exists() and process.poll() is None:
        time.sleep(0.001)
    resource.prlimit(process.pid, resource.RLIMIT_AS, (3 << 29, 3 << 29))
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 1, errors
    told = errors.splitlines()
    assert len(told) == 2 and told[0].startswith("facestyle: painting: ") and re.search(r"MB more requested|refused by the system", told[0]), told
    assert re.match(rf"facestyle: stopped after \d+ steps of 60; the same command goes on from {kept}: ", told[1])
    assert f"{out}: 1600x1600, " in output and out.stat().st_size > 10000 and kept.exists()


@models
def test_a_picture_that_cannot_be_written_is_put_elsewhere_or_is_in_its_checkpoint_or_is_said_to_be_lost(tmp_path, tiny):
    folder, elsewhere, kept, trace = (tmp_path / name for name in ("folder", "elsewhere", "kept", "trace.jsonl"))
    elsewhere.mkdir()
    command = ("style", *tiny, "-o", folder / "a.png", "--steps", 1000000, "--trace", trace)

    def without_folder(*more, temporary):
        folder.mkdir()
        painting = Running(*command, *more, trace=trace, environment={"TMPDIR": str(temporary)})
        folder.rmdir()
        code, output, errors = painting.end()
        assert code == 1 and output == "" and f"{folder / 'a.png'}: No such file or directory; the" in errors
        return errors

    errors = without_folder(temporary=elsewhere)
    place = Path(re.search(r"; the picture is in (.*)", errors)[1])
    assert place.name == "a.png" and place.parent.parent == elsewhere and png_size(place) == (40, 32)
    nowhere = tmp_path / "nowhere"
    assert "; the picture is lost" in without_folder(temporary=nowhere)
    errors = without_folder("--checkpoint", kept, temporary=nowhere)
    assert f"; the same command makes the picture again from {kept}" in errors
    # It does.
    folder.mkdir()
    assert Running(*command, "--checkpoint", kept, trace=trace).end()[0] == 0
    assert png_size(folder / "a.png") == (40, 32)


@models
def test_style_writes_its_checkpoint_as_often_as_it_is_told(tmp_path, tiny):
    kept, trace = tmp_path / "kept", tmp_path / "trace.jsonl"
    painting = Running(
        "style", *tiny, "-o", tmp_path / "a.png", "--steps", 1000000, "--checkpoint", kept, "--checkpoint-every", 2, "--trace", trace,
        trace=trace)  # fmt: skip
    wait_until(kept.exists, painting.process)
    assert len(lines(trace)) < 50, "which is the default"
    painting.end()
    for wrong in (["--checkpoint", kept, "--checkpoint-every", 0], ["--checkpoint-every", 5]):
        result = run("style", *tiny, "-o", tmp_path / "a.png", *wrong)
        assert result.returncode == BAD_USAGE and "--checkpoint-every" in result.stderr


# ---- Restyle ----


@pytest.fixture(scope="session")
def networks(tmp_path_factory):
    """A fast style's and a universal style's, of a few channels."""
    sys.path[:0] = [str(REPOSITORY / "bindings" / "python"), str(REPOSITORY / "Tests" / "Fixtures" / "reference")]
    import fast_styles_reference as reference
    import numpy as np
    from facestyle.models import tensor_file

    folder = tmp_path_factory.mktemp("networks")
    for name, weights, metadata in (
        ("fast-style", reference.small_fast_style(2, 1, False), {"filters": "2", "blocks": "1"}),
        ("universal-style", reference.small_universal(), {}),
        ("graph", two_styles(np), {"kind": "fast-style", "graph": TWO_STYLES}),
    ):
        tensors = {key: np.ascontiguousarray(value, "<f4") for key, value in weights.items()}
        (folder / f"{name}.safetensors").write_bytes(tensor_file.encode(tensors, {"architecture": name, **metadata}))
    return folder / "fast-style.safetensors", folder / "universal-style.safetensors", folder / "graph.safetensors"


TWO_STYLES = """input channels=3
sum convolution filters=3 kernel=1 bias=no < input
norm instance-normalisation styles=2 < sum
picture linear scale=20 offset=128 < norm
output picture
"""


def two_styles(np):
    """A network whose normalisation has factors of two styles: the second turns dark and bright."""
    return {
        "sum.weight": np.eye(3).reshape(3, 3, 1, 1), "norm.weight": np.array([[2, 2, 2], [-2, -2, -2]]),
        "norm.bias": np.array([[0, 0, 0], [1, 1, 1]])}  # fmt: skip


def test_restyle_chooses_and_mixes_the_styles_of_one_network(tmp_path, tiny, networks):
    def painted(style):
        out = tmp_path / "out.png"
        good("restyle", tiny[0], "--style", f"{networks[2]}:{style}", "-o", out)
        return out.read_bytes()

    assert painted("0") == painted("0=3") == painted("0,1=0") != painted("1")
    assert painted("0,1") == painted("1=2,0=2") == painted("0=0.5,1=0.5") != painted("0,1=3")
    text = good("restyle", tiny[0], "--style", f"{networks[2]}:1", "--style", f"{networks[2]}:0,1=0.5", "-o", tmp_path / "p.png")
    assert [line.partition(":")[0] for line in text.splitlines()] == [f"{tmp_path}/p-graph-1.png", f"{tmp_path}/p-graph-0-1-0.5.png"]
    assert "graph has 2 styles; expected " in refused("restyle", tiny[0], "--style", networks[2], "-o", tmp_path / "a.png")
    assert "style 2 of graph; expected 0 to 1" in refused("restyle", tiny[0], "--style", f"{networks[2]}:2", "-o", tmp_path / "a.png")
    assert "has one style; expected its name" in refused("restyle", tiny[0], "--style", f"{networks[0]}:1", "-o", tmp_path / "a.png")
    assert "are all 0" in refused("restyle", tiny[0], "--style", f"{networks[2]}:0=0", "-o", tmp_path / "a.png")
    listed = [parsed(line) for line in good("models", "--json", environment={"FACESTYLE_MODELS": str(networks[2].parent)}).splitlines()]
    assert {model["name"]: model["styles"] for model in listed if model["name"] in ("graph", "fast-style", "universal-style")} == {
        "graph": 2, "fast-style": 1, "universal-style": None}


def test_restyle_paints_in_a_networks_own_style(tmp_path, tiny, networks):
    out = tmp_path / "out.png"
    report = answer("restyle", tiny[0], "--model", networks[0], "-o", out)
    assert list(report) == ["width", "height", "seconds"] and report["seconds"] > 0
    assert (report["width"], report["height"]) == png_size(out) == (40, 32)
    assert good("restyle", tiny[0], "--model", networks[0], "-o", out).startswith(f"{out}: 40x32 in ")


@pytest.mark.parametrize("option", ["strength=1", "method=variance", "levels=1-3", "levels=2", "weights=1,0"])
def test_every_option_of_restyle_counts(option, tmp_path, tiny, networks):
    plain, changed = tmp_path / "plain.png", tmp_path / "changed.png"
    styles = [tiny[1], png(tmp_path / "second.png", 64, 33)]
    good("restyle", tiny[0], *styles, "--model", networks[1], "-o", plain)
    good("restyle", tiny[0], *styles, "--model", networks[1], "-o", changed, f"--{option}")
    assert png_size(plain) == (40, 32) and plain.read_bytes() != changed.read_bytes()


def test_restyle_paints_in_styles_by_their_names(tmp_path, tiny, networks):
    folder, out = tmp_path / "styles", tmp_path / "out.png"
    folder.mkdir()
    for name in ("starry-night", "scream"):
        shutil.copy(networks[0], folder / f"{name}.safetensors")
    shutil.copy(networks[1], folder / "any.safetensors")
    environment = {"FACESTYLE_MODELS": str(folder)}
    one = answer("restyle", tiny[0], "--style", "scream", "-o", out, environment=environment)
    assert list(one) == ["width", "height", "seconds"] and png_size(out) == (40, 32)
    text = good("restyle", tiny[0], "--style", "starry-night", "--style", networks[0], "-o", out, environment=environment)
    assert [line.partition(":")[0] for line in text.splitlines()] == [
        f"{tmp_path}/out-starry-night.png", f"{tmp_path}/out-fast-style.png"]
    assert (tmp_path / "out-starry-night.png").read_bytes() == out.read_bytes()
    lines = good("restyle", tiny[0], "--style", "starry-night", "--style", "scream", "-o", out, "--json", environment=environment)
    assert [parsed(line)["file"] for line in lines.splitlines()] == [f"{tmp_path}/out-{name}.png" for name in ("starry-night", "scream")]
    painted = tmp_path / "painted"
    many = ("--style", "starry-night", "--style", "scream", "-o", painted)
    result = run("restyle", *tiny, tmp_path / "gone.png", *many, environment=environment)
    assert result.returncode == 1 and result.stderr == f"facestyle: {tmp_path / 'gone.png'}: No such file or directory\n"
    assert sorted(os.listdir(painted)) == [f"{Path(photo).stem}-{style}.png" for photo in tiny for style in ("scream", "starry-night")]
    assert png_size(painted / "content-scream.png") == png_size(tiny[0])
    told = refused("restyle", tiny[0], "--style", "monet", "-o", out, environment=environment)
    assert 'no model "monet"' in told and str(folder) in told
    assert "named twice" in refused("restyle", tiny[0], "--style", "scream", "--style", "scream", "-o", out, environment=environment)
    assert "in any style" in refused("restyle", tiny[0], "--style", "any", "-o", out, environment=environment)


def test_restyle_says_what_it_wants(tmp_path, tiny, networks):
    out = ("-o", tmp_path / "a.png")
    assert "has its own style" in refused("restyle", *tiny, "--model", networks[0], *out)
    assert "has its own style" in refused("restyle", tiny[0], "--model", networks[0], *out, "--strength", 1)
    assert "in any style" in refused("restyle", tiny[0], "--model", networks[1], *out)
    assert "strength 2" in refused("restyle", *tiny, "--model", networks[1], *out, "--strength", 2)
    small = png(tmp_path / "small.png", 1, 1)
    assert "1x1; expected sides of at least 32" in refused("restyle", small, tiny[1], "--model", networks[1], *out)
    for wrong in (["--levels", "0"], ["--levels", "2-1"], ["--levels", "6"], ["--weights", "a"], ["--method", "gram"]):
        assert run("restyle", *tiny, "--model", networks[1], *out, *wrong).returncode == BAD_USAGE


# ---- Layers ----


@models
def test_layers_are_listed_with_what_their_units_see():
    text = good("layers", "list")
    assert [line.split() for line in text.splitlines()[1:]][6] == ["conv3_1", "256", "24x24", "4"]
    assert answer("layers", "list")[0] == {"layer": "conv1_1", "units": 64, "field": 3, "stride": 1, "start": -1}
    assert "expected a single network" in refused("layers", "list", "--model", "mtcnn")
    assert "no one size" in good("layers", "list", "--model", "dlib-resnet")


@models
def test_units_are_drawn_side_by_side_with_their_strongest_patches(tmp_path, tiny):
    out = tmp_path / "sheet.png"
    options = ("--layer", "conv1_1", "--units", "0-2,9", "--patches", 4, "--tile", 16, "-o", out)
    report = answer("layers", "top", *tiny, *options)
    # Two units a row, of two patches each: 2 * (2 * 16 + 2) + 10.
    assert png_size(out) == (78, 78)
    assert [unit["unit"] for unit in report[0]["units"]] == [0, 1, 2, 9]
    for unit in report[0]["units"]:
        strengths = [patch["activation"] for patch in unit["patches"]]
        assert len(strengths) <= len(tiny) and strengths == sorted(strengths, reverse=True) and min(strengths, default=1) > 0
        assert all(patch["photo"] in map(str, tiny) and patch["field"][2:] == [3, 3] for patch in unit["patches"])
    assert good("layers", "top", *tiny, *options).startswith(f"{out}: conv1_1, 4 units, ")
    folder = answer("layers", "top", tmp_path, *options, "--per-photo", 4, "--inside", "--pooling", "average")
    assert any(len(unit["patches"]) == 4 for unit in folder[0]["units"])


@models
def test_several_layers_make_a_file_each_and_the_strongest_units_come_first(tmp_path, tiny):
    out = tmp_path / "sheet.png"
    report = answer("layers", "top", *tiny, "--layer", "conv1_1,pool1", "--strongest", 3, "--size", 24, "-o", out)
    assert not out.exists() and png_size(tmp_path / "sheet-conv1_1.png") == png_size(tmp_path / "sheet-pool1.png")
    for layer in report:
        strengths = [unit["patches"][0]["activation"] for unit in layer["units"]]
        assert len(strengths) == 3 and strengths == sorted(strengths, reverse=True)


@models
@pytest.mark.parametrize("option", [(), ("--palette", "viridis"), ("--scale", "layer"), ("--strongest", 16), ("--pooling", "average")])
def test_activation_maps_are_drawn(option, tmp_path, tiny):
    plain, out = tmp_path / "plain.png", tmp_path / "maps.png"
    good("layers", "maps", tiny[0], "--layer", "pool1", "--tile", 20, "-o", plain)
    report = answer("layers", "maps", tiny[0], "--layer", "pool1", "--tile", 20, "-o", out, *option)
    # Four maps of 20x16 a row; the photo has 40x32 pixels.
    assert png_size(out) == (4 * 20 + 3 * 2, 4 * 16 + 3 * 2)
    assert (report[0]["width"], report[0]["height"], len(report[0]["units"])) == (20, 16, 16)
    assert bool(option) == (plain.read_bytes() != out.read_bytes())


@models
def test_the_pixels_behind_units_are_drawn_beside_their_fields(tmp_path, tiny):
    out, all_ways = tmp_path / "pixels.png", "deconvolution,guided,gradient"
    asked = ("layers", "pixels", tiny[0], "--layer", "conv2_1", "--unit", 12, "--tile", 20, "-o", out)
    report = answer(*asked)
    assert png_size(out) == (2 * 20 + 2, 20)
    assert [unit["unit"] for unit in report[0]["units"]] == [12] and report[0]["units"][0]["field"][2:] == [10, 10]
    strongest, drawn = report[0]["units"][0], out.read_bytes()
    assert good(*asked) == f"{out}: conv2_1, 1 unit\n  unit 12 answers {strongest['activation']:.2f} at row {strongest['row']}, column {strongest['column']}\n"
    place = f"{strongest['row']},{strongest['column']}"
    assert answer(*asked, "--place", place) == report and out.read_bytes() == drawn
    assert answer(*asked, "--place", "0,0")[0]["units"][0]["field"][:2] == [-4, -4]
    for way in ("guided", "gradient"):
        good(*asked, "--method", way)
        assert out.read_bytes() != drawn
    good(*asked, "--method", all_ways)
    assert png_size(out) == (4 * 20 + 3 * 2, 20)


@models
def test_patches_stand_beside_the_pixels_that_count(tmp_path, tiny):
    plain, out = tmp_path / "plain.png", tmp_path / "sheet.png"
    options = ("layers", "top", *tiny, "--layer", "conv2_1", "--units", "0-3", "--patches", 4, "--tile", 16)
    assert answer(*options, "-o", plain)[0]["units"] == answer(*options, "-o", out, "--pixels", "guided")[0]["units"]
    block = 2 * 16 + 2
    assert png_size(plain) == (2 * block + 10, 2 * block + 10) and png_size(out) == (2 * (2 * block + 4) + 10, 2 * block + 10)


@models
def test_layers_says_what_it_wants(tmp_path, tiny):
    out = ("-o", tmp_path / "a.png")
    assert "the nearest is conv3_1" in refused("layers", "top", *tiny, "--layer", "conv3_l", *out)
    assert "the nearest is conv3_1" in refused("layers", "maps", tiny[0], "--layer", "conv3_l", *out)
    assert "units 0 to 63, not 64" in refused("layers", "top", *tiny, "--layer", "conv1_1", "--units", "60-64", *out)
    assert "units 0 to 63, not 64" in refused("layers", "maps", tiny[0], "--layer", "conv1_1", "--units", "64", *out)
    assert "65 patches" in refused("layers", "top", *tiny, "--layer", "conv1_1", "--patches", 65, *out)
    assert "no .png, .jpg, .jpeg, .webp, " in refused("layers", "top", (tmp_path / "empty").mkdir() or tmp_path / "empty", "--layer", "conv1_1", *out)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    result = run("layers", "top", tiny[0], broken, "--layer", "conv1_1", *out)
    assert result.returncode == 0 and "skipped" in result.stderr and "from 1 photo" in result.stdout
    assert run("layers", "top", broken, "--layer", "conv1_1", *out).returncode == 1
    for wrong in (
        ["--units", "3-1"], ["--units", "a"], ["--units", "-1"], ["--units", "0", "--strongest", "2"], ["--strongest", "0"],
        ["--tile", "0"], ["--layer", "a/b"], ["--layer", ""], ["-o", "a.gif"],
    ):  # fmt: skip
        assert run("layers", "top", *tiny, "--layer", "conv1_1", *out, *wrong).returncode == BAD_USAGE, wrong
    pixels = ("layers", "pixels", tiny[0], "--layer", "conv1_1", *out)
    assert "units 0 to 63, not 64" in refused(*pixels, "--unit", 64)
    assert "row 99 and column 0 of conv1_1" in refused(*pixels, "--place", "99,0")
    for wrong in (["--method", "up"], ["--method", "guided,"], ["--place", "1"], ["--place", "1,2,3"], ["--place=-1,2"], ["--tile", "0"]):
        assert run(*pixels, *wrong).returncode == BAD_USAGE, wrong


@models
def test_ctrl_c_ends_a_search_with_what_was_found_so_far(tmp_path):
    photos, out = tmp_path / "photos", tmp_path / "a.png"
    photos.mkdir()
    first = png(photos / "000.png", 200, 200)
    for i in range(1, 600):
        (photos / f"{i:03}.png").symlink_to(first)
    code, output, shown = on_a_terminal("layers", "top", photos, "--layer", "conv1_1", "-o", out, "--json", until=" 5/600")
    assert code == 0 and out.exists()
    looked_at = int(re.search(r"stopped after (\d+) photos of 600", shown)[1])
    assert 5 <= looked_at < 600
    found = {patch["photo"] for unit in json.loads(output)[0]["units"] for patch in unit["patches"]}
    assert found and all(int(Path(name).stem) < looked_at for name in found)


@models
def test_a_network_of_one_size_gets_it(tmp_path, tiny):
    report = answer("layers", "top", *tiny, "--model", "dlib-resnet", "--layer", "embedding", "--strongest", 2, "-o", tmp_path / "a.png")
    # Each unit sees the whole picture.
    assert all(patch["field"][:2] == [0, 0] for unit in report[0]["units"] for patch in unit["patches"])


# ---- Demo ----


@models
def test_the_demo_names_compares_and_paints(tmp_path, tiny, networks):
    out = tmp_path / "painted"
    styles = tmp_path / "styles"
    styles.mkdir()
    shutil.copy(networks[0], styles / "scream.safetensors")
    text = good(
        "demo", "--photos", PHOTOS, "--content", tiny[0], "--style", tiny[1], "--out", out, "--steps", 1, "--side", 64,
        environment={"FACESTYLE_MODELS": f"{styles}:{MODELS.resolve()}"})
    assert re.search(r"\n  biden\.jpg +a stranger, the nearest is obama, distance 0\.\d\d", text)
    assert re.search(r"\n  obama2\.jpg +obama, distance 0\.\d\d", text)
    assert "Distances by faces-nn4" in text and "Distances by dlib-resnet" in text
    assert all(f"{style}.png: 40x32 in " in text for style in ("starry-night", "scream", "shipwreck")) and "not installed" not in text
    assert [line for line in text.splitlines() if len(line) > 80 and "/" not in line] == []
    assert png_size(out / "content-style.png") == (64, 51) and png_size(out / "content-scream.png") == (40, 32)
    assert png_size(out / "portraits.png") == (6 * 300 + 5 * 6, 300)


@models
def test_the_demo_draws_people_where_there_are_no_photos(tmp_path):
    out = tmp_path / "painted"
    text = good("demo", "--photos", tmp_path / "none", "--out", out, "--steps", 1, "--side", 64)
    assert "people who do not exist" in text and str(tmp_path / "none") in text
    # Each of them is found and told from the others, by both networks.
    assert len(re.findall(r"\n  (\w+?)\d? +\1, distance 0\.\d\d", text)) == 12
    small = text[text.index("Distances by faces-nn4"):text.index("In one pass")]
    rows = re.findall(r"\n +\d+  (\D+?)\d? +((?:\.\d\d[* ] ?)+)", small)
    names = ["Zo\u00eb", "\u00c9mile", "Amara", "S\u00f8ren"]
    for row, (name, distances) in enumerate(rows, 1):
        marked = [text.endswith("*") for text in re.findall(r"\.\d\d[* ]", distances)]
        assert name == names[row // 3] and marked == [column // 3 == row // 3 for column in range(row)]
    assert len(rows) == 11 and png_size(out / "portraits.png") == (6 * 300 + 5 * 6, 606)
    assert "there is no painting" in text


# ---- Galleries in files ----


@models
def test_a_gallery_is_kept_in_a_file(tmp_path):
    file = tmp_path / "people.gallery"
    added = answer("gallery", "add", file, "Barack Obama", OBAMA, OBAMA2, *LARGE)
    assert added == {"added": [0, 1], "conflicts": [], "skipped": 0, "people": 1, "photos": 2}
    assert "1 photo of Joe Biden added; 2 people, 3 photos" in good("gallery", "add", file, "Joe Biden", BIDEN, *LARGE)
    people = answer("gallery", "list", file)
    assert [(person["name"], person["photos"]) for person in people] == [("Barack Obama", 2), ("Joe Biden", 1)]
    assert [photo["note"] for photo in answer("gallery", "list", file, "Barack Obama")] == ["obama.jpg", "obama2.jpg"]
    assert re.search(r"  photos  since       name\n       2  20\d\d-\d\d-\d\d  Barack Obama\n", good("gallery", "list", file))

    known = answer("identify", PHOTOS / "obama3.jpg", "--gallery", file, *LARGE)
    assert known["known"] and known["name"] == "Barack Obama"
    assert answer("identify", BIDEN, "--gallery", file, *LARGE)["distance"] < 1e-5

    result = run("gallery", "add", file, "Somebody", OBAMA, "--refuse", *LARGE)
    assert result.returncode == 1 and "looks like Barack Obama" in result.stderr and "no photo was added" in result.stderr
    result = run("gallery", "add", file, "Somebody", OBAMA, "--json", *LARGE)
    told = json.loads(result.stdout)
    assert told["conflicts"][0]["name"] == "Barack Obama" and told["added"] == [3]
    assert "Somebody" in refused("gallery", "list", file, "Somebody else")

    assert answer("gallery", "remove", file, "Somebody") == {"people": 2, "photos": 3}
    assert answer("gallery", "remove", file, "--photo", 0) == {"people": 2, "photos": 2}
    assert "no photo 0" in refused("gallery", "remove", file, "--photo", 0)


@models
def test_a_gallery_is_exported_imported_and_merged(tmp_path):
    first, second = tmp_path / "first.gallery", tmp_path / "second.gallery"
    good("gallery", "add", first, "Barack Obama", OBAMA, *LARGE)
    good("gallery", "add", second, "Joe Biden", BIDEN, "--note", "an office", *LARGE)
    assert "1 photo added, 0 were there; 2 people, 2 photos" in good("gallery", "merge", first, second)
    for name in ("all.csv", "all.safetensors"):
        assert answer("gallery", "export", first, tmp_path / name) == {"people": 2, "photos": 2}
        copy = tmp_path / (name + ".gallery")
        assert answer("gallery", "import", copy, tmp_path / name, *LARGE)["added"] == 2
        assert answer("gallery", "import", copy, tmp_path / name, *LARGE)["present"] == 2
        assert answer("gallery", "list", copy, "Joe Biden")[0]["note"] == "an office"
    assert ".csv or .safetensors" in refused("gallery", "export", first, tmp_path / "all.txt")
    assert "absent" in refused("gallery", "list", tmp_path / "absent")
    (tmp_path / "text").write_text("text\n")
    assert "not a database" in refused("gallery", "list", tmp_path / "text")


@models
def test_a_command_that_fails_makes_no_gallery(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    new, nothing = out / "people.gallery", tmp_path / "nope.jpg"
    png(tmp_path / "wall.png", 40, 32)
    (tmp_path / "broken.csv").write_text("name,created,note,model\n1,2,3,4\n")
    other = tmp_path / "small.gallery"
    good("gallery", "add", other, "Joe Biden", BIDEN, "--model", "faces-nn4")
    for told, command in [
        ("no photo was added", ["add", new, "X", nothing]), ("no photo was added", ["add", new, "X", tmp_path / "wall.png", *LARGE]),
        ("256 bytes; expected 1 to 255", ["add", new, "X" * 256, OBAMA, *LARGE]), ("0 bytes", ["add", new, "", OBAMA, *LARGE]),
        ("--note has 256 bytes", ["add", new, "X", OBAMA, "--note", "x" * 256, *LARGE]),
        ("nope.csv", ["import", new, tmp_path / "nope.csv"]), ("broken.csv", ["import", new, tmp_path / "broken.csv"]),
        ("nope.gallery", ["merge", new, tmp_path / "nope.gallery"]), ("model", ["merge", new, other]),
        (str(new), ["list", new]), (str(new), ["list", new, "X"]), (str(new), ["remove", new, "X"]),
        (str(new), ["remove", new, "--photo", 1]), (str(new), ["export", new, out / "all.csv"]),
    ]:  # fmt: skip
        result = run("gallery", *command)
        assert result.returncode != 0 and told in result.stderr, (command, result.stderr)
        assert list(out.iterdir()) == [], command
    assert str(new) in refused("identify", OBAMA, "--gallery", new, *LARGE) and list(out.iterdir()) == []
    # What comes before a photo that is of no use is kept.
    result = run("gallery", "add", new, "Barack Obama", OBAMA, nothing, *LARGE)
    assert result.returncode == 0 and "nope.jpg" in result.stderr and answer("gallery", "list", new)[0]["photos"] == 1
    assert run("gallery", "add", new, "Barack Obama", nothing).returncode == 1 and answer("gallery", "list", new)[0]["photos"] == 1


@models
def test_a_gallery_is_encrypted_with_a_key(tmp_path):
    file, key = tmp_path / "people.gallery", tmp_path / "key"
    key.write_bytes(bytes(range(32)))
    result = run("gallery", "add", file, "Barack Obama", OBAMA, "--key-file", key, *LARGE)
    if "libsodium" in result.stderr:
        pytest.skip("libsodium is absent: install Debian's libsodium23")
    assert result.returncode == 0, result.stderr
    assert answer("identify", OBAMA, "--gallery", file, "--key-file", key, *LARGE)["known"]
    assert "expected a key" in refused("identify", OBAMA, "--gallery", file, *LARGE)
    key.write_bytes(b"short")
    assert "5 bytes; expected 32" in refused("gallery", "list", file, "--key-file", key)


@models
def test_a_gallery_is_kept_on_a_server(tmp_path):
    if not temporary_postgres.programs():
        pytest.skip("PostgreSQL's server is absent: install Debian's postgresql")
    file = tmp_path / "people.gallery"
    good("gallery", "add", file, "Joe Biden", BIDEN, "--note", "an office", *LARGE)
    with temporary_postgres.Server() as server:
        address, copy = server.new_database(), server.new_database()
        assert "no gallery" in refused("gallery", "list", address)
        assert answer("gallery", "add", address, "Barack Obama", OBAMA, OBAMA2, *LARGE)["added"] == [0, 1]
        assert answer("identify", PHOTOS / "obama3.jpg", "--gallery", address, *LARGE)["name"] == "Barack Obama"
        assert answer("gallery", "merge", address, file)["added"] == 1
        assert answer("gallery", "list", address, "Joe Biden")[0]["note"] == "an office"
        assert answer("gallery", "merge", copy, address, *LARGE) == {
            "added": 3, "present": 0, "conflicts": 0, "people": 2, "photos": 3}
        assert answer("gallery", "remove", copy, "Barack Obama") == {"people": 1, "photos": 1}
        wrong = server.address_with_password("faces0", "Sesame")
        for told in (refused("gallery", "list", wrong), refused("identify", OBAMA, "--gallery", wrong, *LARGE)):
            assert "password authentication failed" in told and "Sesame" not in told
    assert "Sesame" not in refused("gallery", "list", "postgresql://ada:Sesame/opens@host/faces")
