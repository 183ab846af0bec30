"""ONNX files of tests, written operator by operator."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Graph:
    """Each call adds an operator and returns its value's name; inputs are names, or arrays that become initialisers."""

    def __init__(self, shape=(1, 3, 8, 6), opset=17, seed=1, more=None):
        """`more`: further inputs by name."""
        self.shape, self.opset, self.random, self.more = shape, opset, np.random.default_rng(seed), more or {}
        self.nodes, self.constants, self.count = [], [], 0

    def __call__(self, kind, *inputs, outputs=1, **attributes):
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        results = [f"{kind.lower()}_{self.count + i}" for i in range(outputs)]
        self.count += outputs
        self.nodes.append(helper.make_node(kind, names, results, name=f"/{kind}_{self.count}", **attributes))
        return results[0] if outputs == 1 else results

    def constant(self, array):
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def numbers(self, *shape, low=-1.0, high=1.0):
        return self.random.uniform(low, high, shape).astype(np.float32)

    def conv(self, value, inputs, outputs, kernel=3, **attributes):
        height, width = kernel if isinstance(kernel, tuple) else (kernel, kernel)
        groups = attributes.get("group", 1)
        weight = self.numbers(outputs, inputs // groups, height, width) * (3 / (height * width * inputs / groups)) ** 0.5
        return self("Conv", value, weight, self.numbers(outputs), **attributes)

    def normalise(self, value, channels, epsilon=1e-3):
        return self("BatchNormalization", value, self.numbers(channels, low=0.5, high=1.5), self.numbers(channels),
                    self.numbers(channels), self.numbers(channels, low=0.3, high=2), epsilon=epsilon)  # fmt: skip

    def model(self, *outputs, functions=()):
        value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        inputs = [value(name, list(shape)) for name, shape in {"input": self.shape, **self.more}.items()]
        graph = helper.make_graph(self.nodes, "test", inputs, [value(name, None) for name in outputs],
                                  self.constants)  # fmt: skip
        # A version of the format that every onnxruntime of these years reads.
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=8)

    def save(self, path, *outputs):
        onnx.save(self.model(*outputs), str(path))
        return path
