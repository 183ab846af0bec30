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

WAYS_BACK = {
    "deconvolution": _c.FS_WAY_BACK_DECONVOLUTION, "guided": _c.FS_WAY_BACK_GUIDED, "gradient": _c.FS_WAY_BACK_GRADIENT,
}  # fmt: skip
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

    @classmethod
    def _of(cls, patch: _c.fs_unit_patch) -> UnitPatch:
        region = patch.region
        return cls(
            patch.activation, patch.picture, patch.row, patch.column, patch.x, patch.y, patch.width, patch.height,
            (region.x, region.y, region.width, region.height))  # fmt: skip


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
        return [UnitPatch._of(patch) for patch in found[: count.value]]


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


@dataclass(frozen=True)
class UnitPixels:
    """Which pixels a unit's answer comes from."""

    patch: UnitPatch
    values: Floats  # [height, width, 3] of the picture, by R, G and B; 0 outside the field

    def cut(self) -> Pixels:
        """The unit's field as a picture, uint8 [height, width, 3], as
        `gradient_image` makes it of the whole."""
        with gradient_image(self.values) as image:
            return self.patch.cut(image)


def unit_pixels(
    model: Model, image: Picture, layer: str, unit: int, place: Iterable[int] | None = None, way_back: str = "deconvolution",
    pooling: str = "max",
) -> UnitPixels:  # fmt: skip
    """The answer of a unit at a place (its row and column in the layer, or
    the strongest) passed back to the picture's pixels: `UnitPixels`.

    `way_back` is what rectifiers do on the way: "gradient" passes the
    derivative, answer by level of 0 to 255; "deconvolution" (Zeiler and
    Fergus 2014) rectifies what comes back; "guided" does both. The picture
    goes through the network as it is, as in `activation_maps`."""
    picture, out = handle(image, Image, "image"), _c.fs_unit_patch()
    where = None if place is None else np.array(integers(place, "place"), np.uint32)
    if where is not None and where.shape != (2,):
        raise ValueError(f"place has {where.size} numbers; expected a row and a column")
    values = np.empty((_c.fs_image_height(picture), _c.fs_image_width(picture), 3), np.float32)
    check(_c.fs_model_unit_pixels(
        handle(model, Model, "model"), picture, text(layer, "layer"), integer(unit, "unit"),
        None if where is None else pointer(where, ctypes.c_uint32), choice(way_back, WAYS_BACK, "way_back"),
        choice(pooling, POOLINGS, "pooling"), pointer(values), values.size, ctypes.byref(out)))  # fmt: skip
    return UnitPixels(UnitPatch._of(out), values)


def gradient_image(values: ArrayLike, largest: float | None = None) -> Image:
    """Signed numbers [height, width, 3] as an `Image`: 0 is mid-grey,
    `largest` and more white, and as much below 0 black. If it is not given,
    one in 200 of the magnitudes that are not 0 is beyond it."""
    numbers = floats(values, (None, None, 3), "values")
    limit = 0.0 if largest is None else number(largest, "largest")
    if largest is not None and not limit > 0:
        raise ValueError(f"largest is {largest}; expected more than 0")
    height, width, _ = numbers.shape
    return Image._make(_c.fs_image_from_gradient, pointer(numbers), numbers.size, width, height, limit)


def pixel_heat(gradient: ArrayLike, blur: float = 0) -> Floats:
    """How much each pixel counts, float32 [height, width]: the length of its
    three numbers in `gradient` [height, width, 3], through a Gaussian
    filter of that deviation in pixels, up to 64."""
    numbers = floats(gradient, (None, None, 3), "gradient")
    height, width, _ = numbers.shape
    heat = np.empty((height, width), np.float32)
    check(_c.fs_gradient_heat(
        pointer(numbers), numbers.size, width, height, number(blur, "blur"), pointer(heat), heat.size))  # fmt: skip
    return heat


def heat_image(picture: Picture, heat: ArrayLike, highest: float | None = None) -> Image:
    """`heat` [height, width] in viridis over a picture of that size, which
    is shown in grey. `highest` gets the last colour (the largest, if it is
    not given)."""
    numbers, below = floats(heat, (None, None), "heat"), handle(picture, Image, "picture")
    highest = float(np.nanmax(numbers, initial=0)) if highest is None else number(highest, "highest")
    wanted = (_c.fs_image_height(below), _c.fs_image_width(below))
    if numbers.shape != wanted:
        raise ValueError(f"heat has shape {list(numbers.shape)}; expected {list(wanted)}")
    return Image._make(_c.fs_image_from_heat, below, pointer(numbers), numbers.size, highest)
