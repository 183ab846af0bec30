"""Folders of photos as tables of faces: every photo once, whatever happens to the process."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import photo_file

import facestyle as fs
from facestyle import _c, embed, embed_parts, face_table

pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is absent: make test installs it")
import pyarrow.parquet as parquet  # noqa: E402

OPTIONS = {"detector": "faces-yunet", "embedder": "faces-nn4"}


@pytest.fixture(scope="module")
def album(tmp_path_factory):
    """15 photos with faces and without, in folders; two that cannot be read, and files that are none."""
    folder = tmp_path_factory.mktemp("album")
    (folder / "b" / "c").mkdir(parents=True)
    for name in ("obama", "biden"):
        with fs.Image.open(photo_file(f"{name}.jpg")) as photo:
            for i in range(5):
                with photo.resize(200 + 10 * i, (200 + 10 * i) * photo.height // photo.width) as small:
                    small.save(folder / ("b" if i % 2 else "") / f"{name}{i}.jpg")
    for i in range(3):
        with fs.Image.from_array(np.full((40, 40, 3), 50 * i, np.uint8)) as plain:
            plain.save(folder / "b" / "c" / f"plain {i}.png")
    (folder / "broken.jpg").write_bytes(b"no picture")
    os.symlink("nowhere", folder / "b" / "gone.png")
    (folder / "notes.txt").write_text("no photo")
    (folder / ".hidden.png").write_bytes(b"no photo")
    os.symlink("..", folder / "b" / "around")
    return folder


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(embed_parts, "_PHOTOS_A_PART", 4)
    monkeypatch.setattr(embed_parts, "_PHOTOS_A_TASK", 2)


@pytest.fixture(scope="module")
def undisturbed(album, tmp_path_factory):
    """What a run without interruptions writes."""
    output = tmp_path_factory.mktemp("undisturbed") / "faces.parquet"
    with pytest.MonkeyPatch.context() as patch:
        small_parts.__wrapped__(patch)
        embed.embed_folder(album, output, **OPTIONS)
    return output


def in_a_process(album, output, before="", **options):
    """Starts a run of its own; `before` are lines that change what it does."""
    code = f"""
import facestyle as fs
from facestyle import embed_parts
embed_parts._PHOTOS_A_PART, embed_parts._PHOTOS_A_TASK = 4, 2
{before}
fs.embed_folder({str(album)!r}, {str(output)!r}, **{ {**OPTIONS, **options} !r})
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(fs.__file__).parents[1])}
    return subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, text=True)


def test_every_photo_is_in_the_table_once_with_the_answers_of_the_analysis(album, undisturbed):
    rows = parquet.read_table(undisturbed).to_pylist()
    names = [str(path.relative_to(album)) for path in album.rglob("*") if path.suffix in (".jpg", ".png") and path.name[0] != "."]
    once = [row["path"] for row in rows if not row["face"]]
    assert sorted(once) == sorted(names) and len(once) == 15
    assert once == sorted(once, key=lambda path: Path(path).parts)
    with fs.FaceAnalysis(OPTIONS["detector"], OPTIONS["embedder"]) as analysis:
        for name in once:
            of_photo = [row for row in rows if row["path"] == name]
            if of_photo[0]["error"] is not None:
                assert name in ("broken.jpg", "b/gone.png") and len(of_photo) == 1 and of_photo[0]["faces"] is None
                continue
            faces = analysis.faces(album / name)
            assert [row["face"] for row in of_photo] == (list(range(len(faces))) or [None])
            assert {row["faces"] for row in of_photo} == {len(faces)}
            for row, found in zip(of_photo, faces):
                assert tuple(row["box"].values()) == found.face.box and row["score"] == found.face.score
                assert np.array_equal(np.float32(row["landmarks"]), found.face.landmarks)
                assert np.array_equal(np.float32(row["embedding"]), found.embedding)
                assert (row["quality"], tuple(row["reasons"]), row["is_main"]) == (found.quality, found.reasons, found.is_main)
    assert sum(row["face"] is not None for row in rows) >= 10


def test_the_columns_and_the_metadata_say_what_they_are(album, undisturbed):
    schema = parquet.read_schema(undisturbed)
    assert schema.names == [
        "path", "width", "height", "faces", "face", "box", "landmarks", "score", "quality", "reasons", "is_main", "embedding", "error"]
    assert schema.field("embedding").type == pyarrow.list_(schema.field("score").type, 128)
    said = json.loads(schema.metadata[b"facestyle"])
    with fs.FaceAnalysis(OPTIONS["detector"], OPTIONS["embedder"]) as analysis, fs.Model.open("faces-nn4") as model:
        assert said["threshold"] == pytest.approx(analysis.embedder.threshold) and said["dimension"] == 128
        assert said["embedder"] == {"name": "faces-nn4", "fingerprint": f"{model.fingerprint:016x}"}
    assert said["detector"]["name"] == "faces-yunet" and said["folder"] == str(album) and said["version"] == "0.1.0"


