"""The files of published networks: what both sides of a row are made from. Needs no PyTorch."""

import sys

import numpy as np
from works import ARCFACE, MOBILEFACENET, ROOT

sys.path.insert(0, str(ROOT / "bindings" / "python"))


def prepare(work, folder):
    """Writes what the sides of a work read, beside the files put there by hand."""
    for made in work.made:
        if made.sources == (ARCFACE,):
            (folder / ARCFACE).write_bytes(arcface50())
        conversion = convert([folder / source for source in made.sources], folder / f"{made.name}.safetensors")
        if made.sources == MOBILEFACENET:
            (folder / "mobilefacenet.onnx").write_bytes(onnx_of(conversion.network))


def convert(paths, target):
    from facestyle import convert

    return convert.convert(paths if len(paths) > 1 else paths[0], target, licence="see its authors")


class Writer:
    """An ONNX model, operator by operator."""

    def __init__(self, side, channels=3):
        from onnx import TensorProto, helper

        self.helper, self.nodes, self.tensors = helper, [], []
        self.input = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", channels, side, side])

    def __call__(self, kind, inputs, *arrays, **attributes):
        from onnx import numpy_helper

        result = f"{kind}_{len(self.nodes)}"
        names = [f"{result}.{i}" for i in range(len(arrays))]
        self.tensors += [
            numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name) for name, array in zip(names, arrays)]
        self.nodes.append(self.helper.make_node(kind, [*inputs, *names], [result], name=result, **attributes))
        return result

    def bytes(self, value, outputs):
        from onnx import TensorProto

        self.nodes.append(self.helper.make_node("Identity", [value], ["embedding"]))
        output = self.helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", outputs])
        graph = self.helper.make_graph(self.nodes, "network", [self.input], [output], self.tensors)
        return self.helper.make_model(
            graph, opset_imports=[self.helper.make_opsetid("", 13)], ir_version=8).SerializeToString()


def onnx_of(network):
    """A network of sums, slopes and shortcuts that was read from another file, in ONNX."""
    write = Writer(network.extent[0])
    values = {"input": "input"}
    for layer in network.layers:
        inputs, given, tensors = [values[name] for name in layer.inputs], layer.parameters, layer.tensors
        if layer.kind == "convolution":
            pad, stride = int(given.get("padding", 0)), int(given.get("stride", 1))
            bias = tensors.get("bias", np.zeros(len(tensors["weight"])))
            value = write(
                "Conv", inputs, tensors["weight"], bias, group=int(given.get("groups", 1)), pads=[pad] * 4, strides=[stride] * 2)
        elif layer.kind == "dense":
            flat = write("Flatten", inputs)
            value = write("Gemm", [flat], tensors["weight"], tensors.get("bias", np.zeros(len(tensors["weight"]))), transB=1)
        elif layer.kind == "sum":
            value = write("Add", inputs)
        elif layer.kind == "unit-length":
            value = write("LpNormalization", inputs, axis=1, p=2)
        else:
            raise ValueError(f"a layer {layer.kind}")
        if layer.activation:
            value = write("PRelu", [value], np.reshape(layer.activation[1], (-1, 1, 1)))
        values[layer.name] = value
    return write.bytes(values[network.outputs["embedding"]], 128)


def arcface50(seed=50):
    """A 50-layer network of ArcFace's kind (IResNet-50), as its authors export it. Seeded weights: it knows no face."""
    random, write = np.random.default_rng(seed), Writer(112)

    def convolution(value, inputs, outputs, kernel=3, stride=1):
        weights = random.normal(0, np.sqrt(1 / (inputs * kernel**2)), (outputs, inputs, kernel, kernel))
        return write("Conv", [value], weights, random.normal(0, 0.1, outputs), pads=[kernel // 2] * 4, strides=[stride] * 2)

    def normalised(value, channels):
        gamma, beta, mean = random.normal(1, 0.05, channels), *random.normal(0, 0.05, (2, channels))
        return write("BatchNormalization", [value], gamma, beta, mean, random.uniform(0.9, 1.1, channels), epsilon=1e-5)

    def bent(value, channels):
        return write("PRelu", [value], random.uniform(0, 0.5, (channels, 1, 1)))

    value, channels = bent(convolution("input", 3, 64), 64), 64
    for outputs, count in ((64, 3), (128, 4), (256, 14), (512, 3)):
        for i in range(count):
            stride = 2 if i == 0 else 1
            body = bent(convolution(normalised(value, channels), channels, outputs), outputs)
            body = convolution(body, outputs, outputs, stride=stride)
            short = convolution(value, channels, outputs, 1, 2) if i == 0 else value
            value, channels = write("Add", [body, short]), outputs
    value = write("Flatten", [normalised(value, 512)])
    value = write("Gemm", [value], random.normal(0, 0.01, (512, 25088)), np.zeros(512), transB=1)
    return write.bytes(normalised(value, 512), 512)
