"""Writes the small files that fuzzing begins with: Tests/Fuzz/seeds, a folder a target. They are in the tree; run it when a
format is added.

    PYTHONPATH=bindings/python:bindings/python/tests build/venv/bin/python Tests/Fuzz/make_seeds.py
"""

import io
import json
import struct
import tempfile
from pathlib import Path

import numpy as np
import PIL.Image
import pillow_jxl  # noqa: F401

import bmps
import facestyle as fs
import icc
import pngs
import test_heif
import tiffs

SEEDS = Path(__file__).with_name("seeds")
WIDTH, HEIGHT = 16, 12
y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
SMOOTH = np.stack([14 * x, 20 * y, 255 - 8 * x - 9 * y], -1).clip(0, 255).astype(np.uint8)
ALPHA = np.dstack([SMOOTH, (16 * x).astype(np.uint8)])


def saved(array, form, **options):
    file = io.BytesIO()
    PIL.Image.fromarray(array).save(file, form, **options)
    return file.getvalue()


def write(target, name, data):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def pictures():
    turned = PIL.Image.Exif()
    turned[0x0112] = 6
    indices = (x * y % 16).astype(np.uint8)
    colours = np.arange(48, dtype=np.uint8).reshape(16, 3)
    files = {
        "profile.png": pngs.written(SMOOTH, icc=icc.rgb()), "16.png": pngs.written(SMOOTH.astype(np.uint16) * 257),
        "alpha.png": pngs.written(ALPHA, pngs.chunk(b"cICP", bytes([9, 16, 0, 1]))),
        "palette.png": saved(indices, "PNG", bits=4), "interlaced.png": interlaced(),
        "profile.jpg": saved(SMOOTH, "JPEG", icc_profile=icc.rgb(), exif=turned.tobytes()),
        "progressive.jpg": saved(SMOOTH, "JPEG", progressive=True, subsampling=2), "grey.jpg": saved(SMOOTH[..., 0], "JPEG"),
        "cmyk.jpg": cmyk(),
        "rle.bmp": bmps.written(WIDTH, HEIGHT, 8, runs(indices), bmps.RLE8, colours=colours),
        "words.bmp": bmps.written(WIDTH, HEIGHT, 16, bmps.words(x * 999 + y, 16), bmps.MASKS, masks=(0xF800, 0x7E0, 0x1F)),
        "plain.bmp": saved(SMOOTH, "BMP"),
        "plain.tif": tiffs.written(SMOOTH, rows=4), "deflate.tif": tiffs.written(SMOOTH, tile=16, compression=tiffs.DEFLATE),
        "lzw.tif": saved(SMOOTH, "TIFF", compression="tiff_lzw"), "jpeg.tif": saved(SMOOTH, "TIFF", compression="jpeg"),
        "lossy.webp": saved(ALPHA, "WEBP", quality=60, exif=turned.tobytes()), "lossless.webp": saved(SMOOTH, "WEBP", lossless=True),
        "picture.heic": test_heif.heic(SMOOTH), "picture.avif": test_heif.avif(SMOOTH),
        "picture.jxl": saved(SMOOTH, "JXL", lossless=True),
    }  # fmt: skip
    for name, data in files.items():
        write("picture", name, data)
        fs.Image.decode(data).close()


def interlaced():
    """Adam7, of one pixel: the rows of its first pass."""
    head = pngs.chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 1))
    import zlib

    return b"\x89PNG\r\n\x1a\n" + head + pngs.chunk(b"IDAT", zlib.compress(b"\0\1\2\3")) + pngs.chunk(b"IEND", b"")


def cmyk():
    file = io.BytesIO()
    PIL.Image.fromarray(SMOOTH).convert("CMYK").save(file, "JPEG")
    return file.getvalue()


def runs(indices):
    out = b""
    for row in indices[::-1]:
        out += b"".join(bytes([1, value]) for value in row[:8]) + bytes([0, 8, *row[8:]]) + b"\0\0"
    return out + b"\0\1"


def tensors(metadata, **arrays):
    header, data = {"__metadata__": metadata}, b""
    for name, array in arrays.items():
        start = len(data)
        data += array.tobytes()
        kind = {"float32": "F32", "float16": "F16", "int8": "I8", "uint8": "U8"}[array.dtype.name]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [start, len(data)]}
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + data


# Every layer that needs few weights or none.
LAYERS = """input channels=3 height=8 width=8 mean=127.5,127.5,127.5 scale=0.0078125 order=bgr
a pool pooling=maximum kernel=2 stride=2 rounds-up=yes < input
b euclidean-pool kernel=2 stride=2 < input
c border top=1 left=1 value=0.5 < a
d reflection count=1 < b
e upsampling factor=2 < a
f resize rows=2 mode=bilinear coordinates=corners < a
g sum < e, f
h difference < g, e
i product < h, f
j quotient < i, g
k addition < j, g
l clip min=0 max=6 < k
slopes parametric-rectifier < l
m leaky-rectifier slope=0.1 < slopes
n sigmoid < m
o tanh < n
p softmax channels=3 < o
q concatenation < p, o
r maxout pieces=2 < q
s linear scale=2 offset=1 < r
t dropout probability=0.5 < s
up transposed-convolution filters=2 kernel=2 stride=2 < t
u depth-to-space side=1 < up
v response-normalisation window=3 scale=0.1 < u
w rectifier < v
x flatten < w
embedding unit-length < x
output embedding"""


