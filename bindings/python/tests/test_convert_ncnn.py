"""facestyle.convert: ncnn's .param and .bin, written here; against the package ncnn where it is installed."""

import importlib.util
import struct

import numpy as np
import pytest
from conftest import shared

import facestyle as fs
import facestyle.convert as convert
import tolerances

has_ncnn = importlib.util.find_spec("ncnn") is not None
needs_ncnn = pytest.mark.skipif(not has_ncnn, reason="ncnn is absent: pip install ncnn")


class Net:
    """Lines of a .param file and the weights of its .bin file; each call adds a layer and returns its output's name."""

    def __init__(self, width=10, height=8, halves=False):
        self.lines, self.data, self.count, self.halves = [f"Input data 0 1 data 0={width} 1={height} 2=3"], b"", 0, halves
        self.random = np.random.default_rng(1)

    def __call__(self, kind, *inputs, parameters="", weights=()):
        self.count += 1
        name = f"v{self.count}"
        self.lines.append(f"{kind} layer{self.count} {len(inputs)} 1 {' '.join(inputs)} {name} {parameters}")
        for tagged, array in weights:
            if tagged and self.halves:
                half = array.astype("<f2").tobytes()
                self.data += struct.pack("<I", 0x01306B47) + half + bytes(-len(half) % 4)
            else:
                self.data += (bytes(4) if tagged else b"") + array.astype("<f4").tobytes()
        return name

    def numbers(self, count, low=-1.0):
        return self.random.uniform(low, 1, count).astype(np.float32)

    def convolution(self, value, inputs, outputs, parameters="1=3", kernel=9, kind="Convolution", groups=1):
        count = outputs * inputs // groups * kernel
        text = f"0={outputs} 5=1 6={count} {parameters}" + (f" 7={groups}" if groups > 1 else "")
        return self(kind, value, parameters=text, weights=[(True, self.numbers(count) / 3), (False, self.numbers(outputs))])

    def parted(self, value):
        """ncnn lets a value be read once."""
        self.count += 2
        names = [f"v{self.count - 1}", f"v{self.count}"]
        self.lines.append(f"Split split{self.count} 1 2 {value} {' '.join(names)}")
        return names

    def save(self, folder):
        values = 1 + self.count
        text = "\n".join(["7767517", f"{len(self.lines)} {values}", *self.lines]) + "\n"
        paths = [folder / "net.param", folder / "net.bin"]
        paths[0].write_text(text)
        paths[1].write_bytes(self.data)
        return paths


def converted(tmp_path, net, verify=True):
    options = {"kind": "network", "mean": (127.5, 127.5, 127.5), "scale": 1 / 64, "verify": verify}
    return convert.convert(net.save(tmp_path), tmp_path / "out.safetensors", **options)


