"""Feed-forward and universal style transfer in NumPy and Double, written from the papers' formulas.

    python3 fast_styles_reference.py        writes ../fast_styles.json

The fixture holds what small networks, whose weights and pictures are worked out from a formula (`formula.value`), answer.
The Python tests import this file and run it with published weights. Checked against PyTorch 2.15 (conv2d,
conv_transpose2d, instance_norm, interpolate, max_pool2d, pad) by `python3 fast_styles_reference.py --torch`.
"""
import json, math, pathlib, sys
import numpy as np

# Pictures are [height, width, channels]; weights [outputs, inputs, k, k], of transposed convolutions [inputs, outputs, k, k].


def zeros(x, before, after):
    return np.pad(x, ((before, after), (before, after), (0, 0)))


def mirror(x, n):
    return np.pad(x, ((n, n), (n, n), (0, 0)), mode="reflect")


def convolve(x, weight, bias=None, stride=1):
    k = weight.shape[2]
    windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), axis=(0, 1))[::stride, ::stride]
    y = np.tensordot(windows, weight, axes=([2, 3, 4], [1, 2, 3]))
    return y if bias is None else y + bias


def transposed(x, weight, stride, crop):
    """Each pixel adds its window; the result is `stride` times as large, from `crop` on."""
    height, width, _ = x.shape
    k = weight.shape[2]
    whole = np.zeros(((height + k) * stride + k, (width + k) * stride + k, weight.shape[1]))
    for ky in range(k):
        for kx in range(k):
            whole[ky : ky + stride * height : stride, kx : kx + stride * width : stride] += x @ weight[:, :, ky, kx]
    return whole[crop : crop + stride * height, crop : crop + stride * width]


def instance_norm(x, gamma, beta, epsilon):
    mean, variance = x.mean((0, 1)), x.var((0, 1))
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta


def relu(x):
    return np.maximum(x, 0)


def enlarge(x):
    return x.repeat(2, 0).repeat(2, 1)


