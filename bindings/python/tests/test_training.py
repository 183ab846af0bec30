"""Training from Python: a folder of people, runs that are cut off, killed and shared by processes, and what is refused."""

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import facestyle as fs
import tolerances
from facestyle import _c

HEIGHT, WIDTH = 112, 92  # of "siamese"
PAIRS = [0, 1]  # one person, two people


def stripes(person, seed, height=56, width=46):
    """A picture of a person: stripes of their own, and grain."""
    grain = np.random.default_rng(seed).integers(0, 40, (height, width))
    y, x = np.indices((height, width))
    level = 40 + (x, y, x + y, x - y)[person] // 6 % 2 * 150 + grain
    return np.repeat(level[..., None], 3, -1).astype(np.uint8)


def batch(*people, seed=0):
    return np.stack([stripes(person, [seed, i], HEIGHT, WIDTH) for i, person in enumerate(people)])


def contrastive(steps=6, **options):
    return fs.Trainer("siamese", "contrastive", schedule="constant", steps=steps, **options)


def save(array, path):
    with fs.Image.from_array(array) as image:
        image.save(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three people with four photos each, and things that are none."""
    root = tmp_path_factory.mktemp("people")
    for person in range(3):
        (root / f"p{person}").mkdir()
        for i in range(4):
            save(stripes(person, i), root / f"p{person}" / f"{i}.png")
    (root / "p1" / "broken.jpg").write_text("no picture")
    (root / "p1" / "notes.txt").write_text("hello")
    return root


@pytest.fixture
def photos(folder):
    with fs.Photos() as photos:
        yield photos.add_people(folder)


def model_bytes(trainer, path):
    trainer.save_model(path, precision="float32", threshold=1)
    return path.read_bytes()


# ---- Photos ----


def test_photos_are_counted_and_what_is_left_out_is_told(photos, folder):
    assert len(photos) == 13 and photos.people == 3
    assert [(os.path.basename(item.path), bool(item.reason)) for item in photos.left_out] == [("notes.txt", True)]
    photos.keep_people(0, 1).add_folder(folder / "p2", points=[[16, 20], [30, 20], [23, 30], [17, 38], [29, 38]])
    assert len(photos) == 8 and photos.people == 1 and repr(photos) == "<Photos: 8 of 1 people>"
    assert len(photos.left_out) == 1


def test_photos_of_any_name_are_learned_from(tmp_path):
    latin = os.fsdecode(b"Andr\xe9")
    for person, name in enumerate((latin, "Zo\u00eb")):
        (tmp_path / name).mkdir()
        for i in range(2):
            save(stripes(person, i), tmp_path / name / f"{latin}{i}.png")
    (tmp_path / latin / f"{latin}.txt").write_text("hello")
    pairs, kept = tmp_path / f"{latin}.txt", tmp_path / f"{latin}.checkpoint"
    lines = f"\ufeff{latin}/{latin}0.png\t{latin}/{latin}1.png\t1\r\n{latin}/{latin}0.png\tZo\u00eb/{latin}0.png\t0\r\n\r\n"
    pairs.write_text(lines, encoding="utf-8", errors="surrogateescape", newline="")
    with fs.Photos() as photos, contrastive(2) as trainer:
        photos.add_people(tmp_path)
        assert len(photos) == 4 and photos.people == 2
        assert sorted(item.path for item in photos.left_out) == sorted([str(tmp_path / latin / f"{latin}.txt"), str(pairs)])
        assert not any("\ufffd" in item.reason for item in photos.left_out)
        trainer.run(photos, pairs=pairs, checkpoint=kept, batch=2)
        assert kept.exists()


def test_what_the_system_does_not_say_is_its_reason(folder, tmp_path):
    """A folder that may be listed and not entered, seen by one who is not root."""
    (tmp_path / "shut").mkdir()
    save(stripes(0, 0), tmp_path / "shut" / "0.png")
    for place in tmp_path.parents[:-2]:
        place.chmod(0o755)
    tmp_path.chmod(0o755)
    (tmp_path / "shut").chmod(0o744)
    child = os.fork()
    if child == 0:
        status = 2
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            with fs.Photos() as photos:
                photos.add_folder(tmp_path / "shut")
                told = [(os.path.basename(item.path), item.reason) for item in photos.left_out]
            status = 0 if told == [("0.png", "Permission denied")] else 1
            if status:
                os.write(2, f"{told}\n".encode())
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


def test_folders_and_points_are_looked_at(photos, tmp_path):
    with pytest.raises(fs.FaceStyleError) as caught:
        photos.add_people(tmp_path / "none")
    assert caught.value.name == "FS_IO"
    with pytest.raises(ValueError, match=r"points has shape \[5\]"):
        photos.add_folder(tmp_path, points=[1, 2, 3, 4, 5])
    with pytest.raises(fs.FaceStyleError, match="3 people from number 1, there are 3"):
        photos.keep_people(1, 3)
    assert len(photos) == 13


# ---- Steps ----


def test_the_loss_falls_and_a_step_says_what_it_did():
    with contrastive() as trainer:
        reports = [trainer.step(batch(0, 0, 1, 2), PAIRS) for _ in range(12)]
        assert reports[-1].loss < 0.9 * reports[0].loss
        assert all(r.rate == pytest.approx(0.001) and r.gradient_norm > 0 and r.statistics is None for r in reports)
        assert trainer.steps_done == 12 and trainer.steps == 6  # its own steps are of the schedule alone
        assert (trainer.height, trainer.width, trainer.dimension, trainer.parameters) == (HEIGHT, WIDTH, 128, 814176)


def test_images_are_pictures_too():
    array = batch(0, 0, 1, 2)
    images = [fs.Image.from_array(picture) for picture in array]
    with contrastive() as trainer:
        assert np.array_equal(trainer.embed(images), trainer.embed(array))
    for image in images:
        image.close()


def test_any_number_embeds_as_a_few_do():
    array = batch(*(i % 3 for i in range(40)))
    with contrastive() as trainer:
        assert np.allclose(trainer.embed(array)[32:], trainer.embed(array[32:]), rtol=0, atol=tolerances.EMBEDDING)


@pytest.mark.parametrize("loss, labels", [("semi-hard", [3, 3, 8, 9]), ("centre", [0, 0, 1, 2]), ("pair-chi-square", PAIRS)])
def test_every_kind_of_label_is_learned_from(loss, labels):
    network = "siamese-sigmoid" if loss == "pair-chi-square" else "siamese"
    with fs.Trainer(network, loss, classes=3 if loss == "centre" else 0) as trainer:
        report = trainer.step(batch(0, 0, 1, 2), labels)
        assert np.isfinite(report.loss) and (report.statistics is not None) == (loss == "semi-hard")
        if report.statistics:
            assert report.statistics.triplets > 0


def test_a_classifier_is_trained_whole(tmp_path):
    # Two classes: bright in the upper half, bright in the lower half.
    rng = np.random.default_rng(5)
    labels = np.arange(64) % 2
    pictures = rng.integers(0, 100, (64, 12, 12, 3)).astype(np.uint8)
    for picture, label in zip(pictures, labels):
        picture[6 * label : 6 * label + 6] += 120
    with fs.Trainer("cascade-12", "cross-entropy", schedule="constant", rate=0.003, steps=40) as trainer:
        assert trainer.dimension == 2 and trainer.parameters == 4306  # no head
        losses = [trainer.step(pictures, labels).loss for _ in range(40)]
        answers = trainer.embed(pictures)
        trainer.save_model(tmp_path / "model", precision="float32", threshold=0)
    assert losses[-1] < 0.2 * losses[0]
    assert np.allclose(answers.sum(1), 1, rtol=0, atol=tolerances.FLOAT) and (answers.argmax(1) == labels).mean() > 0.95
    with fs.Model.open(tmp_path / "model") as model, fs.Image.from_array(pictures[3]) as picture:
        assert model.metadata("template") is None
        assert np.allclose(model.features(picture, "face").ravel(), answers[3], rtol=0, atol=tolerances.EMBEDDING)
        with fs.Trainer(loss="cross-entropy", start=model) as again:
            assert np.array_equal(again.embed(pictures), answers)
    with pytest.raises(fs.FaceStyleError, match="3 classes for a network that answers 2 scores"):
        fs.Trainer("cascade-12", "cross-entropy", classes=3)


def test_a_teachers_embeddings_are_learned():
    teacher = np.random.default_rng(1).normal(size=(4, 128))
    with fs.Trainer("siamese", fs.Loss("distillation", cosine_weight=1), schedule="constant") as trainer:
        losses = [trainer.step(batch(0, 0, 1, 2), teacher=teacher).loss for _ in range(6)]
        assert losses[-1] < losses[0]
        teacher[2, 5] = np.nan
        with pytest.raises(fs.FaceStyleError, match=r"teacher\[261\] is nan"):
            trainer.step(batch(0, 0, 1, 2), teacher=teacher)


def test_a_step_that_is_refused_learns_nothing(tmp_path):
    with contrastive() as trainer:
        trainer.step(batch(0, 0, 1, 2), PAIRS)
        before = model_bytes(trainer, tmp_path / "before")
        for pictures, labels, error in (
            (batch(0, 0, 1, 2), [0, 2], fs.FaceStyleError), (batch(0, 0, 1), [0], fs.FaceStyleError),
            (batch(0, 0, 1, 2), None, ValueError), (batch(0, 0, 1, 2), [0], ValueError),
            (batch(0, 0, 1, 2).astype(float), PAIRS, TypeError), (batch(0, 0, 1, 2)[:, :-1], PAIRS, ValueError),
        ):  # fmt: skip
            with pytest.raises(error):
                trainer.step(pictures, labels)
        assert model_bytes(trainer, tmp_path / "after") == before and trainer.steps_done == 1


def test_options_are_checked(vgg):
    with pytest.raises(TypeError, match="unexpected keyword argument 'speed'"):
        contrastive(speed=3)
    with pytest.raises(ValueError, match="optimizer is 'adagrad'"):
        contrastive(optimizer="adagrad")
    with pytest.raises(ValueError, match="steps is -1"):
        contrastive(steps=-1)
    for wrong in ({"rate": float("nan")}, {"steps": 1}, {"warm_up": 6}, {"momentum": 1.5}, {"longest_gradient": -1}):
        with pytest.raises(fs.FaceStyleError) as caught:
            contrastive(**wrong)
        assert caught.value.name == "FS_INVALID_ARGUMENT"
    with pytest.raises(fs.FaceStyleError, match="nn5"):
        fs.Trainer("nn5")
    with pytest.raises(fs.FaceStyleError, match="any size"):
        fs.Trainer(start=vgg)


# ---- Runs ----


def test_a_run_tells_its_progress_and_what_it_could_not_read(photos):
    seen = []
    with contrastive() as trainer:
        trainer.run(photos, batch=4, progress=seen.append)
        reading, steps = [p for p in seen if p.is_reading], [p for p in seen if not p.is_reading]
        assert reading and [(p.step, p.steps) for p in steps] == [(i, 6) for i in range(1, 7)]
        assert all(p.photos == 12 and p.photos_per_second > 0 and p.loss > 0 for p in steps)
        assert trainer.steps_done == 6 and repr(trainer) == "<Trainer contrastive, step 6 of 6>"
    assert [os.path.basename(item.path) for item in photos.left_out] == ["notes.txt", "broken.jpg"]


def test_a_bar_and_a_log_follow_the_run(photos, tmp_path, capfd):
    pytest.importorskip("tqdm")
    from facestyle.plots import read_log

    log, checkpoint = tmp_path / "log.jsonl", tmp_path / "checkpoint"
    with fs.Trainer("siamese", "semi-hard", steps=5) as trainer:
        trainer.run(photos, batch=6, photos_of_person=2, progress=True, log=log, checkpoint=checkpoint, checkpoint_every=2)
    assert "5/5" in (shown := capfd.readouterr().err) and "photos/s" in shown
    whole = read_log(log)
    names = {"step", "loss", "rate", "gradient_norm", "images_per_second", "epoch", "triplets", "active"}
    assert set(whole) == names and list(whole["step"]) == [1, 2, 3, 4, 5]
    # A log that ran ahead of the checkpoint, its last line cut off, goes on without a step twice.
    with fs.Trainer("siamese", "semi-hard", steps=5) as trainer:
        trainer.run(photos, batch=6, photos_of_person=2, checkpoint=checkpoint, progress=lambda p: "finish" if p.step == 3 else None)
        log.write_text("".join(log.read_text().splitlines(keepends=True)[:4]) + '{"step": 5, "lo')
    with fs.Trainer("siamese", "semi-hard", steps=5) as trainer:
        trainer.resume(checkpoint).run(photos, batch=6, photos_of_person=2, log=log)
    again = read_log(log)
    assert list(again["step"]) == [1, 2, 3, 4, 5] and np.array_equal(again["loss"], whole["loss"])


def test_a_run_can_be_finished_and_gone_on_with(photos, tmp_path):
    with contrastive() as trainer, contrastive() as straight:
        trainer.run(photos, batch=4, progress=lambda p: "finish" if p.step == 2 else None)
        assert trainer.steps_done == 2
        trainer.run(photos, batch=4)
        straight.run(photos, batch=4)
        assert model_bytes(trainer, tmp_path / "a") == model_bytes(straight, tmp_path / "b")


def test_cancel_and_exceptions_come_out_as_they_are(photos):
    class Mine(BaseException):
        pass

    error = Mine("step 2")

    def raising(progress):
        if progress.step == 2:
            raise error

    with contrastive() as trainer:
        with pytest.raises(fs.Cancelled, match="after step 1"):
            trainer.run(photos, batch=4, progress=lambda p: "cancel" if p.step else None)
        with pytest.raises(Mine) as caught:
            trainer.run(photos, batch=4, progress=raising)
        assert caught.value is error and trainer.steps_done == 2  # what was learned stays
        with pytest.raises(ValueError, match="the result of progress is 'stop'"):
            trainer.run(photos, batch=4, progress=lambda p: "stop")
        with pytest.raises(fs.Cancelled, match="reading photos"):
            trainer.run(photos, batch=4, progress=lambda p: "cancel")
        trainer.run(photos, batch=4)
        assert trainer.steps_done == 6


def test_a_trainer_at_work_cannot_be_used_or_closed(photos, tmp_path):
    def use(progress):
        with pytest.raises(ValueError, match="at work"):
            trainer.close()
        for call in (lambda: trainer.step(batch(0, 0, 1, 2), PAIRS), lambda: trainer.embed(batch(0)),
                     lambda: trainer.save(tmp_path / "x"), lambda: trainer.run(photos), lambda: trainer.steps_done):  # fmt: skip
            with pytest.raises(fs.FaceStyleError, match="in use"):
                call()
        return "finish"

    with contrastive() as trainer:
        trainer.run(photos, batch=4, progress=use)
    with pytest.raises(ValueError, match="this Trainer is closed"):
        trainer.embed(batch(0))


def test_runs_check_their_options(photos):
    with contrastive() as trainer:
        with pytest.raises(TypeError, match="unexpected keyword argument 'steps'"):
            trainer.run(photos, steps=3)
        with pytest.raises(ValueError, match="strength is 'wild'"):
            trainer.run(photos, augmentation="wild")
        for wrong, words in (
            ({"batch": 1}, "batch 1; expected 2 to 65536"), ({"photos_of_person": 0}, "photos of a person 0; expected 2 or more"),
            ({"batch": 400000}, "batch 400000; expected 2 to 65536"),
            ({"augmentation": fs.augmentation_settings("none", flip=2)}, "flip 2"), ({"triplets": __file__}, "triplets"),
        ):  # fmt: skip
            with pytest.raises(fs.FaceStyleError, match=words):
                trainer.run(photos, **wrong)
        assert trainer.steps_done == 0


def test_a_network_teaches_another(photos, tmp_path):
    with fs.Trainer("nn4.small2") as teacher:
        teacher.save_model(tmp_path / "teacher", threshold=1)
    with fs.Model.open(tmp_path / "teacher") as model, fs.Trainer("siamese", "distillation", steps=3) as trainer:
        losses = []
        trainer.run(photos, batch=4, teacher=model, augmentation="strong", progress=lambda p: losses.append(p.loss))
        assert trainer.steps_done == 3 and np.isfinite(losses).all()
        with contrastive() as other, pytest.raises(fs.FaceStyleError, match="a teacher for a loss that has none"):
            other.run(photos, batch=4, teacher=model)


def test_pairs_are_learned_from_a_list(photos, tmp_path):
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("p0/0.png p0/1.png 1\np0/0.png p2/3.png 0\n")
    with contrastive(steps=2) as trainer:
        trainer.run(photos, batch=4, pairs=pairs)
        assert trainer.steps_done == 2
    pairs.write_text("p0/0.png p0/9.png 1\n")
    with contrastive() as trainer, pytest.raises(fs.FaceStyleError, match="p0/9.png"):
        trainer.run(photos, batch=4, pairs=pairs)


# ---- Checkpoints and models ----

TRAIN = """
import sys, time
from pathlib import Path
import facestyle as fs

people, checkpoint, model, threads = sys.argv[1:]
fs.set_threads(int(threads))
photos = fs.Photos().add_people(people)
trainer = fs.Trainer("siamese", "batch-hard", steps=40, warm_up=5)
if Path(checkpoint).exists():
    trainer.resume(checkpoint)
trainer.run(photos, batch=6, photos_of_person=2, augmentation="strong", checkpoint=checkpoint, checkpoint_every=1,
            progress=lambda now: print(now.step, flush=True))
trainer.save_model(model, precision="float32", threshold=1)
"""


def start_training(*arguments):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-c", TRAIN, *map(str, arguments)], stdout=subprocess.PIPE, env=environment)


def test_a_killed_training_goes_on_to_the_very_same_model(folder, tmp_path):
    seed = int.from_bytes(os.urandom(4), "little")
    print(f"random moments by seed {seed}")
    moments = random.Random(seed)
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    with start_training(folder, tmp_path / "straight.checkpoint", straight, 2) as process:
        out, _ = process.communicate(timeout=300)
    assert process.returncode == 0 and out.split()[-1] == b"40"
    checkpoint, kills = tmp_path / "killed.checkpoint", 0
    for kill in [True, True, True, False]:
        with start_training(folder, checkpoint, killed, moments.choice([1, 2])) as process:
            if kill:
                while (line := process.stdout.readline()) and line.strip() == b"0":
                    pass  # photos are read
                time.sleep(moments.uniform(0, 0.3))
                process.send_signal(signal.SIGKILL)
            process.communicate(timeout=300)
        kills += process.returncode == -signal.SIGKILL
        if process.returncode == 0:
            break
    assert kills >= 1 and process.returncode == 0
    assert killed.read_bytes() == straight.read_bytes()
    assert checkpoint.read_bytes() == (tmp_path / "straight.checkpoint").read_bytes()


def test_one_and_two_threads_give_the_same_bytes(photos, tmp_path):
    models = []
    for threads in (1, 2):
        fs.set_threads(threads)
        with contrastive(steps=3) as trainer:
            trainer.run(photos, batch=6, augmentation="strong")
            models.append(model_bytes(trainer, tmp_path / "model"))
    fs.set_threads(0)
    assert models[0] == models[1]


@pytest.mark.parametrize("change, word", [
    ({"loss": fs.Loss("contrastive", margin=2)}, "margin is 2.0; the checkpoint has "),
    ({"loss": "pair-difference"}, "loss is pair-difference; the checkpoint has contrastive"),
    ({"architecture": "siamese-sigmoid"}, "network is siamese-sigmoid; the checkpoint has siamese"),
    ({"optimizer": "sgd"}, "optimiser is sgd; the checkpoint has adam"), ({"steps": 9}, "steps is 9; the checkpoint has 6"),
    ({"weight_decay": 0.1}, "weight decay is 0.1.*; the checkpoint has 0"), ({"rate": 0.1}, "rate is 0.1.*; the checkpoint has 0.001"),
    ({"seed": 9}, "seed is 9; the checkpoint has 1"), ({"optimizer": "adamw"}, "decoupled weight decay is yes; the checkpoint has no"),
])  # fmt: skip
def test_a_checkpoint_of_another_training_is_refused_and_nothing_is_changed(change, word, tmp_path):
    options = {"architecture": "siamese", "loss": "contrastive", "steps": 6}
    with fs.Trainer(**options) as trainer:
        trainer.step(batch(0, 0, 1, 2), PAIRS)
        trainer.save(tmp_path / "checkpoint")
    with fs.Trainer(**{**options, **change}) as other:
        before = model_bytes(other, tmp_path / "before")
        with pytest.raises(fs.FaceStyleError, match=f"^{word}") as caught:
            other.resume(tmp_path / "checkpoint")
        assert caught.value.name == "FS_WRONG_MODEL"
        assert other.steps_done == 0 and model_bytes(other, tmp_path / "after") == before


def test_a_resumed_run_wants_the_photos_and_options_that_it_began_with(photos, folder, tmp_path):
    checkpoint = tmp_path / "checkpoint"
    with contrastive() as trainer:
        trainer.run(photos, batch=4, checkpoint=checkpoint, progress=lambda p: "finish" if p.step == 2 else None)
    with contrastive() as trainer:
        trainer.resume(checkpoint)
        for options, words in (
            ({"batch": 6}, "batch 6, this training began with 4"), ({"seed": 5}, "seed 5, .* began with 1"),
            ({"augmentation": "strong"}, "augmentation .* began with"),
        ):  # fmt: skip
            with pytest.raises(fs.FaceStyleError, match=words):
                trainer.run(photos, **{"batch": 4, **options})
        with fs.Photos() as more, pytest.raises(fs.FaceStyleError, match="photos 24 .* began with 12 "):
            trainer.run(more.add_people(folder).add_people(folder), batch=4)
        assert trainer.steps_done == 2
        trainer.run(photos, batch=4, memory_limit=0)  # where the photos are kept makes no difference
        assert trainer.steps_done == 6


def test_what_is_no_checkpoint_is_refused(tmp_path):
    with contrastive() as trainer:
        trainer.save_model(tmp_path / "model", threshold=1)
        for name, content in (("model", None), ("text", b"hello, checkpoint"), ("nothing", b"")):
            if content is not None:
                (tmp_path / name).write_bytes(content)
            with pytest.raises(fs.FaceStyleError) as caught:
                trainer.resume(tmp_path / name)
            assert caught.value.name == "FS_BAD_DATA"


def test_a_trained_model_embeds_as_its_trainer_did(tmp_path):
    chip = stripes(2, 1, 96, 96)
    with fs.Trainer("nn4.small2") as trainer, fs.Image.from_array(chip) as image:
        wanted = trainer.embed(chip[None])
        allowed = {"float32": tolerances.EMBEDDING, "float16": tolerances.HALF, "int8": tolerances.EIGHT_BITS}
        sizes = {}
        for precision, tolerance in allowed.items():
            path = tmp_path / f"{precision}.safetensors"
            trainer.save_model(path, precision, threshold=0.8, note="of a test", licence="MIT", accuracy="none", source="é")
            with fs.Model.open(path) as model, fs.Embedder(model) as embedder:
                info = model.info
                assert (info.note, info.licence, info.accuracy, model.metadata("source")) == ("of a test", "MIT", "none", "é")
                assert embedder.threshold == pytest.approx(0.8)
                found = embedder.embed_chips([image])
                assert np.allclose(found, wanted, rtol=0, atol=tolerance)
                with fs.Trainer(start=model) as again:
                    assert np.allclose(again.embed(chip[None]), found, rtol=0, atol=tolerances.EMBEDDING)
                    with pytest.raises(fs.FaceStyleError, match="the start is a nn4.small2; expected siamese"):
                        fs.Trainer("siamese", start=model)
            sizes[precision] = path.stat().st_size
        assert sizes["float16"] < 0.52 * sizes["float32"] and sizes["int8"] < 0.27 * sizes["float32"]
        with pytest.raises(ValueError, match="precision is 'int4'; possible are 'float32', 'float16', 'int8'"):
            trainer.save_model(tmp_path / "x", "int4", threshold=1)
        with pytest.raises(fs.FaceStyleError, match="threshold nan"):
            trainer.save_model(tmp_path / "x", threshold=float("nan"))


def test_a_network_of_whole_pictures_is_embedded_from_its_model(tmp_path, photos):
    picture, larger, marks = stripes(1, 1, HEIGHT, WIDTH), stripes(2, 2, 150, 200), tmp_path / "marks.json"
    marks.write_text('{"ann/ann_0001.jpg": {"landmarks": [[20, 30], [60, 30], [40, 50], [25, 70], [55, 70]]}}')
    with contrastive() as trainer, fs.Image.from_array(picture) as image, fs.Image.from_array(larger) as other:
        trainer.run(photos, batch=4)
        trainer.save_model(tmp_path / "whole", precision="float32", threshold=0.5)
        wanted = trainer.embed(picture[None])
        with fs.Model.open(tmp_path / "whole") as model, fs.Embedder(model) as embedder:
            assert model.metadata("template") == "whole" and not embedder.aligns
            assert embedder.chip_size == (WIDTH, HEIGHT) and embedder.chip_side == 0
            assert np.allclose(embedder.embed_chips([image]), wanted, rtol=0, atol=tolerances.EMBEDDING)
            found, face = embedder.embed_photo(image)
            assert np.array_equal(embedder.embed(image), [found]) and np.array_equal(embedder.embed_chips([image]), [found])
            assert face.landmarks is None and face.box == (0, 0, WIDTH, HEIGHT)
            with embedder.align(other) as chip, other.resize(WIDTH, HEIGHT, "bilinear") as small:
                assert np.array_equal(chip.to_array(), small.to_array())
                assert np.allclose(embedder.embed_photo(other)[0], trainer.embed(chip.to_array()[None])[0], rtol=0, atol=tolerances.EMBEDDING)
            verdict = fs.compare(image, other, embedder)
            assert verdict.distance == fs.distance(found, embedder.embed_photo(other)[0]) and verdict.threshold == 0.5
            with fs.Gallery(embedder) as gallery:
                gallery.add_photo("ann", image)
                gallery.add_photo("bob", other)
                assert gallery.identify(other).name == "bob" and gallery.verify(image, "ann").distance == 0
            names = {"ann": [image, other], "bob": [other]}
            for name, pictures in names.items():
                (tmp_path / name).mkdir()
                for i, shown in enumerate(pictures, 1):
                    save(shown.to_array(), tmp_path / name / f"{name}_{i:04d}.jpg")
            (tmp_path / "pairs.txt").write_text("1\nann\t1\t2\nann\t2\tbob\t1\n")
            for flip in (False, True):
                result = fs.evaluate_lfw(tmp_path / "pairs.txt", tmp_path, embedder, flip=flip, progress=False)
                assert len(result.distances) == 2 and result.distances[0] > 0 and result.distances[1] == 0
            assert result.faceless == {} and result.unreadable == {}
            with pytest.raises(ValueError, match="sees whole photos"):
                fs.evaluate_lfw(tmp_path / "pairs.txt", tmp_path, embedder, fs.Landmarks(marks), progress=False)
            with pytest.raises(fs.FaceStyleError) as caught:
                embedder.embed(image, [fs.Face(np.array([[20, 30], [60, 30], [40, 50], [25, 70], [55, 70]]))])
            assert caught.value.status == _c.FS_WRONG_MODEL


def test_a_model_says_whether_its_photos_were_whole_or_had_points(tmp_path, folder, photos):
    points = [[16, 20], [30, 20], [23, 30], [17, 38], [29, 38]]
    with fs.Photos() as aligned:
        aligned.add_people(folder, points=points)
        for set, aligns in ((photos, False), (aligned, True)):
            with contrastive(steps=2) as trainer:
                trainer.run(set, batch=4)
                trainer.save_model(tmp_path / "model", threshold=1)
            with fs.Model.open(tmp_path / "model") as model, fs.Embedder(model) as embedder:
                assert embedder.aligns == aligns and embedder.chip_size == (WIDTH, HEIGHT)
                if aligns:
                    # dlib's mean face, of 150x150, stretched.
                    assert np.allclose(embedder.template, fs.template("dlib-resnet") / 150 * (WIDTH, HEIGHT), atol=1e-3)
                else:
                    with pytest.raises(fs.FaceStyleError):
                        embedder.template


# ---- Several processes ----


def test_the_all_reduce_sees_and_may_change_all_gradients():
    sizes = []

    def halve(numbers):
        sizes.append(numbers.size)
        numbers[:814176] /= 2

    with contrastive(optimizer="sgd") as trainer, contrastive(optimizer="sgd") as plain:
        trainer.all_reduce = halve
        assert trainer.all_reduce is halve
        halved, whole = (t.step(batch(0, 0, 1, 2), PAIRS) for t in (trainer, plain))
        assert halved.gradient_norm == pytest.approx(whole.gradient_norm / 2) and sizes == [814176 + 2 * 352 + 1]
        trainer.all_reduce = None
        trainer.step(batch(0, 0, 1, 2), PAIRS)
        assert len(sizes) == 1


def test_what_the_all_reduce_raises_comes_out_and_nothing_is_learned(photos, tmp_path):
    error = ConnectionError("the other process is gone")

    def fail(_):
        raise error

    with contrastive() as trainer:
        before = model_bytes(trainer, tmp_path / "before")
        trainer.all_reduce = fail
        for work in (lambda: trainer.step(batch(0, 0, 1, 2), PAIRS), lambda: trainer.run(photos, batch=4)):
            with pytest.raises(ConnectionError) as caught:
                work()
            assert caught.value is error
        assert model_bytes(trainer, tmp_path / "after") == before and trainer.steps_done == 0
        with pytest.raises(TypeError, match="a function or None"):
            trainer.all_reduce = 3
        trainer.all_reduce = None
        trainer.step(batch(0, 0, 1, 2), PAIRS)


def shared_batch(part):
    """Pictures and labels of half a batch. Both halves show the same pictures in other pairs: so the statistics of batch
    normalisation, which each process takes of its own half, are the whole batch's."""
    pictures = np.random.default_rng(2).integers(0, 255, (6, HEIGHT, WIDTH, 3), np.uint8)
    order = ([0, 1, 2, 3, 4, 5], [2, 4, 0, 5, 1, 3])[part]
    return pictures[order], ([0, 1, 1], [0, 1, 1])[part]


def train_in_a_process(rank, pipe, result, path):
    gradients = []

    def all_reduce(numbers):
        mine = numbers.tobytes()
        if rank == 0:  # one speaks while the other listens
            pipe.send_bytes(mine)
            theirs = pipe.recv_bytes()
        else:
            theirs = pipe.recv_bytes()
            pipe.send_bytes(mine)
        numbers += np.frombuffer(theirs, np.float32)
        numbers /= 2
        gradients.append(numbers[:814176].copy())

    fs.set_threads(1)
    with contrastive() as trainer:
        trainer.all_reduce = all_reduce
        losses = [trainer.step(*shared_batch(rank)).loss for _ in range(3)]
        trainer.save_model(path, precision="float32", threshold=1)
    result.put((rank, losses, gradients))


def test_two_processes_learn_as_one_on_the_whole_batch(tmp_path):
    context = multiprocessing.get_context("spawn")
    ends, result = context.Pipe(), context.Queue()
    processes = [
        context.Process(target=train_in_a_process, args=(rank, ends[rank], result, tmp_path / str(rank))) for rank in (0, 1)]
    for process in processes:
        process.start()
    answers = sorted(result.get(timeout=300) for _ in processes)
    for process in processes:
        process.join(timeout=60)
        assert process.exitcode == 0
    (_, losses, gradients), (_, other_losses, other_gradients) = answers
    assert losses == other_losses and all(map(np.array_equal, gradients, other_gradients))
    assert (tmp_path / "0").read_bytes() == (tmp_path / "1").read_bytes()

    def alone(pictures, labels):
        seen = []
        with contrastive() as trainer:
            trainer.all_reduce = lambda numbers: seen.append(numbers[:814176].copy())
            return trainer.step(pictures, labels).loss, seen[0]

    halves = [alone(*shared_batch(part)) for part in (0, 1)]
    assert np.array_equal(gradients[0], (halves[0][1] + halves[1][1]) / 2)
    (first, labels), (second, more) = shared_batch(0), shared_batch(1)
    loss, whole = alone(np.concatenate([first, second]), labels + more)
    assert losses[0] == pytest.approx(loss, rel=1e-5)
    # Of the dense layer: below it, a rounding makes maxima and rectifiers choose another side now and then.
    dense = slice(-128 * (7 * 5 * 128 + 1), None)
    assert np.abs(gradients[0] - whole)[dense].max() <= tolerances.GRADIENT * np.abs(whole[dense]).max()
