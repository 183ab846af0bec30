"""Throws extreme numbers at every function of the interface that takes any: a program of its own, for a fault would end it.

    python extremes.py JOURNAL [NAME ...]

Each call has one number that is extreme, alone, in a struct or in an array, and others that are fine. The journal's last line is
the call that ended the program.
"""

import ctypes
import math
import os
import signal
import sys
from ctypes import POINTER, Structure, byref, c_char_p, c_double, c_float, c_size_t, c_uint32, c_uint64, c_void_p, cast, sizeof
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[3] / "Tests" / "Fixtures" / "reference"))

import fast_styles_reference as reference  # noqa: E402
from facestyle import _c  # noqa: E402
from facestyle.models import tensor_file  # noqa: E402

MODELS = Path(os.environ["FACESTYLE_MODELS"])
SHIPPED = Path(__file__).resolve().parents[3] / "models"
LARGEST = 3.4028234663852886e38
REALS = [math.nan, math.inf, -math.inf, LARGEST, -LARGEST, 1e-45, -1.0, 0.0]
# (Half the address space and more: a count that the caller could not have memory for.)
SIZES = [0, 2**63, 2**64 - 1, 2**64 - 2**32, 2**62]
ROOM = 1 << 16
SECONDS = 60


def extremes(kind):
    """The numbers that a type of ctypes can have, at its ends."""
    if kind in (c_float, c_double):
        return REALS
    if kind is c_size_t:
        return SIZES
    bits = 8 * sizeof(kind)
    return [0, 1, 2 ** (bits - 1) - 1, 2 ** (bits - 1), 2**bits - 1] if kind(-1).value > 0 else [0, -1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1))]


def is_number(kind):
    return isinstance(kind, type) and issubclass(kind, ctypes._SimpleCData) and kind not in (c_char_p, c_void_p, ctypes.c_char)


def pointee(kind):
    return getattr(kind, "_type_", None) if isinstance(kind, type) and issubclass(kind, ctypes._Pointer) else None


