"""From the files of a network to one of ours: read, lower, recognise, fold, write, and verify if asked."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import ConvertError, FilePath, folding, known_files, lowering, recognition, writing
from .named import Named
from .network import number
from .values import Pieces

if TYPE_CHECKING:
    from .network import Network
    from .program import Program

FILES = "an .onnx, .pth, .pt, .safetensors, .h5, .mat or .dat file, .param and .bin of ncnn, or a folder of .csv files"
USUAL_SIDES = (112, 160, 96, 80, 224, 64, 256, 150, 299)  # of networks for faces


@dataclass
class Options:
    """What the command can be told; None: what is known of the kind."""

    kind: str | None = None
    mean: tuple[Any, ...] | None = None  # of red, green and blue, or in the network's own order
    scale: float | None = None
    order: str | None = None
    template: str | None = None  # "whole", or five points as "x y x y ..."
    threshold: float | None = None
    distance: str | None = None
    licence: str | None = None
    name: str | None = None
    crop: float | None = None  # sides of the face's box that a liveness or landmarks see
    size: tuple[Any, ...] | None = None  # height, width
    outputs: list[str] | None = None  # values of the file to answer instead of its own outputs
    verify: bool = False


@dataclass
class Conversion:
    network: Any  # a Network, or a Named one
    kind: recognition.Kind
    outputs: dict[str, Any]  # of the program: Value or Pieces
    metadata: dict[str, str]
    # What the file expects: levels as (level - mean) scale.
    mean: Any = None
    scale: float = 1.0
    features: dict[str, Any] = field(default_factory=dict)  # the program's output: our outputs, one for each piece
    weights: str | None = None  # the program's input that holds the weights of styles
    report: list[tuple[str, float]] = field(default_factory=list)  # of a verification: (output, part of its largest number)


def read(paths: list[Path]) -> Any:
    """A Program or a Named network, and the kind where the file tells: of one file, or of several that belong together."""
    for path in paths:
        if not path.exists():
            raise ConvertError(f"{path} is absent; expected the file of a network")
    suffixes = [path.suffix.lower() for path in paths]
    if suffixes == [".onnx"]:
        from . import onnx_file

        return onnx_file.read(paths[0]), None
    if sorted(suffixes) == [".bin", ".param"]:
        from . import ncnn_file

        param, weights = sorted(paths, key=lambda path: path.suffix.lower() != ".param")
        return ncnn_file.read(param, weights), None
    from . import other_files

    reader = {".pth": other_files.read_torch, ".pt": other_files.read_torch, ".h5": other_files.read_keras,
              ".hdf5": other_files.read_keras, ".mat": other_files.read_matlab, ".dat": other_files.read_dlib,
              ".safetensors": other_files.read_safetensors}  # fmt: skip
    if len(paths) == 1 and paths[0].is_dir():
        return other_files.read_csv_folder(paths[0])
    if len(paths) == 1 and suffixes[0] in reader:
        return reader[suffixes[0]](paths[0])
    names = ", ".join(path.name for path in paths)
    raise ConvertError(f"{names}; expected {FILES}")


def convert(files: FilePath | Sequence[FilePath], output: FilePath, options: Options | None = None) -> Conversion:
    options = options or Options()
    paths = [Path(file) for file in ([files] if isinstance(files, (str, os.PathLike)) else files)]
    program, kind = read(paths)
    if options.licence is None:
        options = replace(options, licence=known_files.licence(paths))
    stem = paths[0].stem.removesuffix(".ncnn")
    if options.outputs and not isinstance(program, Named):
        program.outputs = list(options.outputs)
    if isinstance(program, Named):
        return _convert_named(program, output, options, stem)
    conversion = make(program, options, stem, kind)
    data = writing.encode(conversion.network, conversion.metadata)
    if options.verify:
        from . import verification

        conversion.report = verification.verify(paths, program, conversion, data)
    writing.check(data, conversion.kind.name in recognition.EMBEDDERS)
    writing.write(output, data)
    return conversion


def _convert_named(named: Any, output: str | os.PathLike[str], options: Options, stem: str) -> Conversion:
    """A network that the library knows by name has no graph of its own; only its words can be told."""
    refused = [key for key in ("kind", "mean", "scale", "order", "size", "distance", "crop", "outputs") if getattr(options, key) is not None]
    if refused:
        raise ConvertError(f"--{refused[0]} for {named.architecture}, which has its own; expected none")
    if options.verify:
        raise ConvertError(f"a file of {named.architecture} cannot be verified; expected one of ONNX or ncnn")
    metadata = {"format": "facestyle-1", "architecture": named.architecture, **named.metadata, "name": options.name or stem}
    for key in ("licence", "template"):
        if getattr(options, key) is not None:
            metadata[key] = getattr(options, key)
    if options.threshold is not None:
        metadata["threshold"] = number(options.threshold)
    metadata = {key: value for key, value in metadata.items() if value}
    data = writing.encoded(named.tensors, metadata)
    writing.check(data)
    writing.write(output, data)
    return Conversion(named, recognition.Kind(named.architecture), {}, metadata)


def make(program: Program, options: Options, stem: str = "", given: Any = None) -> Conversion:
    """The conversion of a program; `given` is its kind where the file's own names tell it."""
    lowered, network, outputs = _lowered(program, options.size)
    kind = recognition.recognise(network, outputs, options.kind or given, stem)
    kind = _told(kind, options)
    conversion = Conversion(network, kind, outputs, {}, np.array(kind.mean, np.float64), kind.scale, weights=lowered.weights)
    network.mean, network.factor, network.is_bgr = conversion.mean.copy(), kind.scale, kind.order == "bgr"
    _name_outputs(conversion)
    folding.fold(network)
    needs_size = network.is_fixed or any(layer.kind in ("dense", "flatten") for layer in network.layers)
    is_free = lowered.is_any_size or kind.name in (*recognition.DETECTORS, "fast-style")
    network.is_fixed = needs_size or not is_free
    conversion.metadata = _metadata(kind, options, stem)
    return conversion


