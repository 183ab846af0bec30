"""Every way to paint a picture, on one page.

    python examples/showcase.py [--content PHOTO] [--style PICTURE] [--second PICTURE] [--face PHOTO] [--mask PICTURE]
                                [--universal MODEL] [--fast MODEL] [--photos FOLDER] [--out FOLDER] [--only NAME ...]

Each picture is made by one command of the program, which stands below it. --mask is white where --style goes, black where
--second does; without one it is a disc. --universal and --fast are models of `facestyle restyle`: without them those pictures are
left out. --photos are looked at for what layers see. Written are the pictures and index.html; pictures that are there already
stay: delete those that shall be made again.
"""

import argparse
import html
import json
import subprocess
from pathlib import Path

import numpy as np

import facestyle as fs

REPOSITORY = Path(__file__).resolve().parents[1]
PHOTOS = REPOSITORY / "build" / "photos"
SIDE = 512


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--content", type=Path, default=PHOTOS / "coffee.png")
    parser.add_argument("--style", type=Path, default=PHOTOS / "ihc.png")
    parser.add_argument("--second", type=Path, default=PHOTOS / "chelsea.png")
    parser.add_argument("--face", type=Path, default=PHOTOS / "obama.jpg")
    parser.add_argument("--mask", type=Path)
    parser.add_argument("--universal", type=Path)
    parser.add_argument("--fast", type=Path)
    parser.add_argument("--photos", type=Path, default=PHOTOS)
    parser.add_argument("--out", type=Path, default=REPOSITORY / "build" / "showcase")
    parser.add_argument("--program", type=Path, default=REPOSITORY / "build" / "facestyle")
    parser.add_argument("--only", nargs="*", help="names of pictures")
    return parser.parse_args()


def sized(path, out, side=SIDE):
    """A copy whose longer side is at most so long."""
    with fs.Image.open(path) as image:
        factor = min(1, side / max(image.width, image.height))
        with image.resize(round(image.width * factor), round(image.height * factor), "bicubic") as small:
            small.save(out)
            return small.width, small.height


def disc(width, height):
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(x - width / 2, y - height / 2) / min(width, height)
    return (np.clip((0.36 - distance) * 20, 0, 1) * 255).astype(np.uint8)


def masks(given, out, width, height):
    """Where the first style goes, and the second."""
    if given.mask:
        with fs.Image.open(given.mask) as image, image.resize(width, height, "area") as small:
            levels = small.to_array()[..., 0]
    else:
        levels = disc(width, height)
    for name, values in (("mask", levels), ("mask-inverted", 255 - levels)):
        with fs.Image.from_array(values) as image:
            image.save(out / f"{name}.png")


def works(given, out):
    """Name, what it shows, and the command's arguments but for the output."""
    content, style, second, face = (out / f"{name}.png" for name in ("content", "style", "second", "portrait"))
    two = ("--mask", out / "mask.png", "--mask", out / "mask-inverted.png")
    found = [
        ("pyramid", "The default: from coarse to fine by L-BFGS.", ("style", content, style)),
        ("course", "The course notebook's settings: 200 steps of Adam from noise over the content.",
         ("style", content, style, "--preset", "course")),
        ("crowsonkb", "style-transfer-pytorch's: Wasserstein distances instead of Gram matrices, 800 evaluations.",
         ("style", content, style, "--preset", "crowsonkb", "--evaluations", "800")),
        ("luminance", "The content's colours: luma alone is painted.", ("style", content, style, "--colours", "luminance")),
        ("cholesky", "The content's colours: the style is moved to them before.", ("style", content, style, "--colours", "cholesky")),
        ("two-styles", "Two styles mixed.", ("style", content, style, second)),
        ("masks", "Two styles side by side, by masks.", ("style", content, style, second, *two)),
        ("fine", "The style at half its size: finer strokes.", ("style", content, style, "--style-scale", "0.5")),
        ("face", "A face in a style; its distance is told, nothing is kept.",
         ("style", face, style, "--faces", "--content-map-weight", "0")),
        ("face-kept", "The same with eyes and mouth kept.", ("style", face, style, "--faces")),
    ]  # fmt: skip
    if given.universal:
        found.append(
            ("universal", "No optimiser: whitening and colouring of features, five levels.",
             ("restyle", content, style, "--model", given.universal)))  # fmt: skip
    if given.fast:
        found.append(("fast", "No optimiser: one pass of a network that has learned one style.", ("restyle", content, "--model", given.fast)))
    for layer in ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"):
        found.append(
            (f"top-{layer}", f"What the nine units of {layer} with the strongest answers answer to most, nine patches each.",
             ("layers", "top", given.photos, "--layer", layer, "--strongest", "9", "--inside")))  # fmt: skip
    return found


def page(entries, out):
    parts = ["<!doctype html><meta charset=utf-8><title>libfacestyle: showcase</title>",
             "<style>body{font:15px sans-serif;max-width:1100px;margin:2em auto}figure{display:inline-block;margin:1em;"
             "vertical-align:top;max-width:520px}img{max-width:100%}code{font-size:11px;word-break:break-word}</style>",
             "<h1>Showcase</h1>"]  # fmt: skip
    for name in ("content", "style", "second", "portrait"):
        parts.append(f"<figure><img src={name}.png><figcaption>{name}</figcaption></figure>")
    for name, text, command, answer in entries:
        parts.append(
            f"<figure><img src={name}.png><figcaption>{html.escape(text)}<br>"
            f"<code>{html.escape(command)}<br>{html.escape(answer)}</code></figcaption></figure>")
    (out / "index.html").write_text("\n".join(parts))


def main():
    given = arguments()
    out = given.out
    out.mkdir(parents=True, exist_ok=True)
    width, height = sized(given.content, out / "content.png")
    for path, name in ((given.style, "style"), (given.second, "second"), (given.face, "portrait")):
        sized(path, out / f"{name}.png")
    masks(given, out, width, height)
    known = out / "told.json"
    told = json.loads(known.read_text()) if known.exists() else {}
    entries = []
    for name, text, command in works(given, out):
        picture = out / f"{name}.png"
        if not picture.exists() and (not given.only or name in given.only):
            done = subprocess.run([given.program, *command, "-o", picture], capture_output=True, text=True)
            told[name] = (done.stdout + done.stderr).strip().replace(f"{out}/", "")
            print(told[name], flush=True)
            if done.returncode:
                continue
            known.write_text(json.dumps(told, indent=1))
        if picture.exists():
            words = " ".join([part.name if isinstance(part, Path) else part for part in command])
            entries.append((name, text, f"facestyle {words} -o {name}.png", told.get(name, "")))
    page(entries, out)
    print(f"{len(entries)} pictures: {out / 'index.html'}")


if __name__ == "__main__":
    main()
