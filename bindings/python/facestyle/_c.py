"""include/facestyle.h, one to one, through ctypes. No opinions here: those are in the files around it."""

import ctypes
import os
from ctypes import CFUNCTYPE, POINTER, Structure
from ctypes import c_char, c_char_p, c_double, c_float, c_int, c_int32, c_size_t, c_uint8, c_uint32, c_uint64, c_void_p
from pathlib import Path

# ---- Constants ----

FS_VERSION_MAJOR, FS_VERSION_MINOR, FS_VERSION_PATCH = 0, 1, 0
FS_VERSION = FS_VERSION_MAJOR * 10000 + FS_VERSION_MINOR * 100 + FS_VERSION_PATCH
FS_ABI_VERSION = 0

FS_OK = 0
FS_INVALID_ARGUMENT = 1
FS_BAD_DATA = 2
FS_IO = 3
FS_NO_MEMORY = 4
FS_NO_FACE = 5
FS_CANCELLED = 6
FS_NOT_FOUND = 7
FS_WRONG_MODEL = 8
FS_INTERNAL = 9

FS_LOG_DEBUG, FS_LOG_INFO, FS_LOG_WARNING, FS_LOG_ERROR = 0, 1, 2, 3

FS_IMAGE_MAX_SIDE = 65500
FS_IMAGE_MAX_PIXELS = 134217728
FS_RGB, FS_BGR, FS_RGBA, FS_BGRA, FS_GREY = 0, 1, 2, 3, 4
FS_BILINEAR, FS_BICUBIC, FS_AREA = 0, 1, 2
FS_PNG, FS_JPEG = 0, 1

FS_POOLING_AVERAGE, FS_POOLING_MAX = 0, 1
FS_DEFAULT_THRESHOLD = -1.0
FS_NAME_CAPACITY = 256
FS_SUM, FS_MEAN = 0, 1
FS_COST_NORMALISED, FS_COST_LECTURE = 0, 1
FS_CONTINUE, FS_FINISH, FS_CANCEL = 0, 1, 2

# An enum is passed and returned as an int.
fs_status = fs_log_level = fs_pixel_format = fs_filter = fs_file_format = c_int
fs_pooling = fs_reduction = fs_cost_variant = fs_action = c_int

# ---- Opaque types: distinct, so that ctypes refuses one in place of another. ----


class fs_image(Structure):
    pass


class fs_model(Structure):
    pass


class fs_detector(Structure):
    pass


class fs_embedder(Structure):
    pass


class fs_gallery(Structure):
    pass


class fs_styler(Structure):
    pass


class fs_style_job(Structure):
    pass


# ---- Structs ----


class fs_pixels(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("data", POINTER(c_uint8)),
        ("byte_count", c_size_t),
        ("stride", c_size_t),
        ("width", c_uint32),
        ("height", c_uint32),
        ("format", fs_pixel_format),
        ("rotation", c_uint32),
    ]


class fs_architecture(Structure):
    _fields_ = [
        ("height", c_uint32),
        ("width", c_uint32),
        ("channels", c_uint32),
        ("dimension", c_uint32),
        ("parameters", c_uint64),
        ("multiply_adds", c_uint64),
    ]


class fs_point(Structure):
    _fields_ = [("x", c_float), ("y", c_float)]


class fs_face(Structure):
    _fields_ = [
        ("x", c_float),
        ("y", c_float),
        ("width", c_float),
        ("height", c_float),
        ("score", c_float),
        ("landmarks", fs_point * 5),
    ]


class fs_detector_options(Structure):
    _fields_ = [("size", c_size_t), ("min_face", c_float), ("thresholds", c_float * 3), ("scale_step", c_float)]


class fs_verdict(Structure):
    _fields_ = [("distance", c_float), ("threshold", c_float), ("same", c_int32)]


class fs_match(Structure):
    _fields_ = [
        ("known", c_int32),
        ("distance", c_float),
        ("threshold", c_float),
        ("name", c_char * FS_NAME_CAPACITY),
    ]


class fs_neighbour(Structure):
    _fields_ = [("photo", c_uint64), ("distance", c_float), ("name", c_char * FS_NAME_CAPACITY)]


class fs_style_progress(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("step", c_uint32),
        ("steps", c_uint32),
        ("content", c_double),
        ("style", c_double),
        ("total", c_double),
        ("seconds", c_double),
        ("job", POINTER(fs_style_job)),
    ]


class fs_style_layer(Structure):
    _fields_ = [("name", c_char_p), ("weight", c_float)]


fs_log_callback = CFUNCTYPE(None, fs_log_level, c_char_p, c_void_p)
fs_style_callback = CFUNCTYPE(fs_action, POINTER(fs_style_progress), c_void_p)


