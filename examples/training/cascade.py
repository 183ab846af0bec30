"""Trains the face detector that comes with the library, models/faces-cascade.safetensors: the six networks of CascadeCNN.

    make train-cascade DATA=folder      # three quarters of an hour on one core; goes on with the stage that was interrupted

The recipe is the paper's (Li, Lin, Shen, Brandt, Hua 2015): the smallest network learns faces from anything else, its
threshold lets 99 % of the faces through that it did not learn from, and what it still takes for a face on photos without
faces are the negatives from which the next network learns. Networks that calibrate learn 45 ways in which a window may lie
off its face. At last the largest network learns from what the whole cascade still gets wrong. DATA holds

    face_crops36.safetensors            grey 36x36 crops, "faces" [n, 36, 36]
    landmarks/images/*, points.json     80x80 crops with five points each
    celeba/PERSON/*.jpg                 160x160 crops of CelebA whose points lie alike
    non_face/*.jpg                      photos without a face; the first sixty by name are examples/detection_report.py's
    more/*                              more pictures without a face: textures, printed pages, animals, paintings
"""

import argparse
import json
from pathlib import Path

import facestyle as fs
import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

CELEBA_POINTS = [[59.639, 75.051], [100.162, 74.827], [80.029, 98.097], [63.382, 121.820], [96.939, 121.635]]
RISE = 28  # pixels by which the points of some landmark photos lie too high: those with two underscores in their name
SIDE = 48  # every window is kept at this size; networks of 12 and 24 pixels see its means
SIDES = (12, 24, 48)
HELD_BACK = 5  # every fifth face and every sixth photo without one is never learned from
REPORTED = 60  # photos without a face that the report looks at
RECALL = 0.99  # of held-back faces that pass each of the first stages by itself
FALSE = 0.01  # faces that are none in a held-back picture without any, of the whole cascade
JITTER = 0.08  # how far a window may lie off a face and still be one, in sides
SCALES, OFFSETS = (0.83, 0.91, 1.0, 1.1, 1.21), (-0.17, 0.0, 0.17)
PATTERNS = [(s, x, y) for s in SCALES for x in OFFSETS for y in OFFSETS]


# ---- Pictures ----


def grey(image):
    """Luma, uint8 [height, width], of an `Image`."""
    return np.rint(image.to_array() @ np.array([0.299, 0.587, 0.114], np.float32)).astype(np.uint8)


def opened(path):
    with fs.Image.open(path) as image:
        return grey(image)


def resized(picture, width, height=None):
    """Area means, as the detector cuts its windows out."""
    with fs.Image.from_array(picture) as image, image.resize(width, height or width, "area") as small:
        return small.to_array()[..., 0]


def cut(picture, x, y, side):
    """The window of `side` pixels at (x, y); the picture's edge goes on outside."""
    x, y, side = round(x), round(y), max(round(side), 2)
    rows = np.clip(np.arange(y, y + side), 0, picture.shape[0] - 1)
    columns = np.clip(np.arange(x, x + side), 0, picture.shape[1] - 1)
    return picture[rows[:, None], columns]


