"""Trains the part of faces-yunet that looks at a found face once more, aligned by its points: the network face-points, which
moves the points to where they are and says how sure it is that there is a face.

    make train-aligned-look DATA=folder     # an hour on two cores; goes on where it was interrupted

DATA holds

    FOLDER/points.json, FOLDER/images/*     photos and five points of a face in each: {"photo.jpg": [[x, y] five times], ...}; a
                                            detector's, MTCNN's for example (`Detector.find`), but for those of --by-hand,
                                            which are half of what is learned; every fifth of these is held back
    non_face/*, more/*                      photos without a face, as examples/training/detector.py has them

Faces are cut out upright; in each batch they are aligned by points that are as wrong as the detector's, made small, dark, noisy,
grey and covered in part. What the detector --start takes for faces in photos without any is learned to be none. The squared error
of all eleven numbers is the loss. At last the network, with weights in 8 bits, joins the detector in one file (--out).
"""

import argparse
import json
import queue
import threading
import time
from pathlib import Path

import facestyle as fs
import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

CUT, CUT_EYES = 128, 32  # side of an upright cut-out, and the distance of its eyes, in pixels
SIDE = 64  # of the network's pictures
SURE = 0.3  # what the network answers of a face; of anything else the negative
# dlib's mean face in 150 pixels, as the library aligns by it.
MEAN_FACE = np.array([[47.54918, 46.59903], [100.47614, 46.59903], [74.01270, 76.5625], [50.41490, 103.02330], [97.61040, 103.02330]])
TEMPLATE = MEAN_FACE * SIDE / 150
EYES = TEMPLATE[1, 0] - TEMPLATE[0, 0]
UPRIGHT = (MEAN_FACE - MEAN_FACE.mean(0)) * CUT_EYES / (MEAN_FACE[1, 0] - MEAN_FACE[0, 0]) + (CUT - 1) / 2
MIRRORED = [1, 0, 2, 4, 3]  # the points of a mirror image
RISE = 28  # pixels by which the points of some photos of Sun, Wang and Tang lie too high: two underscores in their name
HELD_BACK, REPORTED = 5, 60
WORST_FIT = 0.25  # points that lie farther off a face's usual ones, in distances between the eyes, are mistakes
ROWS, COLUMNS = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)


# ---- Cutting out ----


def similarities(points, targets):
    """The matrices [n, 2, 2] and shifts [n, 2] that bring points [n, 5, 2] nearest to targets."""
    middle, place = points.mean(1, keepdims=True), np.broadcast_to(targets, points.shape).mean(1, keepdims=True)
    x, y = points - middle, targets - place
    size = (x * x).sum((1, 2))
    along, across = (x * y).sum((1, 2)) / size, (x[..., 0] * y[..., 1] - x[..., 1] * y[..., 0]).sum(1) / size
    matrix = np.stack([np.stack([along, -across], -1), np.stack([across, along], -1)], 1)
    return matrix, place[:, 0] - np.einsum("nij,nj->ni", matrix, middle[:, 0])


def moved(points, matrix, shift):
    return np.einsum("nij,nkj->nki", matrix, points) + shift[:, None]


def upright(image, points):
    """The face of an `Image`, CUT pixels, and its points there."""
    matrix, _ = similarities(points[None], UPRIGHT)
    scale = 1.3 * np.sqrt(np.linalg.det(matrix[0]))
    if scale < 0.9:  # by area means first
        width, height = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        points = (points + 0.5) * [width / image.width, height / image.height] - 0.5
        with image.resize(width, height, "area") as small:
            return cut(small, points)
    return cut(image, points)


def cut(image, points):
    matrix, shift = similarities(points[None], UPRIGHT)
    with image.warp(np.concatenate([matrix[0], shift[0][:, None]], 1), CUT, CUT) as picture:
        return picture.to_array(), moved(points[None], matrix, shift)[0]


def labelled(folder):
    """The faces of a folder, uint8 [n, CUT, CUT, 3], and their points [n, 5, 2]."""
    pictures, points = [], []
    for name, face in sorted(json.loads((folder / "points.json").read_text()).items()):
        with fs.Image.open(folder / "images" / name) as image:
            picture, places = upright(image, np.asarray(face, float) + [0, RISE * ("__" in name)])
        pictures.append(picture)
        points.append(places)
    return np.stack(pictures), np.stack(points).astype(np.float32)


