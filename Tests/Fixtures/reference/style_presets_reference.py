"""Writes ../style_presets.json: the costs and slopes of six programs' style transfer on the same pictures and weights.

    make models build/peers/.ready
    build/peers/bin/python Tests/Fixtures/reference/style_presets_reference.py

PyTorch in float64. The formulas are those of the programs' sources, written anew:
  course           "Art generation with neural style transfer" (deeplearning.ai, course 4), as /docs/style.md has it
  gatys            leongatys/PytorchNeuralStyleTransfer, NeuralStyleTransfer.ipynb
  neural-style     jcjohnson/neural-style, neural_style.lua
  neural-style-pt  ProGamerGov/neural-style-pt, neural_style.py
  neural-style-tf  cysmith/neural-style-tf, neural_style.py
  crowsonkb        crowsonkb/style-transfer-pytorch, style_transfer/style_transfer.py and sqrtm.py

All see the weights of vgg19.safetensors (Caffe's), also crowsonkb, whose own are torchvision's. Of each case: `content`,
`style` (of each layer) and `variation` are parts of `objective`, which is what the gradient belongs to; `total` is what
the program prints. The gradient is by levels 0...255: its norm, and numbers at `samples` (row, column, channel of R G B).
"""
import json
import torch
from style_losses import *
from style_network import CONTENT, FIXTURES, STYLE, as_caffe, described, levels, vgg

SAMPLES = [[0, 0, 0], [0, 40, 1], [13, 71, 2], [31, 5, 0], [32, 33, 1], [40, 60, 2], [55, 20, 0], [55, 71, 1]]


def blended(parts):
    """Of several styles' statistics, each with its weight."""
    return sum(weight * value for weight, value in parts)


def style_features(styles, read):
    return [(weight, read(style)) for weight, style in styles]


def course(generated, content, styles):
    """content: 10 sum (F - P)^2 / (4 H W C); style, each layer: 40 * 0.2 sum (G - A)^2 / (4 C^2 (H W)^2)."""
    read = lambda rgb: vgg(as_caffe(rgb), "average_up")
    f, p, [(_, a)] = read(generated), read(content), style_features(styles, read)
    c = 10 * (f[CONTENT] - p[CONTENT]).square().sum() / (4 * p[CONTENT].numel())
    s = [40 * 0.2 * (gram(f[l]) - gram(a[l])).square().sum() / (4 * f[l].numel() ** 2) for l in STYLE]
    return {"content": c, "style": s}


def gatys(generated, content, styles):
    """content: mean (F - P)^2; style, each layer: 1e3 / C^2 * mean over C^2 of (G / HW - A / HW)^2; max pooling."""
    read = lambda rgb: vgg(as_caffe(rgb), "max")
    f, p, [(_, a)] = read(generated), read(content), style_features(styles, read)
    s = [1e3 / len(f[l]) ** 2 * mean_square(normalised_gram(f[l]), normalised_gram(a[l])) for l in STYLE]
    return {"content": mean_square(f[CONTENT], p[CONTENT]), "style": s}


def johnson_costs(read, generated, content, styles):
    """content: 5 mean (F - P)^2; style, each layer: 100 mean over C^2 of (G / CHW - A / CHW)^2, A blended of the styles."""
    f, p, styles = read(generated), read(content), style_features(styles, read)
    over_all = lambda features: gram(features) / features.numel()
    target = {l: blended([(weight, over_all(a[l])) for weight, a in styles]) for l in STYLE}
    s = [100 * mean_square(over_all(f[l]), target[l]) for l in STYLE]
    return {"content": 5 * mean_square(f[CONTENT], p[CONTENT]), "style": s}


def neural_style(scale):
    def costs(generated, content, styles):
        read = lambda rgb: vgg(as_caffe(rgb, scale), "max_up")
        variation = 1e-3 * variation_of_neural_style(scale * generated)
        return {**johnson_costs(read, generated, content, styles), "variation": variation, "printed": ["content", "style"]}

    return costs


def neural_style_pt(generated, content, styles):
    costs = johnson_costs(lambda rgb: vgg(as_caffe(rgb), "max"), generated, content, styles)
    return {**costs, "variation": 1e-3 * variation_l1(generated)}