def test_what_was_made_is_told_and_left_as_it_is(album, undisturbed):
    before = undisturbed.stat()
    made = fs.embed_folder(album, undisturbed, **OPTIONS)
    assert (made.path, made.photos, made.without_faces, made.unreadable) == (undisturbed, 15, 3, 2) and made.faces >= 10
    failures = dict(made.failures())
    assert "expected a PNG" in failures["broken.jpg"] and "No such file" in failures["b/gone.png"] and len(failures) == 2
    after = undisturbed.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert os.listdir(undisturbed.parent) == [undisturbed.name]


@pytest.mark.parametrize("threads", [1, 3])
def test_any_number_of_threads_writes_the_same_bytes(album, undisturbed, tmp_path, threads):
    threads_before = fs.threads()
    fs.embed_folder(album, tmp_path / "faces.parquet", threads=threads, **OPTIONS)
    assert (tmp_path / "faces.parquet").read_bytes() == undisturbed.read_bytes()
    assert fs.threads() == threads_before


def test_a_process_that_is_killed_at_each_step_goes_on_to_the_same_bytes(album, undisturbed, tmp_path):
    """It is killed before each call that changes a folder or waits for the disk, the first time at the first call of all; the next
    one gets one call further than the work of the last allowed."""
    dies = """
import os, signal
calls = 0
def counted(function):
    def wrapper(*arguments, **options):
        global calls
        calls += 1
        if calls == {0}:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return wrapper
for name in ("mkdir", "replace", "fsync", "unlink", "rmdir"):
    setattr(os, name, counted(getattr(os, name)))
"""
    output, at = tmp_path / "faces.parquet", 0
    while True:
        at += 1
        run = in_a_process(album, output, dies.format(at), threads=1)
        _, errors = run.communicate(timeout=120)
        if run.returncode == 0:
            break
        assert run.returncode == -signal.SIGKILL, errors
        shutil.rmtree(tmp_path / "copy", ignore_errors=True)
        shutil.copytree(tmp_path, tmp_path / "copy", ignore=lambda folder, names: ["copy"])
        fs.embed_folder(album, tmp_path / "copy" / output.name, **OPTIONS)
        assert (tmp_path / "copy" / output.name).read_bytes() == undisturbed.read_bytes(), f"killed at call {at}"
        assert os.listdir(tmp_path / "copy") == [output.name]
    assert at > 10


def test_a_process_that_is_killed_at_any_moment_goes_on_to_the_same_bytes(album, undisturbed, tmp_path):
    random, output, kills = np.random.default_rng(4), tmp_path / "faces.parquet", 0
    slowly = "import time; from facestyle.face_table import PhotoEmbedder as P\n" \
        "look = P._look; P._look = lambda self, photo: (time.sleep(0.05), look(self, photo))[1]"  # fmt: skip
    while True:
        run = in_a_process(album, output, slowly)
        began = time.monotonic()
        while not list(tmp_path.glob("*")) and run.poll() is None and time.monotonic() < began + 60:
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.3))
        run.kill()
        _, errors = run.communicate(timeout=60)
        if run.returncode == 0:
            break
        assert run.returncode == -signal.SIGKILL, errors
        kills += 1
        if kills == 6:
            fs.embed_folder(album, output, **OPTIONS)
            break
    assert output.read_bytes() == undisturbed.read_bytes() and kills > 0
    assert os.listdir(tmp_path) == [output.name]


def test_photos_that_come_and_go_after_the_beginning_change_nothing_but_their_rows(album, tmp_path):
    copy, output = tmp_path / "album", tmp_path / "faces.parquet"
    shutil.copytree(album, copy, symlinks=True)

    def stop(done, photos):
        if done > 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fs.embed_folder(copy, output, threads=1, progress=stop, **OPTIONS)
    assert not output.exists()
    shutil.copy(copy / "obama0.jpg", copy / "a new one.jpg")
    (copy / "obama4.jpg").unlink()
    told = []
    made = fs.embed_folder(copy, output, progress=lambda *numbers: told.append(numbers), **OPTIONS)
    assert told[0] == (4, 15) and told[-1] == (15, 15) and told == sorted(told)
    assert made.photos == 15 and made.unreadable == 3 and "No such file" in dict(made.failures())["obama4.jpg"]


def test_other_options_and_other_files_are_refused(album, undisturbed, tmp_path):
    with pytest.raises(FileExistsError, match="min_face None, now it is 60.*overwrite"):
        fs.embed_folder(album, undisturbed, min_face=60, **OPTIONS)
    with pytest.raises(FileExistsError, match="embedder .*faces-nn4"):
        fs.embed_folder(album, undisturbed, detector="faces-yunet", embedder="dlib-resnet")
    foreign = tmp_path / "notes.parquet"
    foreign.write_text("mine")
    with pytest.raises(FileExistsError, match="no table of faces"):
        fs.embed_folder(album, foreign, **OPTIONS)
    parquet.write_table(pyarrow.table({"a": [1]}), foreign)
    with pytest.raises(FileExistsError, match="no table of faces"):
        fs.embed_folder(album, foreign, **OPTIONS)
    assert parquet.read_table(foreign).to_pydict() == {"a": [1]}
    assert os.listdir(tmp_path) == [foreign.name] and os.listdir(undisturbed.parent) == [undisturbed.name]