class fs_style_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("width", c_uint32),
        ("height", c_uint32),
        ("steps", c_uint32),
        ("content_weight", c_float),
        ("style_weight", c_float),
        ("learning_rate", c_float),
        ("noise_ratio", c_float),
        ("seed", c_uint64),
        ("pooling", fs_pooling),
        ("cost", fs_cost_variant),
        ("content_layer", c_char_p),
        ("style_layers", POINTER(fs_style_layer)),
        ("style_layer_count", c_size_t),
        ("on_step", fs_style_callback),
        ("user", c_void_p),
    ]


# ---- Functions: name -> (result, arguments), in the header's order. ----

_image, _model, _detector = POINTER(fs_image), POINTER(fs_model), POINTER(fs_detector)
_embedder, _gallery, _styler = POINTER(fs_embedder), POINTER(fs_gallery), POINTER(fs_styler)
_floats, _double, _sizes = POINTER(c_float), POINTER(c_double), POINTER(c_size_t)

FUNCTIONS = {
    # Version
    "fs_version": (c_uint32, []),
    "fs_abi_version": (c_uint32, []),
    # Errors
    "fs_status_name": (c_char_p, [fs_status]),
    "fs_last_error": (c_char_p, []),
    # Log
    "fs_log_set": (None, [fs_log_level, fs_log_callback, c_void_p]),
    # Threads and the processor
    "fs_threads_set": (fs_status, [c_uint32]),
    "fs_threads": (c_uint32, []),
    "fs_instruction_set": (c_char_p, []),
    "fs_instruction_set_choose": (fs_status, [c_char_p]),
    "fs_debug_live_handles": (c_size_t, []),
    # Images
    "fs_image_decode": (fs_status, [POINTER(_image), c_void_p, c_size_t]),
    "fs_image_open": (fs_status, [POINTER(_image), c_char_p]),
    "fs_image_from_pixels": (fs_status, [POINTER(_image), POINTER(fs_pixels)]),
    "fs_image_width": (c_uint32, [_image]),
    "fs_image_height": (c_uint32, [_image]),
    "fs_image_data": (POINTER(c_uint8), [_image]),
    "fs_image_resize": (fs_status, [POINTER(_image), _image, c_uint32, c_uint32, fs_filter]),
    "fs_image_crop": (fs_status, [POINTER(_image), _image, c_uint32, c_uint32, c_uint32, c_uint32]),
    "fs_image_warp": (fs_status, [POINTER(_image), _image, _floats, c_uint32, c_uint32]),
    "fs_image_encode": (fs_status, [_image, fs_file_format, c_uint32, c_void_p, c_size_t, _sizes]),
    "fs_image_write": (fs_status, [_image, c_char_p]),
    "fs_image_destroy": (None, [_image]),
    # Models
    "fs_model_open": (fs_status, [POINTER(_model), c_char_p]),
    "fs_model_load": (fs_status, [POINTER(_model), c_void_p, c_size_t]),
    "fs_model_architecture": (c_char_p, [_model]),
    "fs_model_metadata": (c_char_p, [_model, c_char_p]),
    "fs_model_parameter_count": (c_uint64, [_model]),
    "fs_model_fingerprint": (c_uint64, [_model]),
    "fs_model_destroy": (None, [_model]),
    "fs_model_features": (
        fs_status,
        [_model, _image, c_char_p, fs_pooling, _floats, c_size_t, POINTER(c_uint32)],
    ),
    "fs_architecture_count": (c_size_t, []),
    "fs_architecture_name": (c_char_p, [c_size_t]),
    "fs_architecture_describe": (fs_status, [c_char_p, POINTER(fs_architecture)]),
    # Detector
    "fs_detector_options_init": (fs_status, [POINTER(fs_detector_options), c_size_t]),
    "fs_detector_create": (fs_status, [POINTER(_detector), _model, POINTER(fs_detector_options)]),
    "fs_detector_find": (fs_status, [_detector, _image, POINTER(fs_face), c_size_t, _sizes]),
    "fs_detector_destroy": (None, [_detector]),
    # Embedder
    "fs_embedder_create": (fs_status, [POINTER(_embedder), _model]),
    "fs_embedder_dimension": (c_size_t, [_embedder]),
    "fs_embedder_threshold": (c_float, [_embedder]),
    "fs_embedder_chip_side": (c_uint32, [_embedder]),
    "fs_embedder_align": (fs_status, [_embedder, POINTER(_image), _image, POINTER(fs_face)]),
    "fs_embedder_embed": (fs_status, [_embedder, _image, POINTER(fs_face), c_size_t, _floats, c_size_t]),
    "fs_embedder_embed_chips": (fs_status, [_embedder, POINTER(_image), c_size_t, _floats, c_size_t]),
    "fs_embedder_embed_photo": (
        fs_status,
        [_embedder, _detector, _image, POINTER(fs_face), _floats, c_size_t],
    ),
    "fs_embedder_memory_needed": (fs_status, [_embedder, c_size_t, POINTER(c_uint64)]),
    "fs_embedder_destroy": (None, [_embedder]),
    # Verification
    "fs_distance": (fs_status, [_floats, _floats, c_size_t, _floats]),
    "fs_compare_photos": (fs_status, [_embedder, _detector, _image, _image, c_float, POINTER(fs_verdict)]),
    # Gallery
    "fs_gallery_create": (fs_status, [POINTER(_gallery), _embedder]),
    "fs_gallery_add": (fs_status, [_gallery, c_char_p, _floats, c_size_t]),
    "fs_gallery_add_photo": (fs_status, [_gallery, _embedder, _detector, c_char_p, _image]),
    "fs_gallery_remove": (fs_status, [_gallery, c_char_p]),
    "fs_gallery_people": (c_size_t, [_gallery]),
    "fs_gallery_photos": (c_size_t, [_gallery]),
    "fs_gallery_verify": (fs_status, [_gallery, c_char_p, _floats, c_size_t, c_float, POINTER(fs_verdict)]),
    "fs_gallery_verify_photo": (
        fs_status,
        [_gallery, _embedder, _detector, c_char_p, _image, c_float, POINTER(fs_verdict)],
    ),
    "fs_gallery_identify": (fs_status, [_gallery, _floats, c_size_t, c_float, POINTER(fs_match)]),
    "fs_gallery_identify_photo": (
        fs_status,
        [_gallery, _embedder, _detector, _image, c_float, POINTER(fs_match)],
    ),
    "fs_gallery_search": (
        fs_status,
        [_gallery, _floats, c_size_t, c_size_t, c_size_t, POINTER(fs_neighbour), c_size_t, _sizes],
    ),
    "fs_gallery_destroy": (None, [_gallery]),
    # Losses and costs
    "fs_triplet_loss": (
        fs_status,
        [_floats, _floats, _floats, c_size_t, c_size_t, c_float, fs_reduction, _double],
    ),
    "fs_content_cost": (fs_status, [_floats, _floats, c_size_t, c_size_t, c_size_t, fs_cost_variant, _double]),
    "fs_gram_matrix": (fs_status, [_floats, c_size_t, c_size_t, _floats]),
    "fs_style_cost": (fs_status, [_floats, _floats, c_size_t, c_size_t, c_size_t, fs_cost_variant, _double]),
    "fs_total_cost": (fs_status, [c_double, c_double, c_double, c_double, _double]),
    # Style transfer
    "fs_style_options_init": (fs_status, [POINTER(fs_style_options), c_size_t]),
    "fs_styler_create": (fs_status, [POINTER(_styler), _model]),
    "fs_styler_run": (fs_status, [_styler, POINTER(_image), _image, _image, POINTER(fs_style_options)]),
    "fs_styler_memory_needed": (
        fs_status,
        [_styler, c_uint32, c_uint32, POINTER(fs_style_options), POINTER(c_uint64)],
    ),
    "fs_style_preview": (fs_status, [POINTER(fs_style_progress), POINTER(_image)]),
    "fs_styler_evaluate": (
        fs_status,
        [_styler, _image, _image, _image, POINTER(fs_style_options), _double, _double, _double, _floats, c_size_t],
    ),
    "fs_styler_destroy": (None, [_styler]),
}

