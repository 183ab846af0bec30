"""Every public function, method and constructor says by name which argument has a wrong type."""

import ctypes
import dataclasses
import enum
import inspect
import os
import pickle
import re
import typing
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import facestyle as fs
from conftest import REPOSITORY, gradient_array
from facestyle import _c

SHIPPED = REPOSITORY / "models" / "faces-nn4.safetensors"
CASCADE = REPOSITORY / "models" / "faces-cascade.safetensors"


class Nothing:
    """What is of no use as any argument."""


def empty(kind, structure):
    """An object of a class without its handle in the library: enough where a wrong argument is to be seen before any work."""
    made = kind.__new__(kind)
    super(kind, made).__init__(ctypes.POINTER(getattr(_c, structure))())
    return made


def plain(target, **others):
    """Something for each keyword of a function that is a number or a flag, and what is given for others."""
    values = {"float | None": 0.5, "int | None": 1, "bool | None": True}
    keywords = {name: p for name, p in inspect.signature(target).parameters.items() if p.kind is p.KEYWORD_ONLY}
    return {**{name: values[p.annotation] for name, p in keywords.items() if p.annotation in values}, **others}


@pytest.fixture(scope="module")
def tools(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arguments")
    (folder / "landmarks.json").write_text('{"a.jpg": {"landmarks": [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]}}')
    (folder / "pairs.txt").write_text("1\nann\t1\t2\nann\t1\tbob\t1\n")
    with fs.Model.open(SHIPPED) as model, fs.Model.open(CASCADE) as cascade:
        embedder, detector = fs.Embedder(model), fs.Detector(cascade)
        t = SimpleNamespace(
            folder=folder, model=model, embedder=embedder, detector=detector, image=fs.Image.from_array(gradient_array(40, 30)),
            chip=fs.Image.from_array(gradient_array(*embedder.chip_size)),
            frame=fs.Frame(np.zeros((30, 40), np.uint8), "grey"), gallery=fs.Gallery(embedder, detector), other=fs.Gallery(embedder),
            tracker=fs.Tracker(), photos=fs.Photos(), scenes=fs.Scenes(), detection=fs.DetectionLoss(), landmarks=fs.Landmarks(folder / "landmarks.json"),
            pair_set=fs.VerificationSet([b"", b""], np.ones(1, bool)),
            pairs=fs.Pairs.open(folder / "pairs.txt"), trainer=fs.Trainer("nn4.small2", steps=2),
            search=fs.UnitSearch(model, next(iter(fs.layers(model)))), layer=next(iter(fs.layers(model))),
            face=fs.Face(np.zeros((5, 2)), (1, 2, 3, 4)), loss=fs.Loss("semi-hard"), centre=fs.Loss("centre"),
            patch=fs.UnitPatch(1.0, 0, 0, 0, 1, 2, 3, 4, (1, 2, 3, 4)), styler=empty(fs.Styler, "fs_styler"),
            job=empty(fs.StyleJob, "fs_style_job"), fast=empty(fs.FastStyler, "fs_fast_styler"),
            universal=empty(fs.UniversalStyler, "fs_universal_styler"), fast_trainer=empty(fs.FastStyleTrainer, "fs_fast_trainer"),
            enlarger=empty(fs.Enlarger, "fs_enlarger"), enlarger_trainer=empty(fs.EnlargerTrainer, "fs_enlarger_trainer"),
            vector=np.zeros(embedder.dimension, np.float32), rows=np.zeros((4, embedder.dimension), np.float32))  # fmt: skip
        t.gallery.add("ann", t.vector)
        yield t
        for thing in (embedder, detector, t.image, t.chip, t.gallery, t.other, t.tracker, t.photos, t.scenes, t.landmarks, t.trainer, t.search):
            thing.close()


def style_options(image):
    words = {
        "preset": "course", "cost": "means", "style_loss": "gram", "variation": "squared", "pooling": "max", "edges": "zeros",
        "mask_kind": "soft", "colours": "style", "optimizer": "adam", "start": "noise", "content_layer": "conv4_2"}
    pictures = dict.fromkeys(("content_map", "before", "before_mask", "start_image"), image)
    layers = {"content_layers": {"conv4_2": 1.0}, "style_layers": {"conv1_1": 1.0}}
    return plain(fs.Styler.evaluate, **words, **pictures, **layers, regions=[(None, None)])


def good(t):
    """For each callable arguments that will do."""
    d, m, v = np.array([0.1, 0.9]), np.zeros((4, 8), np.float32), np.zeros(8, np.float32)
    same, path = np.array([True, False]), t.folder / "file.csv"
    options = style_options(t.image)
    eyes = {"embedder": t.embedder, "detector": t.detector}
    identified = {"threshold": 0.5, "rule": "mean", "kind": "euclidean", "head": None, "margin": 0.1, "neighbours": 3}
    calibration = {"far": 0.5, "people": 1, "confidence": 0.9}
    features = np.zeros((2, 2, 3), np.float32)
    variations = plain(fs.augmentation_settings)
    named = {
        "augment": (fs.augment, dict(image=t.image, seed=1, strength="none", **variations)),
        "augmentation_settings": (fs.augmentation_settings, dict(strength="none", **variations)),
        "compare": (fs.compare, dict(a=t.image, b=t.image, threshold=0.5, **eyes)),
        "distance": (fs.distance, dict(a=v, b=v)), "template": (fs.template, dict(architecture="nn4.small2")),
        "triplet_loss": (fs.triplet_loss, dict(anchors=m, positives=m, negatives=m, margin=0.2, reduction="sum")),
        "content_cost": (fs.content_cost, dict(generated=features, content=features, variant="lecture")),
        "style_cost": (fs.style_cost, dict(generated=features, style=features, variant="lecture")),
        "gram_matrix": (fs.gram_matrix, dict(a=m)), "total_cost": (fs.total_cost, dict(content=1.0, style=1.0, alpha=1.0, beta=1.0)),
        "evaluate": (fs.evaluate, dict(distances=d, same=same, folds=np.array([0, 1]), fold_count=2, min_false_accepts=1.0)),
        "roc": (fs.roc, dict(distances=d, same=same)),
        "evaluate_lfw": (fs.evaluate_lfw, dict(pairs=t.pairs, images=t.folder, landmarks=t.landmarks, flip=False, progress=False, **eyes)),
        "false_accepts_by_group": (fs.false_accepts_by_group, dict(embeddings=np.eye(4), groups=np.array([0, 0, 1, 1]), threshold=0.5, confidence=0.9, resamples=3, seed=1)),
        "calibrate": (fs.calibrate, dict(distances=d, same=same, **calibration)),
        "calibrate_embeddings": (fs.calibrate_embeddings, dict(embeddings=m, labels=np.array([1, 1, 2, 2]), impostors=m, **calibration)),
        "calibration_growth": (fs.calibration_growth, dict(distances=d, same=same, counts=[1], **calibration)),
        "distances": (fs.distances, dict(a=m, b=m, kind="euclidean", head=None)),
        "identify": (fs.identify, dict(embeddings=m, labels=np.array([1, 1, 2, 2]), probe=v, **identified)),
        "face_quality": (fs.face_quality, dict(picture=t.image, face=t.face, **plain(fs.face_quality))),
        "picture_endings": (fs.picture_endings, dict(written=True)),
        "embed_folder": (fs.embed_folder, dict(
            folder=str(t.folder), output=str(t.folder / "faces.parquet"), detector="faces-yunet", embedder="faces-nn4", min_face=20.0,
            max_faces=1, threads=1, progress=False, overwrite=False)),
        "EmbeddedFolder.failures": (fs.EmbeddedFolder(t.folder / "faces.parquet", 0, 0, 0, 0).failures, {}),
        "tsne": (fs.tsne, dict(points=np.eye(8, dtype=np.float32), perplexity=2.0, steps=1, learning_rate=1.0, exaggeration=1.0, exaggerated_steps=0,
                               seed=1, on_step=lambda *_: None, progress=False)),
        "differentiate": (fs.differentiate, dict(function="exp", x=v, way="forward")),
        "numeric_gradient": (fs.numeric_gradient, dict(function=lambda x: 0.0, x=v, step=1e-6)),
        "check_gradient": (fs.check_gradient, dict(function=lambda x: 0.0, x=v, gradient=lambda x: x, step=1e-6, absolute=1e-5, relative=1e-3)),
        "convolve": (fs.convolve, dict(x=np.zeros((1, 4, 1)), weights=np.zeros((1, 1, 2)), bias=np.zeros(1), stride=1, padding=0)),
        "match_colours": (fs.match_colours, dict(style=t.image, content=t.image, colours="luminance")),
        "face_map": (fs.face_map, dict(width=4, height=4, faces=[t.face])),
        "flow_warp": (fs.flow_warp, dict(before=t.image, flow=np.zeros((30, 40, 2)), back=np.zeros((30, 40, 2)))),
        "faces": (fs.faces, dict(photo=t.image)), "same": (fs.same, dict(a=t.image, b=t.image, threshold=0.5)),
        "paint": (fs.paint, dict(content=t.image, style=t.image, on_step=lambda _: None, progress=False, **plain(fs.paint))),
        "layers": (fs.layers, dict(model=t.model)), "face_openness": (fs.face_openness, dict(points=np.ones((68, 2)))),
        "activation_maps": (fs.activation_maps, dict(model=t.model, image=t.image, layer=t.layer, units=[0], pooling="max")),
        "unit_pixels": (fs.unit_pixels, dict(model=t.model, image=t.chip, layer=t.layer, unit=0, place=(0, 0), way_back="guided", pooling="max")),
        "gradient_image": (fs.gradient_image, dict(values=np.ones((2, 2, 3)), largest=1.0)),
        "pixel_heat": (fs.pixel_heat, dict(gradient=np.ones((2, 2, 3)), blur=1.0)),
        "heat_image": (fs.heat_image, dict(picture=t.image, heat=np.ones((30, 40)), highest=1.0)),
        "map_image": (fs.map_image, dict(values=np.ones((2, 2)), lowest=0.0, highest=1.0, palette="grey")),
        "box_overlap": (fs.box_overlap, dict(boxes=np.ones((1, 4)), others=np.ones((1, 4)), overlap="iou", gradient=False)),
        "cell_count": (fs.cell_count, dict(width=32, height=32)),
        "set_threads": (fs.set_threads, dict(count=1)), "set_memory_limit": (fs.set_memory_limit, dict(size=0)),
        "memory_peak": (fs.memory_peak, dict(reset=False)), "choose_instruction_set": (fs.choose_instruction_set, dict(name=None)),
        "set_log": (fs.set_log, dict(callback=None, level="error")),
    }  # fmt: skip
    for name in ("version", "threads", "instruction_set", "live_handles", "architectures", "installed_models", "memory_limit", "memory_used", "trim_memory", "host", "algebra_library", "optional_libraries", "self_test"):
        named[name] = getattr(fs, name), {}
    size, rows, chips = {"width": 4, "height": 4}, t.rows, np.zeros((2, 96, 96, 3), np.uint8)
    of = {
        "Image": {
            "open": dict(path=path, max_pixels=9), "decode": dict(data=b"", max_pixels=9), "from_array": dict(array=np.zeros((2, 2), np.uint8), format="grey", rotation=0),
            "from_frame": dict(frame=t.frame, region=(0, 0, 1, 1)), "to_array": dict(format="rgb", dtype=np.uint8), "unblended": {},
            "with_alpha": dict(source=t.image), "resize": dict(filter="area", **size), "crop": dict(x=0, y=0, **size),
            "warp": dict(matrix=np.eye(3)[:2], **size), "encode": dict(format="png", quality=90), "save": dict(path=path),
            "mark_points": dict(points=np.zeros((3, 2)), radius=1.0),
            "mark_faces": dict(faces=[t.face], labels=["ann"], people=[0], letter_height=9.0, line_width=1.0, points=True)},
        "Frame": {None: dict(planes=[np.zeros((2, 2), np.uint8)], format="grey", width=2, rotation=0, mirrored=False, matrix="bt601", colour_range="full")},
        "Model": {"open": dict(name=path), "load": dict(data=b""), "metadata": dict(key="name"),
                  "save": dict(path=path, precision="int8", note="note", licence="MIT", accuracy="all", source="here", threshold=0.4, mirrored=True),
                  "features": dict(image=t.image, layer=t.layer, pooling="max")},
        "Face": {None: dict(landmarks=np.zeros((5, 2)), box=(1, 2, 3, 4), score=1.0)},
        "Detector": {None: dict(model=t.model, min_face=40.0, thresholds=np.ones(3), scale_step=0.7, max_faces=1, order="largest", region=(0, 0, 1, 1), close_ups=True),
                     "find": dict(image=t.image), "find_frame": dict(frame=t.frame, region=(0, 0, 1, 1)),
                     "detect_files": dict(paths=path, output=path, gallery=t.gallery, embedder=t.embedder)},
        "Embedder": {None: dict(model=t.model), "align": dict(image=t.image, face=t.face), "align_frame": dict(frame=t.frame, face=t.face),
                     "embed": dict(image=t.image, faces=[t.face]), "embed_frame": dict(frame=t.frame, faces=[t.face]),
                     "embed_chips": dict(chips=[t.image]), "memory_needed": dict(count=1), "embed_photo": dict(photo=t.image, detector=t.detector),
                     "distance_gradient": dict(a=t.chip, b=t.chip), "heat": dict(a=t.chip, b=t.chip)},
        "Liveness": {None: dict(models=[t.model]), "check": dict(picture=t.image, face=t.face)},
        "DenseLandmarks": {None: dict(model=t.model), "find": dict(picture=t.image, face=t.face)},
        "FaceAnalysis": {None: dict(detector=path, embedder=path, min_face=40.0, max_faces=1), "faces": dict(photo=path),
                         "compare": dict(a=path, b=path, threshold=0.5), "heat": dict(a=path, b=path),
                         "gallery": dict(path=path, key=bytes(32), read_only=False, create=False)},
        "Gallery": {
            None: dict(path=path, key=bytes(32), read_only=False, create=False, **eyes), "open": dict(path=path, key=bytes(32), read_only=False, create=False, **eyes),
            "add": dict(name="bob", embedding=t.vector), "add_photo": dict(name="bob", photo=t.image),
            "enrol": dict(name="bob", photo=t.vector, note="", threshold=0.1, refuse=False),
            "add_many": dict(names=["bob"], embeddings=rows[:1], compare=False), "remove": dict(name="zoe"), "remove_photo": dict(photo=99),
            "replace_photo": dict(photo=99, embedding=t.vector), "replace_person": dict(name="zoe", embeddings=rows), "reload": {}, "list_people": {},
            "list_photos": dict(name="zoe"), "embeddings": dict(photos=[0]), "export": dict(path=path), "import_file": dict(path=path, compare=False),
            "merge": dict(other=t.other, compare=False), "verify": dict(photo=t.vector, identity="ann", threshold=0.5),
            "identify": dict(photo=t.vector, **identified), "search": dict(embeddings=rows, k=1), "search_arrays": dict(embeddings=rows, k=1),
            "within": dict(embedding=t.vector, distance=0.5)},
        "Expression": {"parse": dict(text="x"), "derivative": dict(variable="x"), "simplified": {}, "__call__": dict(x=v),
                       "gradient": dict(way="forward", x=v)},
        "Tracker": {None: dict(min_overlap=0.3, max_distance=0.6, max_missed=1, min_seen=1, identify_every=0.0, identify_better=2.0, identify_gap=1, max_tracks=1),
                    "update": dict(faces=[], time=1e6, qualities=np.zeros(0)), "identify_again": dict(track=1), "replace": dict(track=1), "finish": {}},
        "Loss": {None: dict(kind="semi-hard", reduction="mean", **plain(fs.Loss)), "head": dict(dimension=8, classes=1, seed=1),
                 "__call__": dict(embeddings=m, labels=np.array([1, 1, 2, 2]), teacher=None, head=None, gradients=True),
                 "updated_centres": dict(embeddings=m, labels=np.array([0, 0, 1, 1]), head=t.centre.head(8, 2))},
        "Pairs": {"open": dict(path=path)}, "VerificationSet": {"open": dict(path=path), "unpack": dict(folder=path),
            "evaluate": dict(embedder=t.embedder, flip=True, progress=False)},
        "Landmarks": {None: dict(path=path), "find": dict(photo="a.jpg")},
        "Photos": {None: {}, "add_people": dict(folder=path, landmarks=path, points=np.zeros((5, 2))),
                   "add_folder": dict(folder=path, landmarks=path, points=np.zeros((5, 2))), "add_strangers": dict(folder=path, landmarks=path, points=np.zeros((5, 2))), "keep_people": dict(first=0, count=0)},
        "Scenes": {None: {}, "add": dict(folder=path, labels=path), "add_backgrounds": dict(folder=path), "keep": dict(first=0, count=0),
                   "compose": dict(step=0, index=0, seed=1, augmentation="none", **plain(fs.Scenes.compose))},
        "DetectionLoss": {
            None: dict(overlap="iou", points="wing", scores="quality-focal", **plain(fs.DetectionLoss)),
            "assign": dict(cells=np.zeros((21, 15)), faces=[], width=32, height=32),
            "__call__": dict(cells=np.zeros((1, 21, 15)), faces=[[]], width=32, height=32, gradient=True)},
        "Trainer": {
            None: dict(architecture="nn4.small2", loss="semi-hard", optimizer="adam", schedule="constant", **plain(fs.Trainer, start=None)),
            "step": dict(pictures=chips, labels=np.array([1, 2]), teacher=None, faces=None), "embed": dict(pictures=chips),
            "run": dict(photos=t.photos, progress=False, log=None, augmentation="none", teacher=None,
                        **plain(fs.Trainer.run, pairs=path, triplets=path, checkpoint=path)),
            "run_scenes": dict(scenes=t.scenes, progress=False, log=None, augmentation="none", **plain(fs.Trainer.run_scenes, checkpoint=path)),
            "save": dict(path=path), "resume": dict(path=path), "save_model": dict(path=path, precision="int8", threshold=0.5, note="note", licence="MIT", accuracy="all", source="here")},
        "Styler": {None: dict(model=t.model), "run": dict(content=t.image, style=[t.image], weights=[1.0], on_step=lambda _: None, progress=False, preview=None, **options),
                   "job": dict(content=t.image, styles=[t.image], weights=[1.0], **options),
                   "evaluate": dict(generated=t.image, content=t.image, style=t.image, **options), "memory_needed": dict(content_width=4, content_height=4, **options)},
        "StyleJob": {"step": dict(evaluations=1), "preview": {}, "result": {}, "save": dict(path=path), "load": dict(path=path)},
        "FastStyler": {None: dict(model=t.model, style=np.ones(2)), "run": dict(content=t.image), "memory_needed": size},
        "UniversalStyler": {None: dict(model=t.model, styles=[t.image]), "memory_needed": size,
                            "run": dict(content=t.image, strength=0.5, method="variance", levels=[1], weights=np.ones(1))},
        "FastStyleTrainer": {None: dict(vgg=t.model, style=t.image, start=t.model, **plain(fs.FastStyleTrainer)),
                             "step": dict(contents=[t.image]), "save": dict(path=path), "resume": dict(path=path),
                             "save_model": dict(path=path, precision="int8", note="note", licence="MIT", accuracy="all", source="here")},
        "Enlarger": {None: dict(model=t.model), "run": dict(picture=t.image), "memory_needed": size},
        "EnlargerTrainer": {None: dict(vgg=t.model, start=t.model, **plain(fs.EnlargerTrainer)),
                            "step": dict(photos=[t.image]), "save": dict(path=path), "resume": dict(path=path),
                            "save_model": dict(path=path, precision="int8", note="note", licence="MIT", accuracy="all", source="here")},
        "UnitSearch": {None: dict(model=t.model, layer=t.layer, units=[0], patches=1, per_picture=1, longest_side=0, inside=False, pooling="max"),
                       "add": dict(picture=t.image), "patches": dict(unit=0)},
        "UnitPatch": {"cut": dict(picture=t.image)}, "UnitPixels": {"cut": {}}, "Progress": {"preview": {}},
    }  # fmt: skip
    objects = {
        "Image": t.image, "Model": t.model, "Detector": t.detector, "Embedder": t.embedder, "Gallery": t.gallery, "Tracker": t.tracker, "Expression": fs.Expression.parse("x*x"),
        "Loss": t.loss, "Landmarks": t.landmarks, "VerificationSet": t.pair_set, "Photos": t.photos, "Scenes": t.scenes, "DetectionLoss": t.detection, "Trainer": t.trainer, "Styler": t.styler, "StyleJob": t.job,
        "Liveness": empty(fs.Liveness, "fs_liveness"), "DenseLandmarks": empty(fs.DenseLandmarks, "fs_dense_landmarks"),
        "FaceAnalysis": empty(fs.FaceAnalysis, "fs_face_analysis"), "FastStyler": t.fast, "UniversalStyler": t.universal, "FastStyleTrainer": t.fast_trainer, "Enlarger": t.enlarger, "EnlargerTrainer": t.enlarger_trainer, "UnitSearch": t.search, "UnitPatch": t.patch,
        "UnitPixels": fs.UnitPixels(t.patch, np.zeros((5, 5, 3), np.float32)), "Progress": fs.style.Progress(_c.fs_style_progress())}
    for kind, methods in of.items():
        for method, arguments in methods.items():
            target = getattr(fs, kind)
            if method is not None:
                target = getattr(t.centre if method == "updated_centres" else objects.get(kind, target), method)
            named[kind if method is None else f"{kind}.{method}"] = target, arguments
    return named


def public():
    """The names of all that can be called: functions, constructors that take arguments, methods."""
    found = set()
    for name in fs.__all__:
        thing = getattr(fs, name)
        if inspect.ismodule(thing) or typing.is_typeddict(thing):
            continue
        if not inspect.isclass(thing):
            found.add(name)
            continue
        if issubclass(thing, (BaseException, enum.Enum)):
            continue
        is_result = name != "Face" and (dataclasses.is_dataclass(thing) or issubclass(thing, tuple)) or name in ("StyleJob", "Progress")
        if not is_result and "__init__" in vars(thing):
            found.add(name)
        for method, value in vars(thing).items():
            if isinstance(value, (classmethod, staticmethod)) or (inspect.isfunction(value) and (method[0] != "_" or method == "__call__")):
                if not method.startswith("_") or method == "__call__":
                    found.add(f"{name}.{method}")
    return found - {f"{name}.close" for name in fs.__all__}


PUBLIC = sorted(public())
NAMED = {("Image.from_array", "array"): "pixels"}
# None stands for something there, although it is no default, or is of the wrong value, as a loss has labels or has none.
NONE_WILL_DO = {("set_log", "callback"), ("Gallery", "embedder"), ("Face", "landmarks"), ("distances", "head"), ("Loss.updated_centres", "labels")}
# A path will do as well as an Image.
PATHS_WILL_DO = {("faces", "photo"), ("same", "a"), ("same", "b"), ("paint", "content"), ("paint", "style")}
# An array of whole numbers or of names.
NAMES_WILL_DO = {("false_accepts_by_group", "groups"), ("identify", "labels"), ("calibrate_embeddings", "labels")}


def parameters(target, arguments):
    """Name, kind and default of each; of options that have no names in the signature the table's."""
    known = inspect.signature(target).parameters
    for name in arguments:
        yield name, known.get(name)
    lacking = {n for n, p in known.items() if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)} - set(arguments)
    assert not lacking, f"the table lacks {lacking}"


