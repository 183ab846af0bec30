"""The detectors of the report, each as a function that makes one. A detector takes a picture, uint8 [height, width, 3],
and answers with boxes (left, top, right, bottom), their scores and, if it finds them, five points each.

Made with `everything` it reports boxes down to the lowest score, so that a threshold may be chosen afterwards; otherwise it
is as its makers set it. All look for faces from 20 pixels on and keep one thread busy."""

from pathlib import Path

import numpy as np
import PIL.Image

from .counting import overlaps

SMALLEST = 20


def ours(model, thresholds, side=None):
    """YuNet, MTCNN, CascadeCNN or a converted one, whichever `model` is. `thresholds` are those for everything: the last network's
    score is varied. With `side` the picture's longer one is made that long first, as InsightFace does for SCRFD."""

    def make(everything):
        import facestyle as fs

        fs.set_threads(1)
        with fs.Model.open(model) as weights:
            detector = fs.Detector(weights, min_face=SMALLEST, thresholds=thresholds if everything else None)

        def detect(picture):
            scale = side / max(picture.shape[:2]) if side else 1
            if side:
                height, width = (round(length * scale) for length in picture.shape[:2])
                picture = np.asarray(PIL.Image.fromarray(picture).resize((width, height), PIL.Image.Resampling.BILINEAR))
            with fs.Image.from_array(picture) as image:
                faces = detector.find(image)
            for face in faces if side else ():
                face.box = tuple(number / scale for number in face.box)
                face.landmarks = (face.landmarks + 0.5) / scale - 0.5
            corners = [(x, y, x + width, y + height) for x, y, width, height in (face.box for face in faces)]
            return corners, [face.score for face in faces], [face.landmarks for face in faces if face.landmarks is not None]

        return detect

    return make


def facenet_pytorch(everything):
    """The same weights as our MTCNN; the last network's score is varied."""
    import torch
    from facenet_pytorch import MTCNN

    torch.set_num_threads(1)
    detector = MTCNN(keep_all=True, min_face_size=SMALLEST, thresholds=[0.6, 0.7, 0 if everything else 0.7])

    def detect(picture):
        boxes, scores, points = detector.detect(picture, landmarks=True)
        return ([], [], []) if boxes is None else (boxes, scores, points)

    return detect


def yunet(network):
    """A published YuNet by ONNX Runtime, with the steps around it as in OpenCV's FaceDetectorYN, whose example wants a score
    of 0.9. The smallest face is what it finds in the picture as it is."""

    def make(everything):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(network), options, providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        least = 0.02 if everything else 0.9

        def detect(picture):
            height, width = (-(-side // 32) * 32 for side in picture.shape[:2])
            padded = np.zeros((height, width, 3), np.float32)
            padded[: picture.shape[0], : picture.shape[1]] = picture[..., ::-1]  # B, G, R
            results = dict(zip(names, session.run(None, {"input": padded.transpose(2, 0, 1)[None]})))
            found = []
            for side in (8, 16, 32):
                cells = np.stack(np.meshgrid(np.arange(width // side), np.arange(height // side)), -1).reshape(-1, 2)
                of = {name: results[f"{name}_{side}"].reshape(len(cells), -1) for name in ("cls", "obj", "bbox", "kps")}
                scores = np.sqrt(of["cls"][:, 0].clip(0, 1) * of["obj"][:, 0].clip(0, 1))
                sure = scores >= least
                centres, half = (cells + of["bbox"][:, :2])[sure] * side, np.exp(of["bbox"][sure, 2:]) * side / 2
                points = (cells[sure, None] + of["kps"][sure].reshape(-1, 5, 2)) * side
                found.append(np.concatenate([centres - half, centres + half, points.reshape(-1, 10), scores[sure, None]], 1))
            found = _surest(np.concatenate(found), 0.3)
            return found[:, :4], found[:, 14], found[:, 4:14].reshape(-1, 5, 2) - 0.5  # from the first pixel's centre

        return detect

    return make


def _surest(found, most):
    """Of rows that begin with a box and end with a score, those that no surer one overlaps by more than `most`."""
    found, kept = found[np.argsort(-found[:, -1], kind="stable")], []
    while len(found):
        kept.append(found[0])
        found = found[1:][overlaps(found[1:, :4], found[:1, :4])[:, 0] <= most]
    return np.reshape(kept, (-1, 15))


def haar(cascade):
    """One of the cascades for frontal faces that come with OpenCV. A score is the number of windows that agree: by default
    more than three must, here more than one."""

    def make(everything):
        import cv2

        cv2.setNumThreads(1)
        classifier = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / f"haarcascade_frontalface_{cascade}.xml"))
        more_than = 1 if everything else 3

        def detect(picture):
            grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
            boxes, agreeing = classifier.detectMultiScale2(grey, minNeighbors=more_than, minSize=(SMALLEST, SMALLEST))
            return [(x, y, x + width, y + height) for x, y, width, height in boxes], agreeing, []

        return detect

    return make
