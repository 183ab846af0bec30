"""One-pass detectors from Python: losses on arrays, scenes, and a training that finds what it was shown."""

import json

import numpy as np
import pytest

import facestyle as fs
import tolerances

SIDE = 64
CELLS = fs.cell_count(SIDE, SIDE)
# A small network of YuNet's shape.
GRAPH = """input channels=3 mean=127.5,127.5,127.5 scale=0.00784314
c1 convolution filters=8 kernel=3 stride=2 padding=1 bias=no normalisation=batch:n1 activation=rectifier < input
c2 convolution filters=12 kernel=3 stride=2 padding=1 bias=no normalisation=batch:n2 activation=rectifier < c1
c3 convolution filters=16 kernel=3 stride=2 padding=1 bias=no normalisation=batch:n3 activation=rectifier < c2
c4 convolution filters=16 kernel=3 padding=1 bias=no normalisation=batch:n4 activation=rectifier < c3
c5 convolution filters=24 kernel=3 stride=2 padding=1 bias=no normalisation=batch:n5 activation=rectifier < c4
c6 convolution filters=24 kernel=3 padding=1 bias=no normalisation=batch:n6 activation=rectifier < c5
c7 convolution filters=24 kernel=3 stride=2 padding=1 bias=no normalisation=batch:n7 activation=rectifier < c6
c8 convolution filters=24 kernel=3 padding=1 bias=no normalisation=batch:n8 activation=rectifier < c7
cells8 convolution filters=15 kernel=1 < c4
cells16 convolution filters=15 kernel=1 < c6
cells32 convolution filters=15 kernel=1 < c8
output cells8
output cells16
output cells32
"""
CHANNELS = (3, 8, 12, 16, 16, 24, 24, 24, 24)
HEADS = {"cells8": 16, "cells16": 24, "cells32": 24}


def face(left=16, top=16, right=32, bottom=32, **more):
    return fs.SceneFace((left, top, right, bottom), **more)


def numbers(seed, *shape):
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


# ---- Losses ----


def test_overlaps_are_those_of_their_formulas():
    boxes, others = [[0, 0, 4, 4], [0, 0, 1, 1]], [[2, 0, 6, 4], [3, 0, 4, 1]]
    assert fs.box_overlap(boxes, others) == pytest.approx([1 / 3, 0])
    assert fs.box_overlap(boxes, others, "giou") == pytest.approx([1 / 3, -0.5])
    for kind in ("diou", "ciou", "eiou"):
        assert fs.box_overlap(boxes, others, kind) == pytest.approx([1 / 3 - 4 / 52, -9 / 17])
    values, slopes = fs.box_overlap(boxes, others, "giou", gradient=True)
    assert values.shape == (2,) and slopes.shape == (2, 4)
    assert slopes[1, 2] > 0 and slopes[0, 2] > 0  # nearer is better


@pytest.mark.parametrize("arguments, error", [
    (([[0, 0, 4, 4]], [[0, 0, 4, 4]], "iuo"), ValueError),
    (([[0, 0, 4, 4]], np.zeros((2, 4))), ValueError),
    (([[4, 0, 4, 4]], [[0, 0, 4, 4]]), fs.FaceStyleError),
    ((["a"], [[0, 0, 4, 4]]), TypeError),
])  # fmt: skip
def test_what_is_no_box_is_refused(arguments, error):
    with pytest.raises(error):
        fs.box_overlap(*arguments)


def test_a_face_gets_the_cell_that_it_costs_least():
    loss = fs.DetectionLoss()
    assigned = loss.assign(np.zeros((CELLS, 15)), [face()], SIDE, SIDE)
    assert np.flatnonzero(assigned >= 0).tolist() == [27] and assigned[27] == 0
    ignored = loss.assign(np.zeros((CELLS, 15)), [face(ignored=True)], SIDE, SIDE)
    assert ignored[27] == -2 and ignored[0] == -1


