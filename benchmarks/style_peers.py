"""Style transfer in PyTorch, as leongatys/PytorchNeuralStyleTransfer weighs it, to measure ours beside.

    build/peers/bin/python benchmarks/style_peers.py content.png style.png --evaluations 500 --out result.png > trace.jsonl

Each evaluation of the costs and their gradient is a line of JSON: evaluation, seconds since the first began, processor
seconds of all threads, content, style and total cost (weights included), resident megabytes. The last line tells the peak.
The start is the content. On a machine that does other work, processor seconds of `--threads 1` still mean something.
"""

import argparse
import json
import resource
import sys
import time
from functools import partial
from pathlib import Path

import networks
import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image


class GatysCosts:
    """mean (F - P)^2 of conv4_2 + sum over the style layers of 1e3 / C^2 * mean (G / HW - A / HW)^2."""

    def __init__(self, network, content, style):
        self.network = network
        with torch.no_grad():
            self.content = network(content)[networks.CONTENT_LAYER]
            features = network(style)
            self.targets = {name: self.moments(features[name]) for name in networks.STYLE_LAYERS}

    @staticmethod
    def moments(features):
        return networks.gram(features) / features[0, 0].numel()

    def __call__(self, picture):
        features = self.network(picture)
        content = F.mse_loss(features[networks.CONTENT_LAYER], self.content)
        style = sum(
            1e3 / len(target) ** 2 * F.mse_loss(self.moments(features[name]), target)
            for name, target in self.targets.items())
        return content, style


class Enough(Exception):
    """All evaluations are done: an optimiser that is in the midst of a line search ends here too."""


class Run:
    """Counts, times and writes the evaluations, and keeps the picture of the lowest total."""

    def __init__(self, costs, picture, evaluations, trace):
        self.costs, self.picture, self.evaluations, self.trace = costs, picture, evaluations, trace
        self.done, self.best = 0, (np.inf, None)
        self.started = time.perf_counter(), time.process_time()

    def evaluate(self):
        if self.done == self.evaluations:
            raise Enough
        self.picture.grad = None
        content, style = self.costs(self.picture)
        total = content + style
        total.backward()
        self.done += 1
        if total.item() < self.best[0]:
            self.best = total.item(), self.picture.detach().clone()
        self.tell(
            evaluation=self.done, **self.times(), content=content.item(), style=style.item(), total=total.item(),
            resident_mb=round(resident()))
        return total

    def times(self):
        wall, cpu = time.perf_counter() - self.started[0], time.process_time() - self.started[1]
        return {"seconds": round(wall, 3), "cpu_seconds": round(cpu, 3)}

    def tell(self, **row):
        print(json.dumps(row), file=self.trace, flush=True)


def resident():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def optimise(run, kind, rate):
    """L-BFGS as both anchors have it (rate 1, 100 pairs, no line search), with a strong-Wolfe search, or Adam."""
    if kind == "adam":
        adam = torch.optim.Adam([run.picture], lr=rate or 1.0)
        step = partial(adam.step, run.evaluate)
    else:
        search = "strong_wolfe" if kind == "lbfgs-wolfe" else None
        lbfgs = torch.optim.LBFGS(
            [run.picture], lr=rate or 1.0, max_iter=run.evaluations, max_eval=run.evaluations, tolerance_grad=-1,
            tolerance_change=-1, history_size=100, line_search_fn=search)
        step = partial(lbfgs.step, run.evaluate)
    try:
        while True:
            before = run.done
            step()
            if run.done == before + 1 and kind != "adam":
                break  # each step evaluates once to begin with: nothing moves any more
    except Enough:
        pass


def opened(path, size):
    """uint8 R, G, B; `size` is the longest side, 0: as it is."""
    picture = Image.open(path).convert("RGB")
    if size:
        scale = size / max(picture.size)
        picture = picture.resize([max(1, round(side * scale)) for side in picture.size], Image.BICUBIC)
    return np.asarray(picture)


def saved(picture, path):
    levels = picture[0].permute(1, 2, 0) + torch.tensor([103.939, 116.779, 123.68])
    Image.fromarray(levels.flip(-1).round().clamp(0, 255).byte().numpy()).save(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("content")
    parser.add_argument("style")
    parser.add_argument("--size", type=int, default=0, help="longest side of both pictures (default: as they are)")
    parser.add_argument("--optimiser", choices=["lbfgs", "lbfgs-wolfe", "adam"], default="lbfgs")
    parser.add_argument("--rate", type=float, help="of the optimiser (default 1)")
    parser.add_argument("--evaluations", type=int, default=500)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--layout", choices=["channels_last", "contiguous"], default="channels_last")
    parser.add_argument("--out", help="the picture of the lowest total")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    layout = getattr(torch, options.layout + "_format" if options.layout == "contiguous" else options.layout)
    network = networks.VGG19(partial(F.max_pool2d, kernel_size=2)).to(memory_format=layout)
    content, style = (
        network.input(opened(path, options.size)).to(memory_format=layout) for path in (options.content, options.style))
    costs = GatysCosts(network, content, style)
    run = Run(costs, content.clone().requires_grad_(), options.evaluations, sys.stdout)
    optimise(run, options.optimiser, options.rate)
    run.tell(
        evaluations=run.done, best=run.best[0], **run.times(),
        peak_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6), size=list(content.shape[:1:-1]),
        optimiser=options.optimiser, threads=options.threads, layout=options.layout, torch=torch.__version__)
    if options.out:
        saved(run.best[1], options.out)


if __name__ == "__main__":
    main()