def neural_style_tf(generated, content, styles):
    """content: 5 sum (F - P)^2 / (2 sqrt(C) sqrt(HW)), before the rectifier; style, each layer, 0.2 of the weight and a
    fifth once more: 1e4 * 0.04 sum (G - A)^2 / (4 C^2 (HW)^2); variation: 1e-3 sum of absolute differences."""
    read = lambda rgb: vgg(as_caffe(rgb), "average_up")
    f, p, [(_, a)] = read(generated), read(content), style_features(styles, read)
    linear = CONTENT + ".linear"
    c = 5 * (f[linear] - p[linear]).square().sum() / (2 * f[linear].numel() ** 0.5)
    s = [1e4 * 0.2 / 5 * (gram(f[l]) - gram(a[l])).square().sum() / (4 * f[l].numel() ** 2) for l in STYLE]
    return {"content": c, "style": s, "variation": 1e-3 * variation_l1(generated)}


def crowsonkb(distance=wasserstein, feature_scale=1.0):
    def costs(generated, content, styles):
        read = lambda rgb: vgg(as_caffe(rgb), "max", edge="replicate", scale=feature_scale)
        f, p, styles = read(generated), read(content), style_features(styles, read)
        s = []
        for layer, share in zip(STYLE, (256, 64, 16, 4, 1)):
            target = [blended([(weight, moments(a[layer])[i]) for weight, a in styles]) for i in (0, 1)]
            s.append(share / 341 * distance(target, moments(f[layer])))
        variation = 2 * variation_nine_points(generated / 255)
        return {"content": 0.015 * mean_square(f[CONTENT], p[CONTENT]), "style": s, "variation": variation}

    return costs


def flat(value):
    return float(f"{value.item():.12g}")


def case(preset, note, costs, pictures):
    generated = levels(pictures["generated"]).requires_grad_()
    styles = [(style["weight"], levels(style["picture"])) for style in pictures["styles"]]
    found = costs(generated, levels(pictures["content"]), styles)
    sums = {
        "content": found["content"], "style": sum(found["style"]), "variation": found.get("variation", torch.tensor(0.0))}
    objective = sum(sums.values())
    (gradient,) = torch.autograd.grad(objective, generated)
    assert torch.isfinite(gradient).all() and torch.isfinite(objective), (preset, note)
    return {
        "preset": preset, "note": note, "pictures": pictures, "content": flat(sums["content"]),
        "style": [flat(layer) for layer in found["style"]], "variation": flat(sums["variation"]),
        "total": flat(sum(sums[name] for name in found.get("printed", sums))), "objective": flat(objective),
        "gradient_norm": flat(gradient.norm()), "gradient": [flat(gradient[c, y, x]) for y, x, c in SAMPLES],
    }  # fmt: skip


def pictures(suffix="", *styles):
    styles = [{"picture": name, "weight": weight} for name, weight in styles or [("style" + suffix, 1.0)]]
    return {"generated": "generated" + suffix, "content": "content" + suffix, "styles": styles}


SAME, ODD, WIDE = pictures(), pictures("_odd"), pictures("", ("style_wide", 1.0))
TWO = pictures("", ("style", 0.25), ("style_wide", 0.75))
TORCHVISION = 1 / (255 * 0.226)  # what its network's input is of Caffe's: 0.226 is the mean of its three deviations
PRESETS = [
    ("course", "", course, [SAME, ODD]),
    ("gatys", "", gatys, [SAME, ODD, WIDE]),
    ("neural-style", "levels times 256/255, as the program has them; the variation is in the slope alone",
     neural_style(256 / 255), [SAME, ODD, WIDE, TWO]),
    ("neural-style", "levels as they are", neural_style(1.0), [SAME, ODD, WIDE]),
    ("neural-style-pt", "", neural_style_pt, [SAME, ODD, WIDE, TWO]),
    ("neural-style-tf", "", neural_style_tf, [SAME, ODD]),
    ("crowsonkb", "roots and slopes by 12 steps, as the program has them", crowsonkb(), [SAME, ODD, WIDE, TWO]),
    ("crowsonkb", "roots by eigenvalues", crowsonkb(exact_wasserstein), [SAME, ODD, WIDE, TWO]),
    ("crowsonkb", "roots by eigenvalues; features / (255 * 0.226)", crowsonkb(exact_wasserstein, TORCHVISION), [SAME, WIDE]),
]  # fmt: skip

if __name__ == "__main__":
    cases = [case(name, note, costs, seen) for name, note, costs, many in PRESETS for seen in many]
    target = FIXTURES / "style_presets.json"
    lines = ",\n".join("  " + json.dumps(c) for c in cases)
    target.write_text(
        f'{{\n "pictures": {json.dumps(described())},\n "samples": {json.dumps(SAMPLES)},\n "cases": [\n{lines}\n ]\n}}\n')
    print(len(cases), "cases,", target.stat().st_size, "bytes")
