"""Graphs as `facestyle-convert` writes them, of a few numbers: for tests that need no trained weights.

The YuNet sees the level of its cells of 8 pixels: white ones are faces, which fill their cells, with five points in the middle. The
liveness and the landmarks see the mean level of one channel of their picture.
"""

import numpy as np

STRIDES = (8, 16, 32)


def _encoded(lines, weights, **metadata):
    from facestyle.models import tensor_file

    weights = {name: np.ascontiguousarray(array, "<f4") for name, array in weights.items()}
    return tensor_file.encode(weights, {"architecture": "graph", "graph": "\n".join(lines) + "\n", **metadata})


def yunet(**metadata):
    """The bytes of a model. A picture that is searched for faces of 12 pixels keeps its size."""
    lines, weights = ["input channels=3 order=bgr"], {}
    heads = {"class": [0], "object": [1], "box": [0.5, 0.5, 0, 0], "points": [0.5] * 10}
    for stride in STRIDES:
        lines.append(f"cells{stride} pool pooling=average kernel={stride} stride={stride} < input")
        for part, numbers in heads.items():
            name = f"{part}{stride}"
            lines.append(f"{name} convolution filters={len(numbers)} kernel=1 < cells{stride}")
            weights[f"{name}.weight"] = np.zeros((len(numbers), 3, 1, 1))
            weights[f"{name}.bias"] = numbers
    weights["class8.weight"][0] = 1 / 765
    lines += [f"output {part}{stride}" for stride in STRIDES for part in heads]
    return _encoded(lines, weights, kind="yunet", min_face="12", threshold="0.7", **metadata)


def liveness(crop=2.7, channel=0, side=8, minimum=0.5, **metadata):
    """A face is alive if there is more than so much of a channel (of blue, green and red) around it, from 0 to 1."""
    lines = [f"input channels=3 height={side} width={side} order=bgr", "mean global-average < input", "logits dense outputs=3 < mean",
             "output logits"]  # fmt: skip
    weights = {"logits.weight": np.zeros((3, 3)), "logits.bias": [0, -10 * minimum, -100]}
    weights["logits.weight"][1, channel] = 10 / 255
    return _encoded(lines, weights, kind="liveness", crop=f"{crop:g}", **metadata)


def landmarks(places=((0, 0), (1, 0), (0.5, 0.5), (0, 1), (1, 1)), side=8, crop=1.0, **metadata):
    """The same places in every square."""
    lines = [f"input channels=3 height={side} width={side}", "mean global-average < input",
             f"points dense outputs={2 * len(places)} < mean", "output points"]  # fmt: skip
    weights = {"points.weight": np.zeros((2 * len(places), 3)), "points.bias": np.ravel(places)}
    return _encoded(lines, weights, kind="landmarks", crop=f"{crop:g}", **metadata)
