"""The camera daemon as an operator runs it: frames made by ffmpeg from real photos go in, lines of JSON come out.

FACESTYLE_DAEMON names the program, FACESTYLE_PROGRAM the command line program that fills the gallery; FACESTYLE_MODELS and
FACESTYLE_PHOTOS the folders that `make models` fills. `make test-daemon` sets them.
"""

import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "examples" / "camera-daemon"), str(REPOSITORY / "Tools")]
import scenes  # noqa: E402
import temporary_postgres  # noqa: E402

DAEMON = Path(os.environ.get("FACESTYLE_DAEMON", REPOSITORY / "build" / "facestyle-camera"))
PROGRAM = Path(os.environ.get("FACESTYLE_PROGRAM", REPOSITORY / "build" / "facestyle"))
MODELS = Path(os.environ.get("FACESTYLE_MODELS", REPOSITORY / "build" / "models"))
PHOTOS = Path(os.environ.get("FACESTYLE_PHOTOS", REPOSITORY / "build" / "photos"))
SHIPPED = REPOSITORY / "models" / "faces-nn4.safetensors"
POINTLESS = REPOSITORY / "models" / "faces-cascade.safetensors"  # a detector that finds no points
UNIT = REPOSITORY / "examples" / "camera-daemon" / "facestyle-camera.service"


@pytest.fixture(scope="session", autouse=True)
def program():
    for needed, how in ((DAEMON, "make test-daemon"), (PROGRAM, "make"), (PHOTOS / "obama.jpg", "make models")):
        if not needed.exists():
            pytest.skip(f"{needed.name} is not there: run `{how}`")
    if not shutil.which("ffmpeg"):
        pytest.skip("ffmpeg is not there: `make have-frames` installs it")


def enrol(gallery, **people):
    for name, photos in people.items():
        for photo in photos:
            subprocess.run([PROGRAM, "gallery", "add", gallery, name, PHOTOS / photo, "--model", SHIPPED],
                           check=True, capture_output=True, env={**os.environ, "FACESTYLE_MODELS": str(MODELS)})  # fmt: skip


@pytest.fixture(scope="session")
def gallery(tmp_path_factory):
    path = tmp_path_factory.mktemp("gallery") / "people.sqlite"
    enrol(path, obama=["obama2.jpg", "obama3.jpg"])
    return path


@pytest.fixture(scope="session")
def stage(tmp_path_factory):
    """Somebody known walks past, then somebody who is not."""
    folder = tmp_path_factory.mktemp("scenes")
    known, stranger = scenes.walk(PHOTOS / "obama.jpg", folder / "obama"), scenes.walk(PHOTOS / "biden.jpg", folder / "biden")
    both = folder / "both"
    both.write_bytes(known.read_bytes() + stranger.read_bytes())
    return {"known": known, "stranger": stranger, "both": both, "wall": scenes.wall(folder / "wall")}


def command(gallery, source, **settings):
    settings = {"source": source, "gallery": gallery, "detector": MODELS / "mtcnn.safetensors", "embedder": SHIPPED, **settings}
    return [DAEMON, *(f"--{name.replace('_', '-')}={value}" for name, value in settings.items())]


def watch(gallery, source, input=None, environment=None, status=0, **settings):
    """The events of a run to the source's end, its metrics, and what it said on the error stream."""
    result = subprocess.run(
        command(gallery, source, **settings), input=input, capture_output=True, timeout=300, env={**os.environ, **(environment or {})})
    assert result.returncode == status, result.stderr.decode()
    events = [json.loads(line) for line in result.stdout.splitlines()]
    return [event for event in events if event["event"] != "metrics"], events[-1] if events else None, result.stderr.decode()


def refused(*arguments):
    result = subprocess.run([DAEMON, *map(str, arguments)], capture_output=True, text=True, timeout=60)
    assert result.returncode in (1, 2) and result.stdout == ""
    return result.stderr


# ---- Who passes ----


def test_who_is_known_is_named_once_and_who_is_not_is_unknown(gallery, stage):
    events, metrics, _ = watch(gallery, stage["both"], every_frame="yes")
    assert [(event["event"], event.get("name")) for event in events] == [
        ("person", "obama"), ("left", "obama"), ("unknown", None), ("left", None)]  # fmt: skip
    person, left, unknown, _ = events
    assert 0 < person["distance"] <= person["threshold"] < unknown["distance"]
    x, y, width, height = person["box"]
    assert 0 < x < scenes.WIDTH and 0 < y < scenes.HEIGHT and 40 < width < 400 and 40 < height < 400
    assert person["track"] == left["track"] != unknown["track"] and left["frames"] > 20
    assert (metrics["frames"], metrics["dropped"], metrics["looked_at"]) == (240, 0, 240)
    assert all(metrics[f"{name}_ms"] > 0 for name in ("detect", "track", "embed", "search")) and metrics["resident_mb"] > 10


def test_models_are_found_by_name_and_those_of_the_box_are_the_default(gallery, stage):
    arguments = [DAEMON, f"--source={stage['known']}", f"--gallery={gallery}", "--every-frame=yes"]
    models = {**os.environ, "FACESTYLE_MODELS": str(REPOSITORY / "models")}  # the box's, and what lies around the library
    result = subprocess.run(arguments, capture_output=True, text=True, timeout=300, env=models)
    assert result.returncode == 0, result.stderr
    assert [json.loads(line).get("name") for line in result.stdout.splitlines()][:2] == ["obama", "obama"]


@pytest.mark.parametrize("pixels, name", [
    ("nv21", "nv21"), ("yuv420p", "i420"), ("yuyv422", "yuyv"), ("rgb24", "rgb"), ("bgr24", "bgr"), ("mjpeg", "mjpeg")])  # fmt: skip
def test_every_pixel_format_shows_the_same(gallery, tmp_path, pixels, name):
    source = scenes.walk(PHOTOS / "obama.jpg", tmp_path / "frames", seconds=1, pixels=pixels)
    events, _, _ = watch(gallery, source, format=name, every_frame="yes")
    assert [event["event"] for event in events] == ["person", "left"]


def test_a_camera_on_its_side_is_turned_upright(gallery, tmp_path):
    source = scenes.walk(PHOTOS / "obama.jpg", tmp_path / "frames", seconds=1, turn="transpose=cclock")  # a quarter turn to the left
    events, _, _ = watch(gallery, source, every_frame="yes", width=scenes.HEIGHT, height=scenes.WIDTH, rotation=90)
    assert [event["event"] for event in events] == ["person", "left"]
    assert watch(gallery, source, every_frame="yes", width=scenes.HEIGHT, height=scenes.WIDTH)[0] == []


def test_crops_are_kept_and_the_oldest_written_over(gallery, stage, tmp_path):
    events, _, _ = watch(gallery, stage["both"], every_frame="yes", crops=tmp_path, crops_kept=1)
    crops = [event["crop"] for event in events if "crop" in event]
    assert crops == [str(tmp_path / "0000000.jpg")] * 2 and [path.name for path in tmp_path.iterdir()] == ["0000000.jpg"]
    assert (tmp_path / "0000000.jpg").read_bytes()[:2] == b"\xff\xd8"


