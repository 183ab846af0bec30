"""Converts networks for fast styles to the files that this library reads.

    python3 -m facestyle.models.styles fast FILE -o OUT
    python3 -m facestyle.models.styles universal FOLDER -o OUT

`fast`: a feed-forward network of one style. FILE is of PyTorch's fast_neural_style example (.pth or .safetensors: tensors
`conv1.conv2d.weight` ... `deconv3.conv2d.bias`), or of TensorFlow's fast-style-transfer (.safetensors: its variables in
the order of their making, `Variable`, `Variable_1` ...).

`universal`: FOLDER has `encoderL` and `decoderL` for levels L of 1 to 5 (.pth or .safetensors), with tensors `conv0`,
`conv11`, `conv12` ... as the published PyTorch networks for whitening and colouring call them, whole or distilled.

Needs NumPy; for .safetensors files, the package of that name.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from . import ModelError, store, tensor_file, torch_zip

COUNTS = [2, 2, 4, 4, 4]  # convolutions in VGG-19's blocks
ENDINGS = (".pth", ".safetensors")


def read(path: str | os.PathLike[str]) -> Any:
    """`{name: float32 array}` of a file."""
    if not Path(path).is_file():
        raise _absent(Path(path), "file")
    data = Path(path).read_bytes()
    if Path(path).suffix == ".safetensors":
        from safetensors import SafetensorError, numpy

        try:
            source = numpy.load(data)
        except SafetensorError as error:
            raise ModelError(f"{path} is no safetensors file: {error}; expected one") from error
    else:
        source = torch_zip.load(data)
    return {name: np.asarray(value, np.float32) for name, value in source.items() if value.dtype.kind == "f"}


def fast(source: Any) -> Any:
    """The architecture and the tensors of a feed-forward network."""
    kind, tensors = ("fast-style", _from_tensorflow(source)) if "Variable" in source else (
        "fast-style-resize", _from_pytorch(source))
    filters = tensors["conv1.weight"].shape[0]
    blocks = sum(name.endswith(".conv1.weight") for name in tensors)
    return kind, tensors, {"filters": str(filters), "blocks": str(blocks)}


def _from_tensorflow(source: Any) -> Any:
    """A weight, a shift and a scale for each layer; [k, k, in, out], of transposed convolutions [k, k, out, in]."""
    count, odd = divmod(len(source), 3)
    blocks, half = divmod(count - 6, 2)
    if odd or half or blocks < 1:
        raise ModelError(f"{len(source)} variables; expected 3 for each of 6 layers and 2 for each block")
    tensors = {}
    for i, name in enumerate(_layers(blocks)):
        weight, shift, scale = (_take(source, "Variable" + (f"_{3 * i + j}" if i or j else "")) for j in range(3))
        if weight.ndim != 4:
            raise ModelError(f"Variable_{3 * i} is {weight.shape}; expected the weights of {name}, with four axes")
        tensors[f"{name}.weight"] = np.ascontiguousarray(weight.transpose(3, 2, 0, 1))
        tensors[f"{name}_in.bias"], tensors[f"{name}_in.weight"] = shift, scale
    return tensors


def _from_pytorch(source: Any) -> Any:
    """The example's names: `conv1.conv2d`, `in1`, `res1.conv1.conv2d`, `res1.in1`, `deconv1.conv2d`, `in4` ..."""
    blocks = sum(name.startswith("res") and name.endswith(".conv1.conv2d.weight") for name in source)
    if not blocks:
        raise ModelError("neither \"Variable\" nor \"res1.conv1.conv2d.weight\" is among the tensors; expected one of them")
    norms = {"conv1": "in1", "conv2": "in2", "conv3": "in3", "deconv1": "in4", "deconv2": "in5"}
    tensors = {}
    for name in _layers(blocks):
        theirs = name.replace("block", "res")
        for part in ("weight", "bias"):
            tensors[f"{name}.{part}"] = _take(source, f"{theirs}.conv2d.{part}")
            if name != "deconv3":
                norm = norms.get(name) or theirs.replace("conv", "in")
                tensors[f"{name}_in.{part}"] = _take(source, f"{norm}.{part}")
    return tensors