def refusal(tmp_path, net):
    with pytest.raises(convert.ConvertError) as error:
        convert.convert(net.save(tmp_path), tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()
    return str(error.value)


def one_layer(kind, parameters="", weights=lambda net: []):
    def make(net):
        x = net.convolution("data", 3, 4, "1=1", 1)
        return net(kind, x, parameters=parameters, weights=weights(net))

    return make


def convolution(parameters, kernel, **more):
    return lambda net: net.convolution(net.convolution("data", 3, 4, "1=1", 1), 4, 8, parameters, kernel, **more)


def two(kind, parameters):
    def make(net):
        x, y = net.parted(net.convolution("data", 3, 4, "1=1", 1))
        return net(kind, x, net("Sigmoid", y), parameters=parameters)

    return make


LAYERS = {
    "convolution": convolution("1=3 4=1", 9), "stride, dilation": convolution("1=3 2=2 3=2 4=2", 9),
    "rectangle": convolution("1=3 11=2 3=1 13=2 4=1 14=0 15=2 16=1", 6), "same": convolution("1=3 3=2 4=-233", 9),
    "rectifier": convolution("1=3 9=1", 9), "leaky": convolution("1=3 9=2 -23310=1,0.25", 9),
    "clip": convolution("1=3 9=3 -23310=2,-0.5,0.75", 9), "sigmoid": convolution("1=3 9=4", 9),
    "hard swish": convolution("1=3 9=6 -23310=2,0.2,0.5", 9),
    "depthwise": lambda net: net.convolution(net.convolution("data", 3, 4, "1=1", 1), 4, 4, "1=3 4=1", 9, "ConvolutionDepthWise", 4),
    "transposed": lambda net: net.convolution(net.convolution("data", 3, 4, "1=1", 1), 4, 6, "1=4 3=2 4=1", 16, "Deconvolution"),
    "product": one_layer("InnerProduct", "0=5 1=1 2=1600", lambda net: [(True, net.numbers(1600) / 20), (False, net.numbers(5))]),
    "batch norm": one_layer("BatchNorm", "0=4 1=0.01", lambda net: [(False, net.numbers(4, 0.25)) for _ in range(4)]),
    "scale": one_layer("Scale", "0=4 1=1", lambda net: [(False, net.numbers(4)), (False, net.numbers(4))]),
    "slopes": one_layer("PReLU", "0=4", lambda net: [(False, net.numbers(4))]), "slope": one_layer("ReLU", "0=0.125"),
    "relu": one_layer("ReLU"), "add": one_layer("BinaryOp", "0=0 1=1 2=0.5"), "subtract from": one_layer("BinaryOp", "0=7 1=1 2=0.5"),
    "multiply": one_layer("BinaryOp", "0=2 1=1 2=1.5e-1"), "two": two("BinaryOp", "0=2"), "eltwise": two("Eltwise", "0=1"),
    "maximum": one_layer("Pooling", "0=0 1=2 2=2"), "average": one_layer("Pooling", "0=1 1=3 2=2 3=1 5=1"),
    "global": one_layer("Pooling", "0=1 4=1"), "nearest": one_layer("Interp", "0=1 1=2.0 2=2.0"),
    "bilinear": one_layer("Interp", "0=2 1=2.0 2=2.0"), "padding": one_layer("Padding", "0=1 1=2 2=0 3=3 4=0 5=0.5"),
    "reflection": one_layer("Padding", "0=1 1=1 2=1 3=1 4=2"), "joined": two("Concat", "0=0"), "softmax": one_layer("Softmax", "0=0 1=1"),
    "cells": lambda net: net("Reshape", net("Permute", net.convolution("data", 3, 4, "1=1", 1), parameters="0=3"), parameters="0=2 1=-1"),
    "bounds": one_layer("Clip", "0=-0.25 1=0.5"), "hard sigmoid": one_layer("HardSigmoid", "0=0.2 1=0.5"),
    "swish": one_layer("HardSwish", "0=0.1666667 1=0.5"), "tanh": one_layer("TanH"), "nothing": one_layer("Dropout"),
}  # fmt: skip


@needs_ncnn
@pytest.mark.parametrize("halves", [False, True])
@pytest.mark.parametrize("layer", LAYERS)
def test_each_layer_answers_as_ncnns(tmp_path, layer, halves):
    net = Net(halves=halves)
    LAYERS[layer](net)
    assert len(converted(tmp_path, net).report) == 1


def test_a_network_worked_out_by_hand(tmp_path):
    """2 r - b + 0.5, at most 100, of levels."""
    net = Net(2, 1)
    x = net("Convolution", "data", parameters="0=1 1=1 5=1 6=3",
            weights=[(True, np.array([2, 0, -1], np.float32)), (False, np.array([0.5], np.float32))])  # fmt: skip
    net("Clip", net("Split", x), parameters="1=100.0")
    conversion = convert.convert(net.save(tmp_path), tmp_path / "out.safetensors", kind="network")
    (name,) = conversion.network.outputs
    with fs.Model.open(tmp_path / "out.safetensors") as model, fs.Image.from_array(np.array([[[10, 9, 1], [80, 9, 4]]], np.uint8)) as image:
        assert np.abs(model.features(image, name).ravel() - [19.5, 100]).max() < tolerances.FLOAT


def test_what_a_file_does_with_levels_first_goes_to_the_line_of_the_input(tmp_path):
    net = Net()
    x = net("BinaryOp", "data", parameters="0=1 1=1 2=127.5")
    x = net("BinaryOp", x, parameters="0=2 1=1 2=0.0078125")
    net.convolution(x, 3, 4, "1=3 4=1")
    conversion = convert.convert(net.save(tmp_path), tmp_path / "out.safetensors", kind="network")
    text = conversion.network.text()
    assert text.startswith("input channels=3 height=8 width=10 mean=127.5,127.5,127.5 scale=0.0078125\n") and text.count("\n") == 3


@needs_ncnn
def test_the_published_mobilefacenet(tmp_path):
    folder = shared("models/published/mobilefacenet.ncnn.param").parent
    files = [folder / "mobilefacenet.ncnn.bin", folder / "mobilefacenet.ncnn.param"]  # in either order
    conversion = convert.convert(files, tmp_path / "out.safetensors", verify=True)
    assert conversion.kind.name == "mobilefacenet" and conversion.network.extent == (112, 112, 3)
    with fs.Model.open(tmp_path / "out.safetensors") as model, fs.Embedder(model) as embedder:
        assert embedder.dimension == 128


# ---- What is refused ----


def test_weights_of_eight_bits_are_refused(tmp_path):
    net = Net()
    net.convolution("data", 3, 4, "1=3 8=2")
    assert "weights of eight bits; expected single or half precision" in refusal(tmp_path, net)
    net = Net()
    net.convolution("data", 3, 4)
    net.data = struct.pack("<I", 0x000D4B38) + net.data[4:]
    assert "weights of eight bits at byte 0" in refusal(tmp_path, net)


@pytest.mark.parametrize("change, reason", [
    (lambda net: setattr(net, "data", net.data[:-4]), "numbers at byte"),
    (lambda net: setattr(net, "data", net.data + b"1234"), "4 bytes behind"),
    (lambda net: net.lines.append("Mystery m 1 1 v1 v9"), 'Mystery "m": a kind that is not known'),
    (lambda net: net.lines.append("ReLU m 1 1 nothing v9"), 'reads "nothing"; expected a result of a layer above'),
    (lambda net: net.lines.append("ReLU m"), "expected kind, name and two counts"),
    (lambda net: net.lines.append("ReLU m 3 1 v1"), "expected the names of 3"),
    (lambda net: net.lines.append("ReLU m 1 1 v1 v9 0:1"), "expected key=value of numbers"),
    (lambda net: net.lines.pop(0), "no layer Input above it"),
    (lambda net: net.lines.append("Input i 0 1 other"), "a second input"),
])  # fmt: skip
def test_damaged_files_are_refused(tmp_path, change, reason):
    net = Net()
    net.convolution("data", 3, 4)
    change(net)
    assert reason in refusal(tmp_path, net)


def test_files_that_are_none_of_ncnn(tmp_path):
    net = Net()
    net.convolution("data", 3, 4)
    param, weights = net.save(tmp_path)
    for text in (b"", b"7767518\n1 1\nInput a 0 1 a\n", b"7767517\n5 1\nInput a 0 1 a\n", b"\xff\xfe\x00"):
        param.write_bytes(text)
        with pytest.raises(convert.ConvertError, match="expected"):
            convert.convert([param, weights], tmp_path / "out.safetensors")
    with pytest.raises(convert.ConvertError, match="expected an .onnx"):
        convert.convert([param], tmp_path / "out.safetensors")


def test_overwritten_files_are_read_or_refused(tmp_path):
    net = Net()
    net(*("Softmax", net.convolution(net.convolution("data", 3, 4, "1=3 4=1"), 4, 4)), parameters="0=0 1=1")
    param, weights = net.save(tmp_path)
    text, random = param.read_bytes(), np.random.default_rng(6)
    for _ in range(200):
        data = bytearray(text)
        for _ in range(2):
            data[random.integers(len(data))] = random.integers(32, 127)
        param.write_bytes(data)
        try:
            convert.convert([param, weights], tmp_path / "out.safetensors")
        except convert.ConvertError as error:
            assert "\n" not in str(error)
