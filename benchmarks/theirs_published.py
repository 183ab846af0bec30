"""The peers' side of rows with published networks: ONNX Runtime, OpenCV and ncnn, each imported only in its own process."""

import io

import numpy as np
from measure import timed
from theirs import Side, session_of
from works import MOBILEFACENET, OPENCV_YUNET, STYLE, jpeg

# The published file has three digits, of 1 / 128.
MOBILEFACENET_SCALE = 0.007812
# Our points are those of pixels' centres, which are whole numbers.
CENTRE = 0.5
TEMPLATE = np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]])
SIDE = 112


def make(name, work, arrays, threads, folder):
    makers = {
        ("detector", "onnxruntime"): detector, ("detector", "opencv"): opencv, ("published", "onnxruntime"): embedder,
        ("fast-style", "onnxruntime"): fast_style, ("published", "ncnn"): ncnn, ("pipeline", "onnxruntime"): pipeline}
    return makers[work.kind, name](work, arrays, threads, folder)


# ---- Detectors ----


def yunet_input(frame):
    """B, G, R levels."""
    return np.ascontiguousarray(frame[None, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32))


def scrfd_input(frame):
    return np.ascontiguousarray(((frame[None].astype(np.float32) - 127.5) / 128).transpose(0, 3, 1, 2))