def _lowered(program: Program, size: Any) -> Any:
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


def _told(kind: recognition.Kind, options: Options) -> Any:
    for key in ("mean", "scale", "order", "threshold", "distance"):
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
    if options.crop is not None and not 0.5 <= options.crop <= 16:
        raise ConvertError(f"crop {options.crop}; expected 0.5 to 16")
    if kind.threshold is not None and not 0 <= kind.threshold < float("inf"):
        raise ConvertError(f"threshold {kind.threshold}; expected 0 or more")
    return kind


def _name_outputs(conversion: Conversion) -> None:
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
    elif kind.name in (*recognition.DETECTORS, "liveness", "landmarks", "fast-style"):
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


def _plain(network: Network, name: str) -> Any:
    """An output's name without spaces, unlike the others'."""
    plain = name = "".join(c if c.isalnum() or c in "_.-" else "." for c in name).strip(".") or "result"
    count = 1
    while name in network.outputs:
        count += 1
        name = f"{plain}.{count}"
    return name


def _metadata(kind: recognition.Kind, options: Options, stem: str) -> Any:
    metadata = {"kind": kind.name, "name": options.name or stem, "licence": options.licence}
    if kind.name in recognition.EMBEDDERS:
        metadata["distance"] = kind.distance
        if kind.threshold is not None:
            metadata["threshold"] = number(recognition.euclidean(kind.threshold, kind.distance, kind.is_unit))
            if kind.is_published and options.threshold is None:
                metadata["published_threshold"] = f"{kind.distance} distance {number(kind.threshold)}"
    elif kind.threshold is not None:
        metadata["threshold"] = number(kind.threshold)
    metadata["template"] = options.template or _template(kind)
    if kind.name in recognition.DETECTORS:
        metadata.update(recognition.DETECTOR_SIZES)
    if kind.name == "liveness":
        metadata["crop"] = _crop(stem) if options.crop is None else number(options.crop)
    if kind.name == "landmarks":
        metadata["crop"] = number(options.crop or 1.1)  # of the box's longer side; pytorch_face_landmark's
    return metadata


def _crop(stem: str) -> Any:
    """How many times the face's box the network sees: the first number of Minivision's file names."""
    try:
        return number(float(stem.split("_")[0]))
    except ValueError:
        return ""


def _template(kind: recognition.Kind) -> Any:
    if not kind.template:
        return ""
    return " ".join(f"{x:g}" for x in kind.template)
