"""What is measured: the rows of the table, and the inputs that both sides of a row receive."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
MODELS = BUILD / "models"
PHOTOS = BUILD / "photos"


@dataclass(frozen=True)
class Made:
    """A model of ours that is converted from files: of `MODELS`, or written beside it."""

    name: str
    sources: tuple


@dataclass(frozen=True)
class Work:
    """One row a peer and a number of threads.

    `repeats` runs make one measurement, their median counts: short works need several. `tolerance` is how far an
    output may be from the peer's, as a part of its norm.
    """

    name: str
    kind: str
    peers: tuple
    threads: tuple
    tolerance: float
    repeats: int = 1
    size: tuple = ()
    needs: tuple = ()
    made: tuple = ()


VGG, DLIB = MODELS / "vgg19.safetensors", MODELS / "dlib-resnet.safetensors"
YUNET = MODELS / "yunet_n_dynamic.onnx"  # of OpenCV's or libfacedetection's, put there by hand
# Published networks, put there by hand: docs/reference/models.md says whose they are.
PUBLISHED = MODELS / "published"
OPENCV_YUNET, SCRFD = PUBLISHED / "face_detection_yunet_2026may.onnx", PUBLISHED / "scrfd_500m_kps.onnx"
MOBILEFACENET = PUBLISHED / "mobilefacenet.ncnn.param", PUBLISHED / "mobilefacenet.ncnn.bin"
YUNET_MADE, MOBILEFACENET_MADE = Made("yunet", (OPENCV_YUNET,)), Made("mobilefacenet", MOBILEFACENET)
MULTISTYLE = PUBLISHED / "multistyle26.onnx"
STYLE = 19  # of the 26, counted from 0
ARCFACE = "arcface50.onnx"  # written by published.py
BENCH = BUILD / "facestyle-bench"
BUILDS = BUILD / "builds"  # trees of other commits with their libraries, by builds.py
EMBEDDED = "embedded"  # among builds: this tree's library without a Swift runtime
NETWORK_PEERS = ("onnxruntime", "pytorch")
NEAREST = 5  # how many a search finds for each query
HISTORY = 100  # pairs of an L-BFGS that has much to do of its own

WORKS = [
    Work("style-400x300", "style", ("pytorch",), (2,), 2e-3, 1, (400, 300), (VGG,)),
    Work("style-512x512", "style", ("pytorch",), (2,), 2e-3, 1, (512, 512), (VGG,)),
    Work("vgg19-forward", "vgg19", ("pytorch",), (2,), 1e-4, 1, (400, 300), (VGG,)),
    Work("nn4-1", "nn4", NETWORK_PEERS, (1,), 1e-4, 15, (1,)),
    Work("nn4-16", "nn4", NETWORK_PEERS, (1,), 1e-4, 3, (16,)),
    Work("dlib-1", "dlib", NETWORK_PEERS, (1,), 1e-4, 15, (1,), (DLIB,)),
    Work("nn4-train", "train", ("pytorch",), (2,), 1e-3, 1, (63,)),
    Work("mtcnn-vga", "mtcnn", ("facenet-pytorch",), (1, 2), 3e-3, 5, (640, 480), (MODELS / "mtcnn.safetensors",)),
    Work(
        "yunet-vga", "yunet", ("yunet",), (1, 2), 0.15, 15, (640, 480),
        (ROOT / "models/faces-yunet.safetensors", YUNET)),
    *(
        Work(f"yunet-{w}x{h}", "detector", ("onnxruntime", "opencv"), (1, 2), 1e-3, 15, (w, h), (OPENCV_YUNET,), (YUNET_MADE,))
        for w, h in ((640, 480), (320, 320))
    ),
    Work("scrfd-640", "detector", ("onnxruntime",), (1, 2), 1e-3, 9, (640, 640), (SCRFD,), (Made("scrfd", (SCRFD,)),)),
    *(
        Work(
            f"mobilefacenet-{count}", "published", ("onnxruntime", "ncnn"), (1, 2), 1e-4, repeats, (count, 112), MOBILEFACENET,
            (MOBILEFACENET_MADE,))
        for count, repeats in ((1, 15), (16, 3))
    ),
    Work("arcface50-1", "published", ("onnxruntime",), (1, 2), 1e-4, 3, (1, 112), (), (Made("arcface50", (ARCFACE,)),)),
    # Our picture is of whole levels.
    Work(
        "styles26-512x512", "fast-style", ("onnxruntime",), (1, 2), 3e-3, 3, (512, 512), (MULTISTYLE,),
        (Made("multistyle26", (MULTISTYLE,)),)),
    # The pixels that either side cuts out of the photo are not quite the same.
    Work(
        "faces-pipeline", "pipeline", ("onnxruntime",), (1, 2), 0.1, 9, (640, 480), (OPENCV_YUNET, *MOBILEFACENET),
        (YUNET_MADE, MOBILEFACENET_MADE)),
    Work("search-10k", "search", ("faiss",), (2,), 1e-4, 50, (10_000, 128, 1), (DLIB,)),
    Work("search-10k-64", "search", ("faiss",), (2,), 1e-4, 15, (10_000, 128, 64), (DLIB,)),
    Work("search-1m", "search", ("faiss",), (2,), 1e-4, 5, (1_000_000, 128, 1), (DLIB,)),
    Work("search-1m-64", "search", ("faiss",), (2,), 1e-4, 1, (1_000_000, 128, 64), (DLIB,)),
    *(
        Work("gemm-" + name, "gemm", ("pytorch",), (2,), 1e-5, 1, tuple(map(int, (name.split("x") * 3)[:3])), (BENCH,))
        # Squares; then the gradients of VGG's Gram matrices at 400x300, and a 1x1 convolution of nn4.small2.
        for name in ("512", "1024", "2048", "120000x64x64", "1900x512x512", "576x64x192")
    ),
]

# Beside an earlier build of ours alone.
OURS = [
    Work("style-lbfgs", "lbfgs", (), (2,), 2e-3, 3, (256, 192), (VGG,)),
    Work("box-vga", "yunet", (), (1,), 0, 15, (640, 480), (ROOT / "models/faces-yunet.safetensors",)),
    Work("first-embedding", "first", (), (2,), 0, 5, (), (DLIB,)),
]


def inputs(work):
    """The arrays that both sides read. Pictures are uint8, R, G, B."""
    if work.kind in ("style", "lbfgs"):
        content, style = _photo("chelsea.png", work.size), _photo("ihc.png", work.size)
        noise = np.random.default_rng(3).integers(-20, 21, content.shape)
        return {"content": content, "style": style, "noisy": np.clip(content + noise, 0, 255).astype(np.uint8)}
    if work.kind in ("vgg19", "fast-style"):
        return {"image": _photo("chelsea.png", work.size)}
    if work.kind == "nn4":
        return {"chips": _faces(work.size[0], 96)}
    if work.kind == "dlib":
        return {"chips": _faces(work.size[0], 150)}
    if work.kind == "train":
        # Triplets that are none: what a step takes does not depend on who is seen.
        noise = np.random.default_rng(7).integers(-60, 61, (work.size[0], 96, 96, 3))
        return {"chips": np.clip(_faces(3, 96)[np.arange(work.size[0]) % 3] + noise, 0, 255).astype(np.uint8)}
    if work.kind in ("mtcnn", "yunet", "detector", "pipeline"):
        return {"frame": _frame(*work.size)}
    if work.kind == "published":
        return {"chips": _faces(*work.size)}
    if work.kind == "search":
        rows = np.random.default_rng(5).standard_normal((work.size[0] + 64, work.size[1]), np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return {"gallery": rows[:-64], "queries": rows[-64:]}
    return {}


def factors(work):
    """Both sides of a product, as facestyle-bench makes them: a linear congruential generator's numbers in -1..<1."""
    m, k, n = work.size
    multiplier, increment = np.uint32(1_664_525), np.uint32(1_013_904_223)
    powers = np.cumprod(np.full(max(m * k, k * n), multiplier, np.uint32), dtype=np.uint32)
    sums = np.cumsum(np.concatenate(([np.uint32(1)], powers[:-1])), dtype=np.uint32)
    values = ((powers + increment * sums) >> 8).astype(np.float32) * np.float32(2**-23) - 1
    return values[: m * k].reshape(m, k), values[: k * n].reshape(k, n)


def sampled(product):
    """Some numbers of a product: those that facestyle-bench tells of its own."""
    return product.reshape(-1)[np.arange(64) * 7919 % product.size]


def _photo(name, size, box=None):
    from PIL import Image

    picture = Image.open(PHOTOS / name).convert("RGB")
    return np.array(picture.resize(size, Image.BICUBIC, box=box))


def jpeg(pixels):
    """The bytes of a photo."""
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95)
    return file.getvalue()


def _frame(width, height):
    """A portrait on grey, four fifths of it high and wide at most."""
    scale = min(width / 400, height / 480)
    frame, across, down = np.full((height, width, 3), 128, np.uint8), round(320 * scale), round(400 * scale)
    left, top = (width - across) // 2, (height - down) // 2
    frame[top : top + down, left : left + across] = _photo("obama.jpg", (across, down))
    return frame


def _faces(count, side):
    """Pictures of a face, each cut a little differently."""
    cuts = [(250 + 8 * i, 180 + 6 * i, 650 + 8 * i, 580 + 6 * i) for i in range(count)]
    return np.stack([_photo("obama.jpg", (side, side), cut) for cut in cuts])
