"""How many faces do detectors find, and how many that are none? Ours beside facenet-pytorch's MTCNN and OpenCV's cascades of
Haar features, on scenes whose faces are known and on photos without faces.

    python examples/detection_report.py FOLDER [--out FOLDER] [--only NAME ...] [--sheets]

FOLDER holds `cmu_mit/scenes`, `cmu_mit/boxes.json` ({scene: [[left, top, right, bottom], ...]}) and `non_face`, of whose
photos the first sixty by name are looked at: trainings may have the others. Needs what benchmarks/requirements-*.txt
name. Written are a table as JSON, curves, and with --sheets pictures with all boxes. Detectors that are not run again keep
what FOLDER/detection.json of --out says about them.

A box is a hit if it overlaps a face by 0.35 of what both cover together (IoU). A face is found once, by the surest box;
all other boxes are false. The smallest face looked for has 20 pixels. Seconds are the processor's, of one thread.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from PIL import Image

from detection import detectors, sheets
from detection.counting import LEAST_OVERLAP, curve, found_within, matches
from facestyle import plots

REPOSITORY = Path(__file__).resolve().parents[1]
FACELESS = 60
MOST_FALSE = (1, 5, 10, 50)


def all_detectors(mtcnn, cascade):
    """A name for each, and the function that makes it. Of ours the first two thresholds stay as they are (-1: the model's)."""
    return {
        "mtcnn": ("libfacestyle MTCNN", detectors.ours(mtcnn, (0.6, 0.7, 0))),
        "cascade": ("libfacestyle CascadeCNN", detectors.ours(cascade, (-1, -1, 0))),
        "facenet": ("facenet-pytorch MTCNN", detectors.facenet_pytorch),
        "haar-default": ("OpenCV Haar default", detectors.haar("default")),
        "haar-alt2": ("OpenCV Haar alt2", detectors.haar("alt2")),
    }


def read(path):
    """All detectors get the same pixels."""
    return np.asarray(Image.open(path).convert("RGB"))


def look(detect, scenes, faceless):
    """For each picture, scenes first: boxes, their scores, the faces that they find; and processor seconds for a scene."""
    looked, start = [], time.process_time()
    for number, (picture, faces) in enumerate(scenes + [(photo, []) for photo in faceless]):
        if number == len(scenes):
            seconds = (time.process_time() - start) / len(scenes)
        boxes, scores = detect(picture)
        boxes, scores = np.asarray(boxes, float).reshape(-1, 4), np.asarray(scores, float).reshape(-1)
        looked.append((boxes, scores, matches(boxes, scores, faces)))
    return looked, seconds


def row_of(name, make, scenes, faceless, sheet):
    """Everything about one detector, which is gone afterwards: one after the other they need little memory."""
    looked, seconds = look(make(everything=False), scenes, faceless)
    found = np.concatenate([found for *_, found in looked[: len(scenes)]])
    default = {
        "found": int((found >= 0).sum()), "false": int((found < 0).sum()),
        "false_without_faces": sum(len(boxes) for boxes, *_ in looked[len(scenes) :])}  # fmt: skip
    if sheet:
        pictures = scenes + [(photo, []) for photo in faceless]
        sheets.draw([(picture, boxes, found, faces) for (picture, faces), (boxes, _, found) in zip(pictures, looked)], sheet)

    looked, _ = look(make(everything=True), scenes, faceless)
    _, scores, found = map(np.concatenate, zip(*looked[: len(scenes)]))
    thresholds, false, found = curve(scores, found)
    others = np.concatenate([scores for _, scores, _ in looked[len(scenes) :]])
    return {
        "name": name, "seconds_per_scene": seconds, "default": default,
        "found_with_false_up_to": {str(most): found_within(most, false, found) for most in MOST_FALSE},
        "curve": {
            "threshold": thresholds.tolist(), "false": false.tolist(), "found": found.tolist(),
            "false_without_faces": [int((others >= threshold).sum()) for threshold in thresholds]}}  # fmt: skip


def earlier_rows(file, counted):
    """What an earlier run wrote, if it counted the same."""
    earlier = json.loads(file.read_text()) if file.exists() else {}
    return earlier["detectors"] if all(earlier.get(key) == value for key, value in counted.items()) else {}


def table(rows):
    heads = "".join(f"{most:>6}" for most in MOST_FALSE)
    yield f"{'':24}{'at its own threshold':^24}{'found, so many false':^24}"
    yield f"{'':24}{'found':>7}{'false':>7}{'no face':>9} {heads}{'s/scene':>8}"
    for row in rows:
        default, found = row["default"], row["found_with_false_up_to"].values()
        yield (f"{row['name']:24}{default['found']:>7}{default['false']:>7}{default['false_without_faces']:>9} "
               + "".join(f"{count:>6}" for count in found) + f"{row['seconds_per_scene']:>8.3f}")  # fmt: skip


def main():
    names = list(all_detectors(None, None))
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path, help="of cmu_mit and non_face")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "build/detection")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--mtcnn", type=Path, default=REPOSITORY / "build/models/mtcnn.safetensors", metavar="MODEL")
    parser.add_argument("--cascade", type=Path, default=REPOSITORY / "models/faces-cascade.safetensors", metavar="MODEL")
    parser.add_argument("--sheets", action="store_true", help="draw what each detector finds, misses and makes up")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    known = json.loads((options.folder / "cmu_mit/boxes.json").read_text())
    scenes = [(read(options.folder / "cmu_mit/scenes" / name), faces) for name, faces in sorted(known.items())]
    faceless = [read(path) for path in sorted((options.folder / "non_face").glob("*.jpg"))[:FACELESS]]
    faces = sum(len(faces) for _, faces in scenes)
    counted = {
        "scenes": len(scenes), "faces": faces, "photos_without_faces": len(faceless),
        "least_overlap": LEAST_OVERLAP, "smallest_face": detectors.SMALLEST}  # fmt: skip
    print(f"{len(scenes)} scenes with {faces} faces, {len(faceless)} photos without; a hit has IoU >= {LEAST_OVERLAP}")

    file = options.out / "detection.json"
    rows = earlier_rows(file, counted)
    for name, (title, make) in all_detectors(options.mtcnn, options.cascade).items():
        model = getattr(options, name, None)
        if name not in options.only:
            continue
        if model and not model.exists():
            print(f"{title} is left out: there is no {model}")
            continue
        rows[name] = row_of(title, make, scenes, faceless, options.sheets and options.out / f"{name}.png")
        file.write_text(json.dumps({**counted, "detectors": rows}) + "\n")
    rows = [rows[name] for name in names if name in rows]
    print(*table(rows), sep="\n")

    counts = lambda some: (some["false"], some["found"])
    curves = {row["name"]: (*counts(row["curve"]), counts(row["default"])) for row in rows}
    plots.detections(curves, faces, options.out / "detection.png", title=f"{len(scenes)} scenes of CMU and MIT")
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
