"""Readers of files that hold only tensors: PyTorch, Keras, MatConvNet, dlib and OpenFace's folder of CSV files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..models import ModelError
from . import ConvertError, state_dicts
from .named import Named, Taken, single, vgg19

if TYPE_CHECKING:
    pass

MOST_BYTES, MOST_NUMBERS = 1 << 32, 1 << 28


def _bytes(path: str | os.PathLike[str]) -> Any:
    if Path(path).stat().st_size > MOST_BYTES:
        raise ConvertError(f"{path} has {Path(path).stat().st_size} bytes; expected at most {MOST_BYTES}")
    return Path(path).read_bytes()


def read_torch(path: str | os.PathLike[str]) -> Any:
    from ..models import torch_zip

    try:
        tensors = torch_zip.load(_bytes(path))
    except ModelError as error:
        raise ConvertError(f"{path}: {error}") from None
    return state_dicts.read(tensors)


def read_safetensors(path: str | os.PathLike[str]) -> Any:
    """A state dict in that form."""
    from ..models import ModelError, styles

    try:
        return state_dicts.read(styles.read(path))
    except ImportError:
        raise ConvertError("the package safetensors is absent; expected it: python3 -m pip install safetensors") from None
    except ModelError as error:
        raise ConvertError(str(error)) from None


def read_dlib(path: str | os.PathLike[str]) -> Any:
    from ..models import convert

    try:
        tensors, metadata = convert.dlib_tensors(_bytes(path))
    except ModelError as error:
        raise ConvertError(f"{path}: {error}") from None
    metadata.pop("licence")  # that of the published file, which has its checksum
    return Named("dlib-resnet", tensors, metadata, (150, 150, 3)), "dlib-resnet"


# ---- Keras ----


def read_keras(path: str | os.PathLike[str]) -> Any:
    """Weights by layer, {"conv1": {"kernel": array, ...}}, whatever groups they lie in."""
    try:
        import h5py
    except ImportError:
        raise ConvertError("the package h5py is absent; expected it: python3 -m pip install h5py") from None
    layers: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f":
            if item.size is None or item.size > MOST_NUMBERS:
                raise ConvertError(f"{path}: {name} is {list(item.shape)}; expected at most {MOST_NUMBERS} numbers")
            parts = name.split("/")
            layers.setdefault(parts[-2] if len(parts) > 1 else "", {})[parts[-1].partition(":")[0]] = np.array(item)

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise ConvertError(f"{path} is no HDF5 file that can be read: {' '.join(str(error).split())[:120]}; expected Keras's") from None
    # Before Keras 2 a weight had its layer's name before its own: "block1_conv1_W_1".
    layers = {name: {_plain(key, name): array for key, array in arrays.items()} for name, arrays in layers.items()}
    if "block1_conv1" in layers:
        return _keras_vgg19(layers), "vgg19"
    if "inception_3a_1x1_conv" in layers:
        return _keras_openface(layers), "openface"
    raise ConvertError(f"{path} has layers {', '.join(list(layers)[:4])} ...; expected Keras's VGG-19, or OpenFace's nn4.small2")


def _plain(key: str, layer: str) -> Any:
    key = key.removeprefix(layer).lstrip("_")
    old = {"W": "kernel", "b": "bias", "running_mean": "moving_mean", "running_std": "moving_variance"}
    word = key.removesuffix("_1") if key.endswith("_1") else key
    return old.get(word, word)


def _keras_vgg19(layers: Any) -> Any:
    weights: list[Any] = []
    biases: list[Any] = []
    for block, count in enumerate([2, 2, 4, 4, 4], 1):
        for i in range(1, count + 1):
            take = Taken(layers.get(f"block{block}_conv{i}", {}), f"layer block{block}_conv{i}")
            weights.append(take("kernel").transpose(3, 2, 0, 1))
            biases.append(take("bias"))
    return vgg19(weights, biases, "bgr", (103.939, 116.779, 123.68))


def _keras_openface(layers: Any) -> Any:
    tensors = {}
    for name, arrays in layers.items():
        if not arrays:
            continue
        take = Taken(arrays, f"layer {name}")
        ours = "dense" if name.startswith("dense") else name
        if "gamma" in arrays:
            for part, theirs in _STATISTICS.items():
                tensors[f"{ours}.{part}"] = single(take(theirs), name)
        else:
            kernel = take("kernel")
            tensors[f"{ours}.weight"] = single(kernel.T if kernel.ndim == 2 else kernel.transpose(3, 2, 0, 1), name)
            tensors[f"{ours}.bias"] = single(take("bias"), name)
    return _openface(tensors)


_STATISTICS = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}


def _openface(tensors: dict[str, Any]) -> Any:
    missing = [name for name in ("conv1.weight", "bn1.running_var", "inception_5b_1x1_conv.weight", "dense.weight") if name not in tensors]
    if missing:
        raise ConvertError(f"no {', '.join(missing)}; expected all layers of nn4.small2")
    # Keras-OpenFace's two response normalisations are TensorFlow's; its threshold, 0.99, is of squared distances.
    return Named("nn4.small2", tensors, {"lrn": "tensorflow", "threshold": "0.995", "distance": "euclidean"}, (96, 96, 3))


def read_csv_folder(folder: Path) -> Any:
    """OpenFace's weights as Keras-OpenFace keeps them: `conv1_w.csv`, `bn1_m.csv` ..., numbers without their shapes."""
    files = sorted(Path(folder).glob("*.csv"))
    parts = {"w": "weight", "b": "bias", "m": "running_mean", "v": "running_var"}
    flat = {}
    for path in files:
        name, _, part = path.stem.rpartition("_")
        if part not in parts:
            continue
        try:
            flat[f"{name}.{parts[part]}"] = np.loadtxt(path, delimiter=",", dtype=np.float32, ndmin=1).ravel()
        except (ValueError, OSError) as error:
            raise ConvertError(f"{path}: {' '.join(str(error).split())[:120]}; expected numbers with commas") from None
    if "conv1.weight" not in flat:
        raise ConvertError(f"{folder} has no conv1_w.csv; expected OpenFace's weights")
    tensors = {}
    for name, values in flat.items():
        layer = name.rpartition(".")[0]
        if name.endswith(".weight") and f"{layer}.running_mean" not in flat:
            shape = _openface_shape(layer, values.size, flat.get(f"{layer}.bias", np.empty(0)).size)
            values = values.reshape(shape)
        tensors[name] = single(values, name)
    return _openface(tensors), "openface"