def models():
    ones = lambda *shape: np.ones(shape, np.float32)  # noqa: E731
    graph = (
        "input channels=3 height=8 width=8\nsum convolution filters=4 kernel=3 stride=2 bias=no < input\n"
        "norm batch-normalisation < sum\nhot rectifier < norm\nmean global-average < hot\nembedding dense outputs=4 < mean\n"
        "output embedding")
    files = {
        "empty.safetensors": tensors({}),
        "graph.safetensors": tensors({"architecture": "graph", "kind": "embedding", "threshold": "1", "graph": graph},
            **{"sum.weight": ones(4, 3, 3, 3), "norm.weight": ones(4), "norm.bias": ones(4), "norm.running_mean": ones(4),
               "norm.running_var": ones(4), "embedding.weight": ones(4, 4), "embedding.bias": ones(4)}),
        "half.safetensors": tensors({"architecture": "graph", "kind": "fast-style", "graph":
            "input channels=3\nsum convolution filters=3 kernel=1 bias=no < input\n"
            "norm instance-normalisation styles=2 < sum\nout linear scale=20 offset=128 < norm\noutput picture = out"},
            **{"sum.weight": ones(3, 3, 1, 1).astype(np.float16), "norm.weight": ones(2, 3), "norm.bias": ones(2, 3)}),
        "layers.safetensors": tensors({"architecture": "graph", "kind": "embedding", "threshold": "1", "graph": LAYERS},
            **{"slopes.weight": ones(3), "up.weight": ones(3, 2, 2, 2), "up.bias": ones(2)}),
        "vgg.safetensors": tensors({"architecture": "vgg19"}, **{"conv1_1.weight": ones(64, 3, 1, 1)[:1]}),
    }  # fmt: skip
    for name, data in files.items():
        write("model", name, data)


def lists():
    write("lists", "lfw.txt", "1\t1\nAda\t1\t2\nAda\t1\tGrace\t1\n")
    write("lists", "plain.csv", 'first,second,same\n"a, b.jpg",c.jpg,true,0\nd.jpg,e.jpg,0,1\n')
    points = [[1.5, 2], [3, 4e0], [5, 6], [-7, 8], [9, 10]]
    write("lists", "landmarks.json", json.dumps({"Ann/1.jpg": points}))
    write("lists", "boxes.json", json.dumps({"\u00e9\n": {"landmarks": points, "box": [1, 2, 3, 4]}}))
    write("expression", "all", "p0 + p1*x + exp(sin(x)/x)^2 - log(sqrt(y))*tanh(-1.5e-3)/sigmoid(softplus(absolute(z)))")
    write("expression", "square", "square(reciprocal(x))^-x^2*sign(cos(y))")
    write("lists", "labels.json", '{"Ann/1.png": [[2, 2, 20, 18, 7, 7, 16, 7, 12, 11, 8, 15, 15, 15]]}')
    for number in range(14):  # the formats; see frame.c
        write("frame", str(number), bytes([number, 8, 8, number % 4, number, 24, 0, 24, 0, 24, 0, 0, 1, 1, 4, 4]) + bytes(range(64)))


def galleries():
    with tempfile.TemporaryDirectory() as folder, fs.Model.open(str(SEEDS / "model" / "graph.safetensors")) as model:
        with fs.Embedder(model) as embedder:
            path = Path(folder) / "people.gallery"
            with fs.Gallery.open(str(path), embedder) as gallery:
                for number, name in enumerate(("Ada", "Grace")):
                    gallery.add(name, np.full(4, 0.1 * (number + 1), np.float32))
                gallery.export(str(Path(folder) / "people.csv"))
            write("gallery", "people.gallery", path.read_bytes())
            write("table", "people.csv", (Path(folder) / "people.csv").read_bytes())


def servers():
    """Changes of a server's answers; see server.c: the way, then answer, kind, message, column, length, bytes of each."""
    first, last, replies = 0, 0x80, range(1, 6)  # the greeting, then what opening asks: six answers of a gallery that is there

    def changes(*each, way=4):
        return bytes([way]) + b"".join(bytes([*numbers, len(data)]) + data for *numbers, data in each)

    replace, cut, extend, retype, remove, repeat, insert, value, nothing, kind, column, end = range(12)
    files = {
        "good": changes(), "good-sealed": changes(way=1), "new": changes(way=2),
        "refused": changes((3, insert, last, ord("E"), b"SERROR\0C42501\0Mno\0\0")),
        "notice": changes((first, insert, last, ord("N"), b"SWARNING\0Mline\r\nline\0\0")),
        "copy": changes((8, insert, last, ord("H"), b"\0\0\0")),
        "early": changes((8, insert, 2, ord("Z"), b"T")),
        "cut": changes((5, end, first, 0, b""), (5, cut, last, 1, b"")),
    }  # fmt: skip
    for number in replies:
        files[f"value-{number}"] = changes(*((4 * number + i, value, 3, i, b"\x80") for i in range(4)))
        files[f"nothing-{number}"] = changes(*((4 * number + i, nothing, 3, i, b"") for i in range(4)))
        files[f"type-{number}"] = changes(*((4 * number + i, kind, 2, i, b"\0\0\0\x19") for i in range(4)))
        files[f"column-{number}"] = changes(*((4 * number + i, column, 2 + i % 2, 0, b"") for i in range(4)))
        files[f"rows-{number}"] = changes(*((4 * number + i, repeat, 3, 9, b"") for i in range(4)))
    for name, data in files.items():
        write("server", name, data)


for step in (pictures, models, lists, galleries, servers):
    step()
print(sum(1 for path in SEEDS.rglob("*") if path.is_file()), "files,", sum(p.stat().st_size for p in SEEDS.rglob("*") if p.is_file()), "bytes")