def mistaken(data, detector):
    """What a detector takes for faces in photos without any, cut out like faces, with its scores."""
    pictures, scores = [], []
    photos = [
        path for name, first in (("non_face", REPORTED), ("more", 0)) if (data / name).is_dir()
        for path in sorted(path for path in (data / name).iterdir() if path.suffix.lower() in fs.picture_endings())[first:]]
    with fs.Model.open(detector) as model, fs.Detector(model, min_face=14, thresholds=(-1, -1, 0.02)) as finder:
        for path in photos:
            with fs.Image.open(path) as image:
                pixels = image.to_array()
            for turned in (pixels, pixels[:, ::-1], pixels[::-1], np.rot90(pixels)):
                with fs.Image.from_array(np.ascontiguousarray(turned)) as image:
                    for face in finder.find(image):
                        points = np.asarray(face.landmarks, float)
                        if np.linalg.norm(points - points.mean(0), axis=1).mean() >= 2:
                            pictures.append(upright(image, points)[0])
                            scores.append(face.score)
    return np.stack(pictures), np.array(scores)


# ---- Varying ----


def misplaced(points, rng):
    """Points of upright faces as a detector might have found them."""
    count = len(points)
    angle = np.radians(rng.normal(0, 7, count) * np.where(rng.random(count) < 0.15, 3, 1))
    turn = np.stack([np.stack([np.cos(angle), -np.sin(angle)], -1), np.stack([np.sin(angle), np.cos(angle)], -1)], 1)
    middle = points.mean(1, keepdims=True)
    around = np.einsum("nij,nkj->nki", turn, points - middle) * np.exp(rng.normal(0, 0.1, (count, 1, 1)))
    off = rng.normal(0, 0.08 * CUT_EYES, (count, 1, 2)) + rng.normal(0, 0.07 * CUT_EYES, points.shape)
    return middle + around + off


def warped(pictures, matrix, shift):
    """Bilinear, SIDE pixels, black outside, as the library aligns."""
    count, height, width, _ = pictures.shape
    back = np.linalg.inv(matrix)
    places = np.einsum("nij,kj->nki", back, np.stack([COLUMNS.ravel(), ROWS.ravel()], -1))
    places = (places - np.einsum("nij,nj->ni", back, shift)[:, None]).astype(np.float32)
    inside = ((places > -1) & (places < [width, height])).all(-1)
    places = np.clip(places, 0, [width - 1.001, height - 1.001])
    first = places.astype(np.int32)
    x, y = np.split((places - first)[..., None], 2, axis=2)
    x, y = x[:, :, 0], y[:, :, 0]
    flat = pictures.reshape(-1, 3)
    at = (np.arange(count)[:, None] * height + first[..., 1]) * width + first[..., 0]
    top, bottom = flat[at] * (1 - x) + flat[at + 1] * x, flat[at + width] * (1 - x) + flat[at + width + 1] * x
    return ((top * (1 - y) + bottom * y) * inside[..., None]).reshape(count, SIDE, SIDE, 3)


def small(picture, side):
    """As a camera sees a face of `side` pixels: means, and enlarged again."""
    at = np.arange(side) * SIDE // side
    sums = np.add.reduceat(np.add.reduceat(picture, at, 0), at, 1)
    counts = np.diff(np.append(at, SIDE)).astype(np.float32)
    means = sums / (counts[:, None] * counts)[..., None]
    place = np.clip((np.arange(SIDE) + 0.5) * side / SIDE - 0.5, 0, side - 1.001)
    first = place.astype(int)
    part = (place - first).astype(np.float32)[:, None, None]
    rows = means[first] * (1 - part) + means[np.minimum(first + 1, side - 1)] * part
    part = part[None, :, 0]
    return rows[:, first] * (1 - part) + rows[:, np.minimum(first + 1, side - 1)] * part


