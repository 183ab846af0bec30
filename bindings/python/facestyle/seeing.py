"""Seeing what layers learn: what their units answer to most, and where in a picture they answer."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from . import _c
from ._convert import choice, floats, handle, integer, integers, number, pointer, text
from ._handle import Handle
from ._options import defaults, fill
from ._types import ArrayLike, Floats, Picture, Pixels
from .errors import check
from .image import Image
from .model import POOLINGS, Model

PALETTES = {"grey": _c.FS_PALETTE_GREY, "viridis": _c.FS_PALETTE_VIRIDIS}


class Layer(NamedTuple):
    """A layer that can be asked for. The unit of row or column u sees the
    `field` pixels of the network's input that begin with start + stride *
    u; the three are None where fields are not so: of the whole picture, of
    several sizes."""

    name: str
    units: int
    field: int | None
    stride: int | None
    start: int | None


def layers(model: Model) -> dict[str, Layer]:
    """All layers of a `Model` that can be asked for, by name, in their
    order; none for a model of several networks."""
    found, network = {}, handle(model, Model, "model")
    for index in range(_c.fs_model_layer_count(network)):
        name, out = _c.fs_model_layer_name(network, index), _c.fs_layer_info()
        check(_c.fs_model_layer_info_get(network, name, ctypes.byref(out)))
        window = (out.field, out.stride, out.start) if out.field else (None, None, None)
        found[name.decode()] = Layer(name.decode(), out.units, *window)
    return found


@dataclass(frozen=True)
class UnitPatch:
    """A place that a unit answers to."""

    activation: float
    picture: int  # 0 for the first that was added
    row: int  # of the unit in the layer's answer to the picture
    column: int
    x: int  # its field in the picture's own pixels, also where it reaches beyond the edges
    y: int
    width: int
    height: int
    region: tuple[int, int, int, int]  # x, y, width, height of what lies in the picture

    def cut(self, picture: Picture) -> Pixels:
        """The field as uint8 [height, width, 3], cut of the picture that was
        added; grey beyond its edges."""
        patch = _c.fs_unit_patch(x=self.x, y=self.y, width=self.width, height=self.height)
        with Image._make(_c.fs_unit_patch_cut, handle(picture, Image, "picture"), ctypes.byref(patch)) as image:
            return image.to_array()


class UnitSearch(Handle):
    """The strongest answers of a layer's units over pictures, which are
    shown to it one at a time and not kept:

        with fs.UnitSearch(vgg, "conv3_1", units=range(9)) as search:
            for picture in pictures:
                search.add(picture)
            found = {unit: [patch.cut(pictures[patch.picture])
                            for patch in search.patches(unit)]
                     for unit in range(9)}
        plots.unit_patches(found, "conv3_1.png")

    `units`: those to look for (default: all). `patches`: kept of each (9,
    at most 64); `per_picture`: from one picture (1), where fields that
    share more than half their area are one place. `longest_side`: larger
    pictures are reduced to it (512; 0: never). `inside`: only fields that
    no edge cuts. `pooling`: "max" or "average", of VGG-19 alone ("max").
    """

    _destroy = _c.fs_unit_search_destroy

    def __init__(
        self, model: Model, layer: str, *, units: Iterable[int] | None = None, patches: int | None = None,
        per_picture: int | None = None, longest_side: int | None = None, inside: bool | None = None, pooling: str | None = None,
    ) -> None:
        options = defaults(_c.fs_unit_search_options, _c.fs_unit_search_options_init)
        fill(
            options, {"pooling": POOLINGS}, patches=patches, per_picture=per_picture, longest_side=longest_side, inside=inside,
            pooling=pooling)
        if units is not None:
            chosen = np.array(integers(units, "units"), np.uint32)  # held until the call is over
            if not chosen.size:
                raise ValueError("units are none; expected one at least, or None for all")
            options.units, options.unit_count = pointer(chosen, ctypes.c_uint32), chosen.size
        out, network = ctypes.POINTER(_c.fs_unit_search)(), handle(model, Model, "model")
        check(_c.fs_unit_search_create(ctypes.byref(out), network, text(layer, "layer"), ctypes.byref(options)))
        super().__init__(out)

    def add(self, picture: Picture) -> None:
        """Looks at one more picture."""
        check(_c.fs_unit_search_add(self.handle, handle(picture, Image, "picture")))

    def patches(self, unit: int) -> list[UnitPatch]:
        """The `UnitPatch`es of a unit so far, the strongest first. Answers of 0
        and below do not count."""
        found, count = (_c.fs_unit_patch * _c.FS_UNIT_MAX_PATCHES)(), ctypes.c_size_t()
        check(_c.fs_unit_search_patches(self.handle, integer(unit, "unit"), found, len(found), ctypes.byref(count)))
        return [
            UnitPatch(
                p.activation, p.picture, p.row, p.column, p.x, p.y, p.width, p.height,
                (p.region.x, p.region.y, p.region.width, p.region.height))
            for p in found[: count.value]
        ]  # fmt: skip


def activation_maps(
    model: Model, image: Picture, layer: str, units: Iterable[int] | None = None, pooling: str = "max"
) -> Floats:
    """Where units of a layer answer to a picture: float32 [units, height,
    width], of all units or of those named. The picture goes through the
    network as it is: resize it before, and to the network's size where it
    takes one."""
    handle(model, Model, "model")
    chosen = None if units is None else integers(units, "units")
    values = np.moveaxis(model.features(image, layer, pooling), 2, 0)
    if chosen is None:
        return np.ascontiguousarray(values)
    for unit in chosen:
        if unit >= len(values):
            raise ValueError(f"unit {unit}; {layer} has units 0 to {len(values) - 1}")
    return values[chosen]


def map_image(values: ArrayLike, lowest: float = 0, highest: float | None = None, palette: str = "grey") -> Image:
    """Numbers [height, width] as an `Image`: `lowest` and below get the
    palette's first colour, and a NaN too; `highest` (the largest, if it is
    not given) and above the last. `palette` is "grey" or "viridis"."""
    numbers, kind = floats(values, (None, None), "values"), choice(palette, PALETTES, "palette")
    lowest = number(lowest, "lowest")
    highest = float(np.nanmax(numbers, initial=lowest)) if highest is None else number(highest, "highest")
    height, width = numbers.shape
    return Image._make(_c.fs_image_from_map, pointer(numbers), numbers.size, width, height, 1, lowest, highest, kind)
