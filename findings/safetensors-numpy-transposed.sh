#!/usr/bin/env bash
# safetensors.numpy 0.8.0 writes a transposed array's numbers in the wrong order, and says nothing.
#
# One would expect: save_file({"w": array}) and load_file give back an array that equals the one saved, whatever its strides, as up to
# 0.7.0; or an error, as safetensors.torch gives for a tensor that is not contiguous.
#
# What happens (0.8.0): the file gets the shape of the array and the bytes of its memory in the order in which they lie there.
# After a transposition that is the untransposed order under the transposed shape; of a slice of columns the neighbours' numbers
# are taken. Both are read back without complaint by every reader.
#
# Why it matters: this format is how weights come to libfacestyle, and converting weights is transposing (HWIO to OIHW, Keras
# and MatConvNet to PyTorch). A network converted with this release loads and computes nonsense: its shapes are right.
# numpy.ascontiguousarray before saving is right with every release; check a known output after a conversion.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for version in 0.7.0 0.8.0; do
  python3 -m venv "$folder/$version"
  "$folder/$version/bin/pip" install --quiet --disable-pip-version-check "safetensors==$version" numpy==2.4.6
  "$folder/$version/bin/python" - "$folder" <<'PYTHON'
import sys
import numpy as np
import safetensors
from safetensors.numpy import load_file, save_file

def returns(array):
    path = f"{sys.argv[1]}/weights.safetensors"
    save_file({"w": array}, path)
    read = load_file(path)["w"]
    assert read.shape == array.shape and read.dtype == array.dtype
    return np.array_equal(read, array)

kernel = np.arange(3 * 3 * 2 * 4, dtype=np.float32).reshape(3, 3, 2, 4)  # height, width, inputs, outputs
seen = {
    "as made": returns(kernel),
    "transposed to outputs, inputs, height, width": returns(kernel.transpose(3, 2, 0, 1)),
    "the first two outputs": returns(kernel[..., :2]),
    "transposed, then ascontiguousarray": returns(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))),
}
print("safetensors", safetensors.__version__)
for name, same in seen.items():
    print(f"  {name}: {'the same numbers' if same else 'OTHER NUMBERS'} read back")
wrong = [False, True, True, False] if safetensors.__version__ == "0.8.0" else [False] * 4
assert [not same for same in seen.values()] == wrong, "this release behaves otherwise than the comment says"
PYTHON
done
