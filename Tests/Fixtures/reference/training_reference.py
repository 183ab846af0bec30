"""Writes ../training.json: five steps of PyTorch on a small network with batch normalisation.

    python3 -m venv v
    v/bin/pip install torch==2.15.0
    v/bin/python training_reference.py

Weights and pictures are worked out from `value` of formula.py, so that the tests make the same
ones; they are rounded to Float, all else is Double. The layers are those of TrainableNetworkTests.swift.
"""
import json, math, pathlib
import numpy as np, torch
from torch import nn
from torch.nn import functional as f
from formula import value


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.c1, self.n1 = nn.Conv2d(3, 6, 3, 2, 1, bias=False), nn.BatchNorm2d(6)
        self.c2, self.n2 = nn.Conv2d(6, 8, 3, 1, 1, groups=2), nn.BatchNorm2d(8)
        self.p2, self.d = nn.PReLU(8), nn.Linear(48, 5)
        self.classifier = nn.Linear(5, 3)

    def forward(self, x):
        x = f.max_pool2d(f.relu(self.n1(self.c1(x))), 3, 2, 1)
        x = self.p2(self.n2(self.c2(x)))
        return self.classifier(self.d(x.permute(0, 2, 3, 1).flatten(1)))  # our dense layers read pixel by pixel


network = Net().double()
for name, tensor in network.state_dict().items():
    module, _, part = name.rpartition(".")
    if part == "num_batches_tracked":
        continue
    u = value(name, tensor.numel())
    if part == "running_var":
        u = 1 + 0.5 * u
    elif part in ("running_mean", "bias"):
        u = 0.2 * u
    elif module[0] == "n":
        u = 1 + 0.2 * u
    elif module[0] == "p":
        u = 0.25 + 0.2 * u
    else:
        u = u * math.sqrt(6 / (tensor.numel() // tensor.shape[0]))
    tensor.copy_(torch.from_numpy(u.astype(np.float32)).reshape(tensor.shape))

batch, height, width = 7, 10, 8
x = value("x", batch * height * width * 3).astype(np.float32).reshape(batch, height, width, 3)
x = torch.from_numpy(x).double().permute(0, 3, 1, 2)
labels = torch.arange(batch) % 3
optimiser = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01)
losses = []
for _ in range(5):
    optimiser.zero_grad()
    loss = f.cross_entropy(network(x), labels)
    loss.backward()
    # A bias before a batch normalisation has gradient 0, with us exactly: it is left to the weight decay.
    optimiser.step()
    losses.append(loss.item())
network.eval()
end = {name: tensor.flatten().tolist() for name, tensor in network.state_dict().items() if "num" not in name}
frozen = f.cross_entropy(network(x), labels).item()
target = pathlib.Path(__file__).parent.parent / "training.json"
target.write_text(json.dumps({"losses": losses, "frozen": frozen, "end": end}) + "\n")
print(losses, frozen)