def worn(picture, rng):
    """As poor light, poor cameras and old prints show it; levels as floats."""
    if rng.random() < 0.35:
        picture = small(picture, int(rng.integers(14, 48)))
    if rng.random() < 0.25:
        picture = np.repeat((picture @ np.array([0.299, 0.587, 0.114], np.float32))[..., None], 3, -1)
    elif rng.random() < 0.33:
        picture = picture * rng.uniform(0.8, 1.2, 3).astype(np.float32)
    if rng.random() < 0.6:
        picture = 255 * (np.clip(picture, 0, 255) / 255) ** np.exp(rng.normal(0, 0.35))
        picture = (picture - 128) * rng.uniform(0.5, 1.2) + 128 + rng.normal(0, 20)
    if rng.random() < 0.3:
        channels = 3 if rng.random() < 0.5 else 1
        picture = picture + rng.normal(0, rng.uniform(1, 14), (SIDE, SIDE, channels))
    if rng.random() < 0.15:  # something in front of it
        picture = picture.copy()
        (high, wide), (y, x) = rng.integers(8, 28, 2), rng.integers(0, SIDE - 8, 2)
        picture[y : y + high, x : x + wide] = rng.uniform(0, 255, 3)
    if rng.random() < 0.12:  # a printer's screen
        angle, pitch = rng.uniform(0, np.pi), rng.uniform(0.35, 1.1)
        across, down = np.cos(angle) * COLUMNS + np.sin(angle) * ROWS, np.cos(angle) * ROWS - np.sin(angle) * COLUMNS
        picture = picture + (np.sin(pitch * across) * np.sin(pitch * down) * rng.uniform(15, 70))[..., None]
    if rng.random() < 0.12:
        picture = picture * rng.uniform(0.1, 0.5)
    if rng.random() < 0.08:  # hard light
        picture = np.where(picture > rng.uniform(70, 150), 1, 0.25) * picture
    if rng.random() < 0.12:  # light from a side
        side = COLUMNS if rng.random() < 0.5 else ROWS
        picture = picture * np.clip(1 + rng.uniform(-1.2, 1.2) * (side - 32) / 32, 0.1, 1.5)[..., None]
    return picture


def varied(pictures, points, rng):
    """Pictures for the network, uint8, and what it shall answer of their points, [n, 10]."""
    matrix, shift = similarities(misplaced(points, rng), TEMPLATE)
    seen, places = warped(pictures, matrix, shift), moved(points, matrix, shift)
    flipped = rng.random(len(seen)) < 0.5
    seen[flipped] = seen[flipped][:, :, ::-1]
    places[flipped] = ([SIDE - 1, 0] + np.array([-1, 1]) * places[flipped])[:, MIRRORED]
    seen = np.stack([worn(picture, rng) for picture in seen])
    return np.clip(seen + 0.5, 0, 255).astype(np.uint8), ((places - TEMPLATE) / EYES).reshape(-1, 10)


class Batches:
    """Of 128 pictures, made beside the steps: faces by hand, faces by detector, mistakes."""

    SIZES = (48, 48, 32)

    def __init__(self, sure, others, mistakes, seed):
        self.rng = np.random.default_rng(seed)
        self.faces, (self.mistakes, scores) = (sure, others), mistakes
        self.weights = np.clip(scores, 0.1, 1) / np.clip(scores, 0.1, 1).sum()  # the likelier one the more often
        self.ready = queue.Queue(4)
        threading.Thread(target=self.work, daemon=True).start()

    def work(self):
        rng = self.rng
        while True:
            rows = [rng.integers(0, len(points), size) for (_, points), size in zip(self.faces, self.SIZES)]
            rows.append(rng.choice(len(self.mistakes), self.SIZES[2], p=self.weights))
            pictures = np.concatenate([some[0][row] for some, row in zip(self.faces, rows)] + [self.mistakes[rows[2]]])
            points = np.concatenate(
                [some[1][row] for some, row in zip(self.faces, rows)] + [np.repeat(UPRIGHT[None], self.SIZES[2], 0)])
            pictures, shifts = varied(pictures, points, rng)
            faces = len(pictures) - self.SIZES[2]
            wanted = np.zeros((len(pictures), 11), np.float32)
            wanted[:faces, :10], wanted[:faces, 10], wanted[faces:, 10] = shifts[:faces], SURE, -SURE
            self.ready.put((pictures, wanted))


# ---- Learning ----