class Handles:
    """Live objects of every kind, made anew where a call has ended one."""

    def __init__(self):
        self.made = {}

    def make(self, name, *arguments):
        out = POINTER(getattr(_c, name.rsplit("_", 1)[0] if not name.startswith("fs_image") else "fs_image"))()
        status = getattr(_c, name)(byref(out), *arguments)
        assert status == 0, (name, _c.fs_last_error())
        return out

    def model(self, name):
        file = MODELS / f"{name}.safetensors"
        return self.make("fs_model_open", str(file if file.exists() else SHIPPED / file.name).encode())

    def of(self, kind):
        if kind not in self.made:
            self.made[kind] = getattr(self, kind.__name__)()
        return self.made[kind]

    def fs_image(self):
        data = (ctypes.c_uint8 * (3 * 36 * 34))(*(i * 37 % 256 for i in range(3 * 36 * 34)))
        pixels = _c.fs_pixels(size=sizeof(_c.fs_pixels), data=data, byte_count=len(data), width=36, height=34)
        return self.make("fs_image_from_pixels", byref(pixels))

    def fs_model(self):
        return self.model("vgg19")

    def small(self, kind, name, weights, **metadata):
        """A network of a few channels."""
        bytes = tensor_file.encode({key: np.ascontiguousarray(value, "<f4") for key, value in weights.items()},
                                   {"architecture": name, **metadata})  # fmt: skip
        model = self.make("fs_model_load", bytes, len(bytes))
        if kind in ("fs_fast_styler", "fs_enlarger"):
            return self.make(f"{kind}_create", model)
        return self.make("fs_universal_styler_create", model, (POINTER(_c.fs_image) * 1)(self.of(_c.fs_image)), 1)

    def fs_fast_styler(self):
        return self.small("fs_fast_styler", "fast-style", reference.small_fast_style(2, 1, False), filters="2", blocks="1")

    def fs_universal_styler(self):
        return self.small("fs_universal_styler", "universal-style", reference.small_universal())

    def fs_enlarger(self):
        shapes = {"head": (2, 3, 3), "block1.conv1": (2, 2, 3), "block1.conv2": (2, 2, 3), "tail": (12, 2, 3), "straight": (12, 3, 5)}
        weights = {f"{name}.weight": np.full((o, i, k, k), 0.01) for name, (o, i, k) in shapes.items()}
        weights |= {f"{name}.bias": np.zeros(o) for name, (o, _, _) in shapes.items() if name != "straight"}
        return self.small("fs_enlarger", "enlarger", weights, filters="2", blocks="1")

    def fs_detector(self):
        return self.make("fs_detector_create", self.model("mtcnn"), None)

    def graph(self, kind, side, outputs, name, **metadata):
        """A network of one matrix."""
        text = f"input channels=3 height={side} width={side}\nflat flatten < input\n{name} dense outputs={outputs} < flat\noutput {name}\n"
        weights = {f"{name}.weight": np.full((outputs, 3 * side * side), 1e-6, "<f4"), f"{name}.bias": np.full(outputs, 0.5, "<f4")}
        bytes = tensor_file.encode(weights, {"architecture": "graph", "graph": text, "kind": kind, **metadata})
        return self.make("fs_model_load", bytes, len(bytes))

    def fs_liveness(self):
        models = (POINTER(_c.fs_model) * 1)(self.graph("liveness", 8, 3, "logits", crop="2.7"))
        return self.make("fs_liveness_create", models, 1)

    def fs_dense_landmarks(self):
        return self.make("fs_dense_landmarks_create", self.graph("landmarks", 8, 20, "points"))

    def fs_embedder(self):
        return self.make("fs_embedder_create", self.model("faces-nn4"))

    def fs_models(self):
        return self.make("fs_models_list")

    def fs_face_analysis(self):
        options = prepared(_c.fs_face_analysis_options)
        options.embedder = str(SHIPPED / "faces-nn4.safetensors").encode()
        return self.make("fs_face_analysis_create", byref(options))

    def fs_faces(self):
        faces = POINTER(_c.fs_faces)()
        assert _c.fs_face_analysis_run(self.of(_c.fs_face_analysis), byref(faces), self.of(_c.fs_image)) == 0
        return faces

    def fs_gallery(self):
        gallery = self.make("fs_gallery_create", self.of(_c.fs_embedder))
        numbers = (c_float * 128)(*([128**-0.5] * 128))
        assert _c.fs_gallery_add(gallery, b"somebody", numbers, 128) == 0
        return gallery

    def fs_styler(self):
        return self.make("fs_styler_create", self.of(_c.fs_model))

    def fs_style_job(self):
        options = prepared(_c.fs_style_options)
        images = (POINTER(_c.fs_image) * 1)(self.of(_c.fs_image))
        return self.make("fs_style_job_create", self.of(_c.fs_styler), self.of(_c.fs_image), images, None, 1, byref(options))

    def fs_unit_search(self):
        return self.make("fs_unit_search_create", self.of(_c.fs_model), b"conv1_1", None)

    def fs_photos(self):
        return self.make("fs_photos_create")

    def fs_scenes(self):
        assert _c.fs_image_write(self.of(_c.fs_image), b"scene.png") == 0
        Path("scenes.json").write_text('{"scene.png": [[2, 2, 20, 18, 7, 7, 16, 7, 12, 11, 8, 15, 15, 15]]}')
        scenes = self.make("fs_scenes_create")
        assert _c.fs_scenes_add(scenes, b".", b"scenes.json") == 0
        return scenes

    def fs_trainer(self):
        options = prepared(_c.fs_trainer_options)
        options.architecture = b"siamese"
        return self.make("fs_trainer_create", byref(options), None)

    def fs_expression(self):
        return self.make("fs_expression_parse", b"x*y + exp(x)")

    def fs_tracker(self):
        return self.make("fs_tracker_create", None)

    def fs_fast_trainer(self):
        options = prepared(_c.fs_fast_trainer_options)
        (options.filters, options.blocks, options.side) = (2, 1, 32)
        return self.make("fs_fast_trainer_create", self.of(_c.fs_model), self.of(_c.fs_image), byref(options))

    def fs_enlarger_trainer(self):
        options = prepared(_c.fs_enlarger_trainer_options)
        (options.filters, options.blocks, options.side) = (2, 1, 32)
        return self.make("fs_enlarger_trainer_create", None, byref(options))

    def fs_pairs(self):
        Path("pairs.txt").write_text("1\t1\nAnn\t1\t2\nAnn\t1\tBob\t1\n")
        return self.make("fs_pairs_open", b"pairs.txt")

    def fs_landmarks(self):
        Path("points.json").write_text('{"Ann/1.jpg": [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]}')
        return self.make("fs_landmarks_open", b"points.json")