def wrong_values(name, key, value, parameter):
    if isinstance(value, bool):
        wrong = ["no", 2.5]
    elif isinstance(value, (int, float)):
        wrong = ["3", b"3", [1, 2]]
    elif isinstance(value, str):
        wrong = [3, ["a"]]
    elif isinstance(value, (bytes, Path)):
        wrong = [3, 2.5]
    elif isinstance(value, np.ndarray):
        wrong = [np.array([Nothing()] * 2), [Nothing()], np.zeros(2, complex)] + ([] if (name, key) in NAMES_WILL_DO else [np.array(["a", "b"])])
    elif isinstance(value, list):
        wrong = [3, [Nothing()], "ab"]
    elif isinstance(value, fs.Image):
        wrong = [3, np.zeros((2, 2, 3))] + ([] if (name, key) in PATHS_WILL_DO else ["picture.png"])
    else:
        wrong = [3] if value is not None and not isinstance(value, tuple) else []
    optional = parameter is None or parameter.default is None or (name, key) in NONE_WILL_DO or value is None
    return [Nothing(), *wrong] + ([] if optional else [None])


def call(target, arguments):
    fixed = [n for n, p in inspect.signature(target).parameters.items() if p.kind is p.POSITIONAL_ONLY]
    return target(*(arguments[n] for n in fixed), **{n: v for n, v in arguments.items() if n not in fixed})


