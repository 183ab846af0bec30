"""Our side: libfacestyle, by its Python package; that of another commit by the package of its own tree."""

import json
import os
import queue
import resource
import subprocess
import sys
import threading
import time

import numpy as np
from measure import Queries, timed
from works import BENCH, BUILDS, DLIB, EMBEDDED, HISTORY, MODELS, NEAREST, ROOT, STYLE, VGG, jpeg

TRACE_STEPS = 4
MARGIN = 2  # of triplets; wide, so that no triplet is apart and drops out


def make(name, work, arrays, threads, folder):
    if work.kind == "gemm":
        return Gemm(work, threads)
    _, _, build = name.partition("@")
    tree = BUILDS / build if build not in ("", EMBEDDED) else ROOT
    if build == EMBEDDED:
        os.environ["FACESTYLE_LIBRARY"] = str(ROOT / "build" / "embedded" / "libfacestyle.so.0")
        os.environ["LD_LIBRARY_PATH"] = str(ROOT / "build" / "embedded")  # of programs that are started
    if work.kind == "first":
        return FirstUse(tree, threads)
    sys.path.insert(0, str(tree / "bindings" / "python"))
    import facestyle as fs

    fs.set_threads(threads)
    kinds = {
        "style": Style, "lbfgs": LongMemory, "vgg19": VGG19, "nn4": Chips, "dlib": Chips, "mtcnn": Detection, "yunet": OnePass, "search": Search,
        "train": Training, "detector": OnePass, "published": PublishedChips, "fast-style": FastStyle, "pipeline": Pipeline}
    made = kinds[work.kind](fs, work, arrays, folder)
    made.about = f"libfacestyle {'.'.join(map(str, fs.version()))}, {fs.instruction_set()}, {fs.threads()} threads"
    return made


class Style:
    """Steps of one long run: its callback waits until the next step is asked for, and times it."""

    options = {"preset": "course", "noise_ratio": 0}

    def __init__(self, fs, work, arrays, _):
        self.fs, self.styler = fs, fs.Styler(fs.Model.open(VGG))
        self.content, self.style, self.noisy = (fs.Image.from_array(arrays[k]) for k in ("content", "style", "noisy"))
        self.go, self.done = queue.SimpleQueue(), queue.SimpleQueue()
        self.thread = None

    def outputs(self):
        costs = self.styler.evaluate(self.noisy, self.content, self.style, preset="course")
        trace = []
        self.styler.run(
            self.content, self.style, steps=TRACE_STEPS, on_step=lambda p: trace.append(p.total), **self.options)
        return {
            "costs": np.array([costs.content, costs.style, costs.total]) / costs.total,
            "gradient": costs.gradient, "trace": np.array(trace)}

    def once(self):
        if self.thread is None:
            self.thread = threading.Thread(target=self._paint, daemon=True)
            self.thread.start()
            self.done.get()
        self.go.put(True)
        return self.done.get()

    def _paint(self):
        started = time.perf_counter()

        def on_step(_):
            nonlocal started
            self.done.put(time.perf_counter() - started)
            if not self.go.get():
                return "finish"
            started = time.perf_counter()

        self.styler.run(self.content, self.style, steps=1_000_000, on_step=on_step, **self.options)

    def close(self):
        if self.thread:
            self.go.put(False)
            self.thread.join()


class LongMemory(Style):
    """The same by L-BFGS, timed from where its memory of pairs is full."""

    options = {"preset": "gatys", "optimizer": "lbfgs", "history": HISTORY, "noise_ratio": 0}

    def once(self):
        if self.thread is None:
            for _ in range(HISTORY):
                super().once()
        return super().once()


class VGG19:
    def __init__(self, fs, work, arrays, _):
        model, image = fs.Model.open(VGG), fs.Image.from_array(arrays["image"])
        self.once = timed(lambda: model.features(image, "conv5_1"))
        self.outputs = lambda: {"conv5_1": model.features(image, "conv5_1")}


class Chips:
    def __init__(self, fs, work, arrays, folder):
        if work.kind == "nn4":
            model = fs.Model.load((folder / "nn4.safetensors").read_bytes())
        else:
            model = fs.Model.open(DLIB)
        embedder, chips = fs.Embedder(model), [fs.Image.from_array(chip) for chip in arrays["chips"]]
        self.once = timed(lambda: embedder.embed_chips(chips))
        self.outputs = lambda: {"embeddings": embedder.embed_chips(chips)}


