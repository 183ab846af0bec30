"""The networks in PyTorch, from the same weights. Normalisation is folded into the convolutions, which is the
fastest form they have there; ONNX Runtime gets the same modules, exported."""

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file, save
from torch import nn
from works import DLIB, VGG


def tensor(array):
    return torch.from_numpy(np.ascontiguousarray(array, np.float32))


def convolution(weight, bias, stride=1, padding=0):
    out, into, side, _ = weight.shape
    module = nn.Conv2d(into, out, side, stride, padding)
    module.weight.data, module.bias.data = tensor(weight), tensor(bias)
    return module.requires_grad_(False)


# ---- VGG-19 ----

VGG_BLOCKS = ((1, 2), (2, 2), (3, 4), (4, 4), (5, 1))  # to conv5_1
STYLE_LAYERS, CONTENT_LAYER = [f"conv{block}_1" for block in range(1, 6)], "conv4_2"


def average_pool(x):
    return F.avg_pool2d(x, 2, 2, ceil_mode=True, count_include_pad=False)


class VGG19(nn.Module):
    """Features of all layers up to conv5_1; the input is BGR less its mean."""

    def __init__(self, pool=average_pool):
        super().__init__()
        self.pool = pool
        stored = load_file(VGG)
        self.blocks = nn.ModuleList()
        for block, count in VGG_BLOCKS:
            names = [f"conv{block}_{i}" for i in range(1, count + 1)]
            self.blocks.append(nn.ModuleDict({
                name: convolution(
                    stored[name + ".weight.table"][stored[name + ".weight.indices"]], stored[name + ".bias"], 1, 1)
                for name in names}))

    def forward(self, x):
        found = {}
        for number, block in enumerate(self.blocks):
            if number:
                x = self.pool(x)
            for name, layer in block.items():
                x = found[name] = F.relu(layer(x))
        return found

    @staticmethod
    def input(rgb):
        bgr = torch.from_numpy(rgb[None, :, :, ::-1].astype(np.float32)).permute(0, 3, 1, 2)
        return (bgr - torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)).contiguous()


def gram(features):
    rows = features.flatten(2)[0]
    return rows @ rows.T


class StyleCosts:
    """10 * content + 40 * style, both normalised as Gatys, Ecker and Bethge do (2016, equations 1 and 4)."""

    def __init__(self, network, content, style):
        self.network = network
        with torch.no_grad():
            self.content = network(content)[CONTENT_LAYER]
            features = network(style)
            self.grams = {name: gram(features[name]) for name in STYLE_LAYERS}

    def __call__(self, picture):
        features = self.network(picture)
        content = (features[CONTENT_LAYER] - self.content).square().sum() / (4 * self.content.numel())
        style = 0
        for name in STYLE_LAYERS:
            _, channels, height, width = features[name].shape
            error = (gram(features[name]) - self.grams[name]).square().sum()
            style = style + 0.2 * error / (4 * channels**2 * (height * width) ** 2)
        return content, style, 10 * content + 40 * style


# ---- dlib's ResNet ----


class DlibResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stored = load_file(DLIB)
        self.stem = self._unit("stem", 2, 0)
        self.first, self.second, self.halves = nn.ModuleList(), nn.ModuleList(), []
        for number, halves in enumerate((0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1), 1):
            self.first.append(self._unit(f"block{number}.a", *((2, 0) if halves else (1, 1))))
            self.second.append(self._unit(f"block{number}.b", 1, 1))
            self.halves.append(bool(halves))
        self.embedding = nn.Linear(256, 128, bias=False).requires_grad_(False)
        self.embedding.weight.data = tensor(self.stored["embedding.weight"])

    def _unit(self, name, stride, padding):
        gamma, beta = self.stored[name + ".gamma"], self.stored[name + ".beta"]
        weight, bias = self.stored[name + ".weight"], self.stored[name + ".bias"]
        return convolution(weight * gamma[:, None, None, None], bias * gamma + beta, stride, padding)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.stem(x)), 3, 2)
        for first, second, halves in zip(self.first, self.second, self.halves):
            y = second(F.relu(first(x)))
            short = F.avg_pool2d(x, 2, 2) if halves else x
            # Where the sides differ, the smaller gets zeros at the right, at the bottom and as last channels.
            size = [max(y.shape[i], short.shape[i]) for i in (1, 2, 3)]
            x = F.relu(self._grown(y, size) + self._grown(short, size))
        return self.embedding(x.mean((2, 3)))

    @staticmethod
    def _grown(x, size):
        extra = [want - have for want, have in zip(size, x.shape[1:])]
        return F.pad(x, (0, extra[2], 0, extra[1], 0, extra[0])) if any(extra) else x

    @staticmethod
    def input(chips):
        mean = np.array([122.782, 117.001, 104.298], np.float32)
        return tensor(((chips.astype(np.float32) - mean) / 256).transpose(0, 3, 1, 2))


# ---- OpenFace's nn4.small2 ----

INCEPTIONS = {  # input channels; 3x3 reduced, out; 5x5 reduced, out; pool projection; 1x1
    "3a": (192, (96, 128), (16, 32), 32, 64),
    "3b": (256, (96, 128), (32, 64), 64, 64),
    "3c": (320, (128, 256), (32, 64), None, None),
    "4a": (640, (96, 192), (32, 64), 128, 256),
    "4e": (640, (160, 256), (64, 128), None, None),
    "5a": (1024, (96, 384), None, 96, 256),
    "5b": (736, (96, 384), None, 96, 256),
}
BORDERS = {"3a": (3, 4, 3, 4), "3b": (4, 4, 4, 4), "4a": (2, 2, 2, 2), "5a": (1, 1, 1, 1), "5b": (1, 1, 1, 1)}


def nn4_weights(seed=11):
    """A safetensors file: He-scaled normal filters, batch statistics near 0 and 1. It knows no face."""
    random, weights = np.random.default_rng(seed), {}

    def unit(name, out, into, side):
        weights[name + ".weight"] = random.normal(0, np.sqrt(2 / (into * side * side)), (out, into, side, side))
        weights[name + ".bias"] = random.normal(0, 0.01, out)
        statistics = name.replace("conv", "bn")
        weights[statistics + ".weight"] = random.normal(1, 0.05, out)
        weights[statistics + ".bias"] = random.normal(0, 0.05, out)
        weights[statistics + ".running_mean"] = random.normal(0, 0.05, out)
        weights[statistics + ".running_var"] = random.uniform(0.9, 1.1, out)

    unit("conv1", 64, 3, 7), unit("conv2", 64, 64, 1), unit("conv3", 192, 64, 3)
    for block, (into, three, five, pool, one) in INCEPTIONS.items():
        name = f"inception_{block}_"
        for side, sizes in ((3, three), (5, five)):
            if sizes:
                unit(f"{name}{side}x{side}_conv1", sizes[0], into, 1)
                unit(f"{name}{side}x{side}_conv2", sizes[1], sizes[0], side)
        if pool:
            unit(name + "pool_conv", pool, into, 1)
        if one:
            unit(name + "1x1_conv", one, into, 1)
    weights["dense.weight"], weights["dense.bias"] = random.normal(0, 0.04, (128, 736)), random.normal(0, 0.01, 128)
    values = {name: np.ascontiguousarray(value, np.float32) for name, value in weights.items()}
    return save(values, {"architecture": "nn4.small2", "lrn": "torch"})


ROOT_GUARD = 1e-12  # the gradient of a root is infinite at 0, where all of a window is 0


class ResponseNormalisation(torch.autograd.Function):
    """F.local_response_norm, exported as the one operator that ONNX has for it."""

    @staticmethod
    def forward(_, x):
        return F.local_response_norm(x, 5, 1e-4, 0.75, 1.0)

    @staticmethod
    def symbolic(graph, x):
        return graph.op("LRN", x, size_i=5, alpha_f=1e-4, beta_f=0.75, bias_f=1.0)


