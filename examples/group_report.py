"""Whom does a model confuse? False-accept rates by sex, origin and age, on photos of strangers that trainings keep away from.

    python examples/group_report.py FOLDER [--models NAME ...] [--landmarks FILE] [--out FILE]

FOLDER holds photos named as UTKFace's (Zhang, Song and Qi 2017), AGE_SEX_ORIGIN_DATE.jpg; those whose name's SHA-1 begins
with 0 or 1 are looked at, the others may be learned from. Five points of each are in the JSON file of --landmarks, or are found
by the installed detector, in the photo with a border of its mirror image. Nearly every photo is of another person, but that is
not known: of two photos that are nearly the same, one is left out, and what remains of pairs of one person makes the rates too
high, never too low. A model's threshold is its own. Written is a Markdown table, the worst group first; --out adds JSON.
"""

import argparse
import hashlib
import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path

import facestyle as fs
import numpy as np
from PIL import Image

BORDER = 60  # pixels; UTKFace's photos end close to the face
SEXES = ["male", "female"]
ORIGINS = ["White", "Black", "Asian", "Indian", "other origin"]  # the set's own terms
SAME_PHOTO = 0.98  # correlation of two photos of 16x16 pixels
OLDEST = 70
MIN_PEOPLE = 50
TOGETHER = "sex, origin and age"
WORST = 6  # of the groups alike in sex, origin and age


def is_kept_for_evaluation(path):
    return hashlib.sha1(path.name.encode()).hexdigest()[0] in "01"


def labels(name):
    """Sex, origin and decade of a photo by its name, or None if it does not say all three."""
    parts = name.split("_")
    if len(parts) != 4 or not all(part.isdigit() for part in parts[:3]):
        return None
    age, sex, origin = map(int, parts[:3])
    if sex >= len(SEXES) or origin >= len(ORIGINS):
        return None
    decade = min(age // 10 * 10, OLDEST)
    return SEXES[sex], ORIGINS[origin], f"{decade} and older" if decade == OLDEST else f"{decade} to {decade + 9}"


def different_photos(paths):
    """Without those that are nearly the same as an earlier one."""
    small = np.stack([np.asarray(Image.open(path).convert("L").resize((16, 16)), float).reshape(-1) for path in paths])
    small -= small.mean(1, keepdims=True)
    small /= np.maximum(np.linalg.norm(small, axis=1, keepdims=True), 1e-9)
    again = np.triu(small @ small.T > SAME_PHOTO, 1).any(0)
    return [path for path, is_again in zip(paths, again) if not is_again]


def points_by_detector(paths):
    """The points of the face that is nearest the middle; photos in which none is found are missing."""
    points = {}
    with fs.Model.open("faces-points") as model, fs.Detector(model, min_face=60) as detector:
        for path in paths:
            photo = np.asarray(Image.open(path).convert("RGB"))
            pixels = np.pad(photo, ((BORDER, BORDER), (BORDER, BORDER), (0, 0)), mode="reflect")
            middle = np.array(pixels.shape[1::-1]) / 2
            with fs.Image.from_array(pixels) as photo:
                faces = detector.find(photo)
            off = [np.linalg.norm(np.mean(face.landmarks, 0) - middle) for face in faces]
            if off and min(off) < BORDER:
                points[path.name] = (np.asarray(faces[int(np.argmin(off))].landmarks) - BORDER).tolist()
    return points


def embed(paths, points, embedder):
    chips = []
    for path in paths:
        with fs.Image.open(path) as photo:
            chips.append(embedder.align(photo, fs.Face(points[path.name])))
    return np.asarray(embedder.embed_chips(chips))


def rows(embeddings, groups, threshold):
    """For each way of grouping, the rates; and that of all pairs, and of those alike in everything."""
    everyone = ["all"] * len(groups)
    together = [", ".join(group) for group in groups]
    by = {
        "everyone": everyone, "sex": [group[0] for group in groups], "origin": [group[1] for group in groups],
        "age": [group[2] for group in groups], TOGETHER: together}  # fmt: skip
    return {name: fs.false_accepts_by_group(embeddings, group, threshold) for name, group in by.items()}


def table(reports, people):
    """Groups of at least MIN_PEOPLE; in each way of grouping the worst of the first model first."""
    names = list(reports)
    lines = ["| strangers, both | people | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for by, rates in reports[names[0]].items():
        within = [rate for rate in rates if not rate.is_mixed and people[by, rate.first] >= MIN_PEOPLE]
        for rate in within if by != TOGETHER else within[:WORST]:
            same = [
                next(other for other in reports[name][by] if not other.is_mixed and other.first == rate.first)
                for name in names]
            lines.append(f"| {rate.first} | {people[by, rate.first]} | " + " | ".join(map(percent, same)) + " |")
    return "\n".join(lines)


def percent(rate):
    low, high = (f"{100 * bound:.2g}" if bound < 0.995 else "100" for bound in (rate.low, rate.high))
    return f"{100 * rate.rate:.3g} % ({low} to {high})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", nargs="+", default=["faces", "dlib-resnet"])
    parser.add_argument("--landmarks", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    paths = [path for path in sorted(options.folder.glob("*.jpg")) if is_kept_for_evaluation(path) and labels(path.name)]
    if not paths:
        parser.error(f"{options.folder}: no photos named AGE_SEX_ORIGIN_DATE.jpg")
    points = json.loads(options.landmarks.read_text()) if options.landmarks else points_by_detector(paths)
    paths = different_photos([path for path in paths if path.name in points])
    groups = [labels(path.name) for path in paths]
    people = Counter(("everyone", "all") for _ in groups)
    for sex, origin, age in groups:
        people.update([("sex", sex), ("origin", origin), ("age", age), (TOGETHER, f"{sex}, {origin}, {age}")])
    reports = {}
    for name in options.models:
        with fs.Model.open(name) as model, fs.Embedder(model) as embedder:
            reports[name] = rows(embed(paths, points, embedder), groups, embedder.threshold)
    print(f"{len(paths)} people\n\n{table(reports, people)}")
    for name, report in reports.items():
        mixed = [rate for by in ("sex", "origin", "age") for rate in report[by] if rate.is_mixed]
        print(f"\n{name}, mixed pairs, the worst first:")
        for rate in mixed[:5]:
            print(f"    {rate.first}, {rate.second}: {percent(rate)}")
    if options.out:
        options.out.write_text(json.dumps(
            {name: {by: [asdict(rate) for rate in rates] for by, rates in report.items()} for name, report in reports.items()},
            indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