def test_a_run_that_was_begun_with_other_options_is_kept_unless_it_is_overwritten(album, tmp_path):
    output = tmp_path / "faces.parquet"

    def stop(done, photos):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fs.embed_folder(album, output, progress=stop, min_face=60, **OPTIONS)
    with pytest.raises(FileExistsError, match="min_face 60, now it is None"):
        fs.embed_folder(album, output, **OPTIONS)
    assert (tmp_path / "faces.parquet.parts" / "plan.json").exists()
    assert fs.embed_folder(album, output, overwrite=True, **OPTIONS).photos == 15
    assert fs.embed_folder(album, output, overwrite=True, min_face=60, **OPTIONS).photos == 15


def test_two_processes_do_not_work_on_one_output(album, tmp_path):
    output = tmp_path / "faces.parquet"

    def second(done, photos):
        with pytest.raises(BlockingIOError, match="another process"):
            fs.embed_folder(album, output, **OPTIONS)

    fs.embed_folder(album, output, progress=second, **OPTIONS)
    assert output.exists()


def test_wrong_arguments_and_folders_are_named(album, tmp_path):
    with pytest.raises(NotADirectoryError, match="nowhere: no folder"):
        fs.embed_folder(tmp_path / "nowhere", tmp_path / "faces.parquet")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no .*jpg.* file in this folder"):
        fs.embed_folder(tmp_path / "empty", tmp_path / "faces.parquet", **OPTIONS)
    with pytest.raises(FileNotFoundError, match="absent"):
        fs.embed_folder(album, tmp_path / "absent" / "faces.parquet", **OPTIONS)
    assert os.listdir(tmp_path) == ["empty"]
    with pytest.raises(ValueError, match=r"faces\.csv; expected a \.parquet file"):
        fs.embed_folder(album, tmp_path / "faces.csv")
    with pytest.raises(ValueError, match="threads is 0"):
        fs.embed_folder(album, tmp_path / "faces.parquet", threads=0)
    with pytest.raises(TypeError, match="progress is a str"):
        fs.embed_folder(album, tmp_path / "faces.parquet", progress="yes")


def test_names_of_any_bytes_are_there(album, tmp_path):
    folder = tmp_path / "album"
    folder.mkdir()
    shutil.copy(album / "obama0.jpg", os.fsencode(folder) + b"/\xff\n.jpg")
    made = fs.embed_folder(folder, tmp_path / "faces.parquet", **OPTIONS)
    assert made.faces == 1 and parquet.read_table(made.path)["path"].to_pylist() == ["\\xff\n.jpg"]


def test_folders_that_cannot_be_read_are_in_the_table(album, tmp_path, monkeypatch):
    listed = os.listdir

    def refuse(folder):
        if str(folder).endswith("c"):
            raise PermissionError(13, "Permission denied", str(folder))
        return listed(folder)

    monkeypatch.setattr(os, "listdir", refuse)  # root may read everything
    made = fs.embed_folder(album, tmp_path / "faces.parquet", **OPTIONS)
    assert made.photos == 13 and "Permission denied" in dict(made.failures())["b/c"]


def test_a_photo_that_finds_no_memory_is_looked_at_again_alone(album, tmp_path):
    with face_table.PhotoEmbedder(**OPTIONS) as embedder:
        look, refused = embedder._look, []

        def looks(photo):
            if len(refused) < 1:
                refused.append(photo)
                raise fs.FaceStyleError(_c.FS_NO_MEMORY, "1 GB; expected less")
            return look(photo)

        embedder._look = looks
        rows = embedder.table(["a"], [album / "obama0.jpg"], embedder.schema())
        assert rows["error"].to_pylist() == [None] and rows["faces"].to_pylist() == [1] and refused


@pytest.mark.parametrize("module", [["facestyle.embed"], ["facestyle", "embed"]])
def test_the_command_says_what_it_made_and_what_it_could_not_read(album, tmp_path, module):
    command = [sys.executable, "-m", *module, str(album), "-o", "faces.parquet", "--json"]
    command += ["--detector", "faces-yunet", "--model", "faces-nn4"]
    environment = {**os.environ, "PYTHONPATH": str(Path(fs.__file__).parents[1])}
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith("b/gone.png: ") and "broken.jpg: " in done.stderr
    said = json.loads(done.stdout)
    assert (said["output"], said["photos"], said["unreadable"]) == ("faces.parquet", 15, 2)
    refused = subprocess.run([*command, "--min-face", "60"], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert refused.returncode == 1 and refused.stderr.startswith("facestyle.embed: faces.parquet: made or begun with min_face None")
