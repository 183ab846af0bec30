"""The options of a painting."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from . import _c
from ._convert import choice, items, mapping, number, optional, text
from ._options import defaults, fill, named
from ._types import Picture
from .costs import VARIANTS
from .image import Image
from .model import POOLINGS

OPTIMIZERS = {"adam": _c.FS_STYLE_ADAM, "lbfgs": _c.FS_STYLE_LBFGS}
STARTS = {
    "content": _c.FS_START_CONTENT, "noise": _c.FS_START_NOISE, "style": _c.FS_START_STYLE, "image": _c.FS_START_IMAGE,
}
VARIATIONS = {
    "absolute": _c.FS_VARIATION_ABSOLUTE, "squared": _c.FS_VARIATION_SQUARED, "nine-points": _c.FS_VARIATION_NINE_POINTS,
}
LOSSES = {
    "gram": _c.FS_STYLE_LOSS_GRAM, "moments": _c.FS_STYLE_LOSS_MOMENTS, "wasserstein": _c.FS_STYLE_LOSS_WASSERSTEIN,
}
EDGES = {"zeros": _c.FS_EDGES_ZEROS, "repeated": _c.FS_EDGES_REPEATED}
MASKS = {"inside": _c.FS_MASK_INSIDE, "soft": _c.FS_MASK_SOFT}
COLOURS = {
    "style": _c.FS_COLOURS_STYLE, "luminance": _c.FS_COLOURS_LUMINANCE, "cholesky": _c.FS_COLOURS_CHOLESKY,
    "principal": _c.FS_COLOURS_PRINCIPAL, "histogram": _c.FS_COLOURS_HISTOGRAM,
}
# The library's, by their names: their numbers count from 0.
PRESETS = {
    str(name, "ascii"): number
    for number, name in enumerate(itertools.takewhile(bool, map(_c.fs_style_preset_name, itertools.count())))
}
_CHOICES = {
    "pooling": POOLINGS, "cost": VARIANTS, "start": STARTS, "variation": VARIATIONS, "colours": COLOURS, "style_loss": LOSSES,
    "edges": EDGES, "mask_kind": MASKS,
}
_PICTURES = {"content_map", "before", "before_mask", "start_image"}


class StyleOptions(TypedDict, total=False):
    """How a picture is painted. None is the preset's.

    - `preset`: "pyramid", ours: from coarse to fine by L-BFGS; or another
      of `facestyle.style.PRESETS`. The options below change it where they
      are given.

    What is measured:

    - `content_weight`, `style_weight`, `variation_weight`: alpha, beta and
      gamma.
    - `content_layers`, `style_layers`: a dict of layers' names and their
      weights.
    - `content_layer`: a single one.
    - `cost`: the factor of sums of squares: "normalised", "lecture",
      "means" or "roots".
    - `style_loss`: what a layer shall have in common with the style's:
      "gram", "moments" or "wasserstein".
    - `variation`: how neighbours differ: "absolute", "squared" or
      "nine-points".
    - `pooling`: "average", "max" or "l2".
    - `edges`: what the first layer sees beyond them: "zeros" or "repeated".

    Where:

    - `regions`: a pair of masks for each style, where it goes and what part
      of it is taken, each an `Image`, white where so, or None for
      everywhere.
    - `mask_kind`: units inside a mask ("inside"), or all by their share of
      it ("soft").
    - `content_map`, `content_map_weight`: where, and by how much more, the
      content counts: see `face_map`.

    The frame before:

    - `before`, `before_mask`: the last painting as it should look now, and
      where that is known: see `flow_warp`.
    - `temporal_weight`: delta.

    The picture:

    - `width`, `height`: in pixels; if one is not given it follows from the
      other, without both they are the content's.
    - `colours`: whose: "style", or the content's by "luminance",
      "cholesky", "principal" or "histogram".
    - `depth`: 8 or 16 bits a sample; 0: the content's.
    - `style_scale`: the style's longest side in parts of the picture's,
      0.05 to 20; 0: cut to its shape.

    How it is moved:

    - `optimizer`: "lbfgs" or "adam".
    - `steps`: evaluations of the costs and their gradient, over all scales.
    - `history`: pairs that L-BFGS keeps, 1 to 1000.
    - `preconditioning`: p, 0 to 2: L-BFGS's steps favour low frequencies f
      by f to the power of -p; 0, or with masks in `regions`: not at all.
    - `learning_rate`: Adam's, in levels of 0 to 255.
    - `averaging`: decay of a running mean of the pictures, which is then
      the result; 0: the last one is.
    - `clamp`: whether Adam keeps levels within 0 to 255.
    - `coarsest`: longest side of the first scale in pixels, 16 or more; 0:
      one scale.
    - `deadline`: seconds of work; 0: none.
    - `tile`: side in pixels, 64 or more, of the parts that are taken
      through the network at a time; 0: all at once.

    Where it starts:

    - `start`: "content", "noise", "style" or "image".
    - `start_image`: the `Image` of "image".
    - `noise_ratio`: 0 to 1, how much of the start is noise.
    - `seed`: of that noise.
    """

    preset: str | None
    content_weight: float | None
    style_weight: float | None
    variation_weight: float | None
    content_layers: Mapping[str, float] | None
    style_layers: Mapping[str, float] | None
    content_layer: str | None
    cost: str | None
    style_loss: str | None
    variation: str | None
    pooling: str | None
    edges: str | None
    regions: Iterable[tuple[Image | None, Image | None]] | None
    mask_kind: str | None
    content_map: Picture | None
    content_map_weight: float | None
    before: Picture | None
    before_mask: Picture | None
    temporal_weight: float | None
    width: int | None
    height: int | None
    colours: str | None
    depth: int | None
    style_scale: float | None
    optimizer: str | None
    steps: int | None
    history: int | None
    preconditioning: float | None
    learning_rate: float | None
    averaging: float | None
    clamp: bool | None
    coarsest: int | None
    deadline: float | None
    tile: int | None
    start: str | None
    start_image: Picture | None
    noise_ratio: float | None
    seed: int | None


class Given:
    """Options for C, and what they point at."""

    def __init__(self, options: _c.fs_style_options) -> None:
        self.c = options
        self.kept: list[Any] = []


def style_options(options: Mapping[str, object], method: str) -> Given:
    """What a method of a `Styler` was given."""
    given = named(options, StyleOptions, method)
    preset = choice(given.pop("preset", None) or "pyramid", PRESETS, "preset")
    settings = defaults(_c.fs_style_options, _c.fs_style_options_preset, preset)
    made = Given(settings)
    for name in _PICTURES & set(given):
        if (picture := optional(given.pop(name), Image, name)) is not None:
            setattr(settings, name, picture)
            made.kept.append(picture)
    if (optimizer := given.pop("optimizer", None)) is not None:
        settings.optimiser = choice(optimizer, OPTIMIZERS, "optimizer")
    if (regions := given.pop("regions", None)) is not None:
        masks = [_region(pair, f"regions[{i}]") for i, pair in enumerate(items(regions, "regions", "pairs of masks"))]
        made.kept.append(masks)
        settings.regions = (_c.fs_style_region * len(masks))(*(_c.fs_style_region(*pair) for pair in masks))
        settings.region_count = len(masks)
    for kind in ("content", "style"):
        if (weighted := given.pop(f"{kind}_layers", None)) is not None:
            what = f"{kind}_layers"
            layers = [
                _c.fs_style_layer(text(name, what), number(weight, f"{what}[{name!r}]"))
                for name, weight in mapping(weighted, what).items()
            ]
            setattr(settings, what, (_c.fs_style_layer * len(layers))(*layers))  # ctypes keeps what it points at
            setattr(settings, f"{kind}_layer_count", len(layers))
    fill(settings, _CHOICES, **given)
    return made


def _region(pair: Iterable[Any], what: str) -> list[Any]:
    """Where a style goes, and what part of it is taken."""
    masks = [optional(mask, Image, f"{what}[{i}]") for i, mask in enumerate(items(pair, what, "two masks"))]
    if len(masks) != 2:
        raise ValueError(f"{what} holds {len(masks)} masks; expected two, each an Image or None")
    return masks