@pytest.mark.parametrize("overlap, points, scores", [
    ("eiou", "smooth-l1", "cross-entropy"), ("ciou", "wing", "quality-focal"), ("giou", "wing", "cross-entropy"),
])  # fmt: skip
def test_the_gradient_is_that_of_the_value(overlap, points, scores):
    # With a quality of 0 targets do not depend on the cells.
    loss = fs.DetectionLoss(overlap, points, scores, quality=0, focus=2)
    cells = 0.3 * numbers(3, 2, fs.cell_count(32, 32), 15)
    spots = tuple((6 + 3 * k, 9 + 2 * k) for k in range(5))
    faces = [[fs.SceneFace((3, 5, 21, 26), spots), fs.SceneFace((18, 9, 31, 24))], []]
    result = loss(cells, faces, 32, 32)
    assert result.value == pytest.approx(result.parts.box + result.parts.points + result.parts.score)
    assert result.parts.faces == 2 and result.parts.cells >= 2 and 0 < result.parts.overlap < 1
    direction = numbers(4, *cells.shape) / np.sqrt(cells.size)
    step = 2.0**-7
    assigned = loss.assign(cells[0], faces[0], 32, 32)
    assert all((loss.assign((cells + s * direction)[0], faces[0], 32, 32) == assigned).all() for s in (step, -step))
    up = loss(cells + step * direction, faces, 32, 32, gradient=False)
    down = loss(cells - step * direction, faces, 32, 32, gradient=False)
    assert up.gradient is None
    slope = (up.value - down.value) / (2 * step)
    assert np.sum(result.gradient.astype(float) * direction) == pytest.approx(slope, rel=2e-2, abs=2e-2)


def test_settings_and_faces_that_are_none_are_refused():
    with pytest.raises(fs.FaceStyleError, match="focus 0.5; expected 1 to 8"):
        fs.DetectionLoss(focus=0.5)
    with pytest.raises(TypeError, match="unexpected keyword argument 'margin'"):
        fs.DetectionLoss(margin=1)
    with pytest.raises(ValueError, match="overlap is 'area'"):
        fs.DetectionLoss("area")
    loss, cells = fs.DetectionLoss(), np.zeros((1, CELLS, 15))
    with pytest.raises(ValueError, match="faces of 2 pictures; expected 1"):
        loss(cells, [[], []], SIDE, SIDE)
    with pytest.raises(TypeError, match="faces\\[0\\] is a tuple; expected a SceneFace"):
        loss(cells, [[(1, 2, 3, 4)]], SIDE, SIDE)
    with pytest.raises(ValueError, match="cells has shape"):
        loss(cells[:, 1:], [[]], SIDE, SIDE)
    with pytest.raises(fs.FaceStyleError, match="multiples of 32"):
        loss(np.zeros((1, fs.cell_count(40, 40), 15)), [[]], 40, 40)


# ---- Scenes ----


def drawn(width, height, boxes, seed=0):
    """Red ellipses with two light eyes on blue."""
    y, x = np.indices((height, width)) + 0.5
    picture = np.stack([np.full_like(x, 30), np.full_like(x, 60), 80 + (x * (3 + seed) + y) % 90], -1)
    for left, top, right, bottom in boxes:
        w, h = right - left, bottom - top
        ellipse = ((x - left - w / 2) / (w / 2)) ** 2 + ((y - top - h / 2) / (h / 2)) ** 2 < 1
        picture[ellipse] = (230, 40, 40)
        for px, py in points_of((left, top, right, bottom))[:2]:
            picture[(x - px) ** 2 + (y - py) ** 2 < (0.1 * w) ** 2] = (240, 240, 200)
    return picture.astype(np.uint8)


def points_of(box):
    left, top, right, bottom = box
    places = [(0.3, 0.4), (0.7, 0.4), (0.5, 0.55), (0.35, 0.75), (0.65, 0.75)]
    return [(left + x * (right - left), top + y * (bottom - top)) for x, y in places]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("scenes")
    (root / "without").mkdir()
    labels = {}
    for i, boxes in enumerate([[(60, 40, 110, 100)], [(20, 30, 50, 70), (120, 50, 170, 110)], [(30, 20, 130, 140)]]):
        with fs.Image.from_array(drawn(200, 160, boxes)) as image:
            image.save(root / f"{i}.png")
        labels[f"{i}.png"] = [[*box, *np.ravel(points_of(box)).tolist()] for box in boxes]
    labels["broken.png"] = [[1, 2, 30, 40]]
    (root / "broken.png").write_text("no picture")
    (root / "labels.json").write_text(json.dumps(labels))
    for i in range(2):
        with fs.Image.from_array(drawn(150, 120, [], seed=i)) as image:
            image.save(root / "without" / f"{i}.png")
    return root


