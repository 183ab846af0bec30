"""How many faces do detectors find, how many that are none, and how far off are their points? Ours beside a published YuNet by
ONNX Runtime, facenet-pytorch's MTCNN and OpenCV's cascades of Haar features, on scenes whose faces are known, on photos
without faces and on faces whose points are known.

    python examples/detection_report.py FOLDER [--out FOLDER] [--only NAME ...] [--converted MODEL[@SIDE] ...] [--sheets]

FOLDER holds `cmu_mit/scenes`, `cmu_mit/boxes.json` ({scene: [[left, top, right, bottom], ...]}) and `non_face`, of whose
photos the first sixty by name are looked at: trainings may have the others. If it has `landmarks/images` and
`landmarks/points.json` ({photo: five points}), every fifth face by name, which trainings hold back, is one whose points are
known. Needs what benchmarks/requirements-*.txt name. Detectors that facestyle-convert has made are run by us; for MODEL@640 each
picture's longer side is made 640 pixels long first. Written are a table as JSON, curves, and with --sheets pictures with all boxes.
Detectors that are not run again keep what FOLDER/detection.json of --out says about them.

A box is a hit if it overlaps a face by 0.35 of what both cover together (IoU). A face is found once, by the surest box;
all other boxes are false. The smallest face looked for has 20 pixels. Seconds are the processor's, of one thread. The points'
error is the mean of five distances, in distances between the eyes, on the faces that are found.
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
HELD_BACK = 5
RISE = 28  # pixels by which the points of some landmark photos lie too high: those with two underscores in their name


def all_detectors(points, mtcnn, cascade, yunet):
    """A name for each, and the function that makes it. Of ours the first two thresholds stay as they are (-1: the model's)."""
    return {
        "points": ("libfacestyle YuNet", detectors.ours(points, (-1, -1, 0.02))),
        "mtcnn": ("libfacestyle MTCNN", detectors.ours(mtcnn, (0.6, 0.7, 0))),
        "cascade": ("libfacestyle CascadeCNN", detectors.ours(cascade, (-1, -1, 0))),
        "yunet": ("ONNX Runtime YuNet", detectors.yunet(yunet)),
        "facenet": ("facenet-pytorch MTCNN", detectors.facenet_pytorch),
        "haar-default": ("OpenCV Haar default", detectors.haar("default")),
        "haar-alt2": ("OpenCV Haar alt2", detectors.haar("alt2")),
    }


def converted_detectors(models):
    """The same of converted ones: MODEL or MODEL@SIDE."""
    for model in models:
        path, _, side = model.partition("@")
        path = Path(path)
        title = f"libfacestyle {path.stem}" + (f" at {side}" if side else "")
        yield f"{path.stem}{side}", (title, detectors.ours(path, (-1, -1, 0.02), int(side) if side else None))


def read(path):
    """All detectors get the same pixels."""
    return np.asarray(Image.open(path).convert("RGB"))


def look(detect, scenes, faceless):
    """For each picture, scenes first: boxes, their scores, the faces that they find; and processor seconds for a scene."""
    looked, start = [], time.process_time()
    for number, (picture, faces) in enumerate(scenes + [(photo, []) for photo in faceless]):
        if number == len(scenes):
            seconds = (time.process_time() - start) / len(scenes)
        boxes, scores, _ = detect(picture)
        boxes, scores = np.asarray(boxes, float).reshape(-1, 4), np.asarray(scores, float).reshape(-1)
        looked.append((boxes, scores, matches(boxes, scores, faces)))
    return looked, seconds


def known_points(folder):
    """Photos of held-back faces, and the five points of each."""
    file = folder / "landmarks/points.json"
    known = sorted(json.loads(file.read_text()).items())[::HELD_BACK] if file.exists() else []
    lower = lambda name: np.array([0, RISE * ("__" in name)])
    return [(read(folder / "landmarks/images" / name), np.asarray(points) + lower(name)) for name, points in known]


def error_of_points(detect, faces):
    """The mean over the faces found, and their number: of each photo the surest face counts, if it is the one."""
    errors = []
    for picture, wanted in faces:
        _, scores, points = detect(picture)
        if not len(points):
            continue
        points = np.asarray(points[int(np.argmax(scores))], float)
        eyes = np.linalg.norm(wanted[1] - wanted[0])
        if np.linalg.norm(points.mean(0) - wanted.mean(0)) < eyes:
            errors.append(np.linalg.norm(points - wanted, axis=1).mean() / eyes)
    return {"faces": len(errors), "of": len(faces), "error": float(np.mean(errors)) if errors else None}


def row_of(name, make, scenes, faceless, pointed, sheet):
    """Everything about one detector, which is gone afterwards: one after the other they need little memory."""
    detect = make(everything=False)
    looked, seconds = look(detect, scenes, faceless)
    found = np.concatenate([found for *_, found in looked[: len(scenes)]])
    default = {
        "found": int((found >= 0).sum()), "false": int((found < 0).sum()),
        "false_without_faces": sum(len(boxes) for boxes, *_ in looked[len(scenes) :])}  # fmt: skip
    if sheet:
        pictures = scenes + [(photo, []) for photo in faceless]
        sheets.draw([(picture, boxes, found, faces) for (picture, faces), (boxes, _, found) in zip(pictures, looked)], sheet)

    points = error_of_points(detect, pointed)
    looked, _ = look(make(everything=True), scenes, faceless)
    _, scores, found = map(np.concatenate, zip(*looked[: len(scenes)]))
    thresholds, false, found = curve(scores, found)
    others = np.concatenate([scores for _, scores, _ in looked[len(scenes) :]])
    return {
        "name": name, "seconds_per_scene": seconds, "default": default, "points": points,
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
    known = [row for row in rows if row["points"]["error"] is not None]
    if known:
        yield f"the points' error, in distances between the eyes, of {known[0]['points']['of']} faces:"
    for row in known:
        yield f"{row['name']:24}{row['points']['error']:>7.3f}, found {row['points']['faces']}"


def main():
    names = list(all_detectors(*[None] * 4))
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path, help="of cmu_mit and non_face")
    parser.add_argument("--out", type=Path, default=REPOSITORY / "build/detection")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--points", type=Path, default=REPOSITORY / "models/faces-yunet.safetensors", metavar="MODEL")
    parser.add_argument("--yunet", type=Path, default=REPOSITORY / "build/models/yunet_n_dynamic.onnx", metavar="NETWORK")
    parser.add_argument("--mtcnn", type=Path, default=REPOSITORY / "build/models/mtcnn.safetensors", metavar="MODEL")
    parser.add_argument("--cascade", type=Path, default=REPOSITORY / "models/faces-cascade.safetensors", metavar="MODEL")
    parser.add_argument("--converted", nargs="+", default=[], metavar="MODEL", help="detectors of facestyle-convert, or MODEL@SIDE")
    parser.add_argument("--sheets", action="store_true", help="draw what each detector finds, misses and makes up")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    known = json.loads((options.folder / "cmu_mit/boxes.json").read_text())
    scenes = [(read(options.folder / "cmu_mit/scenes" / name), faces) for name, faces in sorted(known.items())]
    faceless = [read(path) for path in sorted((options.folder / "non_face").glob("*.jpg"))[:FACELESS]]
    pointed = known_points(options.folder)
    faces = sum(len(faces) for _, faces in scenes)
    counted = {
        "scenes": len(scenes), "faces": faces, "photos_without_faces": len(faceless),
        "least_overlap": LEAST_OVERLAP, "smallest_face": detectors.SMALLEST, "faces_with_points": len(pointed)}  # fmt: skip
    print(f"{len(scenes)} scenes with {faces} faces, {len(faceless)} photos without; a hit has IoU >= {LEAST_OVERLAP}")

    file = options.out / "detection.json"
    rows = earlier_rows(file, counted)
    converted = dict(converted_detectors(options.converted))
    made = {**all_detectors(options.points, options.mtcnn, options.cascade, options.yunet), **converted}
    names = list(made)
    for name, (title, make) in made.items():
        model = getattr(options, name, None)
        if name not in options.only and name not in converted:
            continue
        if model and not model.exists():
            print(f"{title} is left out: there is no {model}")
            continue
        rows[name] = row_of(title, make, scenes, faceless, pointed, options.sheets and options.out / f"{name}.png")
        file.write_text(json.dumps({**counted, "detectors": rows}) + "\n")
    rows = [rows[name] for name in names if name in rows]
    print(*table(rows), sep="\n")

    counts = lambda some: (some["false"], some["found"])
    curves = {row["name"]: (*counts(row["curve"]), counts(row["default"])) for row in rows}
    plots.detections(curves, faces, options.out / "detection.png", title=f"{len(scenes)} scenes of CMU and MIT")
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