def worn(window, rng):
    """A window of any size at SIDE pixels, as poor cameras, old prints and a long way off show it."""
    levels = window.astype(np.float32)
    if rng.random() < 0.5:
        levels = 255 * (levels / 255) ** np.exp(rng.normal(0, 0.35))
    if rng.random() < 0.6:
        levels = (levels - 128) * rng.uniform(0.3, 1.3) + 128 + rng.normal(0, 25)
    picture = np.clip(levels, 0, 255).astype(np.uint8)
    if rng.random() < 0.6:  # a small face
        picture = resized(picture, min(len(picture), int(rng.integers(15, 48))))
    if rng.random() < 0.3:
        picture = np.clip(picture + rng.normal(0, rng.uniform(2, 14), picture.shape), 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        with fs.Image.from_array(picture) as image:
            with fs.Image.decode(image.encode("jpeg", int(rng.integers(15, 70)))) as poor:
                picture = poor.to_array()[..., 0]
    return resized(picture, SIDE)


# ---- Faces ----


def box_of(points):
    """The square of a face by its points: the frame in which face_crops36 has them."""
    points = np.asarray(points, np.float32)
    eyes, mouth = points[:2].mean(0), points[3:].mean(0)
    side = 3.3 * max(np.linalg.norm(points[1] - points[0]), 0.93 * np.linalg.norm(mouth - eyes))
    x, y = (eyes + mouth) / 2 - side * np.array([0.49, 0.49])
    return float(x), float(y), float(side)


def faces(data):
    """Pictures with the box (x, y, side) of the face in each, those with surroundings first."""
    found = []
    points = json.loads((data / "landmarks" / "points.json").read_text())
    for name, face in sorted(points.items()):
        face = [[x, y + RISE * ("__" in name)] for x, y in face]
        found.append((opened(data / "landmarks" / "images" / name), box_of(face)))
    for path in sorted((data / "celeba").glob("*/*.jpg")):
        found.append((resized(opened(path), 80), tuple(v / 2 for v in box_of(CELEBA_POINTS))))
    surrounded = len(found)
    for crop in load_file(data / "face_crops36.safetensors")["faces"]:
        found.append((crop, (0.0, 0.0, 36.0)))
    return found, surrounded


def turned(picture, box, rng):
    """A face that leans a little, or its mirror image."""
    x, y, side = box
    if rng.random() < 0.5:
        picture, x = picture[:, ::-1], picture.shape[1] - x - side
    angle = np.clip(rng.normal(0, 0.12), -0.35, 0.35)
    if abs(angle) < 0.03:
        return picture, (x, y, side)
    pad = 16  # the edge goes on where the turned picture would end
    picture = np.pad(picture, pad, "edge")
    cx, cy = x + side / 2 + pad - 0.5, y + side / 2 + pad - 0.5
    c, s = np.cos(angle), np.sin(angle)
    matrix = [[c, -s, cx - c * cx + s * cy], [s, c, cy - s * cx - c * cy]]
    with fs.Image.from_array(picture) as image, image.warp(matrix, picture.shape[1], picture.shape[0]) as moved:
        return moved.to_array()[..., 0], (x + pad, y + pad, side)


def positives(found, variants, rng):
    """Windows on faces, [n, SIDE, SIDE]."""
    windows = []
    for picture, box in found:
        for _ in range(variants):
            turned_picture, (x, y, side) = turned(picture, box, rng)
            size = side * np.exp(rng.uniform(-JITTER, JITTER))
            dx, dy = rng.uniform(-JITTER, JITTER, 2) * side - (size - side) / 2
            windows.append(worn(cut(turned_picture, x + dx, y + dy, size), rng))
    return np.stack(windows)


def displaced(found, variants, rng):
    """Windows that lie off their faces by a pattern, and its number."""
    windows, labels = [], []
    for picture, box in found:
        for _ in range(variants):
            turned_picture, (x, y, side) = turned(picture, box, rng)
            label = int(rng.integers(len(PATTERNS)))
            scale, across, down = PATTERNS[label]
            windows.append(worn(cut(turned_picture, x + across * side, y + down * side, scale * side), rng))
            labels.append(label)
    return np.stack(windows), np.array(labels)


# ---- Everything else ----


def variations(photo, rng):
    """A photo as it is, mirrored, on its sides and upside down, each larger or smaller, one in four as a negative."""
    yield photo
    for k, is_mirrored in ((0, True), (1, False), (2, True), (3, True), (2, False), (1, True)):
        other = np.rot90(photo, k)
        other = np.ascontiguousarray(other[:, ::-1] if is_mirrored else other)
        other = 255 - other if rng.random() < 0.25 else other
        factor = rng.uniform(0.4, 1.3) * min(1, 480 / max(other.shape))
        height, width = (max(32, round(side * factor)) for side in other.shape)
        yield resized(other, width, height)


def overlap(a, b):
    """Intersection over union of two squares (x, y, side)."""
    across = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    down = min(a[1] + a[2], b[1] + b[2]) - max(a[1], b[1])
    common = max(across, 0) * max(down, 0)
    return common / (a[2] ** 2 + b[2] ** 2 - common)


def random_negatives(photos, count, rng):
    """Windows of face-free photos, of any size and place."""
    windows = []
    for i in range(count):
        photo = photos[i % len(photos)]
        side = 20 * (min(photo.shape) / 20) ** rng.random()
        x, y = (rng.uniform(0, length - side) for length in (photo.shape[1], photo.shape[0]))
        windows.append(worn(np.rot90(cut(photo, x, y, side), rng.integers(4)), rng))
    return np.stack(windows)


def part_negatives(found, count, rng):
    """Windows beside faces and on parts of them, which are none."""
    windows = []
    while len(windows) < count:
        picture, box = found[rng.integers(len(found))]
        side = box[2] * np.exp(rng.uniform(np.log(0.25), np.log(0.9)))
        x, y = (rng.uniform(0, max(length - side, 0)) for length in (picture.shape[1], picture.shape[0]))
        if overlap((x, y, side), box) < 0.25:
            windows.append(worn(cut(picture, x, y, side)[:, :: rng.choice([-1, 1])], rng))
    return np.stack(windows)


def mined(model, photos, found, most, rng, least=-1):
    """What the cascade so far takes for faces on photos without any, and beside faces. `least` is the last stage's
    threshold, -1 for the model's."""
    windows, boxes = [], 0
    with fs.Model.open(model) as weights, fs.Detector(weights, min_face=20, thresholds=(-1, -1, least)) as detector:

        def add(picture, box=None, limit=250):
            nonlocal boxes
            with fs.Image.from_array(np.ascontiguousarray(picture)) as image:
                wrong = [(f.box[0], f.box[1], f.box[2]) for f in detector.find(image)]
            if box is not None:
                wrong = [other for other in wrong if overlap(other, box) < 0.2]
            boxes += len(wrong)
            for place in rng.permutation(len(wrong))[:limit]:
                window = cut(picture, *wrong[place])
                windows.append(worn(window, rng) if rng.random() < 0.4 else resized(window, SIDE))

        for repeat in range(4):
            for photo in photos:
                for varied in variations(photo, rng) if repeat else [photo]:
                    add(varied)
            if len(windows) >= most:
                break
        for picture, box in (found[i] for i in rng.permutation(len(found))[:1500]):
            add(resized(picture, 160), tuple(2 * v for v in box), 10)
    print(f"  {boxes} windows of {model.name} are none, {len(windows)} kept", flush=True)
    keep = rng.permutation(len(windows))[:most]
    return np.stack([windows[i] for i in keep])


# ---- Learning ----


def small(windows, side):
    """Windows of SIDE pixels at `side`."""
    factor = SIDE // side
    means = windows.reshape(len(windows), side, factor, side, factor).mean((2, 4), dtype=np.float32)
    return np.rint(means).astype(np.uint8)


def colour(windows):
    return np.repeat(windows[..., None], 3, 3)


def learn(options, name, draw, side, steps, batch, rate, start=None):
    """Trains a network on what `draw(batch)` returns, windows and labels."""
    with fs.Trainer(
        name, loss="cross-entropy", optimizer="adamw", schedule="one-cycle", steps=max(2, int(steps * options.effort)),
        rate=rate, weight_decay=1e-4, longest_gradient=5, seed=1, start=start,
    ) as trainer:
        recent = 0.0
        for step in range(trainer.steps):
            windows, labels = draw(batch)
            report = trainer.step(colour(windows), labels)
            recent = report.loss if step == 0 else 0.99 * recent + 0.01 * report.loss
            if step % 500 == 499 or step == trainer.steps - 1:
                print(f"  {name} step {step + 1} of {trainer.steps}: loss {recent:.4f}", flush=True)
        path = options.work / f"{name}.safetensors"
        trainer.save_model(path, precision="float32", threshold=0)
        return trainer_answers(path, name)


def trainer_answers(path, name):
    """A function from windows to what the trained network answers."""

    def answers(windows):
        with fs.Model.open(path) as model, fs.Trainer(name, loss="cross-entropy", start=model) as trainer:
            return trainer.embed(colour(windows))

    return answers


def drawn(*groups, rng, side):
    """Draws a batch of groups (windows, label, share), varied in light, at `side` pixels."""
    small_groups = [(small(windows, side), label, share) for windows, label, share in groups if len(windows)]

    def draw(batch):
        parts, labels = [], []
        for windows, label, share in small_groups:
            count = max(1, round(batch * share))
            places = rng.integers(len(windows), size=count)
            parts.append(windows[places])
            labels.append(label[places] if isinstance(label, np.ndarray) else np.full(count, label))
        levels = np.concatenate(parts).astype(np.float32)
        factor = rng.uniform(0.7, 1.25, (len(levels), 1, 1)).astype(np.float32)
        shift = rng.normal(0, 12, (len(levels), 1, 1)).astype(np.float32)
        return np.clip((levels - 128) * factor + 128 + shift, 0, 255).astype(np.uint8), np.concatenate(labels)

    return draw


def mirrored(windows):
    return np.concatenate([windows, windows[:, :, ::-1]])


class Data:
    def __init__(self, folder):
        found, surrounded = faces(folder)
        held = np.arange(len(found)) % HELD_BACK == 0
        self.faces = [face for face, is_held in zip(found, held) if not is_held]
        self.held_faces = [face for face, is_held in zip(found, held) if is_held]
        self.surrounded = [face for face, is_held in zip(found[:surrounded], held) if not is_held]
        self.held_surrounded = [face for face, is_held in zip(found[:surrounded], held) if is_held]
        photos = [opened(path) for path in sorted((folder / "non_face").iterdir())[REPORTED:]]
        self.held_photos = photos[:: HELD_BACK + 1]
        self.photos = [photo for i, photo in enumerate(photos) if i % (HELD_BACK + 1)]
        self.photos += [opened(path) for path in sorted((folder / "more").iterdir())]
        print(
            f"{len(self.faces)} faces and {len(self.photos)} photos without, held back {len(self.held_faces)} and "
            f"{len(self.held_photos)}", flush=True)  # fmt: skip

    def windows(self, path):
        """Windows that all stages learn from, and held-back ones: made once."""
        if path.exists():
            return load_file(path)
        rng = np.random.default_rng(1)
        windows = {
            "faces": positives(self.faces, 3, rng),
            "parts": part_negatives(self.surrounded, 8000, rng),
            "chance": random_negatives(self.photos, 80_000, rng),
            "held": positives(self.held_faces, 1, rng),
            "held chance": random_negatives(self.held_photos, 5000, rng),
        }
        windows["displaced"], windows["patterns"] = displaced(self.surrounded, 6, rng)
        windows["held displaced"], windows["held patterns"] = displaced(self.held_surrounded, 1, rng)
        save_file(windows, path)
        return windows


def negatives(options, data, stage, rng):
    """What the stages before this one take for faces: found once."""
    path = options.work / f"negatives-{SIDES[stage]}.safetensors"
    if not path.exists():
        model = options.work / f"stage-{stage}.safetensors"
        save_file({"windows": mined(model, data.photos, data.surrounded, options.plan[SIDES[stage]]["mined"], rng)}, path)
    return load_file(path)["windows"]


def classifier(options, data, windows, stage, rng):
    """Trains the network of a stage that tells faces; returns the threshold that lets held-back faces pass."""
    side, name = SIDES[stage], f"cascade-{SIDES[stage]}"
    plan = options.plan[side]
    if stage == 0:
        groups = [(windows["faces"], 1, 0.35), (windows["parts"], 0, 0.1), (windows["chance"], 0, 0.55)]
    else:
        hard = negatives(options, data, stage, rng)
        groups = [
            (windows["faces"], 1, 0.4), (windows["parts"], 0, 0.05), (windows["chance"], 0, 0.05), (mirrored(hard), 0, 0.5)]
    answers = learn(options, name, drawn(*groups, rng=rng, side=side), side, plan["steps"], plan["batch"], plan["rate"])
    held = small(windows["held"], side)
    scores = answers(held)[:, 1]
    threshold = float(np.quantile(scores, 1 - RECALL))
    wrong = answers(small(windows["held chance"], side))[:, 1] >= threshold
    print(f"  {name}: at {threshold:.4f} pass {np.mean(scores >= threshold):.2%} of {len(held)} held-back faces, "
          f"{wrong.mean():.2%} of random windows", flush=True)  # fmt: skip
    return threshold


def calibrator(options, windows, stage, rng):
    """Trains the network of a stage that brings windows to their faces."""
    side, name = SIDES[stage], f"cascade-{SIDES[stage]}-calibration"
    plan = options.plan[side]
    draw = drawn((windows["displaced"], windows["patterns"], 1.0), rng=rng, side=side)
    answers = learn(options, name, draw, side, plan["calibration_steps"], plan["batch"], plan["rate"])
    found, labels = answers(small(windows["held displaced"], side)), windows["held patterns"]
    before, after = [], []
    patterns = np.array(PATTERNS)
    for probabilities, label in zip(found, labels):
        scale, x, y = PATTERNS[label]
        sure = patterns[probabilities > 0.1]
        box = (x, y, scale)  # of a face at (0, 0) of side 1
        before.append(overlap(box, (0, 0, 1)))
        if len(sure):
            s, dx, dy = sure.mean(0)
            box = (x - dx * scale / s, y - dy * scale / s, scale / s)
        after.append(overlap(box, (0, 0, 1)))
    print(f"  {name}: {np.mean(found.argmax(1) == labels):.1%} of patterns, overlap {np.mean(before):.3f} to "
          f"{np.mean(after):.3f}", flush=True)  # fmt: skip


def joined(options, thresholds, path, precision="float32"):
    """Writes the networks of the stages that there are thresholds for as one model."""
    tensors = {}
    for side in SIDES[: len(thresholds)]:
        for name in (f"cascade-{side}", f"cascade-{side}-calibration"):
            tensors.update(load_file(options.work / f"{name}.safetensors"))
    save_file(tensors, path, {
        "architecture": "cascade",
        "thresholds": " ".join(f"{threshold:.4f}" for threshold in thresholds),
        "name": "faces-cascade",
        "licence": "weights: research and other non-commercial use, as CelebA's photos; see models/README.md",
        "source": "libfacestyle, examples/training/cascade.py",
    })  # fmt: skip
    if precision != "float32":
        with fs.Model.open(path) as model:
            model.save(path, precision)


def harden(options, data, windows, rng):
    """Trains the largest network on: with what the whole cascade takes for faces, be it ever so unsure."""
    print("the largest network again", flush=True)
    first = negatives(options, data, 2, rng)
    hard = mined(options.work / "stage-3.safetensors", data.photos, data.surrounded, 20_000, rng, least=0.05)
    groups = [
        (windows["faces"], 1, 0.4), (windows["parts"], 0, 0.05), (windows["chance"], 0, 0.05), (mirrored(first), 0, 0.25),
        (mirrored(hard), 0, 0.25)]  # fmt: skip
    with fs.Model.open(options.work / "cascade-48.safetensors") as start:
        learn(options, "cascade-48", drawn(*groups, rng=rng, side=48), 48, options.plan[48]["more_steps"], 64, 5e-4, start)


def last_threshold(path, data):
    """The score above which held-back pictures without a face have as few as `FALSE` each."""
    rng, false, pictures = np.random.default_rng(30), [], 0
    with fs.Model.open(path) as model, fs.Detector(model, min_face=20, thresholds=(-1, -1, 0)) as detector:
        for photo in data.held_photos:
            for varied in variations(photo, rng):
                with fs.Image.from_array(np.ascontiguousarray(varied)) as image:
                    false += [face.score for face in detector.find(image)]
                pictures += 1
    most = int(FALSE * pictures)
    return sorted(false, reverse=True)[most] if most < len(false) else 0.5


def report(path, data):
    """How many held-back faces the whole cascade finds, and what it takes for faces on held-back photos without any."""
    with fs.Model.open(path) as model, fs.Detector(model, min_face=20, thresholds=(-1, -1, 0)) as detector:
        print("thresholds", model.metadata("thresholds"))
        best, false = [], []
        for picture, box in data.held_surrounded:
            with fs.Image.from_array(resized(picture, 160)) as image:
                found = detector.find(image)
            hits = [f.score for f in found if overlap((*f.box[:2], f.box[2]), tuple(2 * v for v in box)) >= 0.35]
            best.append(max(hits, default=-1))
        for photo in data.held_photos:
            with fs.Image.from_array(photo) as image:
                false += [f.score for f in detector.find(image)]
        best, false = np.array(best), np.sort(false)[::-1]
        for count in (0, 2, 5, 10, 20, 50):
            limit = false[count] if count < len(false) else 0
            print(f"{count} false faces on {len(data.held_photos)} photos: score above {limit:.4f}, "
                  f"{np.mean(best > limit):.2%} of {len(best)} held-back faces found", flush=True)  # fmt: skip


PLAN = {
    12: dict(steps=8000, calibration_steps=6000, batch=128, rate=3e-3),
    24: dict(mined=60_000, steps=6000, calibration_steps=5000, batch=128, rate=2e-3),
    48: dict(mined=60_000, steps=5000, calibration_steps=3000, more_steps=4000, batch=64, rate=1e-3),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("build/training/cascade"), help="where stages that are done are kept")
    parser.add_argument("--out", type=Path, default=Path("build/training/faces-cascade.safetensors"))
    parser.add_argument("--effort", type=float, default=1.0, help="a factor on all steps")
    options = parser.parse_args()
    options.plan = PLAN
    options.work.mkdir(parents=True, exist_ok=True)
    fs.set_threads(1)  # the networks are small: more gain little
    data = Data(options.data)
    windows = data.windows(options.work / "windows.safetensors")
    thresholds = []
    for stage in range(3):
        path = options.work / f"stage-{stage + 1}.safetensors"
        if path.exists():
            with safe_open(path, "np") as file:
                thresholds = [float(word) for word in file.metadata()["thresholds"].split()]
            continue
        print(f"stage {stage + 1}: {SIDES[stage]} pixels", flush=True)
        thresholds.append(classifier(options, data, windows, stage, np.random.default_rng(10 + stage)))
        calibrator(options, windows, stage, np.random.default_rng(20 + stage))
        joined(options, thresholds, path)
    if not (options.work / "hardened").exists():
        harden(options, data, windows, np.random.default_rng(25))
        (options.work / "hardened").touch()
    joined(options, thresholds, options.out, precision="float16")
    thresholds[2] = last_threshold(options.out, data)
    joined(options, thresholds, options.out, precision="float16")
    report(options.out, data)


if __name__ == "__main__":
    main()