def _layers(blocks: Any) -> Any:
    middle = [f"block{i}.conv{j}" for i in range(1, blocks + 1) for j in (1, 2)]
    return ["conv1", "conv2", "conv3", *middle, "deconv1", "deconv2", "deconv3"]


def universal(sources: Any) -> Any:
    """The tensors of ten networks, from `{("encoder", level): {name: array}}`. What only training used is left out."""
    tensors = {}
    for (kind, level), source in sources.items():
        names = ["conv0"] if kind == "encoder" else []
        for block in range(1, level + 1):
            names += [f"conv{block}{i}" for i in range(1, (COUNTS[block - 1] if block < level else 1) + 1)]
        for name in names:
            for part in ("weight", "bias"):
                tensors[f"{kind}{level}.{name}.{part}"] = _take(source, f"{name}.{part}", f"{kind}{level}: ")
    return tensors


def read_folder(folder: Path) -> Any:
    """`{("encoder", level): tensors}` for the levels that are there."""
    if not Path(folder).is_dir():
        raise _absent(Path(folder), "folder")
    sources = {}
    for level in range(1, 6):
        for kind in ("encoder", "decoder"):
            files = [path for path in sorted(Path(folder).glob(f"{kind}{level}.*")) if path.suffix in ENDINGS]
            if files:
                sources[kind, level] = read(files[0])
        if (("encoder", level) in sources) != (("decoder", level) in sources):
            raise ModelError(f"{folder} has one half of level {level}; expected encoder{level} and decoder{level}")
    if not sources:
        raise ModelError(f"{folder} has no encoder1.pth or encoder1.safetensors; expected one level at least")
    return sources


def _absent(path: Path, wanted: str) -> ModelError:
    """Says what is there instead."""
    seen = "a folder" if path.is_dir() else "a file" if path.is_file() else f"no such {wanted}"
    around = path if path.is_dir() else path.parent
    names = sorted(entry.name for entry in around.iterdir() if entry.suffix in ENDINGS) if around.is_dir() else []
    there = f"{around} has {', '.join(names[:8]) or 'none'}" + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    expected = f"a {' or '.join(ENDINGS)} file" if wanted == "file" else f"a folder of {' or '.join(ENDINGS)} files"
    return ModelError(f"{path}: {seen}; expected {expected}: {there}")


def _take(source: Any, name: str, where: str = "") -> Any:
    if name not in source:
        raise ModelError(f"{where}tensor {name} is missing; expected all that the network has")
    return np.ascontiguousarray(source[name], "<f4")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python3 -m facestyle.models.styles", description="Convert a fast style's network.")
    parser.add_argument("kind", choices=["fast", "universal"])
    parser.add_argument("source", type=Path, metavar="FILE|FOLDER")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="OUT")
    parser.add_argument("--source-note", metavar="TEXT", help="where it is from, for the file's metadata")
    parser.add_argument("--licence", metavar="TEXT", help="its licence, for the file's metadata")
    options = parser.parse_args(arguments)
    try:
        if options.kind == "fast":
            name, tensors, metadata = fast(read(options.source))
        else:
            name, tensors, metadata = "universal-style", universal(read_folder(options.source)), {}
        metadata = {"format": "facestyle-1", "architecture": name, "name": options.output.stem, **metadata}
        metadata["source"] = options.source_note or options.source.name
        if options.licence:
            metadata["licence"] = options.licence
        data = tensor_file.encode(tensors, metadata)
        store.write(options.output, data)
    except ModelError as error:
        sys.exit(f"facestyle.models.styles: {error}")
    except OSError as error:
        sys.exit(f"facestyle.models.styles: {error}; expected to convert {options.source}")
    except ImportError as error:
        sys.exit(f"facestyle.models.styles: {error}; expected python3 -m pip install safetensors")
    print(f"{options.output}: {name}, {len(data) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