def learn(options, batches, held):
    checkpoint = options.work / "aligned_look.checkpoint"
    with fs.Trainer(
        "face-points", "teacher-distance", "adamw", "one-cycle", steps=options.steps, rate=3e-3, weight_decay=2e-3,
        longest_gradient=5, average=0.998, seed=3,
    ) as trainer:  # fmt: skip
        if checkpoint.exists():
            trainer.resume(checkpoint)
            print(f"goes on after step {trainer.steps_done}", flush=True)
        losses = []
        while trainer.steps_done < trainer.steps:
            pictures, wanted = batches.ready.get()
            losses.append(trainer.step(pictures, teacher=wanted).loss)
            if trainer.steps_done % 250 == 0 or trainer.steps_done == trainer.steps:
                trainer.save(checkpoint)
                print(f"step {trainer.steps_done} of {trainer.steps}: loss {np.mean(losses):.4f}", flush=True)
                losses.clear()
        trainer.save_model(options.work / "face-points.safetensors", precision="int8", threshold=0)
        report(trainer, held)


def report(trainer, held):
    """How far points lie off before and after a look at held-back faces, in distances between the eyes."""
    pictures, points = held
    wrong = misplaced(points, np.random.default_rng(1))
    matrix, shift = similarities(wrong, TEMPLATE)
    seen = np.clip(warped(pictures, matrix, shift) + 0.5, 0, 255).astype(np.uint8)
    answers = [trainer.embed(np.ascontiguousarray(some))[:, :10].reshape(-1, 5, 2) * EYES + TEMPLATE for some in (seen, seen[:, :, ::-1])]
    mean = (answers[0] + ([SIDE - 1, 0] + np.array([-1, 1]) * answers[1])[:, MIRRORED]) / 2
    better = np.einsum("nij,nkj->nki", np.linalg.inv(matrix), mean - shift[:, None])
    before, after = (np.linalg.norm(found - points, axis=2).mean() / CUT_EYES for found in (wrong, better))
    print(f"points of {len(points)} held-back faces are off by {after:.3f} of the eyes' distance, before by {before:.3f}")


def join(options):
    """Writes the detector with the network beside its own tensors."""
    with safe_open(options.start, "numpy") as file:
        texts = dict(file.metadata())
    tensors = {name: tensor for name, tensor in load_file(options.start).items() if not name.startswith("points.")}
    tensors.update(load_file(options.work / "face-points.safetensors"))
    save_file(tensors, options.out, {**texts, "aligned_look": "face-points"})
    print(f"written to {options.out}: {options.out.stat().st_size / 1e6:.2f} MB")


def kept(options, name, make):
    """The arrays that `make` returns, of a file of an earlier run if there is one."""
    path = options.work / f"{name}.npz"
    if not path.exists():
        np.savez(path, *make())
    with np.load(path) as arrays:
        return [arrays[key] for key in sorted(arrays)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--by-hand", default="landmarks", help="the folder whose points are exact")
    parser.add_argument("--start", type=Path, default=Path("models/faces-yunet.safetensors"), help="the detector")
    parser.add_argument("--work", type=Path, default=Path("build/training/aligned_look"), help="where the checkpoint is kept")
    parser.add_argument("--out", type=Path, default=Path("build/training/faces-yunet.safetensors"))
    parser.add_argument("--steps", type=int, default=9000)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    fs.set_threads(options.threads)
    started = time.monotonic()
    folders = sorted(path.parent for path in options.data.glob("*/points.json"))
    sure, held, others = None, None, []
    for folder in folders:
        pictures, points = kept(options, folder.name, lambda folder=folder: labelled(folder))
        if folder.name == options.by_hand:
            back = np.arange(len(points)) % HELD_BACK == 0
            sure, held = (pictures[~back], points[~back]), (pictures[back], points[back])
        else:
            fits = np.linalg.norm(points - UPRIGHT, axis=2).mean(1) < WORST_FIT * CUT_EYES
            others.append((pictures[fits], points[fits]))
    if sure is None:
        parser.error(f"no {options.by_hand}/points.json in {options.data}")
    others = tuple(np.concatenate(some) for some in zip(*others)) if others else sure
    mistakes = kept(options, "mistakes", lambda: mistaken(options.data, options.start))
    print(f"{len(sure[0])} faces by hand, {len(others[0])} by a detector, {len(mistakes[0])} mistakes", flush=True)
    learn(options, Batches(sure, others, mistakes, seed=7), held)
    join(options)
    print(f"{(time.monotonic() - started) / 60:.0f} minutes")


if __name__ == "__main__":
    main()
