"""Trains the one-pass face detector faces-yunet.safetensors, a YuNet with five points.

    make train-detector DATA=folder     # hours on two cores; goes on where it was interrupted

Photos with labelled faces are shown in parts and at all sizes, from 8 pixels to nearly the whole picture; faces with their
surroundings are set into photos without any, turned, dark, blurred and compressed (`Trainer.run_scenes`). The weights that
are saved are a running average. DATA holds

    labels.json     {"folder/photo.jpg": [[left, top, right, bottom, x1, y1, ... x5, y5], ...], ...}, paths relative to DATA,
                    pixels from the photo's top left corner; detector_labels.py writes it with detectors that there are already
    non_face/*      photos without a face; the first sixty by name are examples/detection_report.py's, and are only tested on
    more/*          more pictures without a face: textures, printed pages, animals, paintings; may be missing

Every twentieth labelled photo is held back. At the end, and with --test alone, it is printed how many of their faces are
found, how many boxes are false, and how far the points lie off, in distances between the eyes.
"""

import argparse
import json
import time
from pathlib import Path

import facestyle as fs
import numpy as np

HELD_BACK = 20  # every twentieth labelled photo is never learned from
REPORTED = 60  # photos without a face that the report looks at
THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


# ---- Data ----


def photos_in(data, name):
    folder = data / name
    if not folder.is_dir():
        return []
    return [f"{name}/{path.name}" for path in sorted(folder.iterdir()) if path.suffix.lower() in fs.picture_endings()]


def divided(data, work):
    """Writes the labels to learn from, photos without faces among them; returns their path and the labels held back."""
    labels = json.loads((data / "labels.json").read_text())
    names = sorted(labels)
    held = {name: labels[name] for name in names[::HELD_BACK]}
    learned = {name: labels[name] for name in names if name not in held}
    without = photos_in(data, "non_face")
    for name in without[REPORTED:] + photos_in(data, "more"):
        learned.setdefault(name, [])
    held.update((name, []) for name in without[:REPORTED])
    path = work / "labels.json"
    path.write_text(json.dumps(learned))
    return path, held


# ---- Learning ----


class Report:
    """Prints means of the last steps now and then."""

    def __init__(self, every):
        self.every, self.rows = every, []

    def __call__(self, now):
        if now.is_reading:
            if now.photos % 4096 == 0:
                print(f"{now.photos} photos read", flush=True)
            return
        self.rows.append((now.loss, now.detection.box, now.detection.points, now.detection.score, now.detection.overlap))
        if now.step % self.every == 0 or now.step == now.steps:
            loss, box, points, score, overlap = np.mean(self.rows, 0)
            self.rows.clear()
            print(
                f"step {now.step} of {now.steps}: loss {loss:.3f} (boxes {box:.3f}, points {points:.3f}, scores {score:.3f}), "
                f"overlap {overlap:.3f}, {now.photos_per_second:.1f} photos/s, {now.faces_per_second:.1f} faces/s",
                flush=True)  # fmt: skip


def learn(options, labels):
    checkpoint = options.work / "detector.checkpoint"
    start = fs.Model.open(options.start) if options.start else None
    with fs.Scenes() as scenes, fs.Trainer(
        "yunet", loss=fs.DetectionLoss(point_range=0.03), optimizer="adamw", schedule="one-cycle", steps=options.steps,
        rate=options.rate, weight_decay=5e-4, longest_gradient=10, average=0.9995, seed=1, start=start,
    ) as trainer:  # fmt: skip
        scenes.add(options.data, labels)
        if checkpoint.exists():
            trainer.resume(checkpoint)
            print(f"goes on after step {trainer.steps_done}", flush=True)
        trainer.run_scenes(
            scenes, batch=options.batch, side=options.side, min_face=options.min_face, checkpoint=checkpoint,
            checkpoint_every=options.checkpoint_every, memory_limit=options.memory << 20, log=options.work / "log.jsonl",
            progress=Report(options.report_every))
        for left in scenes.left_out[:5]:
            print("left out:", left.path, left.reason)
        trainer.save_model(options.out, threshold=0.5, note="examples/training/detector.py")


# ---- Testing ----


def overlaps(box, others):
    return fs.box_overlap([box] * len(others), others) if len(others) else np.empty(0)


def test(options, held):
    """Recall, false boxes and the points' error on photos held back, for several thresholds."""
    scores, hits, errors, false, faces, backgrounds = [], [], [], [], 0, 0
    with fs.Model.open(options.out) as model, fs.Detector(model, min_face=20, thresholds=(-1, -1, THRESHOLDS[0])) as detector:
        for name, labels in held.items():
            boxes = [face["box"] if isinstance(face, dict) else face[:4] for face in labels]
            ignored = [isinstance(face, dict) and bool(face.get("ignore")) for face in labels]
            with fs.Image.open(options.data / name) as image:
                found = sorted(detector.find(image), key=lambda face: -face.score)
            faces += len(boxes) - sum(ignored)
            backgrounds += not boxes
            free = set(range(len(boxes)))
            for face in found:
                left, top, width, height = face.box
                values = overlaps((left, top, left + width, top + height), boxes)
                best = max(free, key=lambda i: values[i], default=None)
                if best is not None and values[best] >= 0.5:
                    if not ignored[best]:
                        free.discard(best)
                        hits.append(face.score)
                        if not isinstance(labels[best], dict) and len(labels[best]) == 14:
                            errors.append(point_error(face, labels[best][4:]))
                elif not (len(values) and values.max() >= 0.3):
                    false.append(face.score)
    hits, false = np.array(hits), np.array(false)
    print(f"held back: {faces} faces, and {backgrounds} photos without")
    if errors:
        print(f"points are off by {np.mean(errors):.3f} of the eyes' distance, half of them by less than {np.median(errors):.3f}")
    for threshold in THRESHOLDS:
        found = np.sum(hits >= threshold) / max(faces, 1)
        print(f"score {threshold:.1f}: {found:.2%} of the faces found, {np.sum(false >= threshold)} boxes false")


def point_error(face, wanted):
    """The mean distance of the points from those wanted, in distances between the eyes."""
    wanted = np.reshape(wanted, (5, 2)) - 0.5  # points count from the centre of the first pixel
    off = np.linalg.norm(np.asarray(face.landmarks) - wanted, axis=1).mean()
    return off / max(np.linalg.norm(wanted[1] - wanted[0]), 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("build/training/detector"), help="where the checkpoint is kept")
    parser.add_argument("--out", type=Path, default=Path("build/training/faces-yunet.safetensors"))
    parser.add_argument("--steps", type=int, default=40_000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--side", type=int, default=320)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--min-face", type=float, default=8)
    parser.add_argument("--memory", type=int, default=3000, help="MB of decoded photos")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--checkpoint-every", type=int, default=250)
    parser.add_argument("--report-every", type=int, default=50)
    parser.add_argument("--start", type=Path, help="a model to begin with")
    parser.add_argument("--test", action="store_true", help="only test --out")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    fs.set_threads(options.threads)
    labels, held = divided(options.data, options.work)
    if not options.test:
        started = time.monotonic()
        learn(options, labels)
        print(f"{(time.monotonic() - started) / 60:.0f} minutes", flush=True)
    test(options, held)


if __name__ == "__main__":
    main()