def test_the_table_has_all_that_can_be_called(tools):
    assert set(PUBLIC) - {"Trainer.all_reduce"} == set(good(tools))


@pytest.mark.parametrize("name", PUBLIC)
def test_a_wrong_type_is_a_type_error_that_names_the_argument(tools, name):
    target, arguments = good(tools)[name]
    for key, parameter in parameters(target, arguments):
        for value in wrong_values(name, key, arguments[key], parameter):
            try:
                call(target, {**arguments, key: value})
            except TypeError as error:
                told = f"{name}({key}={value!r}): {error}"
                assert re.search(rf"\b{NAMED.get((name, key), key)}\b", str(error)), told
                assert "argument " not in str(error), told  # ctypes' own words
            except Exception as error:
                pytest.fail(f"{name}({key}={value!r}) raises {type(error).__name__}: {error}")
            else:
                pytest.fail(f"{name}({key}={value!r}) is taken")


def test_a_setter_names_its_value(tools):
    with pytest.raises(TypeError, match="all_reduce is a Nothing; expected a function or None"):
        tools.trainer.all_reduce = Nothing()


@pytest.mark.parametrize("kind", [str, os.fsencode, Path])
def test_paths_are_texts_bytes_and_paths(tmp_path, picture, kind):
    path = tmp_path / "ä.png"
    picture.save(kind(path) if kind is not os.fsencode else os.fsencode(path))
    with fs.Image.open(kind(path) if kind is not os.fsencode else os.fsencode(path)) as image:
        assert image.width == picture.width


