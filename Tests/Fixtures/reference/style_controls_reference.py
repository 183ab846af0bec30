"""Writes ../style_controls.json: style transfer's poolings, style costs, total variations and masks, each by itself.

    make models build/peers/.ready
    build/peers/bin/python Tests/Fixtures/reference/style_controls_reference.py

PyTorch in float64; pictures, weights and losses as in style_presets_reference.py, and its `samples` of the gradient by
levels 0...255. Unless a case says otherwise: content = mean (F - P)^2 of conv4_2, style = sum over the five layers of
1e3 / C^2 * mean over C^2 of (G / HW - A / HW)^2, zeros around the picture, and the gradient is that of content + style.
"""
import json
import torch
import torch.nn.functional as F
from style_losses import *
from style_network import CONTENT, FIXTURES, STYLE, as_caffe, described, levels, vgg
from style_presets_reference import SAMPLES, flat


def answered(layers, generated, **more):
    """Costs of layers, their sum, and its slope."""
    total = sum(layers)
    (gradient,) = torch.autograd.grad(total, generated)
    assert torch.isfinite(gradient).all()
    return {
        "layers": [flat(layer) for layer in layers], "total": flat(total), **more, "gradient_norm": flat(gradient.norm()),
        "gradient": [flat(gradient[c, y, x]) for y, x, c in SAMPLES]}  # fmt: skip


def pooled(pool):
    generated = levels("generated").requires_grad_()
    f, p, a = (vgg(as_caffe(rgb), pool) for rgb in (generated, levels("content"), levels("style")))
    style = [1e3 / len(f[l]) ** 2 * mean_square(normalised_gram(f[l]), normalised_gram(a[l])) for l in STYLE]
    return {"pooling": pool, **answered([mean_square(f[CONTENT], p[CONTENT]), *style], generated)}


def statistics(name, distance, style):
    """A style cost by itself, weight 1 for each layer, max pooling."""
    generated = levels("generated").requires_grad_()
    f, a = (vgg(as_caffe(rgb), "max") for rgb in (generated, levels(style)))
    return {"loss": name, "style": style, **answered([distance(f[l], a[l]) for l in STYLE], generated)}


def varied(name, variation, scale=1.0):
    generated = levels("generated").requires_grad_()
    return {"variation": name, "scale": scale, **answered([variation(scale * generated)], generated)}


# ---- Masks: Gatys and others, "Controlling perceptual factors in neural style transfer", 2017, section 4 ----


def region(height, width):
    """A disc right of the middle with a soft edge of 8 pixels, in multiples of 1/255: what a grey picture can hold."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    distance = ((x - 0.6 * width) ** 2 + (y - 0.5 * height) ** 2).sqrt()
    return (((0.35 * width - distance) / 8 + 0.5).clamp(0, 1) * 255).round() / 255


def soft(mask):
    """The mask at each block's size: averages of 2 x 2, as average pooling would see it."""
    sizes = [mask]
    while len(sizes) < len(STYLE):
        sizes.append(F.avg_pool2d(sizes[-1][None], 2)[0])
    return dict(zip(STYLE, sizes))


def inside(mask):
    """1 where a unit sees nothing but pixels of at least 1/2: a convolution looks one unit farther, a pool at 2 x 2. What is
    beyond the picture's border does not count as outside."""
    outside, found = (mask < 0.5).double()[None], {}
    wider = lambda x: F.max_pool2d(x, 3, 1, 1)
    for layer, convolutions in zip(STYLE, (2, 2, 4, 4, 1)):
        outside = wider(outside if layer == "conv1_1" else F.max_pool2d(outside, 2))
        found[layer] = 1 - outside[0]
        for _ in range(convolutions - 1):
            outside = wider(outside)
    return found


def guided_gram(features, mask):
    """Features times the mask, over the sum of its squares."""
    return gram(features * mask) / mask.square().sum()


def guided(kind, at_layers):
    """Two regions, the disc and what is not the disc, each half of the style's weight; a layer without units of a region
    adds nothing."""
    generated = levels("generated").requires_grad_()
    f, a = (vgg(as_caffe(rgb), "max") for rgb in (generated, levels("style_wide")))
    here, there = region(*generated.shape[1:]), region(*levels("style_wide").shape[1:])
    layers, regions, counts = [], [], []
    for mask, target in ((here, there), (1 - here, 1 - there)):
        masks, targets = at_layers(mask), at_layers(target)
        counts.append([flat(masks[l].square().sum()) for l in STYLE])
        costs = [
            1e3 / len(f[l]) ** 2 / 2 * mean_square(guided_gram(f[l], masks[l]), guided_gram(a[l], targets[l]))
            if masks[l].any() and targets[l].any() else torch.tensor(0.0) for l in STYLE]  # fmt: skip
        regions.append([flat(cost) for cost in costs])
        layers += costs
    return {"mask": kind, "style": "style_wide", "squares": counts, **answered(layers, generated)}


MASK = "distance = sqrt((x - 0.6 width)^2 + (y - 0.5 height)^2); round(255 clamp((0.35 width - distance) / 8 + 0.5, 0, 1)) / 255"

if __name__ == "__main__":
    moments_apart = lambda distance: lambda f, a: distance(moments(a), moments(f))
    answers = {
        "pictures": described(), "samples": SAMPLES, "region": MASK,
        "poolings": [pooled(p) for p in ("average", "average_x2", "max", "l2", "l2_x0.78")],
        "statistics": [
            statistics(name, distance, style) for style in ("style", "style_wide") for name, distance in (
                ("mean_and_covariance", mean_and_covariance), ("wasserstein_12_steps", moments_apart(wasserstein)),
                ("wasserstein_exact", moments_apart(exact_wasserstein)))],
        "variations": [
            varied("l1", variation_l1), varied("l2", variation_l2), varied("neural_style", variation_of_neural_style),
            varied("nine_points", variation_nine_points), varied("nine_points", variation_nine_points, 1 / 255)],
        "masks": [guided("soft", soft), guided("inside", inside)],
    }  # fmt: skip
    target = FIXTURES / "style_controls.json"
    lines = []
    for key, value in answers.items():
        rows_ = isinstance(value, list) and isinstance(value[0], dict)
        text = "[\n" + ",\n".join("  " + json.dumps(row) for row in value) + "\n ]" if rows_ else json.dumps(value)
        lines.append(f' "{key}": {text}')
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(target.stat().st_size, "bytes")
