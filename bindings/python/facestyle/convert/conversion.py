"""From the files of a network to one of ours: read, lower, recognise, fold, write, and verify if asked."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import ConvertError, folding, lowering, recognition, writing
from .network import number
from .values import Pieces


USUAL_SIDES = (112, 160, 96, 80, 224, 64, 256, 150, 299)  # of networks for faces


@dataclass
class Options:
    """What the command can be told; None: what is known of the kind."""

    kind: str = None
    mean: tuple = None  # of red, green and blue, or in the network's own order
    scale: float = None
    order: str = None
    template: str = None  # "whole", or five points as "x y x y ..."
    threshold: float = None
    distance: str = None
    licence: str = None
    name: str = None
    size: tuple = None  # height, width
    verify: bool = False


@dataclass
class Conversion:
    network: object
    kind: recognition.Kind
    outputs: dict  # of the program: Value or Pieces
    metadata: dict
    # What the file expects: levels as (level - mean) scale.
    mean: np.ndarray = None
    scale: float = 1.0
    features: dict = field(default_factory=dict)  # the program's output: our outputs, one for each piece
    report: list = field(default_factory=list)  # of a verification: (output, part of its largest number)


def read(paths):
    """The program of one file, or of several that belong together."""
    paths = [Path(path) for path in paths]
    for path in paths:
        if not path.exists():
            raise ConvertError(f"{path} is absent; expected the file of a network")
    suffixes = [path.suffix.lower() for path in paths]
    if suffixes == [".onnx"]:
        from . import onnx_file

        return onnx_file.read(paths[0])
    if sorted(suffixes) == [".bin", ".param"]:
        from . import ncnn_file

        param, weights = sorted(paths, key=lambda path: path.suffix.lower() != ".param")
        return ncnn_file.read(param, weights)
    names = ", ".join(path.name for path in paths)
    raise ConvertError(f"{names}; expected an .onnx file, or .param and .bin of ncnn")


def convert(paths, output, options=None):
    options = options or Options()
    if isinstance(paths, (str, Path)):
        paths = [paths]
    program = read(paths)
    conversion = make(program, options, Path(paths[0]).stem)
    data = writing.encode(conversion.network, conversion.metadata)
    if options.verify:
        from . import verification

        conversion.report = verification.verify(paths, program, conversion, data)
    writing.write(output, data)
    return conversion


def make(program, options, stem=""):
    """The conversion of a program."""
    lowered, network, outputs = _lowered(program, options.size)
    kind = recognition.recognise(network, outputs, options.kind, stem)
    kind = _told(kind, options)
    conversion = Conversion(network, kind, outputs, {}, np.array(kind.mean, np.float64), kind.scale)
    network.mean, network.factor, network.is_bgr = conversion.mean.copy(), kind.scale, kind.order == "bgr"
    _name_outputs(conversion)
    folding.fold(network)
    if network.mean[0] == network.mean[1] == network.mean[2] == 0:
        network.mean = np.zeros(3)
    needs_size = network.is_fixed or any(layer.kind in ("dense", "flatten") for layer in network.layers)
    is_free = lowered.is_any_size or kind.name in (*recognition.DETECTORS, "fast-style")
    network.is_fixed = needs_size or not is_free
    conversion.metadata = _metadata(kind, options, stem)
    return conversion


def _lowered(program, size):
    """At the size that was asked for, or the file's; where it leaves that open, at one that its matrices fit."""
    lowered = lowering.Lowering(program, size)
    try:
        return lowered, *lowered.run()
    except ConvertError:
        if not lowered.is_any_size:
            raise
        for side in USUAL_SIDES:
            try:
                other = lowering.Lowering(program, (side, side))
                return other, *other.run()
            except ConvertError:
                continue
        raise


def _told(kind, options):
    for key in ("mean", "scale", "order", "threshold", "distance", "licence"):
        if getattr(options, key) is not None:
            setattr(kind, key, getattr(options, key))
    if kind.order not in ("rgb", "bgr"):
        raise ConvertError(f'order "{kind.order}"; expected rgb or bgr')
    if not kind.scale or not np.isfinite(kind.scale):
        raise ConvertError(f"scale {kind.scale}; expected a number but 0")
    if kind.distance not in ("", "cosine", "euclidean"):
        raise ConvertError(f'distance "{kind.distance}"; expected cosine or euclidean')
    if kind.distance == "cosine":
        kind.is_unit = True
    if kind.threshold is not None and not 0 <= kind.threshold < float("inf"):
        raise ConvertError(f"threshold {kind.threshold}; expected 0 or more")
    return kind


def _name_outputs(conversion):
    """Ours by the names of the kind, and each of the program's own that is not among them."""
    network, kind = conversion.network, conversion.kind
    names = {}  # our layer: output
    if kind.name in recognition.EMBEDDERS:
        program_output = kind.outputs["embedding"]
        value = conversion.outputs[program_output]
        layer = value.layer
        # One that ends in unit length already stays as it is.
        if kind.is_unit and (layer == "input" or network[layer].kind != "unit-length"):
            raw = _plain(network, program_output if program_output != "embedding" else "features")
            network.outputs[raw] = layer
            names[layer] = raw
            layer = network.add("unit-length", [layer], (1, 1, value.count), "unit")
        network.outputs["embedding"] = layer
        names.setdefault(layer, "embedding")
    elif kind.name in recognition.DETECTORS:
        for name, layer in kind.outputs.items():
            network.outputs[name] = layer
            names.setdefault(layer, name)
    for name, value in conversion.outputs.items():
        parts = value.parts if isinstance(value, Pieces) else (value,)
        found = []
        for place, part in enumerate(parts):
            if part.layer not in names:
                own = _plain(network, name if len(parts) == 1 else f"{name}{place + 1}")
                network.outputs[own] = part.layer
                names[part.layer] = own
            found.append(names[part.layer])
        conversion.features[name] = found


def _plain(network, name):
    """An output's name without spaces, unlike the others'."""
    plain = name = "".join(c if c.isalnum() or c in "_.-" else "." for c in name).strip(".") or "result"
    count = 1
    while name in network.outputs:
        count += 1
        name = f"{plain}.{count}"
    return name


def _metadata(kind, options, stem):
    metadata = {"kind": kind.name, "name": options.name or stem, "licence": kind.licence}
    if kind.name in recognition.EMBEDDERS:
        metadata["distance"] = kind.distance
        if kind.threshold is not None:
            metadata["threshold"] = number(recognition.euclidean(kind.threshold, kind.distance, kind.is_unit))
            metadata["published_threshold"] = f"{kind.distance} distance {number(kind.threshold)}"
    elif kind.threshold is not None:
        metadata["threshold"] = number(kind.threshold)
    metadata["template"] = options.template or _template(kind)
    return metadata


def _template(kind):
    if not kind.template:
        return ""
    return " ".join(f"{x:g}" for x in kind.template)
