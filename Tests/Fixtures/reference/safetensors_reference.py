"""Writes ../safetensors.json: a small file as the safetensors package makes it, in hexadecimal.

    python3 -m venv v
    v/bin/pip install safetensors==0.8.0 numpy==2.4.6
    v/bin/python safetensors_reference.py
"""
import json, pathlib
import numpy as np
from safetensors.numpy import save

numbers = np.array([0.0, -0.0, 1.0, -2.5, 65504.0, 65519.99, 1e-7, 2.0**-24, 2.0**-25, 3 * 2.0**-25, 1.00048828125,
                    1.00146484375, 0.1, -3.14159274, 6.1e-5, 6.097e-5], dtype=np.float32)
file = save(
    {"b.weight": numbers.reshape(2, 8), "b.half": numbers.astype(np.float16), "a": np.array(7.5, dtype=np.float32),
     "counter": np.arange(3, dtype=np.uint8), "näme \"with\" \\ and\n": np.array([1.0, 2.0], dtype=np.float16)},
    metadata={"text": "line\nquote \" slash / back \\ tab\t bell\x07 ünï 🙂"})
out = pathlib.Path(__file__).parent.parent / "safetensors.json"
out.write_text(json.dumps({"numbers": [float(x) for x in numbers], "file": file.hex()}, indent=0) + "\n")
