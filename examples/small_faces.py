"""Is a small face known better when it is enlarged first? On Labeled Faces in the Wild, with given landmarks.

    python examples/small_faces.py IMAGES LANDMARKS [--models NAME ...] [--embedder NAME] [--people N] [--sizes 24 32 48]

IMAGES holds a folder of photos a person, LANDMARKS is the JSON file of `facestyle evaluate --landmarks`. Of each person with two
photos or more the first is the gallery's, in full size; the second is reduced by bicubic interpolation until the face's box has so
many pixels across, enlarged or not, aligned and embedded; for comparison, not reduced either. Printed is a Markdown table: the
share of people whose nearest gallery photo is their own, with the standard error of a share, for each size and each way.
"""

import argparse
import contextlib
import json
from pathlib import Path

import numpy as np

import facestyle as fs


def pairs_of(images, landmarks, count):
    """(gallery's photo, other photo) of each person, by name."""
    for person in sorted({name.split("/")[0] for name in landmarks}):
        photos = sorted(name for name in landmarks if name.startswith(person + "/") and (images / name).exists())
        if len(photos) > 1 and (count := count - 1) >= 0:
            yield photos[0], photos[1]


def scaled(points, x, y):
    """Where points are in a picture resized by x and y; the centre of the first pixel is 0."""
    return (np.asarray(points, float) + 0.5) * (x, y) - 0.5


def chip(embedder, photo, points, enlarge):
    """The aligned face of a photo, after it was enlarged."""
    with enlarge(photo) as large:
        return embedder.align(large, fs.Face(scaled(points, large.width / photo.width, large.height / photo.height)))


def embeddings(embedder, images, landmarks, names, size, enlarge):
    chips = []
    for name in names:
        with fs.Image.open(images / name) as photo:
            share = size / landmarks[name]["box"][2] if size else 1
            width, height = round(photo.width * share), round(photo.height * share)
            with photo.resize(width, height) as small:
                points = scaled(landmarks[name]["landmarks"], width / photo.width, height / photo.height)
                chips.append(chip(embedder, small, points, enlarge))
    return np.asarray(embedder.embed_chips(chips))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("landmarks", type=Path)
    parser.add_argument("--models", nargs="*", default=["enlarge2", "enlarge4", "enlarge4-sharp"])
    parser.add_argument("--embedder", default="faces-nn4")
    parser.add_argument("--people", type=int, default=100000)
    parser.add_argument("--sizes", type=int, nargs="*", default=[24, 32, 48])
    options = parser.parse_args()
    landmarks = json.loads(options.landmarks.read_text())
    gallery, others = zip(*pairs_of(options.images, landmarks, options.people))
    with contextlib.ExitStack() as stack:
        model = stack.enter_context(fs.Model.open(options.embedder))
        embedder = stack.enter_context(fs.Embedder(model))
        ways = {
            "as it is": lambda photo: photo.resize(photo.width, photo.height),
            "bicubic, 4 times": lambda photo: photo.resize(4 * photo.width, 4 * photo.height),
        }
        for name in options.models:
            network = stack.enter_context(fs.Model.open(name))
            ways[name] = stack.enter_context(fs.Enlarger(network)).run
        known = []
        for name in gallery:
            with fs.Image.open(options.images / name) as photo:
                known.append(embedder.align(photo, fs.Face(landmarks[name]["landmarks"])))
        known = np.asarray(embedder.embed_chips(known))
        print(f"| {len(gallery)} people, {model.info.name} | {' | '.join(ways)} |")
        print("|---|" + "---|" * len(ways))
        for size in [None, *options.sizes]:
            cells = []
            for way, enlarge in ways.items():
                if size is None and way != "as it is":
                    cells.append("")
                    continue
                found = embeddings(embedder, options.images, landmarks, others, size, enlarge)
                right = np.mean((found @ known.T).argmax(1) == np.arange(len(known)))
                cells.append(f"{100 * right:.1f} % ± {100 * np.sqrt(right * (1 - right) / len(known)):.1f}")
            print(f"| {f'{size} pixels' if size else 'not reduced'} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