def yunet_face(results, width):
    """The surest face: its box and its points."""
    surest = None
    for side in (8, 16, 32):
        of = {name: results[f"{name}_{side}"][0] for name in ("cls", "obj", "bbox", "kps")}
        scores = (of["cls"] * of["obj"])[:, 0]
        cell = int(scores.argmax())
        if surest is None or scores[cell] > surest[0]:
            place = np.array(divmod(cell, width // side))[::-1]
            size = np.exp(of["bbox"][cell, 2:]) * side
            corner = (place + of["bbox"][cell, :2]) * side - size / 2
            surest = scores[cell], np.concatenate([corner, size]), (place + of["kps"][cell].reshape(5, 2)) * side
    return {"box": surest[1], "points": surest[2] - CENTRE}


def scrfd_face(results, width):
    results, surest = list(results.values()), None
    for level, side in enumerate((8, 16, 32)):
        scores, boxes, points = (results[level + 3 * part][0] for part in range(3))
        number = int(scores[:, 0].argmax())
        if surest is None or scores[number, 0] > surest[0]:
            place = np.array(divmod(number // 2, width // side))[::-1] * side
            before, after = boxes[number, :2] * side, boxes[number, 2:] * side
            surest = scores[number, 0], np.concatenate([place - before, before + after]), place + points[number].reshape(5, 2) * side
    return {"box": surest[1], "points": surest[2] - CENTRE}


def detector(work, arrays, threads, _):
    """The network alone, its input made beforehand."""
    session, about = session_of(work.needs[0], threads)
    names = [output.name for output in session.get_outputs()]
    entry, face = (yunet_input, yunet_face) if work.made[0].name == "yunet" else (scrfd_input, scrfd_face)
    feed = {session.get_inputs()[0].name: entry(arrays["frame"])}
    return Side(
        about, timed(lambda: session.run(None, feed)), lambda: face(dict(zip(names, session.run(None, feed))), work.size[0]))


def opencv(work, arrays, threads, _):
    import cv2

    cv2.setNumThreads(threads)
    finder = cv2.FaceDetectorYN.create(str(work.needs[0]), "", work.size, 0.7, 0.3)
    frame = np.ascontiguousarray(arrays["frame"][:, :, ::-1])

    def outputs():
        face = max(finder.detect(frame)[1], key=lambda row: row[14])
        return {"box": face[:4], "points": face[4:14].reshape(5, 2) - CENTRE}

    return Side(f"OpenCV {cv2.__version__}, {threads} threads", timed(lambda: finder.detect(frame)), outputs)


# ---- Embeddings ----


def chips_input(chips, scale):
    return np.ascontiguousarray(((chips.astype(np.float32) - 127.5) * np.float32(scale)).transpose(0, 3, 1, 2))


def scale_of(work):
    return 1 / 127.5 if work.made[0].name == "arcface50" else MOBILEFACENET_SCALE


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def embedder(work, arrays, threads, folder):
    session, about = session_of(folder / f"{work.made[0].name}.onnx", threads)
    feed = {"input": chips_input(arrays["chips"], scale_of(work))}
    return Side(about, timed(lambda: session.run(None, feed)), lambda: {"embeddings": unit(session.run(None, feed)[0])})


def ncnn(work, arrays, threads, _):
    """In single precision, one picture after the other: it takes no batches. The network itself scales the levels."""
    import importlib.metadata

    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = threads
    for option in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_storage"):
        setattr(net.opt, option, False)
    net.load_param(str(MOBILEFACENET[0]))
    net.load_model(str(MOBILEFACENET[1]))
    levels = np.ascontiguousarray(arrays["chips"].astype(np.float32).transpose(0, 3, 1, 2))
    chips = [ncnn.Mat(picture).clone() for picture in levels]

    def run():
        rows = []
        for chip in chips:
            extractor = net.create_extractor()
            extractor.input(net.input_names()[0], chip)
            rows.append(np.array(extractor.extract(net.output_names()[0])[1]))
        return np.stack(rows)

    about = f"ncnn {importlib.metadata.version('ncnn')}, {threads} threads"
    return Side(about, timed(run), lambda: {"embeddings": unit(run())})


# ---- Styles ----


def fast_style(work, arrays, threads, _):
    """The network alone, its input made beforehand."""
    session, about = session_of(work.needs[0], threads)
    weights = np.zeros(26, np.float32)
    weights[STYLE] = 1
    picture = np.ascontiguousarray((arrays["image"] / np.float32(255)).transpose(2, 0, 1)[None])
    feed = {"image": picture, "style_weights": weights}
    return Side(
        about, timed(lambda: session.run(None, feed)),
        lambda: {"picture": 255 * session.run(None, feed)[0][0].transpose(1, 2, 0)})


# ---- From a photo to an embedding ----


def pipeline(work, arrays, threads, folder):
    """Pillow decodes, ONNX Runtime runs both networks, NumPy does the rest."""
    from PIL import Image

    finder, about = session_of(OPENCV_YUNET, threads)
    network, _ = session_of(folder / "mobilefacenet.onnx", threads)
    names, photo = [output.name for output in finder.get_outputs()], jpeg(arrays["frame"])

    def run():
        frame = np.asarray(Image.open(io.BytesIO(photo)).convert("RGB"))
        face = yunet_face(dict(zip(names, finder.run(None, {"input": yunet_input(frame)}))), work.size[0])
        chip = aligned(frame, face["points"])
        return network.run(None, {"input": chips_input(chip[None], MOBILEFACENET_SCALE)})[0]

    return Side(about, timed(run), lambda: {"embedding": unit(run())})


def aligned(frame, points):
    """The face as the network wants it: by the similarity that brings its points nearest to the template."""
    mean, wanted = points.mean(0), TEMPLATE.mean(0)
    x, y = points - mean, TEMPLATE - wanted
    square = (y * y).sum()
    # From the template to the photo: a turn and a scale, as one complex factor.
    turn = np.vdot(y @ [1, 1j], x @ [1, 1j]) / square
    grid = np.arange(SIDE)
    place = ((grid[None] - wanted[0]) + 1j * (grid[:, None] - wanted[1])) * turn + complex(*mean)
    u, v = np.clip(place.real, 0, frame.shape[1] - 1.001), np.clip(place.imag, 0, frame.shape[0] - 1.001)
    i, j = v.astype(int), u.astype(int)
    down, right = (v - i)[..., None], (u - j)[..., None]
    above = frame[i, j] * (1 - right) + frame[i, j + 1] * right
    return above * (1 - down) + (frame[i + 1, j] * (1 - right) + frame[i + 1, j + 1] * right) * down