@pytest.mark.parametrize("rule", ["nearest", "mean", "template", "vote"])
def test_every_rule_for_several_photos_knows_who_passes(gallery, stage, rule):
    # Everybody is nearer to a mean of embeddings than to one: the model's own threshold, 0.342, is for pairs of photos.
    events, _, _ = watch(gallery, stage["both"], every_frame="yes", rule=rule, threshold=0.32)
    assert [event["event"] for event in events] == ["person", "left", "unknown", "left"]


def test_a_face_that_is_there_under_two_names_is_nobodys_if_a_margin_is_wanted(stage, tmp_path):
    path = tmp_path / "people.sqlite"
    enrol(path, obama=["obama2.jpg"], barack=["obama3.jpg"])
    assert watch(path, stage["known"], every_frame="yes")[0][0]["event"] == "person"
    assert watch(path, stage["known"], every_frame="yes", margin=0.5)[0][0]["event"] == "unknown"


def test_a_threshold_is_that_for_as_many_photos_as_the_gallery_has(gallery, stage):  # two
    for thresholds, event, used in [("2:9 5:0", "person", 9), ("1:9 3:0", "unknown", 0), ("1:0 9", "person", 9)]:
        events, _, _ = watch(gallery, stage["known"], every_frame="yes", threshold=thresholds)
        assert (events[0]["event"], events[0]["threshold"]) == (event, used)
    _, *settings = command(gallery, stage["known"], threshold="1:9")
    assert "it has 2 photos, and threshold none for more than 1" in refused(*settings)


def test_without_identification_it_tells_that_somebody_passes(stage, tmp_path):
    events, metrics, _ = watch("/nowhere", stage["both"], every_frame="yes", identify="no", embedder="/nowhere", crops=tmp_path)
    assert [event["event"] for event in events] == ["face", "left", "face", "left"]
    assert events[0]["track"] == events[1]["track"] != events[2]["track"] and Path(events[0]["crop"]).exists()
    assert metrics["embed_ms"] is None and metrics["search_ms"] is None


def test_an_embedder_of_whole_photos_identifies_nobody(gallery, stage, tmp_path):
    for name, photos in {"obama": ["obama2.jpg", "obama3.jpg"], "other": ["biden.jpg", "obama.jpg"]}.items():
        (tmp_path / "people" / name).mkdir(parents=True)
        for photo in photos:
            shutil.copy(PHOTOS / photo, tmp_path / "people" / name)
    model = tmp_path / "whole.safetensors"
    training = ["--loss", "contrastive", "--architecture", "siamese", "--batch", "4", "--steps", "2", "--out", model]
    subprocess.run([PROGRAM, "train", "--people", tmp_path / "people", *training], check=True, capture_output=True)
    _, *settings = command(gallery, stage["known"], embedder=model)
    assert "sees whole photos" in refused(*settings)


def test_a_detector_without_points_identifies_nobody(gallery, stage):
    if not POINTLESS.exists():
        pytest.skip(f"{POINTLESS.name} is not there")
    _, *settings = command(gallery, stage["both"], detector=POINTLESS)
    assert "finds faces without points" in refused(*settings)
    events, _, _ = watch(gallery, stage["both"], every_frame="yes", detector=POINTLESS, identify="no")
    assert [event["event"] for event in events][:2] == ["face", "left"]


# ---- Who is alive ----


def liveness_models(folder, **score):
    """Two networks that see the mean level of one channel around the face."""
    sys.path.append(str(REPOSITORY / "Tests" / "Fixtures" / "reference"))
    sys.path.append(str(REPOSITORY / "bindings" / "python"))
    import converted_models

    for name, crop in (("near", 2.7), ("far", 4)):
        (folder / f"{name}.safetensors").write_bytes(converted_models.liveness(crop, **score))
    return f"{folder / 'near.safetensors'} {folder / 'far.safetensors'}"


def test_a_living_face_is_named_and_a_picture_is_not(gallery, stage, tmp_path):
    live = liveness_models(tmp_path, minimum=-1)
    events, metrics, _ = watch(gallery, stage["both"], every_frame="yes", liveness="yes", liveness_models=live)
    assert told(events) == [("person", "obama"), ("left", "obama"), ("unknown", None), ("left", None)]
    assert events[0]["live"] > 0.99 and events[2]["live"] > 0.99 and metrics["live_ms"] > 0
    picture = liveness_models(tmp_path, minimum=2)
    events, metrics, _ = watch(gallery, stage["both"], every_frame="yes", liveness="yes", liveness_models=picture)
    assert told(events) == [("picture", None), ("left", None)] * 2 and metrics["embed_ms"] is None
    assert events[0]["live"] < 0.01 and len(events[0]["box"]) == 4 and events[1]["reason"] == "a picture"


def test_liveness_needs_its_models(gallery, stage, tmp_path):
    _, *settings = command(gallery, stage["known"], liveness="yes", liveness_models=tmp_path / "gone.safetensors")
    assert "liveness: " in refused(*settings)
    _, *settings = command(gallery, stage["known"], liveness="yes", liveness_models=SHIPPED)
    assert "expected a graph of kind liveness" in refused(*settings)


# ---- Who takes whose place ----


@pytest.fixture(scope="session")
def frame(tmp_path_factory):
    """One frame each: the enrolled man, a stranger in the same place, both, both the other way round, nobody, the man blurred."""
    folder = tmp_path_factory.mktemp("frames")
    man, stranger = (PHOTOS / "obama.jpg", 60, 800), (PHOTOS / "biden.jpg", 120, 1000)
    frames = {
        "man": scenes.still(folder / "man", man),
        "stranger": scenes.still(folder / "stranger", stranger),
        "both": scenes.still(folder / "both", (PHOTOS / "obama.jpg", -110, 600), (PHOTOS / "biden.jpg", 270, 700)),
        "swapped": scenes.still(folder / "swapped", (PHOTOS / "biden.jpg", -110, 700), (PHOTOS / "obama.jpg", 270, 600)),
        "nobody": scenes.wall(folder / "nobody"),
    }
    frames = {name: path.read_bytes()[: scenes.FRAME] for name, path in frames.items()}
    return {**frames, "blurred": blurred(frames["man"]), "turned": turned(frames["man"])}


def blurred(frame, side=15):
    """A frame whose luma is smeared: the face is found, and is of no use."""
    luma = np.frombuffer(frame, np.uint8)[: scenes.WIDTH * scenes.HEIGHT].reshape(scenes.HEIGHT, scenes.WIDTH).astype(float)
    for axis in (0, 1):
        luma = np.apply_along_axis(lambda row: np.convolve(row, np.ones(side) / side, "same"), axis, luma)
    return luma.astype(np.uint8).tobytes() + frame[scenes.WIDTH * scenes.HEIGHT :]


