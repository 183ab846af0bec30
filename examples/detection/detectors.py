"""The detectors of the report, each as a function that makes one. A detector takes a picture, uint8 [height, width, 3],
and answers with boxes (left, top, right, bottom) and their scores.

Made with `everything` it reports boxes down to the lowest score, so that a threshold may be chosen afterwards; otherwise it
is as its makers set it. All look for faces from 20 pixels on and keep one thread busy."""

from pathlib import Path

SMALLEST = 20


def ours(model, thresholds):
    """MTCNN or CascadeCNN, whichever `model` is. `thresholds` are those for everything: the last network's score is varied."""

    def make(everything):
        import facestyle as fs

        fs.set_threads(1)
        with fs.Model.open(model) as weights:
            detector = fs.Detector(weights, min_face=SMALLEST, thresholds=thresholds if everything else None)

        def detect(picture):
            with fs.Image.from_array(picture) as image:
                faces = detector.find(image)
            corners = [(x, y, x + width, y + height) for x, y, width, height in (face.box for face in faces)]
            return corners, [face.score for face in faces]

        return detect

    return make


def facenet_pytorch(everything):
    """The same weights as our MTCNN; the last network's score is varied."""
    import torch
    from facenet_pytorch import MTCNN

    torch.set_num_threads(1)
    detector = MTCNN(keep_all=True, min_face_size=SMALLEST, thresholds=[0.6, 0.7, 0 if everything else 0.7])

    def detect(picture):
        boxes, scores = detector.detect(picture)
        return ([], []) if boxes is None else (boxes, scores)

    return detect


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
            return [(x, y, x + width, y + height) for x, y, width, height in boxes], agreeing

        return detect

    return make
