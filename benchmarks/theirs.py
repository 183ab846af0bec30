"""The peers' side. Each is imported only in its own process. Their input is converted beforehand, ours is not."""

import statistics
import time

import numpy as np
from measure import Queries, timed
from works import NEAREST, factors, sampled


def make(name, work, arrays, threads, folder):
    if work.made:
        import theirs_published

        return theirs_published.make(name, work, arrays, threads, folder)
    makers = {"onnxruntime": onnxruntime_side, "facenet-pytorch": facenet_side, "faiss": faiss_side, "yunet": yunet_side}
    return makers.get(name, pytorch_side)(work, arrays, threads, folder)


class Side:
    def __init__(self, about, once, outputs):
        self.about, self.once, self.outputs = about, once, outputs


# ---- PyTorch ----


def pytorch(threads):
    import torch

    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    return torch, f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"


def pytorch_side(work, arrays, threads, folder):
    torch, about = pytorch(threads)
    kinds = {"style": _style, "vgg19": _vgg19, "gemm": _gemm, "train": _training}
    return Side(about, *kinds.get(work.kind, _embedding)(torch, work, arrays, folder))


def _style(torch, work, arrays, _):
    import networks
    from ours import TRACE_STEPS

    network = networks.VGG19()
    content, style, noisy = (network.input(arrays[name]) for name in ("content", "style", "noisy"))
    costs = networks.StyleCosts(network, content, style)

    def painter():
        picture = content.clone().requires_grad_(True)
        adam = torch.optim.Adam([picture], lr=2.0)

        def step():
            adam.zero_grad()
            total = costs(picture)[2]
            total.backward()
            adam.step()
            return total.item()  # ours tells its cost at each step too

        return step

    def outputs():
        picture = noisy.clone().requires_grad_(True)
        found = costs(picture)
        found[2].backward()
        step = painter()
        return {
            "costs": np.array([cost.item() for cost in found]) / found[2].item(),
            "gradient": picture.grad[0].numpy()[::-1].transpose(1, 2, 0),
            "trace": np.array([step() for _ in range(TRACE_STEPS)])}

    return timed(painter()), outputs


def _vgg19(torch, work, arrays, _):
    import networks

    network = networks.VGG19()
    image = network.input(arrays["image"])

    @torch.inference_mode()
    def run():
        return network(image)["conv5_1"]

    return timed(run), lambda: {"conv5_1": run()[0].permute(1, 2, 0).numpy()}


def _embedding(torch, work, arrays, folder):
    import networks

    network = networks.embedding_network(work, folder)
    chips = network.input(arrays["chips"])

    @torch.inference_mode()
    def run():
        return network(chips)

    return timed(run), lambda: {"embeddings": run().numpy()}


def _training(torch, work, arrays, folder):
    import networks
    from ours import MARGIN, TRACE_STEPS

    chips = arrays["chips"]

    def learner():
        network = networks.NN4Small2(folder / "nn4.safetensors", learns=True).train()
        adam = torch.optim.Adam(network.parameters(), lr=1e-4)

        def step():
            anchor, positive, negative = (x.squeeze(1) for x in network(network.input(chips)).view(-1, 3, 128).split(1, 1))
            gap = (anchor - positive).square().sum(1) - (anchor - negative).square().sum(1) + MARGIN
            loss = torch.relu(gap).mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
            return loss.item()

        return step

    return timed(learner()), lambda: {"trace": np.array([step() for step in [learner()] for _ in range(TRACE_STEPS)])}


def _gemm(torch, work, *_):
    a, b = map(torch.from_numpy, factors(work))
    c = torch.empty((work.size[0], work.size[2]))
    product = timed(lambda: torch.matmul(a, b, out=c))

    def once():
        """The median of a quarter of a second, as ours is."""
        times, end = [product()], time.perf_counter() + 0.25
        while len(times) < 5 or (time.perf_counter() < end and len(times) < 1000):
            times.append(product())
        return statistics.median(times)

    return once, lambda: {"product": sampled(torch.matmul(a, b).numpy())}


# ---- ONNX Runtime ----


def weights(folder):
    """Writes nn4.small2's weights. In a process of its own: it needs PyTorch."""
    import networks

    (folder / "nn4.safetensors").write_bytes(networks.nn4_weights())


def export(work, arrays, folder):
    """Writes the network of a work as ONNX. In a process of its own: it needs PyTorch."""
    import warnings

    import networks
    import torch

    warnings.simplefilter("ignore")
    network = networks.embedding_network(work, folder)
    chips = network.input(arrays["chips"])
    torch.onnx.export(
        network, (chips,), str(folder / f"{work.name}.onnx"), input_names=["chips"], output_names=["embeddings"],
        opset_version=17, dynamo=False)


def session_of(path, threads):
    """A network on so many threads, with all graph optimisations; and what runs it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session, f"ONNX Runtime {onnxruntime.__version__}, {threads} threads"


def onnxruntime_side(work, arrays, threads, folder):
    session, about = session_of(folder / f"{work.name}.onnx", threads)
    chips = arrays["chips"].astype(np.float32)
    if work.kind == "nn4":
        chips = chips / 255
    else:
        chips = (chips - np.array([122.782, 117.001, 104.298], np.float32)) / 256
    feed = {"chips": np.ascontiguousarray(chips.transpose(0, 3, 1, 2))}

    def run():
        return session.run(None, feed)[0]

    return Side(about, timed(run), lambda: {"embeddings": run()})


def yunet_side(work, arrays, threads, _):
    """A published YuNet: other weights, and so other numbers, which only have to be about the same face."""
    from theirs_published import yunet_face, yunet_input

    session, about = session_of(work.needs[1], threads)
    names, feed = [output.name for output in session.get_outputs()], {"input": yunet_input(arrays["frame"])}
    return Side(
        f"YuNet, {about}", timed(lambda: session.run(None, feed)),
        lambda: yunet_face(dict(zip(names, session.run(None, feed))), work.size[0]))


# ---- facenet-pytorch ----


def facenet_side(work, arrays, threads, _):
    _, about = pytorch(threads)
    from facenet_pytorch import MTCNN

    detector, frame = MTCNN(keep_all=True, min_face_size=40), arrays["frame"]

    def outputs():
        boxes, scores, points = detector.detect(frame, landmarks=True)
        found = {"boxes": boxes, "scores": scores, "points": points}
        return {name: np.array(values, np.float64) for name, values in found.items()}

    return Side(f"facenet-pytorch, {about}", timed(lambda: detector.detect(frame, landmarks=True)), outputs)


# ---- FAISS ----


def faiss_side(work, arrays, threads, _):
    import faiss

    faiss.omp_set_num_threads(threads)
    index = faiss.IndexFlatL2(work.size[1])
    index.add(arrays["gallery"])
    search = Queries(arrays["queries"], work.size[2], lambda some: index.search(some, NEAREST))

    def outputs():
        squares, rows = search.all()
        return {"rows": rows, "distances": np.sqrt(squares)}

    return Side(f"FAISS {faiss.__version__}, {threads} threads", timed(search.run), outputs)
