"""Networks of PyTorch whose files hold only tensors, by the names of these: each is written down again as operators.

Sources of what the files do not say (strides, paddings, epsilons): the published code of facenet-pytorch (T. Esler, MIT),
Pytorch_Retinaface (biubug6, MIT), Silent-Face-Anti-Spoofing (Minivision, Apache-2.0), torchvision and PyTorch's examples (BSD).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import ConvertError
from .named import Named, Taken, vgg19
from .program import Builder

TRAINING = ("num_batches_tracked",)


def read(tensors: dict[str, Any]) -> Any:
    """A Program, or a Named network, and the kind of it."""
    tensors = {name.removeprefix("module."): array for name, array in tensors.items()}
    for marks, function in _KNOWN:
        if all(mark in tensors for mark in marks):
            return function(tensors)
    names = ", ".join(list(tensors)[:4])
    raise ConvertError(f"tensors {names} ...; expected those of VGG-19, InceptionResnetV1, RetinaFace (mobilenet0.25), MiniFASNet "
                       "or fast_neural_style")  # fmt: skip


class _Network:
    """A builder whose layers take their tensors by PyTorch's names."""

    def __init__(self, tensors: dict[str, Any], what: str, shape: Any) -> None:
        self.take, self.build = Taken(tensors, what), Builder(shape)

    def convolution(self, x: Any, name: str, stride: int = 1, padding: int = 0, groups: int = 1) -> Any:
        weight = self.take(f"{name}.weight")
        if weight.ndim != 4:
            raise ConvertError(f'tensor "{name}.weight" is {list(weight.shape)}; expected a convolution\'s four axes')
        more = [self.take(f"{name}.bias", weight.shape[0])] if f"{name}.bias" in self.take else []
        rows, columns = padding if isinstance(padding, tuple) else (padding, padding)
        return self.build("Conv", x, weight, *more, name=name, strides=[stride, stride], pads=[rows, columns, rows, columns],
                          group=groups)  # fmt: skip

    def normalisation(self, x: Any, name: str, epsilon: float = 1e-5) -> Any:
        parts = [self.take(f"{name}.{part}") for part in ("weight", "bias", "running_mean", "running_var")]
        return self.build("BatchNormalization", x, *parts, name=name, epsilon=epsilon)

    def dense(self, x: Any, name: str) -> Any:
        more = [self.take(f"{name}.bias")] if f"{name}.bias" in self.take else []
        return self.build("Gemm", x, self.take(f"{name}.weight"), *more, name=name, transB=1)

    def end(self, *ignored: Any, **outputs: Any) -> Any:
        self.take.check_all(*TRAINING, *ignored)
        return self.build.end(**outputs)


# ---- facenet-pytorch's InceptionResnetV1 ----


