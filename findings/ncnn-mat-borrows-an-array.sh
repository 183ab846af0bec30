#!/usr/bin/env bash
# ncnn's Python package: ncnn.Mat(array) of a NumPy array keeps neither a copy nor a reference.
#
# One would expect: as of torch.from_numpy or memoryview, an object that shares the array's memory and keeps the array alive; or,
# as of ncnn.Mat.from_pixels, a copy.
#
# What happens (ncnn 1.0.20261020, NumPy 2.4.6): the matrix shares the memory, as torch.from_numpy does (a number that changes in
# the array changes in the matrix), and holds no reference: the count of the array's references stays what it was. As soon as the
# array is gone, as of `ncnn.Mat(np.ascontiguousarray(picture))` at the end of that line, the matrix stands for freed memory, and
# an extractor computes with whatever lies there then. ncnn.Mat(array).clone() is a copy, made while the array is there.
#
# Why it matters: who compares a converted network with ncnn's answer (facestyle-convert --verify does) compares with numbers of
# another picture, now and then, and looks for the fault in the conversion.
set -euo pipefail
command -v python3 >/dev/null || { echo "no python3; expected one of 3.11 or later"; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check ncnn==1.0.20261020 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import ncnn
import numpy as np

print(f"ncnn {ncnn.__version__}, NumPy {np.__version__}")
array = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
before = sys.getrefcount(array)
mat = ncnn.Mat(array)
held = sys.getrefcount(array) - before
copy = mat.clone()
array[0, 0, 0] = 99
print(f"references added by ncnn.Mat(array): {held}")
print(f"array[0, 0, 0] became 99: the matrix has {np.array(mat)[0, 0, 0]}, its clone {np.array(copy)[0, 0, 0]}")
shared = memoryview(array)
kept = sys.getrefcount(array) - before
print(f"references added by memoryview(array): {kept}")
assert held == 0, "the matrix holds its array"
assert np.array(mat)[0, 0, 0] == 99, "the matrix has a copy"
assert np.array(copy)[0, 0, 0] == 0, "the clone shares the memory"
assert kept >= 1
PYTHON
echo "as described: shared, and not held"
