"""Runs a file with its own library and what was made of it with ours, on one picture, and compares every output."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import ConvertError, writing
from .values import Pieces

if TYPE_CHECKING:
    from .conversion import Conversion
    from .program import Program

MOST = 1e-4  # of an output's largest number
LEAST = 1e-2  # the largest number of an output whose numbers are all smaller


def verify(paths: list[Path], program: Program, conversion: Conversion, data: bytes) -> Any:
    """(output, difference in parts of its largest number) for each output.

    Raises ConvertError for one that differs by more than `MOST`."""
    expected = _theirs(paths, program, conversion)
    if conversion.weights is not None:
        data = writing.encode(conversion.network.mixed(mixture(conversion)), conversion.metadata)
    found = _ours(conversion, data)
    report = []
    for name, value in conversion.outputs.items():
        wanted = np.asarray(expected[name], np.float64)
        arrays = [found[output] for output in conversion.features[name]]
        got = value.theirs(arrays) if isinstance(value, Pieces) else value.theirs(arrays[0])
        if got.size != wanted.size:
            raise ConvertError(f'output "{name}" has {got.size} numbers; expected {wanted.size}')
        # Scores that are nearly 0 throughout have no digits to compare.
        largest = max(np.abs(wanted).max(), LEAST)
        difference = float(np.abs(got.ravel() - wanted.ravel()).max() / largest)
        report.append((name, difference))
        if not difference <= MOST:
            raise ConvertError(f'output "{name}" differs by {difference:.2g} of its largest number; expected at most {MOST:g}')
    return report


def levels(conversion: Conversion) -> Any:
    """A picture of noise, always the same: uint8 [height, width, 3], red first."""
    height, width, channels = conversion.network.extent
    pixels = np.random.default_rng(7).integers(0, 256, (height, width, 3 if channels == 3 else 1), np.uint8)
    return np.ascontiguousarray(np.broadcast_to(pixels, (height, width, 3)))


def mixture(conversion: Conversion) -> Any:
    """A weight for each style, always the same, with a sum of 1."""
    weights = np.random.default_rng(11).uniform(0, 1, conversion.network.styles).astype(np.float32)
    return weights / weights.sum()


def _ours(conversion: Conversion, data: bytes) -> Any:
    import facestyle as fs

    try:
        fs.version()
    except ImportError as error:
        raise ConvertError(f"{error}; expected it, to verify") from None
    names = {output for outputs in conversion.features.values() for output in outputs}
    with fs.Model.load(data) as model, fs.Image.from_array(levels(conversion)) as image:
        return {name: model.features(image, name) for name in names}


def network_input(conversion: Conversion) -> Any:
    """The same picture as the file's own library takes it, [1, channels, height, width]."""
    pixels = levels(conversion).astype(np.float64)
    pixels = pixels[:, :, ::-1] if conversion.kind.order == "bgr" else pixels
    pixels = (pixels - conversion.mean) * conversion.scale
    return pixels[:, :, : conversion.network.extent[2]].transpose(2, 0, 1)[None].astype(np.float32)


def _theirs(paths: list[Path], program: Program, conversion: Conversion) -> Any:
    suffix = str(paths[0]).rpartition(".")[2].lower()
    if suffix == "onnx":
        return _onnxruntime(paths[0], program, conversion)
    if suffix in ("param", "bin"):
        return _ncnn(paths, program, conversion)
    raise ConvertError(f"a .{suffix} file cannot be verified; expected one of ONNX or ncnn")


def _onnxruntime(path: str | os.PathLike[str], program: Program, conversion: Conversion) -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise ConvertError("the package onnxruntime is absent; expected it, to verify") from None
    (name, shape), = [entry for entry in program.inputs.items() if entry[0] != conversion.weights]
    picture = network_input(conversion)
    if shape[1] not in (1, 3) and shape[3] in (1, 3):
        picture = np.ascontiguousarray(picture.transpose(0, 2, 3, 1))
    try:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        source = _with_outputs(path, program.outputs)
        session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        kind = session.get_inputs()[0].type
        picture = picture.astype({"tensor(float16)": np.float16, "tensor(double)": np.float64}.get(kind, np.float32))
        batch = shape[0] or 1
        given = {name: np.repeat(picture, batch, 0)}
        if conversion.weights is not None:
            given[conversion.weights] = mixture(conversion)
        found: list[Any] = list(session.run(program.outputs, given))
        return {name: array[:1] if batch > 1 else array for name, array in zip(program.outputs, found)}
    except Exception as error:
        raise ConvertError(f"onnxruntime cannot run {path}: {' '.join(str(error).split())[:200]}; expected it to, to verify") from None


def _with_outputs(path: str | os.PathLike[str], outputs: Any) -> Any:
    """The file, or its bytes with other outputs."""
    import onnx

    model = onnx.load(str(path), load_external_data=False)
    if [value.name for value in model.graph.output] == list(outputs):
        return str(path)
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in outputs)
    onnx.load_external_data_for_model(model, str(Path(path).parent))
    return model.SerializeToString()


def _ncnn(paths: list[Path], program: Program, conversion: Conversion) -> Any:
    try:
        ncnn: Any = importlib.import_module("ncnn")
    except ImportError:
        raise ConvertError("the package ncnn is absent; expected it, to verify") from None
    param, weights = sorted(map(str, paths), key=lambda path: not path.lower().endswith(".param"))
    net = ncnn.Net()
    # Single precision, as ours.
    for option in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage"):
        setattr(net.opt, option, False)
    net.load_param(param)
    net.load_model(weights)
    picture = np.ascontiguousarray(network_input(conversion)[0])  # which the matrix does not own
    extractor = net.create_extractor()
    extractor.input(next(iter(program.inputs)), ncnn.Mat(picture).clone())
    found = {}
    for name in program.outputs:
        _, mat = extractor.extract(name)
        found[name] = np.array(mat.clone())
    return found