def turned(frame, centre=407, reach=84, amount=0.55):
    """The man's face drawn to a side, more in its middle than at its edges, as if the head were turned: its yaw is measured as some
    30 degrees, and its embedding is 0.3 from the one before, and unknown to the gallery."""
    x = np.arange(scenes.WIDTH)
    place = (x - centre) / reach
    source = np.where(abs(place) < 1, centre + reach * (place + amount * (1 - place**2)), x).round().astype(int)
    pixels = np.frombuffer(frame, np.uint8)
    luma = pixels[: scenes.WIDTH * scenes.HEIGHT].reshape(scenes.HEIGHT, scenes.WIDTH)
    chroma = pixels[luma.size :].reshape(scenes.HEIGHT // 2, scenes.WIDTH // 2, 2)
    return luma[:, source].tobytes() + chroma[:, source[::2] // 2].tobytes()


def play(gallery, frame, *scene, **settings):
    """The events of frames that come one behind the other: ("man", 40), ("nobody", 9), ..."""
    pictures = b"".join(frame[name] * count for name, count in scene)
    events, _, _ = watch(gallery, "-", input=pictures, **{"every_frame": "yes", **settings})
    return events


def told(events):
    return [(event["event"], event.get("name")) for event in events]


def test_a_stranger_who_comes_where_a_known_man_stood_gets_no_name_of_his(gallery, frame):
    events = play(gallery, frame, ("man", 40), ("nobody", 9), ("stranger", 101))
    assert told(events) == [("person", "obama"), ("left", "obama"), ("unknown", None), ("left", None)]
    person, left, unknown, end = events
    assert person["track"] == left["track"] != unknown["track"] == end["track"]
    # Frames come 30 a second: 0 to 39 are his, 49 to 149 the stranger's.
    assert (left["frames"], left["seconds"]) == (40, pytest.approx(39 / 30, abs=0.01))
    assert (end["frames"], end["seconds"]) == (101, pytest.approx(100 / 30, abs=0.01))
    assert person["time"] <= left["time"] < unknown["time"] <= end["time"]
    assert 49 <= unknown["frame"] <= 49 + 6 * 5


def test_a_stranger_who_is_gone_before_it_is_sure_gets_no_name_either(gallery, frame):
    events = play(gallery, frame, ("man", 40), ("nobody", 9), ("stranger", 4))
    assert told(events) == [("person", "obama"), ("left", "obama")] and events[-1]["frames"] == 40


def test_a_known_man_who_comes_where_a_stranger_stood_is_named(gallery, frame):
    events = play(gallery, frame, ("stranger", 40), ("nobody", 9), ("man", 40))
    assert told(events)[0] == ("unknown", None) and ("person", "obama") in told(events) and told(events)[-1] == ("left", "obama")


def test_a_change_without_an_empty_frame_is_seen_within_the_time_that_is_set(gallery, frame):
    for every in (0.5, 2):
        events = play(gallery, frame, ("man", 60), ("stranger", 120), identify_every=every)
        assert told(events) == [("person", "obama"), ("left", "obama"), ("unknown", None), ("left", None)]
        assert 60 <= events[2]["frame"] <= 60 + 30 * every + 6 * 5
        assert 60 - 30 * every - 6 <= events[1]["frames"] <= 60
        assert events[1]["frames"] + events[3]["frames"] <= 180


def test_two_people_who_change_places_without_an_empty_frame_keep_their_own_names(gallery, frame):
    events = play(gallery, frame, ("both", 60), ("swapped", 120))
    first, second = events[:2], events[2:]
    assert sorted(told(first), key=str) == [("person", "obama"), ("unknown", None)]
    assert sorted(told(second), key=str) == sorted(
        [("left", "obama"), ("person", "obama"), ("left", None), ("unknown", None), ("left", "obama"), ("left", None)], key=str)
    # On each track there is one person, and the man's second track begins where the stranger's first one was.
    names = {}
    for event in events:
        names.setdefault(event["track"], set()).add(event.get("name"))
    assert len(names) == 4 and all(len(of_track) == 1 for of_track in names.values())
    places = {event.get("name"): event["box"][0] for event in first}
    again = {event.get("name"): event["box"][0] for event in second if event["event"] in ("person", "unknown")}
    assert abs(again["obama"] - places[None]) < 60 and abs(again[None] - places["obama"]) < 60


def test_a_known_man_who_is_hidden_for_a_moment_stays_one_person(gallery, frame):
    events = play(gallery, frame, ("man", 40), ("nobody", 9), ("man", 60), ("nobody", 3), ("man", 40))
    assert told(events) == [("person", "obama"), ("left", "obama")] and events[-1]["frames"] == 140


def test_a_poor_picture_makes_no_stranger_of_a_known_man(gallery, frame):
    events = play(gallery, frame, ("man", 40), ("blurred", 60), ("man", 40), identify_every=0.2)
    assert told(events) == [("person", "obama"), ("left", "obama")] and events[-1]["frames"] == 140


def test_a_known_man_who_turns_his_head_for_a_moment_stays_who_he_is(gallery, frame):
    assert told(play(gallery, frame, ("turned", 40))) == [("unknown", None), ("left", None)]  # alone it is nobody's face
    for scene in ([("man", 40), ("turned", 90), ("man", 40)], [("man", 40), ("nobody", 3), ("turned", 60), ("nobody", 3), ("man", 40)]):
        events = play(gallery, frame, *scene, identify_every=0.2)
        assert told(events) == [("person", "obama"), ("left", "obama")]
        assert events[-1]["frames"] == sum(count for name, count in scene if name != "nobody")


def test_one_look_that_shows_another_is_not_enough_if_more_are_wanted(gallery, frame):
    scene = ("man", 40), ("stranger", 3), ("man", 60)
    assert told(play(gallery, frame, *scene, identify_every=0.1)) == [("person", "obama"), ("left", "obama")]
    assert told(play(gallery, frame, *scene, identify_every=0.1, change_looks=1)) == [("person", "obama"), ("left", "obama")] * 2


def test_who_wants_it_looks_once_and_never_again(gallery, frame):
    never = {"identify_every": 0, "identify_gap": 0, "identify_better": 0}
    assert told(play(gallery, frame, ("man", 40), ("nobody", 9), ("stranger", 60), **never)) == [("person", "obama"), ("left", "obama")]


# ---- Frames that come too fast, are broken, or do not come ----


def test_a_file_is_looked_at_frame_by_frame_unless_told_otherwise(gallery, stage):
    assert watch(gallery, stage["both"])[1]["looked_at"] == 240
    with open(stage["both"], "rb") as file:  # the standard input is a file, too
        result = subprocess.run(command(gallery, "-"), stdin=file, capture_output=True, timeout=300)
    assert json.loads(result.stdout.splitlines()[-1])["looked_at"] == 240
    assert watch(gallery, stage["both"], every_frame="no")[1]["dropped"] > 0


def test_the_newest_frame_wins_and_drops_are_counted(gallery, stage):
    events, metrics, _ = watch(gallery, "-", input=stage["both"].read_bytes())
    assert metrics["frames"] == 240 == metrics["dropped"] + metrics["looked_at"] and metrics["dropped"] > 0


def test_a_file_is_played_at_its_rate(gallery, stage):
    started = time.monotonic()
    _, metrics, _ = watch(gallery, stage["wall"], rate=20)
    assert metrics["frames"] == 30 and time.monotonic() - started >= 29 / 20


def test_garbage_is_survived(gallery):
    _, metrics, _ = watch(gallery, "-", input=os.urandom(5 * scenes.FRAME), every_frame="yes")
    assert metrics["looked_at"] == 5


def test_a_truncated_frame_is_told_and_left_out(gallery, stage):
    frames = stage["wall"].read_bytes()[: 2 * scenes.FRAME + 1000]
    _, metrics, told = watch(gallery, "-", input=frames, every_frame="yes")
    assert metrics["looked_at"] == 2 and f"the last frame has 1000 bytes of {scenes.FRAME}" in told
    assert watch(gallery, "-", input=b"")[1]["frames"] == 0


def test_a_closed_output_ends_it(gallery, stage):
    daemon = subprocess.Popen(command(gallery, stage["known"], every_frame="yes"), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    daemon.stdout.close()
    assert daemon.wait(timeout=60) == 1


# ---- Motion JPEG ----


def mjpeg(raw, out, size=(scenes.WIDTH, scenes.HEIGHT), pixels="nv12"):
    """The raw frames of a file as JPEGs."""
    given = ["-f", "rawvideo", "-pix_fmt", pixels, "-s", f"{size[0]}x{size[1]}", "-r", scenes.RATE, "-i", raw]
    scenes.ffmpeg(*given, *scenes.frames("mjpeg"), out)
    return out


def as_cameras_send_it(frame):
    """A JPEG with "AVI1" in place of "JFIF", and without its Huffman tables."""
    place, sent = 2, b"\xff\xd8\xff\xe0\0\x10AVI1" + bytes(10)
    while frame[place + 1] != 0xDA:  # up to the scan
        end = place + 2 + int.from_bytes(frame[place + 2 : place + 4], "big")
        if frame[place + 1] not in (0xC4, 0xE0):
            sent += frame[place:end]
        place = end
    return sent + frame[place:]


def parted(stream):
    """The JPEGs of ffmpeg, in which FF D9 is nowhere but at the end of each."""
    return [frame + b"\xff\xd9" for frame in stream.split(b"\xff\xd9")[:-1]]


@pytest.fixture(scope="session")
def jpegs(stage, tmp_path_factory):
    """The scenes of `stage`, as frames of JPEGs."""
    folder = tmp_path_factory.mktemp("jpegs")
    return {name: parted(mjpeg(path, folder / name).read_bytes()) for name, path in stage.items()}


NAMED = [("person", "obama"), ("left", "obama"), ("unknown", None), ("left", None)]


def test_jpegs_show_who_raw_frames_show(gallery, stage, jpegs):
    stream = b"".join(map(as_cameras_send_it, jpegs["both"]))
    # Reduced by 1, 2 and 4: the larger part of the faces is 100 pixels and more.
    for min_face in (39, 60, 80):
        events, metrics, said = watch(gallery, "-", input=stream, format="mjpeg", every_frame="yes", min_face=min_face)
        assert told(events) == NAMED and said == ""
        assert (metrics["frames"], metrics["looked_at"], metrics["damaged"], metrics["skipped_bytes"]) == (240, 240, 0, 0)
        assert 0 < metrics["decode_ms"] <= metrics["decode_ms_longest"]
        raw, plain, _ = watch(gallery, stage["both"], every_frame="yes", min_face=min_face)
        assert told(raw) == NAMED and plain["decode_ms"] is None
        for ours, theirs in zip(events, raw):
            assert abs(ours.get("frame", 0) - theirs.get("frame", 0)) <= 15  # three looks
            if "box" in ours and ours["frame"] == theirs["frame"]:
                assert ours["box"] == pytest.approx(theirs["box"], abs=0.08 * theirs["box"][3])


@pytest.mark.parametrize("min_face", [39, 60, 120])  # reduced by 1, 2 and 4
def test_crops_of_jpegs_have_the_pixels_of_the_whole_frame(gallery, tmp_path, min_face):
    size = (1280, 720)
    raw = scenes.still(tmp_path / "raw", (PHOTOS / "obama.jpg", 300, 1100), size=size)
    stream = mjpeg(raw, tmp_path / "jpegs", size)
    shape = {"width": size[0], "height": size[1], "every_frame": "yes", "min_face": min_face}
    boxes, sizes = [], []
    for source, form in ((raw, "nv12"), (stream, "mjpeg")):
        folder = tmp_path / form
        folder.mkdir()
        events, _, _ = watch(gallery, source, format=form, crops=folder, **shape)
        assert told(events) == [("person", "obama"), ("left", "obama")]
        boxes.append(events[0]["box"])
        sizes.append(ffprobe(events[0]["crop"]))
    assert boxes[1] == pytest.approx(boxes[0], abs=0.08 * boxes[0][3])
    assert sizes[1] == pytest.approx(sizes[0], abs=0.15 * boxes[0][3]) and min(sizes[1]) > 1.5 * boxes[0][2]


def ffprobe(picture):
    """Its width and height."""
    asked = ["ffprobe", "-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0", picture]
    return [int(side) for side in subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split(",")]


@pytest.mark.parametrize("rotation, turn", [(90, "transpose=cclock"), (180, "hflip,vflip"), (270, "transpose=clock")])
@pytest.mark.parametrize("mirrored", [False, True])
def test_jpegs_are_set_upright(gallery, tmp_path, rotation, turn, mirrored):
    # A frame is turned, then mirrored: what lies there was mirrored, then turned the other way.
    turn = f"hflip,{turn}" if mirrored else turn
    source = scenes.walk(PHOTOS / "obama.jpg", tmp_path / "frames", seconds=1, turn=turn, pixels="mjpeg")
    lying = (scenes.HEIGHT, scenes.WIDTH) if rotation % 180 else (scenes.WIDTH, scenes.HEIGHT)
    shape = {"format": "mjpeg", "width": lying[0], "height": lying[1], "rotation": rotation, "mirrored": "yes" if mirrored else "no"}
    events, _, _ = watch(gallery, source, every_frame="yes", **shape)
    assert told(events) == [("person", "obama"), ("left", "obama")]
    x, y, width, height = events[0]["box"]
    assert 0 < x < scenes.WIDTH - width / 2 and 0 < y < scenes.HEIGHT / 2


def test_damaged_jpegs_are_left_out_and_counted(gallery, jpegs):
    frames = list(jpegs["both"])
    small = jpegs["wall"][0].replace((480).to_bytes(2, "big") + (640).to_bytes(2, "big"), (240).to_bytes(2, "big") + (640).to_bytes(2, "big"))
    broken = bytearray(frames[30])
    broken[len(broken) // 2 : len(broken) // 2 + 200] = bytes(200)
    frames[30] = bytes(broken)
    frames[50] = frames[50][: len(frames[50]) // 2]  # the next one's beginning follows
    frames[70] = small
    frames[90] = b"\xff\xd8\xff\xe0\0\x04\0\0\xff\xd9"  # nothing but markers
    frames[110] = b"no frame " * 100 + frames[110]
    frames[130] = b"\xff\xd8\xff" + bytes(2 << 20) + frames[130]  # has no end, and more bytes than a frame can have
    for every_frame in ("yes", "no"):
        events, metrics, said = watch(gallery, "-", input=b"".join(frames), format="mjpeg", every_frame=every_frame)
        assert metrics["frames"] == 241 == metrics["looked_at"] + metrics["dropped"] + metrics["damaged"]
        assert metrics["skipped_bytes"] >= 900 + (1 << 20)
        if every_frame == "no":
            continue
        assert metrics["damaged"] == 5 and metrics["dropped"] == 0 and told(events) == NAMED
        assert said.count("\n") == 1 and "frame 30 is damaged and left out: JPEG: " in said


def test_jpegs_of_another_size_are_named(gallery, jpegs):
    stream = b"".join(jpegs["wall"])
    events, metrics, said = watch(gallery, "-", input=stream, format="mjpeg", every_frame="yes", width=1280, height=720)
    assert events == [] and metrics["damaged"] == metrics["frames"] == 30 and metrics["looked_at"] == 0
    assert "frame 0 is damaged and left out: it has 640x480 pixels; expected 1280x720, as width and height say" in said


def test_a_jpeg_without_an_end_is_told_and_left_out(gallery, jpegs):
    stream = b"".join(jpegs["wall"][:2]) + jpegs["wall"][2][:1000]
    _, metrics, said = watch(gallery, "-", input=stream, format="mjpeg", every_frame="yes")
    assert metrics["looked_at"] == metrics["frames"] == 2 and "the last frame has 1000 bytes and no end, it is left out" in said


def test_a_stream_without_jpegs_is_survived(gallery, stage):
    noise = os.urandom(3 << 20).replace(b"\xff\xd8\xff", b"\0\0\0")
    for stream in (noise, b"", stage["wall"].read_bytes()):
        events, metrics, _ = watch(gallery, "-", input=stream, format="mjpeg", every_frame="yes")
        assert events == [] and metrics["frames"] == 0 and len(stream) - 3 <= metrics["skipped_bytes"] <= len(stream)


def test_jpegs_in_memory_stay_few(gallery, jpegs, tmp_path):
    with Running(gallery, every_frame="yes", format="mjpeg", events=tmp_path / "events") as daemon:
        stream, sizes = tmp_path / "stream", []
        stream.write_bytes(b"".join(jpegs["both"]))
        for _ in range(4):
            daemon.show(stream)
            sizes.append(daemon.status()[1])
        print(f"resident: {sizes[1] / 1e6:.1f} MB, then {sizes[-1] / 1e6:.1f} MB")
        assert sizes[-1] <= sizes[1] + 4e6


@pytest.fixture(scope="session")
def parts(tmp_path_factory):
    """The test of view.c, compiled."""
    folder, include = REPOSITORY / "examples" / "camera-daemon", REPOSITORY / "include"
    out, library = tmp_path_factory.mktemp("parts") / "view_test", DAEMON.parent
    sources = [Path(__file__).with_name("view_test.c"), *(folder / name for name in ("view.c", "times.c", "settings.c"))]
    subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", f"-I{include}", f"-I{folder}", *sources, f"-L{library}", "-lfacestyle", "-lm",
                    f"-Wl,-rpath,{library}", "-o", out], check=True)  # fmt: skip
    return out


def test_places_in_reduced_frames_are_those_of_the_whole(parts):
    result = subprocess.run([parts], capture_output=True, text=True, timeout=120)
    assert (result.returncode, result.stdout) == (0, "good\n"), result.stdout


def preloaded(folder, name):
    """NAME.c beside this file, as a library that a process is started with."""
    library, source = folder / f"{name}.so", Path(__file__).with_name(f"{name}.c")
    subprocess.run(["cc", "-std=gnu11", "-Wall", "-Wextra", "-shared", "-fPIC", source, "-o", library, "-ldl", "-lpthread"], check=True)
    return library


def test_a_clock_that_is_set_back_changes_no_visit(gallery, stage, tmp_path):
    clock = {"LD_PRELOAD": str(preloaded(tmp_path, "clock_back"))}
    events, _, _ = watch(gallery, stage["known"], environment=clock, every_frame="no", rate=30)
    assert [event["event"] for event in events] == ["person", "left"]
    assert events[1]["seconds"] > 1.1  # 1.4 of four, in whose middle the time of day goes back


# ---- A camera ----


@pytest.fixture(scope="session")
def fake_camera(tmp_path_factory):
    return preloaded(tmp_path_factory.mktemp("fake"), "fake_v4l2")


def camera(library, format, frames, offers=None, **more):
    """The environment of a daemon that finds a camera at /dev/zero: see fake_v4l2.c."""
    offers = f"{format} {scenes.WIDTH}x{scenes.HEIGHT} 30" if offers is None else offers
    return {"LD_PRELOAD": str(library), "FAKE_OFFERS": offers, "FAKE_FORMAT": format, "FAKE_FRAMES": str(frames), **more}


@pytest.fixture(scope="session")
def filmed(stage, jpegs, tmp_path_factory):
    """What `stage` shows, by the names of V4L2's formats."""
    folder = tmp_path_factory.mktemp("filmed")
    (folder / "MJPG").write_bytes(b"".join(map(as_cameras_send_it, jpegs["both"])))
    given = ["-f", "rawvideo", "-pix_fmt", "nv12", "-s", f"{scenes.WIDTH}x{scenes.HEIGHT}", "-r", scenes.RATE, "-i", stage["both"]]
    for code, pixels in (("YUYV", "yuyv422"), ("GREY", "gray")):
        scenes.ffmpeg(*given, *scenes.frames(pixels), folder / code)
    return {"NV12": stage["both"], **{code: folder / code for code in ("MJPG", "YUYV", "GREY")}}


@pytest.mark.parametrize("code, format", [("NV12", "nv12"), ("YUYV", "yuyv"), ("MJPG", "mjpeg"), ("GREY", "grey")])
def test_a_camera_with_padded_rows_and_damaged_buffers(gallery, filmed, fake_camera, code, format):
    for setting, every_frame in ((format, "yes"), ("auto", "auto")):
        environment = camera(fake_camera, code, filmed[code], FAKE_END="unplugged")
        settings = {"rate": 30, "format": setting, "every_frame": every_frame}
        events, metrics, said = watch(gallery, "/dev/zero", environment=environment, status=1, **settings)
        assert "No such device" in said and "is damaged and left out: its driver says so; others are only counted" in said
        assert metrics["frames"] == 240 == metrics["looked_at"] + metrics["dropped"] + metrics["damaged"]
        assert metrics["damaged"] == 240 // 7 and (metrics["decode_ms"] is None) == (code != "MJPG")
        if every_frame == "yes" and code != "GREY":  # a busy machine drops frames; without colour he is somebody else to the embedder
            assert told(events) == NAMED and metrics["dropped"] == 0
        assert events


def test_a_camera_whose_jpegs_are_cut_off(gallery, filmed, fake_camera):
    environment = camera(fake_camera, "MJPG", filmed["MJPG"], FAKE_END="unplugged", FAKE_CUT="3")
    events, metrics, said = watch(gallery, "/dev/zero", environment=environment, status=1, rate=30, every_frame="yes")
    assert told(events) == NAMED and re.search(r"frame 2 is damaged and left out: its \d+ bytes have no JPEG that ends", said)
    cut = [i for i in range(1, 241) if i % 3 == 0 or i % 7 == 0]
    assert metrics["damaged"] == len(cut) and metrics["frames"] == 240 == metrics["looked_at"] + metrics["dropped"] + len(cut)


VGA = "640x480"


@pytest.mark.parametrize("offers, rate, code", [
    (f"MJPG {VGA} 30; YUYV {VGA} 30; NV12 {VGA} 30", 30, "NV12"),  # whatever the camera names first
    (f"MJPG {VGA} 30; GREY {VGA} 30; YUYV {VGA} 30", 30, "YUYV"),
    (f"GREY {VGA} 30; MJPG {VGA} 30", 30, "MJPG"),  # colour before grey
    (f"YUYV {VGA} 10; MJPG {VGA} 30", 30, "MJPG"),  # too slow raw loses
    (f"YUYV {VGA} 10; MJPG {VGA} 30", 10, "YUYV"),
    (f"YUYV {VGA} 10; MJPG {VGA} 30", 0, "YUYV"),  # no rate is wanted
    (f"YUYV {VGA} 10; MJPG {VGA} 15; NV12 {VGA} 5", 30, "MJPG"),  # none is fast enough: the fastest
    (f"YUYV {VGA}; MJPG {VGA} 30", 30, "YUYV"),  # a driver that tells no rates
    (f"NV12 1280x720 30; YUYV {VGA} 30", 30, "YUYV"),  # the other has not the size
    (f"NV12 64x64-320x240; MJPG {VGA} 30", 30, "MJPG"),
    ("YUYV 64x64-1920x1080; MJPG 1280x720 30", 30, "YUYV"),
    ("MJPG; NV12", 30, "NV12"),  # a driver that tells no sizes
    (f"H264 {VGA} 30; MJPG {VGA} 30", 30, "MJPG"),  # what nobody here reads
])  # fmt: skip
def test_auto_takes_what_costs_least_at_the_size_and_rate(gallery, filmed, fake_camera, offers, rate, code):
    # The camera aborts if another format is taken than that of which there are frames.
    few = filmed[code].read_bytes()[: 1 << 21]
    frames = filmed[code].parent / f"few-{code}"
    frames.write_bytes(few)
    environment = camera(fake_camera, code, frames, offers, FAKE_END="unplugged")
    _, metrics, said = watch(gallery, "/dev/zero", environment=environment, status=1, rate=rate, identify="no")
    assert "No such device" in said and metrics["frames"] > 2 and metrics["damaged"] <= 1 + metrics["frames"] // 7


def test_a_camera_that_does_not_give_it_says_what_it_offers(gallery, filmed, fake_camera):
    def said(offers, **settings):
        environment = {**os.environ, **camera(fake_camera, "NV12", filmed["NV12"], offers), **settings.pop("environment", {})}
        result = subprocess.run(command(gallery, "/dev/zero", **settings), capture_output=True, text=True, env=environment, timeout=60)
        assert result.returncode == 1
        return result.stderr

    offers = "YUYV 320x240 30, 1280x720 7.5; H264 640x480; GREY 64x64-1920x1080"
    listed = "it offers YUYV 320x240 at 30, 1280x720 at 7; H264 640x480; GREY 64x64 to 1920x1080\n"
    assert said(offers, format="nv12") == "/dev/zero gives no 640x480 nv12; " + listed
    assert said(offers, format="yuyv") == "/dev/zero gives no 640x480 yuyv; " + listed
    offers = "YUYV 320x240 30; H264 640x480"
    assert said(offers) == "/dev/zero gives no 640x480 in a format that is known; it offers YUYV 320x240 at 30; H264 640x480\n"
    assert "it offers nothing that it names" in said("", format="mjpeg")
    assert "no 640x480 nv12: Device or resource busy" in said("NV12 640x480 30", environment={"FAKE_BUSY": "1"})


# ---- Its life ----


class Running:
    """A daemon that reads from a pipe which stays open."""

    def __init__(self, gallery, environment=None, **settings):
        self.process = subprocess.Popen(
            command(gallery, "-", **settings), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})})  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def show(self, frames):
        self.process.stdin.write(Path(frames).read_bytes())
        self.process.stdin.flush()

    def event(self):
        return json.loads(self.process.stdout.readline())

    def status(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(fields[21]) * resource.getpagesize()

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def end(self, number):
        self.process.send_signal(number)
        out, told = self.process.communicate(timeout=60)
        return [json.loads(line) for line in out.splitlines()], told.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_clean(gallery, stage, number):
    with Running(gallery, every_frame="yes") as daemon:
        daemon.show(stage["wall"])
        time.sleep(1)
        events, _ = daemon.end(number)
        assert daemon.process.returncode == 0 and events[-1]["event"] == "metrics"


@pytest.fixture(params=["a file", "a server"])
def place(request, tmp_path):
    """Where a gallery may lie."""
    if request.param == "a file":
        yield tmp_path / "people.sqlite"
    elif not temporary_postgres.programs():
        pytest.skip("PostgreSQL's server is absent: install Debian's postgresql")
    else:
        with temporary_postgres.Server() as server:
            yield server.new_database()


def test_a_new_gallery_is_read_without_missing_a_frame(stage, place):
    enrol(place, somebody=["biden.jpg"])
    subprocess.run([PROGRAM, "gallery", "remove", place, "somebody"], check=True, capture_output=True)
    with Running(place, every_frame="yes") as daemon:
        daemon.show(stage["known"])
        assert [daemon.event()["event"] for _ in range(2)] == ["unknown", "left"]
        enrol(place, obama=["obama2.jpg", "obama3.jpg"])
        daemon.process.send_signal(signal.SIGHUP)
        for _ in range(3):
            daemon.show(stage["wall"])
        assert b"people 1, photos 2" in daemon.process.stderr.readline()
        daemon.show(stage["known"])
        assert daemon.event()["name"] == "obama"
        events, _ = daemon.end(signal.SIGTERM)
        assert events[-1]["dropped"] == 0


def test_a_gallery_that_cannot_be_read_leaves_the_old_one(gallery, stage, tmp_path):
    path = tmp_path / "people.sqlite"
    shutil.copy(gallery, path)
    with Running(path, every_frame="yes") as daemon:
        daemon.show(stage["wall"])
        path.unlink()
        path.write_bytes(b"no gallery" * 1000)
        daemon.process.send_signal(signal.SIGHUP)
        assert b"gallery" in daemon.process.stderr.readline()
        daemon.show(stage["known"])
        assert daemon.event()["name"] == "obama"


def test_a_gallery_that_is_gone_is_not_begun_anew(gallery, stage, tmp_path):
    path = tmp_path / "people.sqlite"
    shutil.copy(gallery, path)
    with Running(path, every_frame="yes", create=1) as daemon:
        daemon.show(stage["wall"])
        for file in tmp_path.iterdir():
            file.unlink()
        daemon.process.send_signal(signal.SIGHUP)
        assert b"No such file" in daemon.process.stderr.readline()
        daemon.show(stage["known"])
        assert daemon.event()["name"] == "obama" and list(tmp_path.iterdir()) == []


def test_a_gallery_that_grows_beyond_its_thresholds_leaves_the_old_one(gallery, stage, tmp_path):
    path = tmp_path / "people.sqlite"
    shutil.copy(gallery, path)
    with Running(path, every_frame="yes", threshold="2:0.32") as daemon:
        daemon.show(stage["wall"])
        enrol(path, biden=["biden.jpg"])
        daemon.process.send_signal(signal.SIGHUP)
        assert b"it has 3 photos, and threshold none for more than 2" in daemon.process.stderr.readline()
        daemon.show(stage["stranger"])
        assert daemon.event()["event"] == "unknown"


def test_it_sleeps_while_there_are_no_frames(gallery, stage):
    with Running(gallery, every_frame="yes") as daemon:
        daemon.show(stage["wall"])
        time.sleep(3)
        before, _ = daemon.status()
        time.sleep(3)
        after, _ = daemon.status()
        assert after - before <= 0.03


def test_its_memory_stays_flat(gallery, stage, tmp_path):
    """A short soak: FACESTYLE_SOAK tells for how many seconds; default 20."""
    with Running(gallery, every_frame="yes", events=tmp_path / "events") as daemon:  # a pipe that nobody reads would fill
        end, sizes = time.monotonic() + float(os.environ.get("FACESTYLE_SOAK", 20)), []
        for _ in range(2):
            daemon.show(stage["both"])
        descriptors = []
        while time.monotonic() < end or len(sizes) < 3:
            daemon.show(stage["both"])
            sizes.append(daemon.status()[1])
            descriptors.append(daemon.descriptors())
        print(f"\ndaemon: {240 * len(sizes)} frames; resident {sizes[0] / 1e6:.1f} MB at first, {sizes[-1] / 1e6:.1f} MB at last, "
              f"at most {max(sizes) / 1e6:.1f} MB; descriptors {descriptors[0]}, at most {max(descriptors)}")  # fmt: skip
        assert max(sizes) <= sizes[0] + 4e6
        assert max(descriptors) == descriptors[0]


def listening(path):
    """A socket that is connected; its file is there a moment before the daemon answers."""
    end = time.monotonic() + 10
    while True:
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.connect(str(path))
            return listener
        except (FileNotFoundError, ConnectionRefusedError):
            listener.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def test_listeners_of_the_socket_get_the_events(gallery, stage, tmp_path):
    path = tmp_path / "events"
    with Running(gallery, every_frame="yes", events=path) as daemon:
        with listening(path), listening(path) as listener:
            daemon.show(stage["known"])
            lines = listener.makefile()
            assert json.loads(lines.readline())["name"] == "obama" and json.loads(lines.readline())["event"] == "left"
        daemon.show(stage["known"])  # nobody listens any more
        daemon.end(signal.SIGTERM)
        assert daemon.process.returncode == 0 and not path.exists()


def test_systemd_hears_of_it(gallery, stage, tmp_path):
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(path))
        systemd.settimeout(30)
        with Running(gallery, environment={"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "400000"}, every_frame="yes") as daemon:
            heard = [systemd.recv(100) for _ in range(4)]
            assert heard == [b"READY=1"] + [b"WATCHDOG=1"] * 3
            daemon.end(signal.SIGTERM)
            heard = []
            while b"STOPPING=1" not in heard:
                heard.append(systemd.recv(100))


@pytest.fixture
def unit(tmp_path):
    """The unit that comes with it, of the program that is tested."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not there: Debian's package systemd has it")
    text = UNIT.read_text()
    assert "ExecStart=/usr/local/bin/facestyle-camera " in text
    path = tmp_path / UNIT.name
    path.write_text(text.replace("/usr/local/bin/facestyle-camera", str(DAEMON)))
    return path


def analyse(*arguments):
    return subprocess.run(["systemd-analyze", "--no-pager", *map(str, arguments)], capture_output=True, text=True, timeout=60)


def test_systemd_understands_the_unit(unit):
    result = analyse("verify", unit)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_the_unit_is_hardened(unit):
    result = analyse("security", "--offline=true", "--threshold=8", unit)  # tenths, of 10
    assert result.returncode == 0, result.stdout + result.stderr


def system_calls(group):
    """The names that systemd means by a group."""
    names = [line.strip() for line in analyse("syscall-filter", group).stdout.splitlines()[1:]]
    names = [name for name in names if name and not name.startswith("#")]
    return set().union(*(system_calls(name) if name.startswith("@") else {name} for name in names))


def test_the_unit_allows_every_system_call_that_it_makes(unit, gallery, stage, tmp_path):
    if not shutil.which("strace"):
        pytest.skip("strace is not there: Debian's package strace has it")
    assert "SystemCallFilter=@system-service\nSystemCallFilter=~@privileged\n" in unit.read_text()
    traced = tmp_path / "calls"
    strace = ["strace", "-f", "-qq", "-o", traced]
    if subprocess.run([*strace, "true"], capture_output=True).returncode:
        pytest.skip("strace may not trace here")
    settings = {"every_frame": "yes", "events": tmp_path / "events", "crops": tmp_path}
    subprocess.run([*strace, *command(gallery, stage["both"], **settings)], check=True, capture_output=True, timeout=300)
    made = set(re.findall(r"^\d+ +(\w+)\(", traced.read_text(), re.M))
    assert {"read", "bind", "futex"} < made
    made -= {"fchown"}  # SQLite calls it as root, which the service is not
    assert made - (system_calls("@system-service") - system_calls("@privileged")) == set()


# ---- Settings ----


def test_settings_come_from_a_file_and_the_command_line(gallery, stage, tmp_path):
    file = tmp_path / "camera.conf"
    lines = {"source": stage["known"], "gallery": gallery, "detector": MODELS / "mtcnn.safetensors", "embedder": SHIPPED, "threshold": "0 # nobody"}
    file.write_text("# a comment\n\n" + "".join(f"{name} = {value}\n" for name, value in lines.items()) + "every-frame=yes")
    result = subprocess.run([DAEMON, file], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0 and '"event":"unknown"' in result.stdout
    result = subprocess.run([DAEMON, file, "--threshold=9"], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0 and '"event":"person"' in result.stdout


def written(tmp_path, data):
    file = tmp_path / "camera.conf"
    file.write_bytes(data)
    return file


def test_settings_from_windows_are_read(tmp_path):
    file = written(tmp_path, b"\xef\xbb\xbf# first\r\nwidth = 320\r\n\r\ncrops =\r\nsource = /nowhere\r\nwidht = 3\r\n")
    assert refused(file) == f'{file}:6: there is no setting "widht"\n'
    assert refused(written(tmp_path, b"\xef\xbb\xbfwidht = 3\r\n")) == f'{file}:1: there is no setting "widht"\n'
    assert f"{file}:1: the text is UTF-16" in refused(written(tmp_path, "width = 3\n".encode("utf-16")))
    assert f"{file}:2: the line holds a NUL" in refused(written(tmp_path, b"width = 3\nhei\0ght = 4\n"))


def test_all_wrong_lines_are_named(tmp_path):
    file = written(tmp_path, b"width = 0\nheight = 99999\nheight\nrate = fast\n= 3\n")
    lines = refused(file).splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"{file}:{i}" for i in range(1, 6)]
    assert "from 1 to 16384" in lines[1] and 'rate is "fast"' in lines[3]


def test_a_number_sign_inside_a_value_is_part_of_it(tmp_path):
    file = written(tmp_path, b"crops = /no#where # a folder\n# events = x\n")
    assert "crops: /no#where: No such file" in refused(file)


def test_help_lists_every_setting_with_its_default_and_unit():
    result = subprocess.run([DAEMON, "--help"], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")
    text = (REPOSITORY / "examples" / "camera-daemon" / "facestyle-camera.conf").read_text()
    settings = dict(re.findall(r"^#([\w-]+) = ?(.*)$", text, re.M))
    listed = dict(re.findall(r"^  --([\w-]+)=(\S+(?: \S+)*)(?:  |$)", result.stdout, re.M))
    assert set(listed) == set(settings) and len(listed) > 30
    for name, value in listed.items():
        assert value in ("not", settings[name]) or value == "not set", name
    assert "--identify-every=1  0 to 86400 seconds\n" in result.stdout and "--crops-kept=1000  1 to 1000000 pictures" in result.stdout
    assert "--help" in refused("--width") and "--help" in refused("--widht")


def test_outputs_that_cannot_be_written_are_told_at_the_start(gallery, stage, tmp_path):
    _, *base = command(gallery, stage["wall"])
    file = tmp_path / "file"
    file.touch()
    assert "crops: /nowhere: No such file or directory" in refused(*base, "--crops=/nowhere")
    assert f"crops: {file}: Not a directory" in refused(*base, f"--crops={file}")
    assert f"{file} is there and is no socket" in refused(*base, f"--events={file}")
    assert 'events is ""' in refused(*base, "--events=")
    assert "may hold 1024 KB, by the program's limit" in refused(*base, "--memory=1")
    for redirection in (">&-", "</dev/null 1<&0"):
        shell = ["bash", "-c", f'"$@" {redirection}', "-", DAEMON, *base]
        result = subprocess.run(shell, capture_output=True, text=True, timeout=60)
        assert result.returncode == 1 and "the standard output cannot be written" in result.stderr
    events, _, _ = watch(gallery, stage["known"], crops=tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path != file] == ["0000000.jpg"]  # nothing is left of the trial


def test_a_mistyped_gallery_is_refused_and_not_made(stage, tmp_path):
    path = tmp_path / "poeple.sqlite"
    _, *base = command(path, stage["known"])
    told = refused(*base)
    assert f"{path}: No such file or directory" in told and "create = 1" in told
    assert refused(*base, "--create=0") == told and list(tmp_path.iterdir()) == []
    events, _, _ = watch(path, stage["known"], create=1)
    assert [event["event"] for event in events] == ["unknown", "left"] and path.exists()


def test_the_configuration_that_comes_with_it_has_every_default(tmp_path):
    text = (REPOSITORY / "examples" / "camera-daemon" / "facestyle-camera.conf").read_text()
    file = tmp_path / "all.conf"
    file.write_text("".join(line[1:] + "\n" for line in text.splitlines() if line.startswith("#") and " = " in line and ". " not in line))
    assert "=" in file.read_text() and "mtcnn.safetensors" in refused(file, "--detector=/nowhere/mtcnn.safetensors")


@pytest.mark.parametrize("setting, reason", [
    ("widht=3", 'there is no setting "widht"'),
    ("width=0", 'width is "0"; expected a whole number from 1 to 16384'),
    ("width=6.5", 'width is "6.5"'),
    ("width=", 'width is ""'),
    ("rotation=45", 'rotation is "45"; expected one of: 0 90 180 270'),
    ("format=nv", 'format is "nv"; expected one of: auto nv12'),
    ("mirrored=maybe", 'mirrored is "maybe"; expected yes or no'),
    ("create=2", 'create is "2"; expected yes or no'),
    ("every-frame=always", 'every-frame is "always"; expected one of: auto yes no'),
    ("identify-every=-1", 'identify-every is "-1"; expected a number from 0 to 86400'),
    ("identify-gap=0.5", 'identify-gap is "0.5"; expected a whole number'),
    ("identify-better=0.9", 'identify-better is "0.9"; expected more than 1, or 0'),
    ("change-looks=0", 'change-looks is "0"'),
    ("gallery=", 'gallery is ""; expected a path'),
    ("min-face=nan", 'min-face is "nan"'),
    ("rule=best", 'rule is "best"; expected one of: nearest mean template vote'),
    ("margin=-1", 'margin is "-1"; expected a number from 0 to 100'),
    ("threshold=", 'threshold is ""; expected a number from 0 to 100, or PHOTOS:NUMBER'),
    ("threshold=near", 'threshold is "near"'),
    ("threshold=0.4 0.3", 'threshold is "0.4 0.3"'),
    ("threshold=9:0.4 9:0.3", 'threshold is "9:0.4 9:0.3"'),
    ("threshold=0:0.4", 'threshold is "0:0.4"'),
    ("threshold=9:", 'threshold is "9:"'),
    ("threshold=9:nan", 'threshold is "9:nan"'),
    ("source=" + 2000 * "x", "source has 2000 bytes"),
    ("stride=100", "a stride of 100 bytes is too short for 640 pixels of nv12"),
    ("source=/nowhere", "/nowhere: No such file or directory"),
    ("detector=/nowhere", "/nowhere"),
    ("events=/nowhere/socket", "/nowhere/socket: No such file or directory"),
])  # fmt: skip
def test_a_wrong_setting_is_named(gallery, stage, setting, reason, tmp_path):
    _, *base = command(gallery, stage["wall"])
    assert reason in refused(*base, f"--{setting}")
    if len(setting) < 1000 and "nowhere" not in setting and "stride" not in setting:
        file = tmp_path / "camera.conf"
        file.write_text("# first\n" + setting.replace("=", " = ") + "\n")
        assert f"{file}:2: " in refused(file) and reason in refused(file)
