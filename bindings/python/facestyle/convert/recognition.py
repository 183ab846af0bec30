"""What kind of network a file holds, by its input, its outputs and the sizes of its layers, and what it needs to be told.

Nothing is read from the order of the outputs: a head is known by its stride and its numbers for each cell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable

import numpy as np

from . import ConvertError
from .values import Pieces, Value

if TYPE_CHECKING:
    from .network import Network

# InsightFace's five points in 112x112, which ArcFace, SFace, AdaFace, EdgeFace and the MobileFaceNets saw in training.
ARCFACE = (38.2946, 51.6963, 73.5318, 51.5014, 56.0252, 71.7366, 41.5493, 92.3655, 70.7299, 92.2041)
# Where those points lie on average in the boxes of MTCNN that facenet-pytorch cuts out, in parts of the side: its networks saw
# no aligned faces, so this is a likeness.
FACENET = (0.307, 0.388, 0.693, 0.388, 0.5, 0.58, 0.345, 0.755, 0.655, 0.755)

KINDS = ("arcface", "sface", "adaface", "mobilefacenet", "facenet", "openface", "yunet", "scrfd", "retinaface", "centerface", "liveness",
         "landmarks", "fast-style", "network")  # fmt: skip
EMBEDDERS = ("arcface", "sface", "adaface", "mobilefacenet", "facenet", "openface")
DETECTORS = ("yunet", "scrfd", "retinaface", "centerface")
POINTS = (136, 196, 212)  # numbers of 68, 98 and 106 points
# Of detectors: the side of the smallest face that they surely find, and the longer side of pictures of their training.
DETECTOR_SIZES = {"min_face": "20", "max_side": "640"}


@dataclass
class Kind:
    """What is written about a network unless the command says otherwise."""

    name: str
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    scale: float = 1.0
    order: str = "rgb"
    template: tuple[float, ...] = ()
    # Of "cosine": 1 - a.b; of "euclidean": |a - b|; up to which two faces are one person's.
    distance: str = ""
    threshold: float | None = None
    is_published: bool = True  # else it is ours
    is_unit: bool = False  # whether the embedding is brought to unit length
    outputs: dict[str, str] = field(default_factory=dict)  # ours: the program's


def _half(scale: Any) -> Any:
    return {"mean": (127.5, 127.5, 127.5), "scale": 1 / scale}


def _embedder(name: str, threshold: Any, distance: str = "cosine", **more: Any) -> Kind:
    return Kind(name, template=ARCFACE, distance=distance, threshold=threshold, is_unit=True, **more)


def _kind(name: str) -> Kind:
    """The words of a kind: order and normalisation of its training, the threshold that its authors or users publish."""
    kinds: dict[str, Callable[[], Kind]] = {
        # DeepFace's for the packs of InsightFace.
        "arcface": lambda: _embedder("arcface", 0.55, **_half(127.5)),
        # OpenCV's: a cosine of 0.363 or more; raw levels, its graph begins with the mean.
        "sface": lambda: _embedder("sface", 1 - 0.363),
        # None is published: ArcFace's.
        "adaface": lambda: _embedder("adaface", 0.55, is_published=False, order="bgr", **_half(127.5)),
        # Measured with mobilefacenet-ncnn's on half of LFW: 0.07 % false accepts, 97.7 % true ones.
        "mobilefacenet": lambda: _embedder("mobilefacenet", 1 - 0.363, is_published=False, **_half(128)),
        # DeepFace's.
        "facenet": lambda: Kind("facenet", template=FACENET, distance="cosine", threshold=0.4, is_unit=True, **_half(128)),
        # OpenFace's 0.99 is of squared distances.
        "openface": lambda: Kind("openface", scale=1 / 255, distance="euclidean", threshold=0.995),
        "yunet": lambda: Kind("yunet", order="bgr", threshold=0.7),
        "scrfd": lambda: Kind("scrfd", mean=(127.5,) * 3, scale=1 / 128, threshold=0.5),
        "retinaface": lambda: Kind("retinaface", mean=(104.0, 117.0, 123.0), order="bgr", threshold=0.5),
        "centerface": lambda: Kind("centerface", threshold=0.5),
        "liveness": lambda: Kind("liveness", order="bgr"),
        "landmarks": lambda: Kind("landmarks", scale=1 / 255),
        "fast-style": lambda: Kind("fast-style"),
        "network": lambda: Kind("network"),
    }
    return kinds[name]()


def recognise(network: Network, outputs: Any, given: Any = None, stem: str = "") -> Any:
    """The kind of a network; `given` is the name of one, `stem` the file's, which decides between kinds of one shape."""
    heads = _heads(network, outputs)
    name = given or _guess(network, outputs, heads, stem.lower())
    if name not in KINDS:
        raise ConvertError(f'kind "{name}"; expected one of {", ".join(KINDS)}')
    kind = _kind(name)
    if name in DETECTORS:
        kind.outputs = _detector(name, network, heads)
    elif name in EMBEDDERS:
        kind.outputs = _embedding(outputs, name)
    elif name in ("liveness", "landmarks"):
        kind.outputs = _rows(network, outputs, name)
    elif name == "fast-style":
        kind.outputs = {"picture": _levels(network, outputs)}
        if network[kind.outputs["picture"]].kind == "linear":
            kind.scale = 1 / 255
    if _begins_with_mean(network):
        kind.mean, kind.scale = (0.0, 0.0, 0.0), 1.0
    return kind