def _inception_resnet(tensors: dict[str, Any]) -> Any:
    net = _Network(tensors, "InceptionResnetV1", [None, 3, 160, 160])

    def unit(x: Any, name: str, stride: int = 1, padding: int = 0) -> Any:
        x = net.normalisation(net.convolution(x, f"{name}.conv", stride, padding), f"{name}.bn", 0.001)
        return net.build("Relu", x)

    def chain(x: Any, name: str, *units: Any) -> Any:
        for i, (stride, padding) in enumerate(units):
            x = unit(x, f"{name}.{i}", stride, padding)
        return x

    def residual(x: Any, name: str, scale: Any, branches: Any, rectifies: bool = True) -> Any:
        joined = net.build("Concat", *branches, axis=1)
        y = net.build("Mul", net.convolution(joined, f"{name}.conv2d"), np.float32(scale))
        y = net.build("Add", y, x)
        return net.build("Relu", y) if rectifies else y

    def pool(x: Any) -> Any:
        return net.build("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2])

    plain = (1, 0)
    x = unit("input", "conv2d_1a", 2)
    x = unit(unit(x, "conv2d_2a"), "conv2d_2b", 1, 1)
    x = unit(unit(unit(pool(x), "conv2d_3b"), "conv2d_4a"), "conv2d_4b", 2)
    for i in range(5):
        name = f"repeat_1.{i}"
        branches = [unit(x, f"{name}.branch0"), chain(x, f"{name}.branch1", plain, (1, 1)),
                    chain(x, f"{name}.branch2", plain, (1, 1), (1, 1))]  # fmt: skip
        x = residual(x, name, 0.17, branches)
    x = net.build("Concat", unit(x, "mixed_6a.branch0", 2), chain(x, "mixed_6a.branch1", plain, (1, 1), (2, 0)), pool(x), axis=1)
    for i in range(10):
        name = f"repeat_2.{i}"
        branches = [unit(x, f"{name}.branch0"), chain(x, f"{name}.branch1", plain, (1, (0, 3)), (1, (3, 0)))]
        x = residual(x, name, 0.10, branches)
    x = net.build("Concat", chain(x, "mixed_7a.branch0", plain, (2, 0)), chain(x, "mixed_7a.branch1", plain, (2, 0)),
                  chain(x, "mixed_7a.branch2", plain, (1, 1), (2, 0)), pool(x), axis=1)  # fmt: skip
    for i in range(6):
        name = f"repeat_3.{i}" if i < 5 else "block8"
        branches = [unit(x, f"{name}.branch0"), chain(x, f"{name}.branch1", plain, (1, (0, 1)), (1, (1, 0)))]
        x = residual(x, name, 0.20 if i < 5 else 1.0, branches, rectifies=i < 5)
    x = net.build("Flatten", net.build("GlobalAveragePool", x))
    x = net.normalisation(net.dense(x, "last_linear"), "last_bn", 0.001)
    x = net.build("LpNormalization", x, axis=1, p=2, name="unit")
    return net.end("logits.", embedding=x), "facenet"


# ---- RetinaFace with MobileNet 0.25 ----

LEAK = 0.1


def _retinaface(tensors: dict[str, Any]) -> Any:
    net = _Network(tensors, "RetinaFace", [None, 3, None, None])

    def unit(x: Any, name: str, stride: int = 1, leak: Any = LEAK, places: Any = ("0", "1"), groups: int = 1) -> Any:
        kernel = net.take(f"{name}.{places[0]}.weight").shape[-1]
        x = net.convolution(x, f"{name}.{places[0]}", stride, kernel // 2, groups)
        x = net.normalisation(x, f"{name}.{places[1]}")
        return x if leak is None else net.build("LeakyRelu", x, alpha=leak)

    def separable(x: Any, name: str, stride: Any) -> Any:
        channels = net.take(f"{name}.0.weight").shape[0]
        return unit(unit(x, name, stride, groups=channels), name, places=("3", "4"))

    # The first of a stage halves the size; in the first stage every second one does.
    strides = {1: [1, 2, 1, 2, 1], 2: [2, 1, 1, 1, 1, 1], 3: [2, 1]}
    x, stages = unit("input", "body.stage1.0", 2), []
    for stage, list_of in strides.items():
        for i, stride in enumerate(list_of):
            x = separable(x, f"body.stage{stage}.{i + 1 if stage == 1 else i}", stride)
        stages.append(x)
    levels = [unit(x, f"fpn.output{i}") for i, x in enumerate(stages, 1)]

    def merged(fine: Any, coarse: Any, name: str) -> Any:
        scales = np.array([1, 1, 2, 2], np.float32)
        coarse = net.build("Resize", coarse, "", scales, mode="nearest", coordinate_transformation_mode="asymmetric",
                           nearest_mode="floor")  # fmt: skip
        return unit(net.build("Add", fine, coarse), name)

    levels[1] = merged(levels[1], levels[2], "fpn.merge2")
    levels[0] = merged(levels[0], levels[1], "fpn.merge1")
    heads: dict[str, list[Any]] = {"bbox": [], "class": [], "landmark": []}
    for i, level in enumerate(levels):
        name = f"ssh{i + 1}"
        five = unit(level, f"{name}.conv5X5_1")
        parts = [unit(level, f"{name}.conv3X3", leak=None), unit(five, f"{name}.conv5X5_2", leak=None),
                 unit(unit(five, f"{name}.conv7X7_2"), f"{name}.conv7x7_3", leak=None)]  # fmt: skip
        x = net.build("Relu", net.build("Concat", *parts, axis=1))
        for head, (layer, numbers) in {"bbox": ("BboxHead", 4), "class": ("ClassHead", 2), "landmark": ("LandmarkHead", 10)}.items():
            y = net.build("Transpose", net.convolution(x, f"{layer}.{i}.conv1x1"), perm=[0, 2, 3, 1])
            heads[head].append(net.build("Reshape", y, np.array([1, -1, numbers])))
    joined = {head: net.build("Concat", *parts, axis=1) for head, parts in heads.items()}
    joined["class"] = net.build("Softmax", joined["class"], axis=-1)
    return net.end("body.fc", "body.avg", **joined), "retinaface"


# ---- Minivision's MiniFASNet, V1, V2 and those with squeeze and excite ----


def _mini_fas_net(tensors: dict[str, Any]) -> Any:
    net = _Network(tensors, "MiniFASNet", [None, 3, 80, 80])

    def unit(x: Any, name: str, stride: int = 1, padding: int = 0, groups: int = 1) -> Any:
        x = net.normalisation(net.convolution(x, f"{name}.conv", stride, padding, groups), f"{name}.bn")
        if f"{name}.prelu.weight" not in net.take:
            return x
        return net.build("PRelu", x, net.take(f"{name}.prelu.weight").reshape(-1, 1, 1), name=f"{name}.prelu")

    def channels(name: str) -> Any:
        return net.take(f"{name}.conv.weight").shape[0]

    def separable(x: Any, name: str, stride: Any) -> Any:
        y = unit(x, f"{name}.conv")
        y = unit(y, f"{name}.conv_dw", stride, 1, channels(f"{name}.conv_dw"))
        return unit(y, f"{name}.project")

    def excited(x: Any, name: str) -> Any:
        if f"{name}.fc1.weight" not in net.take:
            return x
        s = net.build("GlobalAveragePool", x)
        s = net.build("Relu", net.normalisation(net.convolution(s, f"{name}.fc1"), f"{name}.bn1"))
        s = net.build("Sigmoid", net.normalisation(net.convolution(s, f"{name}.fc2"), f"{name}.bn2"))
        return net.build("Mul", x, s)

    def residuals(x: Any, name: str, count: int) -> Any:
        for i in range(count):
            block = f"{name}.model.{i}"
            x = net.build("Add", x, excited(separable(x, block, 1), f"{block}.se_module"))
        return x

    x = unit("input", "conv1", 2, 1)
    x = unit(x, "conv2_dw", 1, 1, channels("conv2_dw"))
    x = residuals(separable(x, "conv_23", 2), "conv_3", 4)
    x = residuals(separable(x, "conv_34", 2), "conv_4", 6)
    x = residuals(separable(x, "conv_45", 2), "conv_5", 2)
    x = unit(x, "conv_6_sep")
    x = net.build("Flatten", unit(x, "conv_6_dw", groups=channels("conv_6_dw")))
    if "linear.weight" in net.take:
        x = net.dense(x, "linear")
    logits = net.dense(net.normalisation(x, "bn"), "prob")
    return net.end(logits=logits, scores=net.build("Softmax", logits, axis=1)), "liveness"


# ---- Networks that the library knows by name ----


def _vgg19(tensors: dict[str, Any]) -> Any:
    take = Taken(tensors, "VGG-19")
    places = [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]
    weights, biases = ([take(f"features.{i}.{part}") for i in places] for part in ("weight", "bias"))
    take.check_all("classifier.", *TRAINING)
    # torchvision's: levels of 0 to 1, the mean and deviation of ImageNet.
    mean, deviation = (255 * np.array(values) for values in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    return vgg19(weights, biases, "rgb", mean, 1 / deviation), "vgg19"


def _fast_neural_style(tensors: dict[str, Any]) -> Any:
    from ..models import ModelError, styles

    # Files of before PyTorch 0.4 keep statistics that nothing reads.
    source = {name: array for name, array in tensors.items() if array.dtype.kind == "f" and ".running_" not in name}
    try:
        architecture, ours, metadata = styles.fast(source)
    except ModelError as error:
        raise ConvertError(str(error)) from None
    return Named(architecture, ours, metadata, (None, None, 3)), architecture


_KNOWN = [
    (("features.0.weight", "features.34.weight"), _vgg19),
    (("conv2d_1a.conv.weight", "last_linear.weight"), _inception_resnet),
    (("body.stage1.0.0.weight", "ClassHead.0.conv1x1.weight"), _retinaface),
    (("conv_6_dw.conv.weight", "prob.weight"), _mini_fas_net),
    (("conv1.conv2d.weight", "deconv3.conv2d.weight"), _fast_neural_style),
]