class Detection:
    def __init__(self, fs, work, arrays, _):
        detector = fs.Detector(fs.Model.open(MODELS / "mtcnn.safetensors"), min_face=40)
        frame = fs.Image.from_array(arrays["frame"])

        def outputs():
            faces = detector.find(frame)
            corners = [(x, y, x + w, y + h) for x, y, w, h in (face.box for face in faces)]
            return {
                "boxes": np.array(corners), "scores": np.array([face.score for face in faces]),
                "points": np.array([face.landmarks for face in faces])}

        self.once, self.outputs = timed(lambda: detector.find(frame)), outputs


class OnePass:
    """All of a search in the picture's own size; the peer's network alone."""

    def __init__(self, fs, work, arrays, folder):
        model = folder / f"{work.made[0].name}.safetensors" if work.made else work.needs[0]
        detector = fs.Detector(fs.Model.open(model), min_face=20, order="surest")
        frame = fs.Image.from_array(arrays["frame"])

        def outputs():
            face = detector.find(frame)[0]
            return {"box": np.array(face.box), "points": np.array(face.landmarks)}

        self.once, self.outputs = timed(lambda: detector.find(frame)), outputs


class PublishedChips:
    def __init__(self, fs, work, arrays, folder):
        embedder = fs.Embedder(fs.Model.open(folder / f"{work.made[0].name}.safetensors"))
        chips = [fs.Image.from_array(chip) for chip in arrays["chips"]]
        self.once = timed(lambda: embedder.embed_chips(chips))
        self.outputs = lambda: {"embeddings": embedder.embed_chips(chips)}


class FastStyle:
    def __init__(self, fs, work, arrays, folder):
        styler = fs.FastStyler(fs.Model.open(folder / f"{work.made[0].name}.safetensors"), STYLE)
        image = fs.Image.from_array(arrays["image"])
        self.once = timed(lambda: styler.run(image))
        self.outputs = lambda: {"picture": styler.run(image).to_array().astype(np.float32)}


class Pipeline:
    """From the bytes of a photo to the embedding of its surest face."""

    def __init__(self, fs, work, arrays, folder):
        detector, embedder = (fs.Model.open(folder / f"{made.name}.safetensors") for made in work.made)
        detector, embedder = fs.Detector(detector, min_face=20, order="surest"), fs.Embedder(embedder)
        photo = jpeg(arrays["frame"])

        def run():
            with fs.Image.decode(photo) as image:
                return embedder.embed(image, detector.find(image)[:1])

        self.once, self.outputs = timed(run), lambda: {"embedding": run()}


class Search:
    def __init__(self, fs, work, arrays, _):
        gallery = fs.Gallery(fs.Embedder(fs.Model.open(DLIB)))
        gallery.add_many([str(number) for number in range(work.size[0])], arrays["gallery"])
        search = Queries(arrays["queries"], work.size[2], lambda some: gallery.search_arrays(some, NEAREST))
        self.once = timed(search.run)
        self.outputs = lambda: dict(zip(("rows", "distances"), search.all()))


class Training:
    """Triplets, rows 3i, 3i + 1 and 3i + 2, and Adam, from the same weights."""

    def __init__(self, fs, work, arrays, folder):
        weights = fs.Model.load((folder / "nn4.safetensors").read_bytes())

        def learner():
            return fs.Trainer(
                "nn4.small2", fs.Loss("triplet", margin=MARGIN), optimiser="adam", schedule="constant", rate=1e-4, start=weights)

        trainer, chips = learner(), arrays["chips"]
        self.once = timed(lambda: trainer.step(chips))
        self.outputs = lambda: {
            "trace": np.array([other.step(chips).loss for other in [learner()] for _ in range(TRACE_STEPS)])}


class FirstUse:
    """A process that opens a model, embeds once and ends: first_use.c, linked to the library of the tree."""

    def __init__(self, tree, threads):
        self.command = [str(tree / "build" / "first-use"), str(DLIB)]
        self.about = f"{self.command[0]}, {threads} threads"
        self.once = timed(lambda: subprocess.run(self.command, check=True))
        self.outputs = dict

    def peak(self):
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


class Gemm:
    """Through a program, for the library has no function for it; it repeats the product for a quarter of a second,
    packing included, and tells some of its numbers. Its own process counts for memory."""

    def __init__(self, work, threads):
        self.command = [str(BENCH), "gemm", *map(str, work.size), str(threads)]
        self.about = f"{BENCH.name}, {threads} threads"

    def _answer(self):
        return json.loads(subprocess.run(self.command, check=True, stdout=subprocess.PIPE, text=True).stdout)

    def outputs(self):
        return {"product": np.array(self._answer()["samples"])}

    def once(self):
        return self._answer()["ms"] / 1000

    def peak(self):
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
