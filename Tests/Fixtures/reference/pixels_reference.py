"""Writes ../pixels.json: which pixels a unit's answer comes from, by PyTorch in float64, in three ways back.

    python3 -m venv v
    v/bin/pip install numpy torch==2.13.0
    v/bin/python pixels_reference.py

Weights and pictures are worked out from a formula (`value`), so that the tests make the same ones. A rectifier's way back
is its own autograd function: the derivative; rectified (Zeiler and Fergus 2014); both (Springenberg and others 2015).
Maxima pass back to the place that won, which is what unpooling with switches does.
"""
import json, math, pathlib
import numpy as np, torch
import torch.nn.functional as F
from formula import value

torch.set_default_dtype(torch.float64)


class Rectifier(torch.autograd.Function):
    way = "gradient"

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(context, dy):
        (x,) = context.saved_tensors
        if Rectifier.way != "deconvolution":
            dy = dy * (x > 0)
        return dy if Rectifier.way == "gradient" else dy.clamp(min=0)


def tensor(name, shape, kind):
    """The formula's weights, as Float stores them."""
    u = value(name, math.prod(shape))
    if kind == "weight":
        u = u * math.sqrt(6 / math.prod(shape[1:]))
    elif kind in ("bias", "beta", "mean"):
        u = 0.2 * u
    elif kind == "gamma":
        u = 1 + 0.2 * u
    elif kind == "variance":
        u = 1 + 0.5 * u
    return torch.from_numpy(u.astype(np.float32).astype(np.float64)).reshape(shape)


def convolution(x, name, outputs, bias=True):
    weight = tensor(name + ".weight", (outputs, x.shape[1], 3, 3), "weight")
    return F.conv2d(x, weight, tensor(name + ".bias", (outputs,), "bias") if bias else None, padding=1)


def normalisation(x, name):
    parts = {"weight": "gamma", "bias": "beta", "running_mean": "mean", "running_var": "variance"}
    gamma, beta, mean, variance = (tensor(f"{name}.{part}", (x.shape[1],), kind) for part, kind in parts.items())
    return F.batch_norm(x, mean, variance, gamma, beta)


def chain(x):
    """VGG in small: rectified sums and maxima of 2x2."""
    rectifier = Rectifier.apply
    x = F.max_pool2d(rectifier(convolution(rectifier(convolution(x, "c1", 6)), "c2", 6)), 2)
    x = F.max_pool2d(rectifier(convolution(x, "c3", 8)), 2)
    return rectifier(convolution(x, "c4", 8))


def residual(x):
    """Normalisations folded into sums and on their own, a short cut, maxima of windows that overlap."""
    rectifier = Rectifier.apply
    x = F.max_pool2d(rectifier(normalisation(convolution(x, "s1", 6), "n1")), 3, 2)
    y = rectifier(normalisation(convolution(x, "r1", 6), "n2"))
    x = rectifier(x + normalisation(convolution(y, "r2", 6), "n3"))
    return rectifier(normalisation(x, "n4"))


HEIGHT, WIDTH = 12, 14
picture = value("picture", HEIGHT * WIDTH * 3).astype(np.float32).astype(np.float64).reshape(1, HEIGHT, WIDTH, 3)
result = {"height": HEIGHT, "width": WIDTH}
for network, (row, column, unit) in {chain: (1, 2, 3), residual: (2, 3, 1)}.items():
    found = {"place": [row, column, unit]}
    for way in ("deconvolution", "guided", "gradient"):
        Rectifier.way = way
        x = torch.from_numpy(picture.transpose(0, 3, 1, 2).copy()).requires_grad_()
        answer = network(x)[0, unit, row, column]
        assert answer > 0, "a unit that answers"
        answer.backward()
        found["answer"] = answer.item()
        found[way] = [float(f"{number:.14g}") for number in x.grad[0].permute(1, 2, 0).flatten().tolist()]
    result[network.__name__] = found
    print(network.__name__, found["answer"], *(np.abs(found[way]).max() for way in ("deconvolution", "guided", "gradient")))
(pathlib.Path(__file__).parent.parent / "pixels.json").write_text(json.dumps(result) + "\n")
