"""Writes ../networks.json: what PyTorch's DenseNet and MobileFaceNet, both made small, answer to two pictures.

    python3 -m venv v
    v/bin/pip install torch==2.15.0 torchvision==0.29.2
    v/bin/python networks_reference.py

Weights and pictures are worked out from a formula (`value`), so that the tests make the same ones. DenseNet is
torchvision's, whose densenet121 has the paper's 7,978,856 parameters, checked here. MobileFaceNet is written from the
paper's table, with an eighth of its channels, at 48x48: the last map is 3x3.
"""
import json, math, pathlib
import numpy as np, torch, torchvision
from torch import nn
from formula import value


def fill(network):
    """Gives each tensor its numbers: weights of unit gain, the others near what they are in a trained network."""
    kinds = {}
    for name, module in network.named_modules():
        kinds[name] = type(module)
    for name, tensor in network.state_dict().items():
        module, _, part = name.rpartition(".")
        if part == "num_batches_tracked":
            continue
        u, kind = value(name, tensor.numel()), kinds[module]
        if part == "running_var":
            u = 1 + 0.5 * u
        elif part == "running_mean" or part == "bias":
            u = 0.2 * u
        elif kind is nn.BatchNorm2d:
            u = 1 + 0.2 * u
        elif kind is nn.PReLU:
            u = 0.25 + 0.2 * u
        else:
            u = u * math.sqrt(6 / (tensor.numel() // tensor.shape[0]))
        tensor.copy_(torch.from_numpy(u.astype(np.float32)).reshape(tensor.shape))


class MobileFaceNet(nn.Module):
    def __init__(self, side, width):
        super().__init__()
        self.residual, self.order = set(), []
        c = lambda n: int(n * width)

        def unit(name, i, o, k, s=1, groups=1, padding=None, linear=False):
            padding = k // 2 if padding is None else padding
            self.add_module(name, nn.Conv2d(i, o, k, s, padding, groups=groups, bias=False))
            self.add_module(name + "_bn", nn.BatchNorm2d(o))
            if not linear:
                self.add_module(name + "_prelu", nn.PReLU(o))
            return [name, name + "_bn"] + ([] if linear else [name + "_prelu"])

        self.order.append((unit("conv1", 3, c(64), 3, 2) + unit("conv2_dw", c(64), c(64), 3, groups=c(64)), False))
        i = c(64)
        for b, (t, o, n, s) in enumerate([(2, 64, 5, 2), (4, 128, 1, 2), (2, 128, 6, 1), (4, 128, 1, 2), (2, 128, 2, 1)], 1):
            for j in range(1, n + 1):
                p, stride = f"block{b}_{j}", s if j == 1 else 1
                names = unit(f"{p}:expand", i, t * i, 1) + unit(f"{p}:dw", t * i, t * i, 3, stride, groups=t * i)
                names += unit(f"{p}:project", t * i, c(o), 1, linear=True)
                self.order.append((names, stride == 1 and i == c(o)))
                i = c(o)
        last = -(-side // 16)
        names = unit("conv3", i, c(512), 1)
        names += unit("conv4_dw", c(512), c(512), last, groups=c(512), padding=0, linear=True)
        self.order.append((names + unit("conv5", c(512), 128, 1, linear=True), False))

    def forward(self, x):
        for names, adds in self.order:
            y = x
            for name in names:
                y = getattr(self, name)(y)
            x = x + y if adds else y
        return nn.functional.normalize(x.flatten(1))


class Renamed:
    """A module whose tensors are named with dots, which PyTorch does not allow in a module's name."""

    def __init__(self, module):
        self.module = module

    def named_modules(self):
        return [(n.replace(":", "."), m) for n, m in self.module.named_modules()]

    def state_dict(self):
        return {n.replace(":", "."): t for n, t in self.module.state_dict().items()}


def answers(network, side):
    pictures = value("picture", 2 * side * side * 3).astype(np.float32).reshape(2, side, side, 3)
    return network(torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy())).flatten().tolist()


torch.set_grad_enabled(False)
assert sum(p.numel() for p in torchvision.models.densenet121().parameters()) == 7978856
dense = torchvision.models.DenseNet(growth_rate=4, block_config=(2, 3), num_init_features=8, num_classes=5).eval()
fill(dense)
mobile = MobileFaceNet(48, 1 / 8).eval()
fill(Renamed(mobile))
result = {
    "densenet": answers(dense, 64), "mobilefacenet": answers(mobile, 48),
    "mobilefacenet_parameters": sum(p.numel() for p in MobileFaceNet(112, 1).parameters()),
}
(pathlib.Path(__file__).parent.parent / "networks.json").write_text(json.dumps(result, indent=1) + "\n")
print({k: v if isinstance(v, int) else [round(x, 4) for x in v[:5]] for k, v in result.items()})
