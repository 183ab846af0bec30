"""`python3 -m facestyle.demo`: what the library does, in a minute.

Compares portraits with each other, tells who is on one of them, and paints a cat. `facestyle demo` on the
command line also shows a sheet of portraits with names, and needs no download.
"""

from __future__ import annotations

import argparse
import itertools
import re
from pathlib import Path

from ._types import Floats
from .errors import NoFace
from .gallery import Gallery
from .image import Image
from .model import Model
from .recognition import Detector, Embedder, distance
from .style import Styler


def person(path: Path) -> str:
    """obama2.jpg and obama_partial_face.jpg are photos of obama."""
    found = re.match(r"[^\W\d_]*", path.stem)
    return found.group() if found and found.group() else path.stem


def embed_all(folder: Path, embedder: Embedder, detector: Detector) -> dict[Path, Floats]:
    found = {}
    for path in sorted(folder.glob("*.jpg")):
        with Image.open(path) as photo:
            try:
                found[path], _ = embedder.embed_photo(photo, detector)
            except NoFace:
                print(f"  {path.name}: no face found, left out")
    return found


def compare_all(found: dict[Path, Floats], threshold: float) -> None:
    print(f"\nDistances (same person up to {threshold:.2f}, marked *)\n")
    width = max(len(path.name) for path in found)
    print(" " * (width + 5) + "".join(f"{i + 1:>5} " for i in range(len(found) - 1)))
    for i, (path, a) in enumerate(found.items()):
        row = [distance(a, b) for b in itertools.islice(found.values(), i)]
        cells = "".join(f"{d:5.2f}{'*' if d <= threshold else ' '}" for d in row)
        print(f"{i + 1:>3}  {path.name:<{width}}{cells}")


def identify(found: dict[Path, Floats], embedder: Embedder) -> None:
    """One photo of somebody who has others, and one of somebody who has
    none, each against all others."""
    people = [person(path) for path in found]
    for known in (True, False):
        path = next((path for path in found if (people.count(person(path)) > 1) == known), None)
        if path is None:
            continue
        with Gallery(embedder) as gallery:
            for other, embedding in found.items():
                if other != path:
                    gallery.add(person(other), embedding)
            match = gallery.identify(found[path])
            who = match.name if match else f"a stranger, the nearest is {match.nearest}"
            people_known = f"{gallery.people} {'person' if gallery.people == 1 else 'people'}"
            print(f"  {path.name} among {gallery.photos} photos of {people_known}:\n"
                  f"    {who}, distance {match.distance:.2f} (threshold {match.threshold:.2f})")


def paint(content: Path, style: Path, out: Path, model: Path, steps: int) -> Path:
    with Model.open(model) as vgg, Styler(vgg) as styler, Image.open(content) as c, Image.open(style) as s:
        with styler.run(c, s, preset="course", width=400, height=300, steps=steps, progress=True) as picture:
            out.mkdir(parents=True, exist_ok=True)
            target = out / f"{content.stem}-{style.stem}.png"
            picture.save(target)
            return target


def main() -> None:
    parser = argparse.ArgumentParser(prog="python3 -m facestyle.demo", description="What the library does, in a minute.")
    parser.add_argument("--models", type=Path, default=Path("build/models"), help="folder of the models")
    parser.add_argument("--photos", type=Path, required=True, help="folder of portraits, NAME.jpg, NAME2.jpg, ...")
    parser.add_argument("--content", type=Path, required=True, help="picture to paint")
    parser.add_argument("--style", type=Path, required=True, help="picture to paint like")
    parser.add_argument("--out", type=Path, required=True, help="folder for what is painted")
    parser.add_argument("--steps", type=int, default=200, help="of the optimizer (default: 200)")
    options = parser.parse_args()

    print(f"Portraits in {options.photos}")
    with Model.open(options.models / "mtcnn.safetensors") as weights:
        detector = Detector(weights)
    with Model.open(options.models / "dlib-resnet.safetensors") as weights:
        embedder = Embedder(weights)
    with detector, embedder:
        found = embed_all(options.photos, embedder, detector)
        if found:
            compare_all(found, embedder.threshold)
            print("\nWho is it?\n")
            identify(found, embedder)
    print(f"\nPainting {options.content} in the manner of {options.style}\n")
    target = paint(options.content, options.style, options.out, options.models / "vgg19.safetensors", options.steps)
    print(f"\nPainted: {target}")


if __name__ == "__main__":
    main()