def _openface_shape(layer: str, size: Any, outputs: Any) -> Any:
    """[outputs, inputs, k, k], PyTorch's order, by the window that the layer's name tells."""
    if layer.startswith("dense"):
        kernel = 1
    elif layer == "conv1":
        kernel = 7
    else:
        kernel = 3 if layer == "conv3" or layer.endswith("3x3_conv2") else 5 if layer.endswith("5x5_conv2") else 1
    if not outputs or size % (outputs * kernel * kernel):
        raise ConvertError(f"{layer} has {size} weights and {outputs} biases; expected windows of {kernel}x{kernel}")
    inputs = size // (outputs * kernel * kernel)
    return (outputs, inputs) if layer.startswith("dense") else (outputs, inputs, kernel, kernel)


# ---- MatConvNet ----


def read_matlab(path: str | os.PathLike[str]) -> Any:
    try:
        import scipy.io
    except ImportError:
        raise ConvertError("the package scipy is absent; expected it: python3 -m pip install scipy") from None
    try:
        net = scipy.io.loadmat(path, squeeze_me=False, struct_as_record=True)
    except Exception as error:  # damaged files raise nearly every type there is
        raise ConvertError(f"{path} is no MATLAB file that can be read: {' '.join(str(error).split())[:120]}; expected one") from None
    if "layers" not in net:
        raise ConvertError(f"{path} has no variable \"layers\"; expected a network of MatConvNet")
    weights: list[Any] = []
    biases: list[Any] = []
    try:
        for layer in net["layers"].ravel():
            layer = layer.ravel()[0]
            if str(np.ravel(layer["type"])[0]) != "conv" or len(weights) == 16:
                continue
            # Files of before 2015 call them filters and biases.
            names = layer.dtype.names
            pair = layer["weights"].ravel() if "weights" in names else (layer["filters"], layer["biases"])
            weights.append(np.asarray(pair[0], np.float64).transpose(3, 2, 0, 1))
            biases.append(np.asarray(pair[1], np.float64).ravel())
        mean = _average_image(net)
    except (IndexError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConvertError(f"{path}: {' '.join(str(error).split())[:120]}; expected layers as MatConvNet has them") from None
    return vgg19(weights, biases, "rgb", mean), "vgg19"


def _average_image(net: Any) -> Any:
    """The mean of red, green and blue: `meta.normalization.averageImage`, one colour or a picture of them."""
    meta = net["meta"].ravel()[0] if "meta" in net else {name: net[name] for name in net if not name.startswith("__")}
    image = np.asarray(meta["normalization"].ravel()[0]["averageImage"], np.float64)
    return image.reshape(-1, 3).mean(0) if image.shape[-1] == 3 else image.ravel()[:3]