class NN4Small2(nn.Module):
    def __init__(self, path, learns=False):
        super().__init__()
        self.stored, self.units, self.learns = load_file(path), nn.ModuleDict(), learns
        self._add("conv1", 2, 3), self._add("conv2"), self._add("conv3", 1, 1)
        for block, (_, _, five, pool, one) in INCEPTIONS.items():
            name, stride = f"inception_{block}_", 2 if pool is None else 1
            self._add(name + "3x3_conv1"), self._add(name + "3x3_conv2", stride, 1)
            if five:
                self._add(name + "5x5_conv1"), self._add(name + "5x5_conv2", stride, 2)
            if pool:
                self._add(name + "pool_conv")
            if one:
                self._add(name + "1x1_conv")
        self.dense = nn.Linear(736, 128).requires_grad_(False)
        self.dense.weight.data = tensor(self.stored["dense.weight"])
        self.dense.bias.data = tensor(self.stored["dense.bias"])
        self.requires_grad_(learns)

    def _add(self, name, stride=1, padding=0):
        statistics = name.replace("conv", "bn")
        if self.learns:  # then the batch's statistics count, and nothing can be folded
            module = convolution(self.stored[name + ".weight"], self.stored[name + ".bias"], stride, padding)
            normalisation = nn.BatchNorm2d(len(module.bias))
            normalisation.load_state_dict(
                {part: tensor(self.stored[f"{statistics}.{part}"]) for part in ("weight", "bias", "running_mean", "running_var")},
                strict=False)
            self.units[name] = nn.Sequential(module, normalisation)
            return
        gamma, beta, mean, variance = (
            self.stored[f"{statistics}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var"))
        factor = gamma / np.sqrt(variance + 1e-5)
        weight = self.stored[name + ".weight"] * factor[:, None, None, None]
        self.units[name] = convolution(weight, (self.stored[name + ".bias"] - mean) * factor + beta, stride, padding)

    def forward(self, x):
        def unit(x, name):
            return F.relu(self.units[name](x))

        def normalised(x):
            return F.local_response_norm(x, 5, 1e-4, 0.75, 1.0) if self.learns else ResponseNormalisation.apply(x)

        x = normalised(F.max_pool2d(unit(x, "conv1"), 3, 2, 1))
        x = F.max_pool2d(normalised(unit(unit(x, "conv2"), "conv3")), 3, 2, 1)
        for block, (_, _, five, pool, one) in INCEPTIONS.items():
            name = f"inception_{block}_"
            parts = [unit(unit(x, name + "3x3_conv1"), name + "3x3_conv2")]
            if five:
                parts.append(unit(unit(x, name + "5x5_conv1"), name + "5x5_conv2"))
            if pool is None:
                parts.append(F.pad(F.max_pool2d(x, 3, 2), (0, 1, 0, 1)))
            else:
                largest = block in ("3a", "5b")
                pooled = F.max_pool2d(x, 3, 2) if largest else torch.sqrt(F.avg_pool2d(x * x, 3, 3) * 9 + ROOT_GUARD * self.learns)
                parts.append(F.pad(unit(pooled, name + "pool_conv"), BORDERS[block]))
            if one:
                parts.append(unit(x, name + "1x1_conv"))
            x = torch.cat(parts, 1)
        x = self.dense(F.avg_pool2d(x, 3, 1).flatten(1))
        return x / torch.sqrt((x * x).sum(1, keepdim=True))

    @staticmethod
    def input(chips):
        return tensor((chips.astype(np.float32) / 255).transpose(0, 3, 1, 2))


def embedding_network(work, folder):
    network = NN4Small2(folder / "nn4.safetensors") if work.kind == "nn4" else DlibResNet()
    return network.eval()
