"""Writes ../optimisers.json: losses and numbers of small trainings, and learning rates, as PyTorch gives them.

    python3 -m venv v
    v/bin/pip install torch==2.15.0
    v/bin/python optimisers_reference.py

The network: 5 numbers, 7 rectified units, 3 classes, softmax with cross-entropy, the mean over 24 samples, all of them in
every step, in double precision.
"""
import json, pathlib
import torch
from torch import nn, optim
from torch.optim import lr_scheduler as schedulers

torch.set_default_dtype(torch.float64)
torch.manual_seed(7)
x = torch.randn(24, 5).float().double()
labels = (x[:, 0] + 0.5 * x[:, 1] > 0).long() + (x[:, 2] > 0.6).long()
shapes = [("first.weight", (7, 5)), ("first.bias", (7,)), ("second.weight", (3, 7)), ("second.bias", (3,))]
start = [(0.5 * torch.randn(shape)).float().double() for _, shape in shapes]


def loss_of(p):
    hidden = torch.relu(x @ p[0].T + p[1])
    return nn.functional.cross_entropy(hidden @ p[2].T + p[3], labels)


def training(name, make, steps=20):
    p = [s.clone().requires_grad_() for s in start]
    optimiser = make(p)
    losses = []
    for _ in range(steps):
        def closure():
            optimiser.zero_grad()
            loss = loss_of(p)
            loss.backward()
            return loss
        losses.append(float(optimiser.step(closure)))
    losses.append(float(loss_of(p)))
    return {"name": name, "losses": losses, "end": [float(v) for q in p for v in q.detach().flatten()]}


trainings = [
    training("sgd", lambda p: optim.SGD(p, lr=0.3)),
    training("sgd momentum", lambda p: optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01)),
    training("sgd nesterov", lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True)),
    training("adam", lambda p: optim.Adam(p, lr=0.05)),
    training("adam decay", lambda p: optim.Adam(p, lr=0.05, betas=(0.8, 0.99), weight_decay=0.1)),
    training("adamw", lambda p: optim.AdamW(p, lr=0.05, weight_decay=0.1)),
    training("rmsprop", lambda p: optim.RMSprop(p, lr=0.01)),
    training("rmsprop momentum", lambda p: optim.RMSprop(p, lr=0.005, alpha=0.9, momentum=0.8, weight_decay=0.01)),
    training("lbfgs", lambda p: optim.LBFGS(p, lr=1, max_iter=4, history_size=10, line_search_fn="strong_wolfe")),
    training("lbfgs short", lambda p: optim.LBFGS(p, lr=1, max_iter=1, max_eval=100, history_size=3, line_search_fn="strong_wolfe")),
]


def schedule(name, make, count=50, adam=True):
    p = torch.zeros(1, requires_grad=True)
    optimiser = optim.Adam([p], lr=0.1)
    scheduler = make(optimiser)
    rates, betas = [], []
    for _ in range(count):
        rates.append(optimiser.param_groups[0]["lr"])
        betas.append(optimiser.param_groups[0]["betas"][0])
        optimiser.step()
        scheduler.step()
    return {"name": name, "rates": rates, "betas": betas}


schedules = [
    schedule("constant", lambda o: schedulers.ConstantLR(o, factor=1)),
    schedule("step", lambda o: schedulers.StepLR(o, 7, gamma=0.3)),
    schedule("cosine", lambda o: schedulers.CosineAnnealingLR(o, 49, eta_min=0.001)),
    schedule("warm-up cosine", lambda o: schedulers.SequentialLR(
        o, [schedulers.LinearLR(o, 0.05, 1, 9), schedulers.CosineAnnealingLR(o, 41)], [9])),
    schedule("one-cycle", lambda o: schedulers.OneCycleLR(o, 0.1, total_steps=51)),
    schedule("triangular", lambda o: schedulers.CyclicLR(o, 0.01, 0.1, step_size_up=6, step_size_down=9)),
    schedule("halving", lambda o: schedulers.CyclicLR(o, 0.01, 0.1, step_size_up=5, mode="triangular2")),
    schedule("exponential", lambda o: schedulers.CyclicLR(o, 0.01, 0.1, step_size_up=5, mode="exp_range", gamma=0.97)),
]

# Gradients clipped as one vector and one by one.
g = [torch.randn(4, 3).float().double(), torch.randn(6).float().double()]
p = [torch.zeros_like(v, requires_grad=True) for v in g]
for a, b in zip(p, g): a.grad = b.clone()
norm = float(nn.utils.clip_grad_norm_(p, 1.5))
by_norm = [float(v) for a in p for v in a.grad.flatten()]
for a, b in zip(p, g): a.grad = b.clone()
nn.utils.clip_grad_value_(p, 0.6)
by_value = [float(v) for a in p for v in a.grad.flatten()]
clipping = {"gradients": [float(v) for a in g for v in a.flatten()], "norm": norm, "byNorm": by_norm, "byValue": by_value}

out = pathlib.Path(__file__).parent.parent / "optimisers.json"
out.write_text(json.dumps({
    "x": [float(v) for v in x.flatten()], "labels": [int(v) for v in labels],
    "start": [float(v) for s in start for v in s.flatten()], "trainings": trainings, "schedules": schedules,
    "clipping": clipping}, indent=0).replace(",\n", ", ").replace("[\n", "[").replace("\n]", "]") + "\n")
for t in trainings: print(t["name"], t["losses"][0], t["losses"][-1])
