"""Labels photos for examples/training/detector.py with a published detector, YuNet by onnxruntime: writes DATA/labels.json.

    pip install onnxruntime
    python examples/training/detector_labels.py --data folder --yunet yunet_n_dynamic.onnx celeba web [--points web/points.json]

The folders are below DATA and may hold folders. Each photo is looked at in its size and, unless it is large, at twice the size;
sure faces become labels, and doubtful ones are to be ignored. Photos in which nothing is found are left out: they may show faces
that YuNet does not see. Labels that DATA/labels.json has already, made by hand perhaps, are kept.

YuNet's points are rough. Those of a file, {"photo": [[x, y] five times], ...} with names below the file's folder, take their place in the face
that holds them; elsewhere MTCNN's do (`make models`), where it finds the same face. DATA/refined.json lists the photos that had their turn.
"""

import argparse
import json
from pathlib import Path

import numpy as np

SURE, DOUBTFUL = 0.8, 0.3
SMALLEST = 6  # pixels
SAME_FACE = 0.5  # overlap of two boxes
LARGE = 900  # pixels of a photo's longer side, up to which it is looked at twice as large too


class YuNet:
    """Faces [n, 15] of R,G,B pixels: left, top, right, bottom, five points, score."""

    def __init__(self, path):
        import onnxruntime

        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        self.names = [output.name for output in self.session.get_outputs()]

    def __call__(self, pixels):
        height, width = (-(-side // 32) * 32 for side in pixels.shape[:2])
        padded = np.zeros((height, width, 3), np.float32)
        padded[: pixels.shape[0], : pixels.shape[1]] = pixels[..., ::-1]
        results = dict(zip(self.names, self.session.run(None, {self.input: padded.transpose(2, 0, 1)[None]})))
        found = []
        for stride in (8, 16, 32):
            rows, columns = height // stride, width // stride
            cell = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1).reshape(-1, 2)
            numbers = {name: results[f"{name}_{stride}"].reshape(len(cell), -1) for name in ("cls", "obj", "bbox", "kps")}
            score = np.sqrt(np.clip(numbers["cls"][:, 0], 0, 1) * np.clip(numbers["obj"][:, 0], 0, 1))
            keep = score >= DOUBTFUL
            cell, box = cell[keep], numbers["bbox"][keep]
            centre, size = (cell + box[:, :2]) * stride, np.exp(box[:, 2:]) * stride
            points = (cell[:, None] + numbers["kps"][keep].reshape(-1, 5, 2)) * stride
            found.append(
                np.concatenate([centre - size / 2, centre + size / 2, points.reshape(-1, 10), score[keep, None]], 1))
        return suppressed(np.concatenate(found))


def suppressed(faces, most=0.3):
    """The surest of faces that overlap."""
    faces, kept = faces[np.argsort(-faces[:, 14])], []
    for face in faces:
        if all(overlap(face, other) < most for other in kept):
            kept.append(face)
    return np.array(kept).reshape(-1, 15)


def overlap(a, b):
    across, down = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(across, 0) * max(down, 0)
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


def labels_of(detector, image):
    """The faces of an `Image`, as labels; None if there is no sure one."""
    found = detector(image.to_array())
    if max(image.width, image.height) <= LARGE:
        with image.resize(2 * image.width, 2 * image.height, "bilinear") as large:
            twice = detector(large.to_array())
        twice[:, :14] /= 2
        found = suppressed(np.concatenate([found, twice]))
    labels = []
    for face in found:
        numbers = [round(float(number), 1) for number in face[:14]]
        if min(face[2] - face[0], face[3] - face[1]) < SMALLEST:
            continue
        labels.append(numbers if face[14] >= SURE else {"box": numbers[:4], "ignore": 1})
    return labels if any(isinstance(label, list) for label in labels) else None


def with_points(labels, known, mtcnn, image):
    """The labels, with better points where there are any."""
    found = [] if known else mtcnn.find(image)
    boxes = [(x, y, x + width, y + height) for x, y, width, height in (face.box for face in found)]
    better = [np.asarray(known)] if known else [np.asarray(face.landmarks) for face in found]
    refined = []
    for label in labels:
        if isinstance(label, list):
            for i, points in enumerate(better):
                holds = known and all(label[:2] < points.mean(0)) and all(points.mean(0) < label[2:4])
                if holds or not known and overlap(label, boxes[i]) >= SAME_FACE:
                    # Labels count from the photo's corner, points from the centre of the first pixel.
                    label = label[:4] + [round(float(number), 1) for number in points.reshape(-1) + 0.5]
                    break
        refined.append(label)
    return refined


def main():
    import facestyle as fs

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--yunet", type=Path, required=True)
    parser.add_argument("--points", type=Path, nargs="*", default=[], help="files of known points, below DATA")
    parser.add_argument("folders", nargs="+")
    options = parser.parse_args()
    path, done = options.data / "labels.json", options.data / "refined.json"
    labels = json.loads(path.read_text()) if path.exists() else {}
    refined = set(json.loads(done.read_text())) if done.exists() else set()
    known = {}
    for file in options.points:
        for name, points in json.loads((options.data / file).read_text()).items():
            known[(file.parent / name).as_posix()] = points
    mtcnn = fs.Detector(fs.Model.open("mtcnn"), min_face=20)
    detector = YuNet(options.yunet)
    photos = [
        photo for folder in options.folders for photo in sorted((options.data / folder).rglob("*"))
        if photo.suffix.lower() in fs.picture_endings()]  # fmt: skip
    for i, photo in enumerate(photos):
        name = photo.relative_to(options.data).as_posix()
        if name in refined:
            continue
        try:
            with fs.Image.open(photo) as image:
                found = labels.get(name) or labels_of(detector, image)
                if found:
                    found = with_points(found, known.get(name), mtcnn, image)
        except fs.FaceStyleError as error:
            print(f"left out: {error}", flush=True)
            continue
        refined.add(name)
        if found:
            labels[name] = found
        if i % 500 == 499 or i == len(photos) - 1:
            path.write_text(json.dumps(labels))
            done.write_text(json.dumps(sorted(refined)))
            print(f"{i + 1} of {len(photos)} photos, {len(labels)} with faces", flush=True)


if __name__ == "__main__":
    main()