def test_numbers_of_other_kinds_are_numbers():
    from decimal import Decimal
    from fractions import Fraction

    assert fs.total_cost(Decimal(1), Fraction(1, 2), np.float32(2), np.array(4)) == 4
    assert fs.distance([True, False], [Fraction(1, 2), 0]) == 0.5
    assert fs.distance(np.array([1, 2], np.int64), np.array([1, 2], np.float16)) == 0
    assert fs.distance([10**30, 0], [10**30, 0]) == 0


def test_rows_of_different_lengths_are_a_value_error():
    with pytest.raises(ValueError, match="a has rows of different lengths"):
        fs.gram_matrix([[1, 2], [3]])
    with pytest.raises(ValueError, match=r"region has 3 numbers"):
        fs.Detector(None, region=(1, 2, 3))


def test_closed_objects_are_a_value_error(tools):
    image = fs.Image.from_array(gradient_array(4, 4))
    image.close()
    for use in (lambda: tools.detector.find(image), lambda: fs.augment(image, 1), lambda: tools.styler.run(image, image), lambda: image.resize(2, 2)):
        with pytest.raises(ValueError, match="this Image is closed"):
            use()


def test_pictures_that_nobody_else_keeps_live_through_the_call(tools):
    make = lambda *_: fs.Image.from_array(gradient_array(96, 96))
    assert tools.detector.find(make()) == []
    assert len(tools.embedder.embed_chips(make() for _ in range(3))) == 3
    assert tools.embedder.embed(make(), [fs.Face(np.array([[30, 40], [60, 40], [45, 55], [35, 70], [55, 70]]))]).shape == (1, 128)
    tools.embedder.align(make(), fs.Face(np.array([[30, 40], [60, 40], [45, 55], [35, 70], [55, 70]]))).close()
    for call in (
        lambda: tools.embedder.embed_photo(make(), tools.detector), lambda: tools.gallery.add_photo("zoe", make()),
        lambda: tools.gallery.enrol("zoe", make()), lambda: tools.gallery.identify(make()), lambda: tools.gallery.verify(make(), "ann"),
        lambda: fs.compare(make(), make(), tools.embedder, tools.detector),
    ):  # fmt: skip
        with pytest.raises(fs.NoFace):
            call()
    for image in (make().with_alpha(make()), make().resize(4, 4), fs.augment(make(), 1), fs.match_colours(make(), make(), "luminance")):
        image.close()
    fs.face_quality(make(), fs.Face(None, (0, 0, 90, 90)))
    tools.patch.cut(make())