HANDLES = {name[: -len("_destroy")] for name in _c.FUNCTIONS if name.endswith("_destroy")}
handles = Handles()
keep = []


def finishing(kind):
    """A function of the host's that ends at once what calls it."""
    function = kind(lambda *arguments: _c.FS_FINISH if kind._restype_ is not None else None)
    keep.append(function)
    return function


def prepared(struct):
    """With its defaults, its size, and functions that end at once."""
    value = struct()
    init = getattr(_c, f"{struct.__name__}_init", None)
    if init:
        more = [1] * (len(_c.FUNCTIONS[f"{struct.__name__}_init"][1]) - 2)
        assert init(byref(value), sizeof(value), *more) == 0
    fields = dict(struct._fields_)
    if "size" in fields:
        value.size = sizeof(value)
    for name, kind in fields.items():
        if issubclass(kind, ctypes._CFuncPtr):
            setattr(value, name, finishing(kind))
    if struct is _c.fs_pixels:
        data = (ctypes.c_uint8 * ROOM)()
        (value.data, value.byte_count, value.width, value.height) = (data, 3 * 36 * 34, 36, 34)
        keep.append(data)
    if struct is _c.fs_frame:
        data = (ctypes.c_uint8 * ROOM)()
        keep.append(data)
        (value.width, value.height) = (36, 34)
        for i in range(len(value.planes)):
            value.planes[i] = cast(data, type(value.planes[i])) if not isinstance(value.planes[i], (int, type(None))) else ctypes.addressof(data)
    if struct is _c.fs_face:
        (value.x, value.y, value.width, value.height, value.score) = (2, 2, 18, 16, 0.9)
        for point, place in zip(value.landmarks, ((7, 7), (16, 7), (12, 11), (8, 15), (15, 15))):
            (point.x, point.y) = place
    return value


def places(value, path=()):
    """Every number inside a struct, as a path with its type."""
    for name, kind in value._fields_:
        if is_number(kind):
            yield (*path, name), kind
        elif issubclass(kind, Structure):
            yield from places(getattr(value, name), (*path, name))
        elif issubclass(kind, ctypes.Array):
            if is_number(kind._type_):
                for i in range(len(getattr(value, name))):
                    yield (*path, name, i), kind._type_
            elif issubclass(kind._type_, Structure):
                for i, item in enumerate(getattr(value, name)):
                    yield from places(item, (*path, name, i))


def lists(struct):
    """Pointers in a struct that come with a count."""
    names = [name for name, _ in struct._fields_]
    for name, kind in struct._fields_:
        inner = pointee(kind)
        if inner is None or inner.__name__ in HANDLES or not (is_number(inner) or issubclass(inner, Structure)):
            continue
        for count in (f"{name[:-1]}_count", f"{name}_count", "byte_count"):
            if count in names:
                yield name, inner, count


def put(value, path, number):
    for step in path[:-1]:
        value = value[step] if isinstance(step, int) else getattr(value, step)
    if isinstance(path[-1], int):
        value[path[-1]] = number
    else:
        setattr(value, path[-1], number)