@pytest.fixture
def scenes(folder):
    with fs.Scenes() as scenes:
        yield scenes.add(folder, folder / "labels.json").add_backgrounds(folder / "without")


def test_scenes_are_gathered(scenes, folder):
    assert (len(scenes), scenes.backgrounds, bool(scenes)) == (4, 2, True)
    assert repr(scenes) == "<Scenes: 4 with faces, 2 without>"
    assert len(scenes.keep(1, 2)) == 2
    with pytest.raises(fs.FaceStyleError, match="5 scenes from number 0"):
        scenes.keep(0, 5)
    (folder / "bad.json").write_text('{"0.png": [[1, 2]]}')
    with pytest.raises(fs.FaceStyleError, match="0.png has a face of 2 numbers; expected 4 or 14"):
        scenes.add(folder, folder / "bad.json")


def test_composed_pictures_are_functions_of_seed_step_and_index(scenes):
    image, faces = scenes.compose(step=2, index=1, seed=7, side=96, dark=0)
    with image, scenes.compose(step=2, index=1, seed=7, side=96, dark=0)[0] as again:
        assert (image.to_array() == again.to_array()).all() and image.to_array().shape == (96, 96, 3)
    found = [face for index in range(8) for face in scenes.compose(step=2, index=index, side=96, paste=0, mosaic=0)[1]]
    assert any(not face.ignored and len(face.points) == 5 for face in found)
    assert all(0 <= face.box[0] < face.box[2] <= 96 and 0 <= face.box[1] < face.box[3] <= 96 for face in found)
    with pytest.raises(TypeError, match="compose\\(\\) has no option 'batch'"):
        scenes.compose(batch=3)
    with pytest.raises(fs.FaceStyleError, match="mosaic 0.9; expected at most 1 with paste"):
        scenes.compose(paste=0.5, mosaic=0.9)


# ---- Training ----