# ---- Files ----


def openers(path):
    return {
        "image": lambda: fs.Image.open(path), "model": lambda: fs.Model.open(path), "pairs": lambda: fs.Pairs.open(path),
        "landmarks": lambda: fs.Landmarks(path), "gallery": lambda: fs.Gallery.open(path, create=False), "people": lambda: fs.Photos().add_people(path),
    }  # fmt: skip


@pytest.mark.parametrize("what", openers(""))
def test_a_missing_file_is_a_file_not_found_error_and_the_librarys(tmp_path, what):
    with pytest.raises(FileNotFoundError, match="nothing") as caught:
        openers(tmp_path / "nothing")[what]()
    error = caught.value
    assert isinstance(error, fs.FaceStyleError) and isinstance(error, fs.SystemRefusal) and isinstance(error, OSError)
    assert (error.status, error.name, error.errno) == (_c.FS_IO, "FS_IO", 2)
    assert str(error) == f"{error.message} (FS_IO)"
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and (again.status, again.message, again.errno) == (error.status, error.message, 2)


def test_other_reasons_of_the_system_have_their_classes(tmp_path, picture):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(NotADirectoryError):
        picture.save(file / "a.png")
    with pytest.raises(FileNotFoundError):
        picture.save(tmp_path / "nowhere" / "a.png")
    loop = tmp_path / "loop.png"
    loop.symlink_to(loop)
    with pytest.raises(OSError, match="symbolic links") as caught:
        fs.Image.open(loop)
    assert type(caught.value) is fs.SystemRefusal and caught.value.errno == 40
    with pytest.raises(fs.SystemRefusal):
        fs.Image.open(tmp_path)


