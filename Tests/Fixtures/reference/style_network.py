"""VGG-19 in float64 and the pictures that the references of style transfer look at; style_*_reference.py import it.

The weights are those that `make models` gets, the pictures are cut from the photos that it gets: no resampling but the
mean of 4 x 4 pixels, rounded half up, which is the library's area filter at that ratio. Each fixture has the pictures'
checksums (CRC-32 of R, G, B, row after row).
"""
import pathlib, zlib
import numpy as np, torch
import torch.nn.functional as F
from PIL import Image
from safetensors.numpy import load_file

BUILD = pathlib.Path(__file__).resolve().parents[3] / "build"
FIXTURES = pathlib.Path(__file__).resolve().parents[1]
torch.set_default_dtype(torch.float64)

# name: photo, left, top, width and height of the part, which then shrinks by 4. At sizes that 16 divides no pool rounds;
# at the "odd" ones the fourth pool does.
PICTURES = {
    "generated": ("coffee.png", 120, 60, 320, 256),
    "content": ("chelsea.png", 60, 20, 320, 256),
    "style": ("ihc.png", 64, 96, 320, 256),
    "style_wide": ("ihc.png", 0, 0, 384, 320),
    "generated_odd": ("coffee.png", 120, 60, 288, 224),
    "content_odd": ("chelsea.png", 60, 20, 288, 224),
    "style_odd": ("ihc.png", 64, 96, 288, 224),
}
SHRINK = 4


def picture(name):
    """uint8 [height, width, 3], R G B."""
    photo, x, y, w, h = PICTURES[name]
    part = np.asarray(Image.open(BUILD / "photos" / photo).convert("RGB"))[y : y + h, x : x + w].astype(int)
    sums = part.reshape(h // SHRINK, SHRINK, w // SHRINK, SHRINK, 3).sum((1, 3))
    return ((2 * sums + SHRINK**2) // (2 * SHRINK**2)).astype(np.uint8)


def described():
    """What a test needs to make the same pictures, and to know that it has."""
    return {
        name: {"photo": photo, "x": x, "y": y, "part_width": w, "part_height": h, "width": w // SHRINK,
               "height": h // SHRINK, "crc32": zlib.crc32(picture(name).tobytes())}
        for name, (photo, x, y, w, h) in PICTURES.items()
    }  # fmt: skip


def levels(name):
    """[3, height, width] in R, G, B, 0...255."""
    return torch.tensor(picture(name), dtype=torch.get_default_dtype()).permute(2, 0, 1).contiguous()


MEAN = torch.tensor([103.939, 116.779, 123.68])
BLOCKS = ((1, 2), (2, 2), (3, 4), (4, 4), (5, 1))
CONTENT, STYLE = "conv4_2", [f"conv{block}_1" for block in range(1, 6)]
_stored = load_file(BUILD / "models" / "vgg19.safetensors")


def _weight(name):
    table, indices = _stored[name + ".weight.table"], _stored[name + ".weight.indices"]
    return torch.tensor(table[indices], dtype=torch.get_default_dtype())


WEIGHTS = {
    f"conv{block}_{i}": (_weight(f"conv{block}_{i}"), torch.tensor(_stored[f"conv{block}_{i}.bias"], dtype=torch.get_default_dtype()))
    for block, count in BLOCKS for i in range(1, count + 1)
}  # fmt: skip

POOLS = {
    # A side that is odd: "up" pools the pixels that are left over too (Caffe, TensorFlow's SAME), the others drop them.
    "average_up": lambda x: F.avg_pool2d(x, 2, ceil_mode=True, count_include_pad=False),
    "average": lambda x: F.avg_pool2d(x, 2),
    "average_x2": lambda x: 2 * F.avg_pool2d(x, 2),
    "max_up": lambda x: F.max_pool2d(x, 2, ceil_mode=True),
    "max": lambda x: F.max_pool2d(x, 2),
    "l2": lambda x: (4 * F.avg_pool2d(x**2, 2) + TINY).sqrt(),  # of the sum of four squares, as torch.nn.LPPool2d
    "l2_x0.78": lambda x: 0.78 * POOLS["l2"](x),
}
TINY = 1e-300  # the slope of a root at 0 is infinite; times 0 it must be 0


def as_caffe(rgb, scale=1.0):
    """What VGG-19 reads: B, G, R less the mean, of levels times `scale`."""
    return scale * rgb.flip(0) - MEAN[:, None, None]


def vgg(x, pool, edge="constant", scale=1.0):
    """Features [channels, height, width] by layer's name after the rectifier, and as name + ".linear" before it.

    `edge`: how the first convolution pads ("replicate" repeats the border's pixels), the others pad with zeros. `scale`
    multiplies the features that are handed out."""
    found, x = {}, x[None]
    for block, count in BLOCKS:
        x = POOLS[pool](x) if block > 1 else x
        for i in range(1, count + 1):
            name = f"conv{block}_{i}"
            x = F.conv2d(F.pad(x, (1, 1, 1, 1), edge if name == "conv1_1" else "constant"), *WEIGHTS[name])
            found[name + ".linear"], x = scale * x[0], F.relu(x)
            found[name] = scale * x[0]
    return found
