"""Makes a network smaller without changing what it answers: scales, shifts and activations go into the sums beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

import numpy as np

from .network import number

if TYPE_CHECKING:
    from .network import Layer, Network


def fold(network: Network) -> None:
    network.prune()
    _remove_identities(network)
    _merge_affines(network)
    _fold_affines_back(network)
    _fold_affines_forward(network)
    _fold_input(network)
    _fold_borders(network)
    _write_affines(network)
    _fold_activations(network)
    network.prune()


def _only_reader(network: Network, readers: Any, layer: Layer) -> Any:
    """The only layer that reads a value which is no output."""
    found = readers[layer.name]
    return found[0] if len(found) == 1 and layer.name not in network.outputs.values() else None


def _affines(network: Network) -> Any:
    return [layer for layer in network.layers if layer.kind == "affine"]


def _remove_identities(network: Network) -> None:
    for layer in _affines(network):
        if np.all(layer.scale == 1) and np.all(layer.shift == 0):
            network.remove(layer)


def _merge_affines(network: Network) -> None:
    for layer in _affines(network):
        readers = network.readers()
        following = _only_reader(network, readers, layer)
        if following is not None and following.kind == "affine":
            following.shift = following.scale * layer.shift + following.shift
            following.scale = following.scale * layer.scale
            network.remove(layer)


def _fold_affines_back(network: Network) -> None:
    """y = scale (W x + b) + shift"""
    by_name = {layer.name: layer for layer in network.layers}
    for layer in _affines(network):
        before = by_name.get(layer.inputs[0])
        if before is None or before.activation or before.kind not in ("convolution", "dense", "transposed-convolution"):
            continue
        if _only_reader(network, network.readers(), before) is not layer:
            continue
        weight = before.tensors["weight"]
        axis = 1 if before.kind == "transposed-convolution" else 0
        shape = [-1 if i == axis else 1 for i in range(weight.ndim)]
        before.tensors["weight"] = np.asarray(weight, np.float64) * layer.scale.reshape(shape)
        before.tensors["bias"] = before.tensors.get("bias", np.zeros(weight.shape[axis])) * layer.scale + layer.shift
        before.parameters.pop("bias", None)
        network.remove(layer)


def _fold_affines_forward(network: Network) -> None:
    """y = W (scale x + shift) + b, where no window reaches beyond the picture."""
    for layer in _affines(network):
        following = _only_reader(network, network.readers(), layer)
        flat = None
        if following is not None and following.kind == "flatten":
            flat, following = following, _only_reader(network, network.readers(), following)
        if following is None or not following.is_sum or layer.inputs[0] == "input":
            continue
        if following.kind == "convolution" and (flat or following.parameters.get("padding")):
            continue
        weight = np.asarray(following.tensors["weight"], np.float64)
        if following.kind == "dense":
            pixels = weight.shape[1] // len(layer.scale)
            scale, shift = np.tile(layer.scale, pixels), np.tile(layer.shift, pixels)
            added, scaled = weight @ shift, weight * scale
        else:
            groups = int(following.parameters.get("groups", 1))
            outputs, each = weight.shape[:2]
            of_group = np.repeat(np.arange(groups), outputs // groups)
            scale, shift = (values.reshape(groups, each)[of_group] for values in (layer.scale, layer.shift))
            added, scaled = (weight.sum((2, 3)) * shift).sum(1), weight * scale[:, :, None, None]
        following.tensors["weight"] = scaled
        following.tensors["bias"] = following.tensors.get("bias", np.zeros(len(weight))) + added
        following.parameters.pop("bias", None)
        network.remove(layer)


def _fold_input(network: Network) -> None:
    """The first scale and shift go to the line of the input: (level - mean) factor."""
    readers = network.readers()["input"]
    if len(readers) != 1 or readers[0].kind != "affine" or "input" in network.outputs.values():
        return
    layer = readers[0]
    if layer.name in network.outputs.values() or not np.all(layer.scale == layer.scale[0]) or not layer.scale[0]:
        return
    shift = np.resize(layer.shift, 3)
    network.mean = network.mean - shift / (layer.scale[0] * network.factor)
    network.factor = network.factor * layer.scale[0]
    network.remove(layer)


def _fold_borders(network: Network) -> None:
    """Zeros around a picture become a convolution's own."""
    for layer in [layer for layer in network.layers if layer.kind == "border"]:
        following = _only_reader(network, network.readers(), layer)
        if following is None or following.kind != "convolution" or "value" in layer.parameters:
            continue
        own = sides(following.parameters.get("padding", "0"))
        added = [int(layer.parameters.get(side, 0)) for side in ("top", "left", "bottom", "right")]
        following.parameters["padding"] = padding([a + b for a, b in zip(own, added)])
        if not following.parameters["padding"]:
            del following.parameters["padding"]
        network.remove(layer)


def sides(text: str) -> Any:
    """Top, left, bottom and right of a padding as the text has it."""
    counts = [int(part) for part in str(text).split(":")]
    return {1: counts * 4, 2: [counts[0], counts[0], counts[-1], counts[-1]], 4: counts}[len(counts)]


def padding(counts: Any) -> Any:
    top, left, bottom, right = counts
    if top == left == bottom == right:
        return str(top) if top else ""
    return f"{top}:{bottom}" if top == left and bottom == right else f"{top}:{left}:{bottom}:{right}"


def _write_affines(network: Network) -> None:
    """As layers that files have."""
    for layer in _affines(network):
        if np.all(layer.scale == layer.scale[0]) and np.all(layer.shift == layer.shift[0]):
            layer.kind = "linear"
            layer.parameters = {"scale": number(layer.scale[0]), "offset": number(layer.shift[0])}
            continue
        layer.kind = "batch-normalisation"
        ones = np.ones(len(layer.scale))
        # The library adds 1e-5 to the variance, in single precision.
        layer.tensors = {"weight": layer.scale, "bias": layer.shift, "running_mean": 0 * ones,
                         "running_var": np.float32(1) - np.float32(1e-5) * ones}  # fmt: skip


FUSED: dict[str, Callable[[Layer], tuple[Any, ...]]] = {"rectifier": lambda layer: ("rectifier",), "leaky-rectifier": lambda layer: ("leaky", layer.scale),
         "parametric-rectifier": lambda layer: ("parametric", layer.tensors["weight"])}  # fmt: skip


def _fold_activations(network: Network) -> None:
    by_name = {layer.name: layer for layer in network.layers}
    for layer in [layer for layer in network.layers if layer.kind in FUSED]:
        before = by_name.get(layer.inputs[0])
        if before is None or before.activation or not (before.is_sum or before.kind == "batch-normalisation"):
            continue
        if _only_reader(network, network.readers(), before) is layer:
            before.activation = FUSED[layer.kind](layer)
            network.remove(layer)