def test_what_is_no_matter_of_the_system_is_no_os_error(tmp_path):
    file = tmp_path / "file.png"
    file.write_text("no picture")
    with pytest.raises(fs.FaceStyleError) as caught:
        fs.Image.open(file)
    assert not isinstance(caught.value, OSError)


# ---- Truth ----


def test_answers_are_true_if_they_say_yes(tools):
    near, far = np.eye(tools.embedder.dimension, dtype=np.float32)[:2]
    with fs.Gallery(tools.embedder) as gallery:
        assert not gallery.identify(near)
        assert gallery.enrol("ann", near) and not gallery.enrol("bob", near, refuse=True)  # ann's is photo 0
        known, stranger = gallery.identify(near), gallery.identify(far)
        assert known and (known.name, known.nearest, known.runner_up) == ("ann", "ann", None)
        assert not stranger and (stranger.name, stranger.nearest, stranger.photo) == (None, "ann", 0)
        assert gallery.verify(near, "ann") and not gallery.verify(far, "ann")
    assert fs.identify([near], ["ann"], near, 0.5) and not fs.identify([near], ["ann"], far, 0.5)
    assert fs.identify([near], ["ann"], far, 0.5).nearest == "ann" and fs.identify([near], ["ann"], far, 0.5).label is None
    assert not fs.face_quality(tools.image, fs.Face(None, (0, 0, 20, 20)))
    assert fs.face_quality(tools.image, fs.Face(None, (0, 0, 20, 20)), min_eye_distance=0, min_sharpness=-1, min_contrast=-1, max_clipped=2)
    points = fs.evaluate([0.1, 0.9] * 5, [True, False] * 5).tar
    assert points[0.1] or not points[0.1].value  # too few pairs for one of them
    assert [bool(point) for point in points.values()] == [point.value is not None for point in points.values()]
    growth = fs.calibration_growth(np.linspace(0, 1, 200), np.arange(200) < 50, 0.1, counts=[1, 10000])
    assert growth[0] and not growth[1] and growth[1].reason
    with fs.Tracker(max_tracks=1) as tracker:
        first, second = tracker.update([fs.Face(None, (0, 0, 9, 9)), fs.Face(None, (90, 0, 9, 9))], 0)
        assert first and not second
