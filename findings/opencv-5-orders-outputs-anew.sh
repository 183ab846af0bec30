#!/usr/bin/env bash
# The order of a network's outputs changes between OpenCV 4 and 5, and between two engines of OpenCV 5.
#
# One would expect: the outputs of an ONNX file come in the order in which the file lists them, as in ONNX Runtime, and that order
# is the same after an upgrade.
#
# What happens (OpenCV 4.14.0 and 5.0.0): version 4 and the classic engine of version 5 return
# getUnconnectedOutLayersNames() sorted by their bytes, "bbox_16", "bbox_32", "bbox_8", "score_16", ...: neither the file's order
# nor that of the strides. The engine that version 5 takes by itself returns the file's order.
#
# Why it matters: face detectors have nine to twelve outputs (SCRFD, YuNet), and programs that unpack forward() by position, tuned on
# version 4, give the boxes of stride 16 to the scores of stride 8 on version 5, without an error where shapes agree. Heads must be
# found by name and shape, as facestyle-convert finds them.
set -euo pipefail
export OPENCV_LOG_LEVEL=ERROR
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for opencv in 4.14.0.94 5.0.0.93; do
  python3 -m venv "$folder/$opencv"
  "$folder/$opencv/bin/pip" install --quiet --disable-pip-version-check \
    onnx==1.23.2 onnxruntime==1.32.0 "opencv-python-headless==$opencv" numpy==2.4.6
  "$folder/$opencv/bin/python" - "$folder/heads.onnx" <<'PYTHON'
import sys

import cv2
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

names = ["score_8", "score_16", "score_32", "bbox_8", "bbox_16", "bbox_32"]
shape = [1, 1, 2, 2]
graph = helper.make_graph(
    [helper.make_node("Add", ["x", f"number{i}"], [name]) for i, name in enumerate(names)], "heads",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
    [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in names],
    [numpy_helper.from_array(np.array([i], np.float32), f"number{i}") for i in range(len(names))])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
model.ir_version = 8
onnx.checker.check_model(model, full_check=True)
onnx.save(model, sys.argv[1])
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
assert [output.name for output in session.get_outputs()] == names


def order(*engine):
    net = cv2.dnn.readNetFromONNX(sys.argv[1], *engine)
    found = list(net.getUnconnectedOutLayersNames())
    net.setInput(np.zeros(shape, np.float32))
    values = [int(answer.flat[0]) for answer in net.forward(found)]
    assert [names[value] for value in values] == found, "names and values disagree"
    return found


usual = order()
print("OpenCV", cv2.__version__, "by itself:", " ".join(usual))
if cv2.__version__.startswith("4."):
    assert usual == sorted(names), "version 4 no longer sorts"
else:
    classic = order(cv2.dnn.ENGINE_CLASSIC)
    print("  classic engine:", " ".join(classic))
    assert usual == names, "version 5 no longer keeps the file's order"
    assert classic == sorted(names), "the classic engine no longer sorts"
PYTHON
done
