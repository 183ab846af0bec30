"""Enlarging networks in PyTorch and Double, and the first cost of a training, with pictures that Pillow reduced.

    python3 enlarger_reference.py        writes ../enlarger.json

Networks and pictures are worked out from a formula (`formula.value`). PyTorch 2.13, Pillow 13.
"""
import json, pathlib

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from fast_styles_reference import picture, tensor

MARGIN = {1: 4, 2: 6}  # by blocks: a convolution each for head and tail, two for a block


def small(factor, filters, blocks):
    colours = 3 * factor**2
    shapes = {"head": (filters, 3, 3)} | {f"block{i}.conv{j}": (filters, filters, 3) for i in range(1, blocks + 1) for j in (1, 2)}
    shapes |= {"tail": (colours, filters, 3)}
    w = {f"{name}.weight": tensor(f"{name}.weight", (o, i, k, k)) for name, (o, i, k) in shapes.items()}
    w |= {f"{name}.bias": tensor(f"{name}.bias", shape[:1]) for name, shape in shapes.items()}
    w["straight.weight"] = tensor("straight.weight", (colours, 3, 5, 5))
    return {name: torch.from_numpy(values) for name, values in w.items()}


def network(x, w, factor, blocks):
    """[1, 3, height, width], 0...1."""
    conv = lambda x, name: F.conv2d(x, w[f"{name}.weight"], w.get(f"{name}.bias"), padding="same")
    y = F.relu(conv(x, "head"))
    for i in range(1, blocks + 1):
        y = y + conv(F.relu(conv(y, f"block{i}.conv1")), f"block{i}.conv2")
    squares = conv(y, "tail") + conv(x, "straight")
    # A square's pixels follow one another, each with its three colours; pixel_shuffle has a colour's pixels together.
    squares = squares.unflatten(1, (factor**2, 3)).transpose(1, 2).flatten(1, 2)
    return F.pixel_shuffle(squares, factor)


def up(levels):
    return torch.from_numpy(np.ascontiguousarray(levels / 255)).permute(2, 0, 1)[None]


def enlarged(levels, w, factor, blocks):
    """Levels of the whole picture, which is mirrored at its edges."""
    margin = MARGIN[blocks]
    x = F.pad(up(levels), (margin,) * 4, mode="reflect")
    inside = slice(margin * factor, -margin * factor)
    return 255 * network(x, w, factor, blocks)[0, :, inside, inside].permute(1, 2, 0).numpy()


def first_cost(levels, factor, margin=4, roundness=0.002):
    """Of a network that still enlarges by cubic interpolation (of a = -0.5, as with antialias), on a square."""
    side = len(levels)
    reduced = Image.fromarray(levels.astype(np.uint8)).resize((side // factor,) * 2, Image.BICUBIC)
    y = F.interpolate(up(np.asarray(reduced, float)), size=(side, side), mode="bicubic", antialias=True)
    difference = (y - up(levels))[0].numpy()
    edge = margin * factor
    difference[:, :edge] = difference[:, -edge:] = difference[:, :, :edge] = difference[:, :, -edge:] = 0
    return float(np.sqrt(difference**2 + roundness**2).mean())


def main():
    numbers = lambda factor, blocks: enlarged(picture("content", 9, 14), small(factor, 4, blocks), factor, blocks).ravel().tolist()
    answer = {
        "twice": numbers(2, 1), "three times": numbers(3, 2),
        "first cost": [first_cost(picture("photo", 48, 48), factor) for factor in (2, 3, 4)],
    }
    path = pathlib.Path(__file__).parent.parent / "enlarger.json"
    path.write_text(json.dumps({k: [round(x, 9) for x in v] for k, v in answer.items()}) + "\n")


if __name__ == "__main__":
    main()
