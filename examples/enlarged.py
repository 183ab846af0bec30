"""Draws details of photos as several networks enlarge them, beside bicubic interpolation and the photo.

    python examples/enlarged.py PHOTO:X,Y,SIDE ... --models MODEL ... -o enlarged.png

Each photo is reduced by the models' factor, and enlarged again; a row shows the square of SIDE pixels at X, Y.
"""

import argparse
from pathlib import Path

import facestyle as fs


def details(text, models):
    """Title and square of bicubic interpolation, of each model, and of the photo."""
    path, _, place = text.rpartition(":")
    x, y, side = map(int, place.split(","))
    with fs.Image.open(path) as photo:
        for i, name in enumerate(models):
            with fs.Model.open(name) as model, fs.Enlarger(model) as enlarger:
                factor = enlarger.factor
                whole = photo.crop(0, 0, photo.width // factor * factor, photo.height // factor * factor)
                small = whole.resize(whole.width // factor, whole.height // factor)
                if i == 0:
                    yield f"bicubic, {factor} times", small.resize(whole.width, whole.height).crop(x, y, side, side)
                yield model.info.name, enlarger.run(small).crop(x, y, side, side)
        yield "the photo", whole.crop(x, y, side, side)


def main():
    from matplotlib import pyplot

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", metavar="PHOTO:X,Y,SIDE")
    parser.add_argument("--models", nargs="+", default=["enlarge4", "enlarge4-sharp"])
    parser.add_argument("-o", "--out", type=Path, default=Path("enlarged.png"))
    options = parser.parse_args()
    rows = [list(details(text, options.models)) for text in options.photos]
    size = len(rows[0]), len(rows)
    _, axes = pyplot.subplots(size[1], size[0], figsize=(2.4 * size[0], 2.55 * size[1]), squeeze=False)
    for line, row in zip(axes, rows):
        for axis, (title, picture) in zip(line, row):
            axis.imshow(picture, interpolation="nearest")
            axis.set_title(title, fontsize=9)
            axis.axis("off")
    pyplot.tight_layout(pad=0.3)
    pyplot.savefig(options.out, dpi=110)
    print(options.out)


if __name__ == "__main__":
    main()