def good(name, index, kind):
    """An argument with which nothing is wrong, as far as its type tells."""
    if is_number(kind):
        return 0.5 if kind in (c_float, c_double) else 2 if kind in (c_size_t, c_uint32, c_uint64) else 0
    if kind is c_char_p:
        text = {"fs_model_layer_info_get": b"conv1_1", "fs_model_features": b"conv1_1", "fs_unit_search_create": b"conv1_1", "fs_model_unit_pixels": b"conv1_1",
                "fs_image_write": b"a.png", "fs_architecture_info_get": b"vgg19", "fs_architecture_template": b"nn4.small2"}.get(name, b"somebody")  # fmt: skip
        return ctypes.create_string_buffer(text, ROOM)  # which may be written to
    if isinstance(kind, type) and issubclass(kind, ctypes._CFuncPtr):
        return finishing(kind)
    if kind is c_void_p:
        return ctypes.create_string_buffer(ROOM)
    inner = pointee(kind)
    if inner is None:
        raise AssertionError((name, kind))
    if inner.__name__ in HANDLES:
        return handles.of(inner)
    if pointee(inner) is not None:
        # One to be made, or several that are there.
        handle = pointee(inner)
        if handle.__name__ in HANDLES:
            return (inner * 64)(*([handles.of(handle)] * 64))
    if inner is c_char_p:
        return (c_char_p * 64)(*[b"somebody"] * 64)
    if issubclass(inner, Structure):
        array = (inner * 64)()
        for i in range(64):
            ctypes.memmove(byref(array, i * sizeof(inner)), byref(prepared(inner)), sizeof(inner))
        return array
    array = (inner * (ROOM // sizeof(inner)))()
    for i in range(len(array)):
        array[i] = 0.125 * (i % 7) if inner in (c_float, c_double) else 1
    return array


def calls(name):
    """Changes of one number each: what it is, and how the arguments are spoilt with it."""
    for i, kind in enumerate(_c.FUNCTIONS[name][1]):
        inner = pointee(kind)
        if is_number(kind):
            for number in extremes(kind):
                yield f"argument {i} = {number}", lambda a, i=i, number=number: a.__setitem__(i, number)
        elif inner is not None and inner.__name__ not in HANDLES and issubclass(inner, Structure):
            for path, number_kind in places(prepared(inner)):
                for number in extremes(number_kind):
                    yield f"argument {i}: {path} = {number}", lambda a, i=i, path=path, number=number: put(a[i][0], path, number)
            for field, item, counter in lists(inner):
                for number in (*SIZES, 1, 2, 64):

                    def point(a, i=i, field=field, item=item, counter=counter, number=number):
                        array = (item * (1 << 12))()
                        keep.append(array)
                        setattr(a[i][0], field, array)
                        setattr(a[i][0], counter, number)

                    yield f"argument {i}: {field} of {number}", point
        elif inner is not None and is_number(inner) and inner is not ctypes.c_char:
            for number in extremes(inner):

                def fill(a, i=i, number=number):
                    for j in range(len(a[i])):
                        a[i][j] = number

                yield f"argument {i} full of {number}", fill


# (A function of the host's that is left behind would be called later. Which instructions are used is for the start.)
LEFT_OUT = {"fs_log_set", "fs_instruction_set_choose", "fs_trainer_all_reduce_set"}
# Its files are as long as the caller says.
LENGTHS = {"fs_image_decode": 2, "fs_image_decode_reduced": 2, "fs_model_load": 2}


def main(journal, *names):
    count = 0
    with open(journal, "w", buffering=1) as journal:
        for name in names or [name for name in _c.FUNCTIONS if not name.endswith("_destroy") and name not in LEFT_OUT]:
            result, kinds = _c.FUNCTIONS[name]
            function = getattr(_c, name)
            for words, spoil in calls(name):
                arguments = [good(name, i, kind) for i, kind in enumerate(kinds)]
                if name in LENGTHS and f"argument {LENGTHS[name]} = {2**62}" == words:
                    continue
                spoil(arguments)
                journal.write(f"{name} {words}\n")
                given = [[int(cast(h, c_void_p).value) for h in a] if isinstance(a, ctypes.Array) and pointee(a._type_) is not None else None for a in arguments]
                signal.alarm(SECONDS)
                answer = function(*arguments)
                signal.alarm(0)
                count += 1
                if result is _c.fs_status and name not in ("fs_detector_finds_points", "fs_embedder_aligns"):
                    assert 0 <= answer <= 8, (name, words, answer, _c.fs_last_error())
                for kind, argument, before in zip(kinds, arguments, given):
                    inner = pointee(pointee(kind)) if pointee(kind) else None
                    if before and inner is not None and inner.__name__ in HANDLES and int(cast(argument[0], c_void_p).value) != before[0]:
                        getattr(_c, inner.__name__ + "_destroy")(argument[0])
                for kind in MUTABLE:  # what a call has changed is made anew
                    if kind in handles.made and any(pointee(k) is kind for k in kinds):
                        getattr(_c, kind.__name__ + "_destroy")(handles.made.pop(kind))
                if len(keep) > 4096:
                    del keep[:2048]
        journal.write("done\n")
    print(count)


MUTABLE = [_c.fs_gallery, _c.fs_tracker, _c.fs_style_job, _c.fs_unit_search]

if __name__ == "__main__":
    main(*sys.argv[1:])
