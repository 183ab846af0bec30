"""Published detectors by onnxruntime, decoded with NumPy as their authors do: what our converted ones are held against.

Each decoder takes the file's outputs, [cells, numbers] by (part, stride), and gives corners [n, 4], scores [n] and points [n, 5, 2] in
pixels of the network's picture, whose top left corner is (0, 0).
"""

import numpy as np

STRIDES = (8, 16, 32)


def padded(pixels, mean=(0, 0, 0), scale=1.0, order="rgb", step=32):
    """uint8 [height, width, 3] as a network takes it, [1, 3, h, w], zeros to the right and below."""
    height, width = (-(-side // step) * step for side in pixels.shape[:2])
    picture = np.zeros((height, width, 3), np.float32)
    levels = pixels[..., ::-1] if order == "bgr" else pixels
    picture[: pixels.shape[0], : pixels.shape[1]] = (levels.astype(np.float32) - np.float32(mean)) * np.float32(scale)
    return picture.transpose(2, 0, 1)[None]


def cells(size, stride, anchors=1):
    """Column and row of each cell, of each of its anchors, [n, 2]."""
    places = np.stack(np.meshgrid(np.arange(size[1] // stride), np.arange(size[0] // stride)), -1).reshape(-1, 2)
    return places.repeat(anchors, 0)


def yunet(heads, size):
    for stride in STRIDES:
        places, box = cells(size, stride), heads["box", stride]
        centres, half = (places + box[:, :2]) * stride, np.exp(box[:, 2:]) * stride / 2
        scores = np.sqrt(heads["class", stride][:, 0].clip(0, 1) * heads["object", stride][:, 0].clip(0, 1))
        points = (places[:, None] + heads["points", stride].reshape(-1, 5, 2)) * stride
        yield np.concatenate([centres - half, centres + half], 1), scores, points


def scrfd(heads, size, anchors=2):
    for stride in STRIDES:
        places, box = cells(size, stride, anchors) * stride, heads["box", stride] * stride
        points = places[:, None] + heads["points", stride].reshape(-1, 5, 2) * stride
        yield np.concatenate([places - box[:, :2], places + box[:, 2:]], 1), heads["score", stride][:, 0], points


def retinaface(heads, size):
    """Priors and variances of Pytorch_Retinaface."""
    for stride, sides in zip(STRIDES, ([16, 32], [64, 128], [256, 512])):
        places = (cells(size, stride, 2) + 0.5) * stride
        sides, box = np.tile(sides, len(places) // 2)[:, None], heads["box", stride]
        centres, half = places + box[:, :2] * 0.1 * sides, sides * np.exp(box[:, 2:] * 0.2) / 2
        points = places[:, None] + heads["points", stride].reshape(-1, 5, 2) * 0.1 * sides[:, None]
        yield np.concatenate([centres - half, centres + half], 1), heads["score", stride][:, 1], points


def centerface(heads, size):
    """Size and offset have the vertical number first, so have the points."""
    places = cells(size, 4)
    sides, offset = np.exp(heads["size", 4])[:, ::-1] * 4, heads["offset", 4][:, ::-1]
    corner = (places + offset + 0.5) * 4 - sides / 2
    points = corner[:, None] + heads["points", 4].reshape(-1, 5, 2)[..., ::-1] * sides[:, None]
    yield np.concatenate([corner, corner + sides], 1), heads["score", 4][:, 0], points


# Of a box's intersection over union with a surer one, beyond which it is left out.
OVERLAPS = {yunet: 0.3, scrfd: 0.4, retinaface: 0.4, centerface: 0.3}


def faces(decoder, heads, size, threshold, smallest=0):
    """Rows of corners, points from the first pixel's centre, and score; the surest first."""
    found = []
    for corners, scores, points in decoder(heads, size):
        sure = (scores >= threshold) & ((corners[:, 2:] - corners[:, :2]).max(1) >= smallest) & (corners[:, 2:] >= corners[:, :2]).all(1)
        found.append(np.concatenate([corners[sure], points[sure].reshape(-1, 10) - 0.5, scores[sure, None]], 1))
    return suppressed(np.concatenate(found), OVERLAPS[decoder])


def suppressed(found, most):
    found, kept = found[np.argsort(-found[:, -1], kind="stable")], []
    while len(found):
        best, found = found[0], found[1:]
        kept.append(best)
        sides = np.minimum(found[:, 2:4], best[2:4]) - np.maximum(found[:, :2], best[:2])
        common = sides.clip(0).prod(1)
        whole = (found[:, 2:4] - found[:, :2]).prod(1) + (best[2:4] - best[:2]).prod() - common
        found = found[~(common > most * whole)]
    return np.reshape(kept, (-1, 15))


def session(path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def any_size(path, target):
    """A copy of a file that says it takes pictures of one size, where its operators take others, too."""
    import onnx

    model = onnx.load(path)
    for value in [*model.graph.input, *model.graph.output]:
        axes = value.type.tensor_type.shape.dim
        if len(axes) == 4 and value.name not in {constant.name for constant in model.graph.initializer}:
            for i in (0, 2, 3):
                axes[i].dim_param = f"axis{i}"
        elif len(axes) == 3:
            axes[1].dim_param = f"{value.name}_rows"
    onnx.save(model, target)
    return target


def results(network, picture):
    """The file's outputs by name."""
    names = [output.name for output in network.get_outputs()]
    return dict(zip(names, network.run(names, {network.get_inputs()[0].name: picture})))


def yunet_heads(found):
    names = {"cls": "class", "obj": "object", "bbox": "box", "kps": "points"}
    return {(ours, stride): found[f"{theirs}_{stride}"].reshape(-1, found[f"{theirs}_{stride}"].shape[-1])
            for theirs, ours in names.items() for stride in STRIDES}  # fmt: skip


def scrfd_heads(found, size):
    """By the numbers of a row and the number of rows: names tell nothing."""
    heads = {}
    for result in found.values():
        rows = result.reshape(-1, result.shape[-1])
        part = {1: "score", 4: "box", 10: "points"}[rows.shape[1]]
        (stride,) = [stride for stride in STRIDES if len(cells(size, stride, 2)) == len(rows)]
        heads[part, stride] = rows
    return heads


def centerface_heads(found):
    """The file's own order of two heads of two numbers: size, offset."""
    pictures = [result[0].reshape(result.shape[1], -1).T for result in found.values()]
    heads = dict(zip(("size", "offset"), (rows for rows in pictures if rows.shape[1] == 2)))
    for rows in pictures:
        if rows.shape[1] != 2:
            heads["score" if rows.shape[1] == 1 else "points"] = rows
    return {(part, 4): rows for part, rows in heads.items()}
