#!/usr/bin/env bash
# One slope per channel, written as [C], makes ONNX Runtime scale columns and OpenCV scale channels: two answers, no message.
#
# One would expect: a parametric rectifier has one slope for each channel, an exporter writes the C slopes as a vector [C], and a
# file that onnx.checker accepts with full_check means the same in every runtime.
#
# What happens (onnx 1.23.2, onnxruntime 1.32.0, OpenCV 4.14.0 and 5.0.0, all of its engines): the slope is broadcast as NumPy does, from
# the last axis, so for pictures [N, C, H, W] a slope [C] belongs to the columns. Where W happens to equal C, ONNX Runtime
# computes that; where it does not, it refuses. OpenCV takes the same slope per channel always. Only [C, 1, 1] and [1, C, 1, 1]
# are per channel in both.
#
# Why it matters: ArcFace and MobileFaceNet have a PReLU behind every convolution, and late layers have few rows and columns, so W = C
# is possible in small networks. A converter must not guess: facestyle-convert takes a bare [C] only where it cannot mean a row.
set -euo pipefail
export OPENCV_LOG_LEVEL=ERROR
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for opencv in 4.14.0.94 5.0.0.93; do
  python3 -m venv "$folder/$opencv"
  "$folder/$opencv/bin/pip" install --quiet --disable-pip-version-check \
    onnx==1.23.2 onnxruntime==1.32.0 "opencv-python-headless==$opencv" numpy==2.4.6
  "$folder/$opencv/bin/python" - "$folder" <<'PYTHON'
import sys

import cv2
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

onnxruntime.set_default_logger_severity(4)
slopes = np.array([0.1, 0.2, 0.3], np.float32)


def model(shape, width):
    picture = [1, 3, 3, width]
    graph = helper.make_graph(
        [helper.make_node("PRelu", ["x", "slope"], ["y"])], "prelu",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, picture)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, picture)],
        [numpy_helper.from_array(slopes.reshape(shape), "slope")])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    made.ir_version = 8
    path = f"{sys.argv[1]}/prelu.onnx"
    onnx.save(made, path)
    return made, path


def runtime(path, x):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"x": x})[0]


def opencv(path, x):
    answers = []
    for engine in [getattr(cv2.dnn, name) for name in ("ENGINE_CLASSIC", "ENGINE_NEW") if hasattr(cv2.dnn, name)] or [None]:
        net = cv2.dnn.readNetFromONNX(path) if engine is None else cv2.dnn.readNetFromONNX(path, engine)
        net.setInput(x)
        answers.append(net.forward())
    assert all((answer == answers[0]).all() for answer in answers)
    return answers[0]


x = -np.ones((1, 3, 3, 3), np.float32)
by_column, by_channel = -np.tile(slopes, (1, 3, 3, 1)), -np.tile(slopes[:, None, None], (1, 1, 3, 3))
print("onnx", onnx.__version__, "onnxruntime", onnxruntime.__version__, "OpenCV", cv2.__version__)
made, path = model([3], 3)
onnx.checker.check_model(made, full_check=True)
assert np.array_equal(runtime(path, x), by_column), "ONNX Runtime no longer takes [C] for columns"
assert np.array_equal(opencv(path, x), by_channel), "OpenCV no longer takes [C] for channels"
print("  slope [3], picture [1, 3, 3, 3]: ONNX Runtime by column, OpenCV by channel")
_, path = model([3, 1, 1], 3)
assert np.array_equal(runtime(path, x), by_channel) and np.array_equal(opencv(path, x), by_channel)
print("  slope [3, 1, 1]: both by channel")
_, path = model([3], 5)
wide = -np.ones((1, 3, 3, 5), np.float32)
try:
    runtime(path, wide)
    refused = False
except Exception:
    refused = True
assert refused, "ONNX Runtime accepts a slope [3] for five columns"
assert np.array_equal(opencv(path, wide), -np.tile(slopes[:, None, None], (1, 1, 3, 5)))
print("  slope [3], picture [1, 3, 3, 5]: ONNX Runtime refuses, OpenCV by channel")
PYTHON
done