def _begins_with_mean(network: Network) -> Any:
    """Whether the graph itself subtracts a mean or scales: the levels are given as they are then."""
    readers = network.readers()["input"]
    return len(readers) == 1 and readers[0].kind in ("affine", "linear")


@dataclass(frozen=True)
class Head:
    output: str
    place: int  # among the pieces of an output
    layer: str
    stride: int
    numbers: int  # of a pixel
    each: int  # of a cell, of which a pixel may have several


def _heads(network: Network, outputs: Any) -> Any:
    """The outputs that are pictures of cells, several for an output that joins them."""
    heads = []
    for name, value in outputs.items():
        for place, part in enumerate(value.parts if isinstance(value, Pieces) else (value,)):
            height, width, channels = part.extent
            if network.extent[0] % height or network.extent[0] // height != network.extent[1] // width:
                continue
            each = part.shape[-1] if part.has("hwc") and len(part.shape) in (2, 3) else channels
            heads.append(Head(name, place, part.layer, network.extent[0] // height, channels, each))
    return heads


def _guess(network: Network, outputs: Any, heads: Any, stem: str) -> Any:
    height, width, channels = network.extent
    single = next(iter(outputs.values())) if len(outputs) == 1 else None
    each = sorted(head.each for head in heads)
    strides = {head.stride for head in heads}
    if len(heads) == len(_pieces(outputs)) and len(strides) > 1:
        if each == sorted([1, 1, 4, 10] * len(strides)) and all(head.numbers == head.each for head in heads):
            return "yunet"
        if each in (sorted([1, 4, 10] * len(strides)), sorted([1, 4] * len(strides))):
            return "scrfd"
        if each == sorted([2, 4, 10] * len(strides)):
            return "retinaface"
    if strides == {4} and each == [1, 2, 2, 10]:
        return "centerface"
    if isinstance(single, Value) and single.is_row:
        count = single.count
        if count == 3 and (height, width) == (80, 80):
            return "liveness"
        if count in POINTS:
            return "landmarks"
        if height == width == 112 and 64 <= count <= 1024:
            for name in ("adaface", "sface", "mobilefacenet"):
                if name in stem:
                    return name
            if count == 128:
                return "sface" if _begins_with_mean(network) else "mobilefacenet"
            return "arcface"
        if height == width == 160 and count in (128, 512):
            return "facenet"
        if height == width == 96 and count == 128:
            return "openface"
    if isinstance(single, Value) and single.extent == network.extent and channels == 3:
        return "fast-style"
    return "network"


def _pieces(outputs: Any) -> Any:
    return [part for value in outputs.values() for part in (value.parts if isinstance(value, Pieces) else (value,))]


def _embedding(outputs: Any, name: str) -> Any:
    rows = [output for output, value in outputs.items() if isinstance(value, Value) and value.is_row and value.count > 1]
    if len(rows) != 1:
        raise ConvertError(f"{len(rows)} outputs that are rows of numbers; expected one, the embedding of kind {name}")
    return {"embedding": rows[0]}


def _levels(network: Network, outputs: Any) -> Any:
    """The layer that gives levels of 0 to 255: those of a sigmoid are scaled."""
    pictures = [value for value in outputs.values() if isinstance(value, Value) and value.extent == network.extent and value.is_picture]
    if len(pictures) != 1 or pictures[0].layer == "input" or network.extent[2] != 3:
        raise ConvertError(f"{len(pictures)} outputs of the input's size; expected one, the picture of kind fast-style")
    value = pictures[0]
    if network[value.layer].kind != "sigmoid":
        return value.layer
    return network.add("linear", [value.layer], value.extent, "levels", {"scale": 255, "offset": 0})


def _rows(network: Network, outputs: Any, name: str) -> Any:
    """Our names of a liveness's and of landmarks' outputs: the layer that computes each."""
    named: dict[str, Any] = {}
    for output, value in outputs.items():
        if not (isinstance(value, Value) and value.is_row):
            continue
        if name == "landmarks" and value.count in POINTS:
            named.setdefault("points", value.layer)
        if name == "liveness" and value.count == 3:
            named.setdefault("scores" if value.layer != "input" and network[value.layer].kind == "softmax" else "logits", value.layer)
    if not named:
        numbers = "three numbers" if name == "liveness" else "136, 196 or 212 numbers"
        raise ConvertError(f"no output of {numbers}; expected that of kind {name}")
    return named


def _detector(kind: str, network: Network, heads: Any) -> Any:
    """Our names of heads: the layer that computes each."""
    named: dict[str, Any] = {}

    def put(name: str, head: Any) -> None:
        if name in named:
            raise ConvertError(f"two heads {name}; expected one of each kind for each stride")
        named[name] = head.layer

    for head in heads:
        part = {1: "score", 2: "score", 4: "box", 10: "points"}.get(head.each)
        if kind == "yunet" and head.each == 1:
            part = _yunet_part(head, heads)
        if kind == "centerface":
            part = _centerface_part(head, heads)
        if part is None:
            raise ConvertError(f'output "{head.output}" with {head.each} numbers a cell; expected the heads of {kind}')
        put(f"{part}{head.stride}", head)
    if kind == "centerface":
        return _joined_centerface(network, named)
    strides = sorted({head.stride for head in heads})
    wanted = ["class", "object", "box", "points"] if kind == "yunet" else ["score", "box"]
    missing = [f"{part}{stride}" for stride in strides for part in wanted if f"{part}{stride}" not in named]
    if missing or not strides:
        raise ConvertError(f"no heads {', '.join(missing) or 'at all'}; expected those of {kind}")
    return dict(sorted(named.items()))


def _yunet_part(head: Any, heads: Any) -> Any:
    """Class or object: by the output's name, else by its order among those of its stride."""
    name = head.output.lower()
    if "cls" in name or "class" in name:
        return "class"
    if "obj" in name:
        return "object"
    alike = [other for other in heads if other.stride == head.stride and other.each == 1]
    return "class" if alike.index(head) == 0 else "object"


def _centerface_part(head: Any, heads: Any) -> Any:
    if head.each != 2:
        return {1: "score", 10: "points"}.get(head.each)
    alike = [other for other in heads if other.each == 2]
    return ("size", "offset")[alike.index(head)]


def _joined_centerface(network: Network, named: Any) -> Any:
    """Size and offset are one head of four: logarithms of height and width, then offsets down and to the right."""
    missing = [name for name in ("score4", "size4", "offset4", "points4") if name not in named]
    if missing:
        raise ConvertError(f"no heads {', '.join(missing)}; expected those of centerface")
    size, offset = named.pop("size4"), named.pop("offset4")
    extent = network[size].extent
    named["box4"] = network.add("concatenation", [size, offset], (*extent[:2], 4), "box4")
    return named


def euclidean(threshold: Any, distance: Any, is_unit: Any) -> Any:
    """A published threshold as a Euclidean distance of the embeddings that our file gives."""
    if distance == "cosine" and is_unit:  # |a - b|^2 = 2 - 2 a.b
        return float(np.sqrt(max(0.0, 2 * threshold)))
    return threshold
