"""Scores stylised pictures with a network that did not make them: how far they are from the content, and from the style.

    build/peers/bin/python benchmarks/style_quality.py --network squeezenet1.1.safetensors \\
        --content content.png --style style.png result.png ...

The network is SqueezeNet 1.1 as its authors trained it in Caffe (B, G, R in levels, less the mean). Of its seven layers:

content_distance  LPIPS, uncalibrated: features as unit vectors at each place, the squares of their differences, summed over
                  channels, averaged over places and layers. Zhang, Isola, Efros, Shechtman, Wang, "The unreasonable
                  effectiveness of deep features as a perceptual metric", 2018, equation 1 with all weights 1. The weights
                  published for SqueezeNet belong to torchvision's, whose channels are others.
style_distance    |G - A| / |A| in Frobenius' norm, averaged over layers; G and A are Gram matrices over positions.

Both are 0 for the same picture; lower is closer. A result of another size than the content's is resized to it for the first.
"""

import argparse
import json

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file

MEAN = torch.tensor([103.939, 116.779, 123.68])


class SqueezeNet:
    """Features after conv1, fire3, fire5, fire6, fire7, fire8 and fire9; a pool comes before fire2, fire4 and fire6."""

    def __init__(self, path):
        self.weights = load_file(path)

    def __call__(self, rgb):
        """`rgb` [count, 3, height, width], 0...255."""
        x = self._layer("conv1", rgb.flip(1) - MEAN.view(1, 3, 1, 1), stride=2)
        found = [x]
        for number in range(2, 10):
            if number in (2, 4, 6):
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
            squeezed = self._layer(f"fire{number}.squeeze1x1", x)
            x = torch.cat([
                self._layer(f"fire{number}.expand1x1", squeezed), self._layer(f"fire{number}.expand3x3", squeezed, padding=1)
            ], 1)  # fmt: skip
            if number not in (2, 4):
                found.append(x)
        return found

    def _layer(self, name, x, **options):
        return F.relu(F.conv2d(x, self.weights[name + ".weight"], self.weights[name + ".bias"], **options))


def unit(features):
    return features / (features.square().sum(1, keepdim=True).sqrt() + 1e-10)


def content_distance(network, a, b):
    layers = [(unit(f) - unit(g)).square().sum(1).mean() for f, g in zip(network(a), network(b))]
    return torch.stack(layers).mean().item()


def gram(features):
    rows = features[0].flatten(1)
    return rows @ rows.T / rows.shape[1]


def style_distance(network, picture, style):
    grams = [(gram(f), gram(g)) for f, g in zip(network(picture), network(style))]
    return torch.stack([(g - a).norm() / a.norm() for g, a in grams]).mean().item()


def opened(path, size=None):
    picture = Image.open(path).convert("RGB")
    if size and picture.size != size:
        picture = picture.resize(size, Image.BICUBIC)
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float()


def check(network, a, b):
    """What must hold of the scores of any two pictures; wrong weights or layers break the last."""
    assert content_distance(network, a, a) == 0 and style_distance(network, a, a) == 0
    there, back = content_distance(network, a, b), content_distance(network, b, a)
    assert abs(there - back) <= 1e-6 * there and there < 2
    noise = torch.randn(a.shape, generator=torch.Generator().manual_seed(1))
    steps = [content_distance(network, a, a + level * noise) for level in (2, 8, 32)]
    assert 0 < steps[0] < steps[1] < steps[2] < there
    moved = a.roll((16, 16), (2, 3))
    assert style_distance(network, moved, a) < style_distance(network, b, a) / 3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="*")
    parser.add_argument("--network", required=True, metavar="FILE")
    parser.add_argument("--content", required=True, metavar="FILE")
    parser.add_argument("--style", required=True, metavar="FILE")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    network = SqueezeNet(options.network)
    size = Image.open(options.content).size
    content, style = opened(options.content), opened(options.style)
    check(network, content, opened(options.style, size))
    for path in options.pictures:
        scores = {
            "content_distance": content_distance(network, opened(path, size), content),
            "style_distance": style_distance(network, opened(path), style)}  # fmt: skip
        print(json.dumps({"picture": path, **{name: round(score, 4) for name, score in scores.items()}}))


if __name__ == "__main__":
    main()