# ---- Loading ----


def _candidates():
    """Where the library may be: the environment's word is final, otherwise the first that exists."""
    if named := os.environ.get("FACESTYLE_LIBRARY"):
        return [named]
    package = Path(__file__).resolve().parent
    folders = [package]
    if len(package.parents) > 2 and (package.parents[2] / "include" / "facestyle.h").exists():
        folders.append(package.parents[2] / "build")  # a source checkout
    files = [folder / name for folder in folders for name in ("libfacestyle.so.0", "libfacestyle.so")]
    return [str(file) for file in files if file.exists()] + ["libfacestyle.so.0"]


def _load():
    reasons = []
    for path in _candidates():
        try:
            library = ctypes.CDLL(path)
        except OSError as error:
            reasons.append(str(error))
            continue
        library.fs_abi_version.restype = c_uint32
        if (abi := library.fs_abi_version()) != FS_ABI_VERSION:
            raise ImportError(f"{path} has ABI version {abi}; this package is for {FS_ABI_VERSION}")
        for name, (result, arguments) in FUNCTIONS.items():
            try:
                function = getattr(library, name)
            except AttributeError:
                raise ImportError(f"{path} has no function {name}: it is another version of libfacestyle") from None
            function.restype, function.argtypes = result, arguments
            globals()[name] = function
        return library
    raise ImportError(
        "libfacestyle is not to be found: build it with `make`, or set FACESTYLE_LIBRARY to the file ("
        + "; ".join(reasons) + ")"
    )


library = _load()