def halve(x):
    height, width, channels = x.shape
    x = x[: height // 2 * 2, : width // 2 * 2].reshape(height // 2, 2, width // 2, 2, channels)
    return x.max((1, 3))


def fast_style(levels, w, blocks=5):
    """Engstrom's fast-style-transfer: levels 0...255 to levels; sides are multiples of 4."""
    def unit(x, name, stride=1):
        weight = w[name + ".weight"]
        k = weight.shape[2]
        x = zeros(x, 0, 1) if stride == 2 else zeros(x, k // 2, k // 2)
        return norm(convolve(x, weight, stride=stride), name)

    def norm(x, name):
        return instance_norm(x, w[name + "_in.weight"], w[name + "_in.bias"], 1e-3)

    x = relu(unit(levels, "conv1"))
    x = relu(unit(x, "conv2", 2))
    x = relu(unit(x, "conv3", 2))
    for i in range(1, blocks + 1):
        x = x + unit(relu(unit(x, f"block{i}.conv1")), f"block{i}.conv2")
    for name in ("deconv1", "deconv2"):
        x = relu(norm(transposed(x, w[name + ".weight"], 2, 0), name))
    return 150 * np.tanh(unit(x, "deconv3")) + 127.5


def fast_style_resize(levels, w, blocks=5):
    """PyTorch's fast_neural_style: levels 0...255 to levels; sides are multiples of 4."""
    def conv(x, name, stride=1):
        weight = w[name + ".weight"]
        return convolve(mirror(x, weight.shape[2] // 2), weight, w[name + ".bias"], stride)

    def unit(x, name, stride=1):
        return instance_norm(conv(x, name, stride), w[name + "_in.weight"], w[name + "_in.bias"], 1e-5)

    x = relu(unit(levels, "conv1"))
    x = relu(unit(x, "conv2", 2))
    x = relu(unit(x, "conv3", 2))
    for i in range(1, blocks + 1):
        x = x + unit(relu(unit(x, f"block{i}.conv1")), f"block{i}.conv2")
    for name in ("deconv1", "deconv2"):
        x = relu(unit(enlarge(x), name))
    return conv(x, "deconv3")


COUNTS = [2, 2, 4, 4, 4]  # convolutions in VGG-19's blocks


def encode(picture, w, level):
    """Levels 0...1 to the features of the block's first convolution."""
    def conv(x, name):
        return relu(convolve(mirror(x, 1), w[f"encoder{level}.{name}.weight"], w[f"encoder{level}.{name}.bias"]))

    x = convolve(picture, w[f"encoder{level}.conv0.weight"], w[f"encoder{level}.conv0.bias"])
    for block in range(1, level):
        for i in range(1, COUNTS[block - 1] + 1):
            x = conv(x, f"conv{block}{i}")
        x = halve(x)
    return conv(x, f"conv{level}1")


def decode(x, w, level):
    def conv(x, name):
        return relu(convolve(mirror(x, 1), w[f"decoder{level}.{name}.weight"], w[f"decoder{level}.{name}.bias"]))

    x = conv(x, f"conv{level}1")
    for block in range(level - 1, 0, -1):
        x = enlarge(x)
        for i in range(COUNTS[block - 1], 0, -1):
            x = conv(x, f"conv{block}{i}")
    return x


RIDGE = 1e-4  # of the mean square, added to the covariance's diagonal


def moments(features):
    x = features.reshape(-1, features.shape[2])
    mean = x.mean(0)
    centred = x - mean
    ridge = RIDGE * (x**2).mean() + 1e-12
    return mean, centred.T @ centred / len(x) + ridge * np.eye(x.shape[1])


def power(matrix, exponent):
    values, vectors = np.linalg.eigh(matrix)
    return vectors * values**exponent @ vectors.T


def transform(content, styles, weights, strength, method="covariance"):
    """Features with the statistics of the styles' features, as far as `strength` says."""
    mean, covariance = moments(content)
    weights = np.asarray(weights, float) / np.sum(weights)
    target = 0
    for style, weight in zip(styles, weights):
        style_mean, style_covariance = moments(style)
        if method == "covariance":
            matrix = power(style_covariance, 0.5) @ power(covariance, -0.5)
        else:
            matrix = np.diag(np.sqrt(np.diag(style_covariance) / np.diag(covariance)))
        target = target + weight * ((content - mean) @ matrix.T + style_mean)
    return strength * target + (1 - strength) * content


def universal_style(content, styles, w, strength=0.6, weights=None, levels=(5, 4, 3, 2, 1), method="covariance"):
    """Levels 0...1, sides multiples of what the coarsest level halves them to."""
    weights = weights or [1] * len(styles)
    for level in levels:
        targets = [encode(style, w, level) for style in styles]
        content = decode(transform(encode(content, w, level), targets, weights, strength, method), w, level)
    return content


def from_tensorflow(source, blocks=5):
    """fast-style-transfer's variables, in the order of their making: a weight, a shift and a scale for each layer."""
    names = ["conv1", "conv2", "conv3"]
    names += [f"block{i}.conv{j}" for i in range(1, blocks + 1) for j in (1, 2)] + ["deconv1", "deconv2", "deconv3"]
    get = lambda i: np.asarray(source["Variable" + (f"_{i}" if i else "")], float)
    w = {}
    for i, name in enumerate(names):
        turn = (3, 2, 0, 1)  # [k, k, in, out] to [out, in, k, k]; a transposed one's [k, k, out, in] to [in, out, k, k]
        w[name + ".weight"] = get(3 * i).transpose(turn)
        w[name + "_in.bias"], w[name + "_in.weight"] = get(3 * i + 1), get(3 * i + 2)
    return w


# ---- The fixture ----


def tensor(name, shape):
    """As Formula.file of the Swift tests makes them."""
    from formula import value

    u = value(name, math.prod(shape))
    if len(shape) == 4:
        u = u * math.sqrt(6 / (math.prod(shape) // shape[0]))
    elif name.endswith("_in.weight"):
        u = 1 + 0.2 * u
    else:
        u = 0.2 * u
    return u.astype(np.float32).astype(float).reshape(shape)


def small_fast_style(filters, blocks, resize):
    shapes = {"conv1": (filters, 3, 9), "conv2": (2 * filters, filters, 3), "conv3": (4 * filters, 2 * filters, 3)}
    for i in range(1, blocks + 1):
        shapes |= {f"block{i}.conv{j}": (4 * filters, 4 * filters, 3) for j in (1, 2)}
    for name, o, i in (("deconv1", 2 * filters, 4 * filters), ("deconv2", filters, 2 * filters)):
        shapes[name] = (o, i, 3) if resize else (i, o, 3)
    shapes["deconv3"] = (3, filters, 9)
    w = {}
    for name, (a, b, k) in shapes.items():
        w[name + ".weight"] = tensor(name + ".weight", (a, b, k, k))
        outputs = b if name in ("deconv1", "deconv2") and not resize else a
        if resize:
            w[name + ".bias"] = tensor(name + ".bias", (outputs,))
        if not (resize and name == "deconv3"):
            for part in ("weight", "bias"):
                w[f"{name}_in.{part}"] = tensor(f"{name}_in.{part}", (outputs,))
    return w


WIDTHS = {"11": 4, "12": 4, "21": 6, "22": 6, "31": 8, "32": 8, "33": 8, "34": 8, "41": 8, "42": 8, "43": 8, "44": 8, "51": 8}


def small_universal():
    w, order = {}, list(WIDTHS)

    def conv(name, o, i, k=3):
        w[name + ".weight"], w[name + ".bias"] = tensor(name + ".weight", (o, i, k, k)), tensor(name + ".bias", (o,))

    for level in range(1, 6):
        names = order[: order.index(f"{level}1") + 1]
        conv(f"encoder{level}.conv0", 3, 3, 1)
        for before, name in zip([None] + names, names):
            inputs = WIDTHS[before] if before else 3
            conv(f"encoder{level}.conv{name}", WIDTHS[name], inputs)
            conv(f"decoder{level}.conv{name}", inputs, WIDTHS[name])
    return w


def picture(name, height, width):
    """8-bit levels."""
    from formula import value

    return np.floor((value(name, height * width * 3) + 1) * 128).clip(0, 255).reshape(height, width, 3)


def main():
    content, first, second = picture("content", 16, 32), picture("first", 32, 32), picture("second", 32, 48)
    w = small_universal()
    universal = lambda *a, **k: universal_style(content / 255, *a, w, **k).ravel().tolist()
    one = [first / 255]
    answer = {
        "fast-style": fast_style(content, small_fast_style(4, 2, False), 2).ravel().tolist(),
        "fast-style-resize": fast_style_resize(content, small_fast_style(4, 2, True), 2).ravel().tolist(),
        "universal": universal(one, levels=(4, 3, 2, 1)),
        "universal one level": universal(one, strength=1, levels=(3,)),
        "universal variance": universal(one, strength=1, levels=(3,), method="variance"),
        "universal two styles": universal(one + [second / 255], strength=0.8, weights=[3, 1], levels=(3, 2)),
    }
    path = pathlib.Path(__file__).parent.parent / "fast_styles.json"
    path.write_text(json.dumps({k: [round(x, 7) for x in v] for k, v in answer.items()}) + "\n")


def check_torch():
    import torch
    from torch.nn import functional as F

    up = lambda x: torch.from_numpy(np.ascontiguousarray(x)).permute(2, 0, 1)[None]
    down = lambda x: x[0].permute(1, 2, 0).numpy()
    x, w = tensor("x", (8, 12, 3, 1))[..., 0], tensor("w", (5, 3, 3, 3))
    t = tensor("t", (3, 5, 3, 3))
    g = torch.from_numpy(tensor("g", (3,)))
    pairs = {
        "convolve": (convolve(mirror(x, 1), w, stride=2), F.conv2d(F.pad(up(x), (1,) * 4, mode="reflect"), torch.from_numpy(w), stride=2)),
        "transposed": (transposed(x, t, 2, 1), F.conv_transpose2d(up(x), torch.from_numpy(t), stride=2, padding=1, output_padding=1)),
        "norm": (instance_norm(x, g.numpy(), g.numpy(), 1e-3), F.instance_norm(up(x), weight=g, bias=g, eps=1e-3)),
        "enlarge": (enlarge(x), F.interpolate(up(x), scale_factor=2, mode="nearest")),
        "halve": (halve(x), F.max_pool2d(up(x), 2)),
    }
    for name, (ours, theirs) in pairs.items():
        print(name, np.abs(ours - down(theirs)).max())


if __name__ == "__main__":
    check_torch() if "--torch" in sys.argv else main()
