"""Scores stylised pictures with a network that did not make them: LPIPS to the content, distance of style to the style.

    build/peers/bin/python benchmarks/style_quality.py --models FOLDER --content content.png --style style.png result.png ...

FOLDER holds SqueezeNet 1.1 (squeezenet1.1.safetensors) and the heads of LPIPS 0.1 for it (lpips-squeeze-linear.safetensors).
Both scores are 0 for the same picture; lower is closer. LPIPS: Zhang, Isola, Efros, Shechtman, Wang, "The unreasonable
effectiveness of deep features as a perceptual metric", 2018. Distance of style: of the Gram matrices of the same seven layers,
divided by positions, the mean of |G - A| / |A| in Frobenius' norm. A picture of another size than the content's is
resized to it for LPIPS; a style keeps its size.

`--check` holds LPIPS to what is known of it: 0 for the same picture, the same in both directions, and the figure that
torchmetrics' documentation prints for noise.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file

# LPIPS' input is -1...1; these are ImageNet's mean and deviation at that scale.
SHIFT, SCALE = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])
PUBLISHED = 0.1008  # torchmetrics, learned_perceptual_image_patch_similarity(net_type="squeeze"): the example's answer


class SqueezeNet:
    """Features after conv1, fire3, fire5, fire6, fire7, fire8 and fire9; a pool comes before fire2, fire4 and fire6."""

    def __init__(self, path):
        self.weights = load_file(path)

    def __call__(self, pictures):
        """`pictures` [count, 3, height, width], R G B in -1...1."""
        x = (pictures - SHIFT.view(1, 3, 1, 1)) / SCALE.view(1, 3, 1, 1)
        x = self._layer("conv1", x, stride=2)
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


class Score:
    def __init__(self, folder):
        self.network = SqueezeNet(Path(folder) / "squeezenet1.1.safetensors")
        heads = load_file(Path(folder) / "lpips-squeeze-linear.safetensors")
        self.heads = [heads[f"lin{i}.model.1.weight"] for i in range(7)]

    @torch.inference_mode()
    def lpips(self, a, b):
        """Of each pair of pictures."""
        unit = lambda x: x / (x.square().sum(1, keepdim=True).sqrt() + 1e-10)
        return sum(
            F.conv2d((unit(f) - unit(g)).square(), head).mean((1, 2, 3))
            for f, g, head in zip(self.network(a), self.network(b), self.heads))

    @torch.inference_mode()
    def style_distance(self, picture, style):
        def grams(x):
            rows = [features[0].flatten(1) for features in self.network(x)]
            return [r @ r.T / r.shape[1] for r in rows]

        pairs = zip(grams(picture), grams(style))
        return float(np.mean([((g - a).norm() / a.norm()).item() for g, a in pairs]))


def opened(path, size=None):
    picture = Image.open(path).convert("RGB")
    if size and picture.size != size:
        picture = picture.resize(size, Image.BICUBIC)
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 127.5 - 1


def check(score):
    torch.manual_seed(123)  # the example's
    a, b = (torch.rand(10, 3, 100, 100) * 2 - 1 for _ in range(2))
    there, back, same = score.lpips(a, b), score.lpips(b, a), score.lpips(a, a)
    print(f"LPIPS of noise: {there.mean():.4f}, published {PUBLISHED}; the other way {back.mean():.4f}; same {same.max():.1g}")
    assert abs(there.mean() - PUBLISHED) < 5.1e-5 and torch.allclose(there, back) and same.max() == 0
    assert score.style_distance(a[:1], a[:1]) == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", nargs="*")
    parser.add_argument("--models", required=True, metavar="FOLDER")
    parser.add_argument("--content", metavar="FILE")
    parser.add_argument("--style", metavar="FILE")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.pictures and not (options.content and options.style):
        parser.error("--content and --style are wanted to score pictures by")
    torch.set_num_threads(2)
    score = Score(options.models)
    if options.check:
        check(score)
    for path in options.pictures:
        content = Image.open(options.content).size
        row = {
            "picture": path, "lpips": score.lpips(opened(path, content), opened(options.content)).item(),
            "style_distance": score.style_distance(opened(path), opened(options.style))}  # fmt: skip
        print(json.dumps({name: round(value, 4) if name != "picture" else value for name, value in row.items()}))


if __name__ == "__main__":
    main()