def start(path, seed=1):
    """A model of the small network with random weights."""
    from safetensors.numpy import save_file

    rng, tensors = np.random.default_rng(seed), {}
    for i in range(1, len(CHANNELS)):
        inputs, outputs = CHANNELS[i - 1], CHANNELS[i]
        tensors[f"c{i}.weight"] = rng.normal(0, np.sqrt(2 / (9 * inputs)), (outputs, inputs, 3, 3))
        for name, value in (("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)):
            tensors[f"n{i}.{name}"] = np.full(outputs, value)
    for name, inputs in HEADS.items():
        tensors[f"{name}.weight"] = rng.normal(0, 0.05, (15, inputs, 1, 1))
        tensors[f"{name}.bias"] = np.r_[-4.6, np.zeros(14)]
    tensors = {name: tensor.astype(np.float32) for name, tensor in tensors.items()}
    save_file(tensors, path, {"architecture": "graph", "graph": GRAPH})
    return path




def test_a_training_goes_on_with_the_same_bits_and_says_what_it_does(scenes, tmp_path):
    def trainer():
        return fs.Trainer("yunet", loss="detection", optimizer="adamw", steps=4, weight_decay=1e-4, average=0.9)

    def saved(trainer, name):
        trainer.save_model(tmp_path / name, precision="float32", threshold=0.5)
        return (tmp_path / name).read_bytes()

    told = []
    run = dict(batch=2, side=64)
    with trainer() as straight:
        straight.run_scenes(scenes, progress=told.append, log=tmp_path / "log.jsonl", **run)
        whole = saved(straight, "straight.safetensors")
    assert told[0].is_reading and told[0].detection is None
    steps = [now for now in told if not now.is_reading]
    assert [now.step for now in steps] == [1, 2, 3, 4] and steps[-1].photos == 5
    parts = steps[-1].detection
    assert parts.box + parts.points + parts.score == pytest.approx(steps[-1].loss, rel=1e-4)
    assert steps[-1].photos_per_second > 0 and steps[-1].statistics is None
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert len(rows) == 4 and {"loss", "box", "points", "score", "faces", "cells", "overlap"} <= rows[0].keys()
    assert [left.path.rsplit("/")[-1] for left in scenes.left_out] == ["broken.png"]

    checkpoint = tmp_path / "my.checkpoint"
    with trainer() as stopped:
        stopped.run_scenes(scenes, progress=lambda now: "finish" if now.step == 2 else None, checkpoint=checkpoint, **run)
    with trainer() as resumed:
        resumed.resume(checkpoint).run_scenes(scenes, **run)
        assert resumed.steps_done == 4 and saved(resumed, "resumed.safetensors") == whole
        with pytest.raises(fs.FaceStyleError, match="side 96, this training began with 64"):
            resumed.run_scenes(scenes, batch=2, side=96)
        with pytest.raises(fs.FaceStyleError, match="this training began with"):
            resumed.run_scenes(scenes, augmentation="none", **run)


def test_what_does_not_fit_is_refused(scenes):
    with fs.Trainer("yunet", loss="detection", steps=2) as trainer:
        with pytest.raises(ValueError, match=r"expected step\(pictures, faces=...\)"):
            trainer.step(np.zeros((1, 64, 64, 3), np.uint8))
        with pytest.raises(ValueError, match="faces of 2 pictures; expected 1"):
            trainer.step(np.zeros((1, 64, 64, 3), np.uint8), faces=[[], []])
        with pytest.raises(fs.FaceStyleError, match="pictures of 65x64; expected multiples of 32"):
            trainer.step(np.zeros((1, 64, 65, 3), np.uint8), faces=[[]])
        with pytest.raises(fs.FaceStyleError, match="expected scenes"):
            trainer.run(fs.Photos())
        with pytest.raises(TypeError, match="run_scenes"):
            trainer.run_scenes(scenes, pairs="list")
        with pytest.raises(TypeError):
            trainer.run_scenes(fs.Photos())
    with pytest.raises(fs.FaceStyleError, match="without the result"):
        fs.Trainer("siamese", loss="detection")
    with fs.Trainer("siamese", "contrastive", steps=2) as trainer:
        with pytest.raises(fs.FaceStyleError, match="expected a detection loss"):
            trainer.run_scenes(scenes)
        with pytest.raises(ValueError, match="faces for a contrastive loss"):
            trainer.step(np.zeros((2, trainer.height, trainer.width, 3), np.uint8), [0], faces=[[], []])


def test_a_detector_learns_from_pictures_of_ones_own():
    pictures = np.random.default_rng(3).integers(0, 256, (2, 64, 96, 3), np.uint8)
    with fs.Trainer("yunet", loss="detection", steps=10) as trainer:
        steps = [trainer.step(pictures, faces=[[fs.SceneFace((20, 10, 50, 45))], []]) for _ in range(8)]
    assert steps[-1].loss < steps[0].loss and steps[0].detection.faces == 1
    parts = steps[0].detection
    assert parts.box + parts.points + parts.score == pytest.approx(steps[0].loss, rel=1e-4)


def test_a_small_network_learns_to_find_a_drawn_face(scenes, tmp_path):
    losses = []
    with fs.Model.open(start(tmp_path / "start.safetensors")) as first:
        loss = fs.DetectionLoss(quality=0.3)
        with fs.Trainer(loss=loss, start=first, steps=150, rate=0.01, longest_gradient=10, average=0.9) as trainer:
            trainer.run_scenes(
                scenes, batch=6, side=96, min_face=16, progress=lambda now: losses.append(now.loss) if now.step else None)
            trainer.save_model(tmp_path / "detector.safetensors", precision="float32", threshold=0.5)
    assert np.mean(losses[-20:]) < 0.5 * np.mean(losses[:20])
    box = (44, 20, 84, 66)
    best = None
    with fs.Model.open(tmp_path / "detector.safetensors") as model:
        with fs.Image.from_array(drawn(128, 96, [box])) as image:
            for name, stride in zip(HEADS, (8, 16, 32)):
                maps = model.features(image, name)
                d = maps.reshape(96 // stride, 128 // stride, 15)
                i, j = np.unravel_index(d[..., 0].argmax(), d.shape[:2])
                if best is None or d[i, j, 0] > best[0]:
                    x, y = (j + d[i, j, 1]) * stride, (i + d[i, j, 2]) * stride
                    w, h = np.exp(d[i, j, 3:5]) * stride
                    best = d[i, j, 0], (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    assert best[0] > 0 and fs.box_overlap([best[1]], [box])[0] > 0.5
