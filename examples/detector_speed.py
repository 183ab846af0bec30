"""How long does a published detector take here, and in ONNX Runtime?

    python examples/detector_speed.py FILE.onnx ... [--size 640x480] [--rounds 40]

Each file is converted and run by us, from the picture to the faces; ONNX Runtime runs the network alone. Both in turn, one thread each, on
a picture of noise in its own size. Printed are the medians of the wall times, and the fastest.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

import facestyle as fs
from facestyle import convert

SMALLEST = 20  # the faces looked for: the picture keeps its size


def session_of(path, target):
    """Of a copy that takes pictures of any size, as the operators do."""
    model = onnx.load(path)
    constants = {constant.name for constant in model.graph.initializer}
    for value in [*model.graph.input, *model.graph.output]:
        axes = value.type.tensor_type.shape.dim
        for i in {4: (0, 2, 3), 3: (1,)}.get(len(axes), ()):
            if value.name not in constants:
                axes[i].dim_param = f"{value.name}_{i}"
    onnx.save(model, target)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(target), options, providers=["CPUExecutionProvider"])


def times_of(path, size, rounds, folder):
    """Ours and theirs, in seconds."""
    convert.convert(path, folder / "ours.safetensors")
    session = session_of(path, folder / "any.onnx")
    name = session.get_inputs()[0].name
    pixels = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    height, width = (-(-side // 32) * 32 for side in pixels.shape[:2])
    numbers = np.random.default_rng(2).uniform(-1, 1, (1, 3, height, width)).astype(np.float32)
    found = [], []
    with fs.Model.open(folder / "ours.safetensors") as model, fs.Detector(model, min_face=SMALLEST) as detector:
        with fs.Image.from_array(pixels) as image:
            works = lambda: detector.find(image), lambda: session.run(None, {name: numbers})
            for _ in range(rounds + 3):
                for work, times in zip(works, found):
                    start = time.perf_counter()
                    work()
                    times.append(time.perf_counter() - start)
    return [times[3:] for times in found]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="ONNX files of detectors that facestyle-convert knows")
    parser.add_argument("--size", default="640x480", help="of the picture")
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    size = tuple(int(side) for side in options.size.split("x"))
    fs.set_threads(1)
    print(f"{'':32}{'ours, ms':>10}{'fastest':>9}{'ONNX Runtime, ms':>18}{'fastest':>9}")
    for path in options.files:
        with tempfile.TemporaryDirectory() as folder:
            ours, theirs = times_of(path, size, options.rounds, Path(folder))
        numbers = [1e3 * number for times in (ours, theirs) for number in (float(np.median(times)), min(times))]
        print(f"{path.stem:32}{numbers[0]:>10.1f}{numbers[1]:>9.1f}{numbers[2]:>18.1f}{numbers[3]:>9.1f}")


if __name__ == "__main__":
    main()
