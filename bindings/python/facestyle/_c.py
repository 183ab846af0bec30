"""include/facestyle.h, one to one, through ctypes. No opinions here: those are in the files around it."""

import ctypes
import os
from ctypes import CFUNCTYPE, POINTER, Structure
from ctypes import c_char, c_char_p, c_double, c_float, c_int, c_int32, c_int64, c_size_t, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p
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
FS_UNIVERSAL_MAX_STYLES = 16
FS_UNIT_MAX_PATCHES = 64
FS_RGB, FS_BGR, FS_RGBA, FS_BGRA, FS_GREY = 0, 1, 2, 3, 4
FS_NV12, FS_NV21, FS_I420, FS_YUYV = 5, 6, 7, 8
FS_RGB16, FS_RGBA16 = 9, 10
FS_BILINEAR, FS_BICUBIC, FS_AREA = 0, 1, 2
FS_PNG, FS_JPEG = 0, 1
FS_BT601, FS_BT709 = 0, 1
FS_LIMITED_RANGE, FS_FULL_RANGE = 0, 1
FS_LARGEST_FIRST, FS_SUREST_FIRST = 0, 1

FS_AUGMENT_NONE, FS_AUGMENT_STANDARD, FS_AUGMENT_STRONG = 0, 1, 2

FS_POOLING_AVERAGE, FS_POOLING_MAX, FS_POOLING_L2 = 0, 1, 2
FS_DEFAULT_THRESHOLD = -1.0
FS_NAME_CAPACITY = 256
FS_NOTE_CAPACITY = 256
FS_GALLERY_KEY_LENGTH = 32
FS_SUM, FS_MEAN, FS_MEAN_OF_ACTIVE = 0, 1, 2
FS_COST_NORMALISED, FS_COST_LECTURE, FS_COST_MEANS, FS_COST_ROOTS = 0, 1, 2, 3
FS_LOSS_TRIPLET, FS_LOSS_BATCH_HARD, FS_LOSS_SEMI_HARD, FS_LOSS_ALL_TRIPLETS = 0, 1, 2, 3
FS_LOSS_CONTRASTIVE, FS_LOSS_PAIR_DIFFERENCE, FS_LOSS_PAIR_CHI_SQUARE = 4, 5, 6
FS_LOSS_SOFTMAX, FS_LOSS_CENTRE, FS_LOSS_COSFACE, FS_LOSS_ARCFACE = 7, 8, 9, 10
FS_LOSS_DISTILLATION, FS_LOSS_TEACHER_DISTANCE, FS_LOSS_CROSS_ENTROPY = 11, 12, 13
FS_FUNCTION_EXP, FS_FUNCTION_LOG, FS_FUNCTION_SQRT, FS_FUNCTION_SIN, FS_FUNCTION_COS, FS_FUNCTION_TANH = range(6)
FS_FUNCTION_SIGMOID, FS_FUNCTION_SOFTPLUS, FS_FUNCTION_ABSOLUTE, FS_FUNCTION_RECIPROCAL, FS_FUNCTION_SQUARE = range(6, 11)
FS_FORWARD, FS_REVERSE, FS_NUMERIC = 0, 1, 2
FS_CONTINUE, FS_FINISH, FS_CANCEL = 0, 1, 2
FS_ENDING_NONE, FS_ENDING_STEPS, FS_ENDING_CONVERGED = 0, 1, 2
FS_ENDING_STALLED, FS_ENDING_NOT_FINITE, FS_ENDING_DEADLINE = 3, 4, 5
FS_PRESET_PYRAMID, FS_PRESET_COURSE, FS_PRESET_GATYS = 0, 1, 2
FS_PRESET_NEURAL_STYLE, FS_PRESET_NEURAL_STYLE_PT, FS_PRESET_NEURAL_STYLE_TF, FS_PRESET_CROWSONKB = 3, 4, 5, 6
FS_STYLE_ADAM, FS_STYLE_LBFGS = 0, 1
FS_START_CONTENT, FS_START_NOISE, FS_START_STYLE, FS_START_IMAGE = 0, 1, 2, 3
FS_STYLE_LOSS_GRAM, FS_STYLE_LOSS_MOMENTS, FS_STYLE_LOSS_WASSERSTEIN = 0, 1, 2
FS_EDGES_ZEROS, FS_EDGES_REPEATED = 0, 1
FS_MASK_INSIDE, FS_MASK_SOFT = 0, 1
FS_VARIATION_ABSOLUTE, FS_VARIATION_SQUARED, FS_VARIATION_NINE_POINTS = 0, 1, 2
FS_COLOURS_STYLE, FS_COLOURS_LUMINANCE, FS_COLOURS_CHOLESKY = 0, 1, 2
FS_COLOURS_PRINCIPAL, FS_COLOURS_HISTOGRAM = 3, 4
FS_UNIVERSAL_COVARIANCE, FS_UNIVERSAL_VARIANCE = 0, 1
FS_PALETTE_GREY, FS_PALETTE_VIRIDIS = 0, 1
FS_SGD, FS_ADAM, FS_ADAMW, FS_RMSPROP = 0, 1, 2, 3
FS_SCHEDULE_CONSTANT, FS_SCHEDULE_STEP, FS_SCHEDULE_COSINE, FS_SCHEDULE_ONE_CYCLE, FS_SCHEDULE_CYCLICAL = range(5)
FS_FLOAT32, FS_FLOAT16 = 0, 1
FS_OPERATING_POINTS = 3
FS_QUALITY_SMALL, FS_QUALITY_BLURRED, FS_QUALITY_TURNED, FS_QUALITY_TILTED = 1, 2, 4, 8
FS_QUALITY_DARK, FS_QUALITY_BRIGHT, FS_QUALITY_FLAT, FS_QUALITY_CUT_OFF = 16, 32, 64, 128
FS_TRACK_BEGUN, FS_TRACK_BEST, FS_TRACK_IDENTIFY, FS_TRACK_RETURNED = 1, 2, 4, 8
FS_DISTANCE_EUCLIDEAN, FS_DISTANCE_SQUARED, FS_DISTANCE_COSINE, FS_DISTANCE_CHI_SQUARE = 0, 1, 2, 3
FS_DISTANCE_DIFFERENCE_HEAD, FS_DISTANCE_CHI_SQUARE_HEAD = 4, 5
FS_RULE_NEAREST, FS_RULE_MEAN, FS_RULE_TEMPLATE, FS_RULE_VOTE = 0, 1, 2, 3

# An enum is passed and returned as an int.
fs_status = fs_log_level = fs_pixel_format = fs_filter = fs_file_format = fs_strength = c_int
fs_pooling = fs_reduction = fs_cost_variant = fs_loss_kind = fs_action = fs_universal_method = fs_palette = c_int
fs_colour_matrix = fs_colour_range = fs_face_order = c_int
fs_function = fs_differentiation = fs_optimiser = fs_schedule = fs_precision = c_int
fs_quality_reason = fs_track_event = fs_distance_kind = fs_rule = c_int
fs_style_loss = fs_style_edges = fs_mask_kind = c_int
fs_style_ending = fs_style_preset = fs_style_optimiser = fs_style_start = fs_total_variation = fs_style_colours = c_int

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


class fs_fast_styler(Structure):
    pass


class fs_universal_styler(Structure):
    pass


class fs_fast_trainer(Structure):
    pass


class fs_unit_search(Structure):
    pass


class fs_photos(Structure):
    pass


class fs_trainer(Structure):
    pass


class fs_pairs(Structure):
    pass


class fs_landmarks(Structure):
    pass


class fs_tracker(Structure):
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


class fs_region(Structure):
    _fields_ = [("x", c_uint32), ("y", c_uint32), ("width", c_uint32), ("height", c_uint32)]


class fs_host(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("processors", c_uint32),
        ("allowed", c_uint32),
        ("quota", c_double),
        ("threads", c_uint32),
        ("memory_limit", c_uint64),
        ("instruction_set", c_char_p),
    ]


class fs_frame(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("planes", POINTER(c_uint8) * 3),
        ("byte_counts", c_size_t * 3),
        ("strides", c_size_t * 3),
        ("width", c_uint32),
        ("height", c_uint32),
        ("format", fs_pixel_format),
        ("rotation", c_uint32),
        ("mirrored", c_int32),
        ("matrix", fs_colour_matrix),
        ("range", fs_colour_range),
    ]


class fs_augmentation(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("flip", c_float),
        ("shift", c_float),
        ("turn", c_float),
        ("scale", c_float),
        ("brightness", c_float),
        ("contrast", c_float),
        ("grey", c_float),
        ("blur", c_float),
        ("blur_size", c_float),
        ("coarse", c_float),
        ("coarsest", c_uint32),
        ("compression", c_float),
        ("worst_quality", c_uint32),
        ("noise", c_float),
        ("noise_levels", c_float),
        ("occlusion", c_float),
        ("occlusion_size", c_float),
        ("blend", c_float),
        ("blend_share", c_float),
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
    _fields_ = [
        ("size", c_size_t),
        ("min_face", c_float),
        ("thresholds", c_float * 3),
        ("scale_step", c_float),
        ("max_faces", c_uint32),
        ("order", fs_face_order),
        ("region", fs_region),
    ]


class fs_verdict(Structure):
    _fields_ = [("distance", c_float), ("threshold", c_float), ("same", c_int32)]


class fs_match(Structure):
    _fields_ = [
        ("known", c_int32),
        ("distance", c_float),
        ("threshold", c_float),
        ("name", c_char * FS_NAME_CAPACITY),
        ("nearest", c_char * FS_NAME_CAPACITY),
    ]


class fs_neighbour(Structure):
    _fields_ = [("photo", c_uint64), ("distance", c_float), ("name", c_char * FS_NAME_CAPACITY)]


class fs_quality_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("min_eye_distance", c_float),
        ("min_sharpness", c_float),
        ("max_yaw", c_float),
        ("max_pitch", c_float),
        ("max_roll", c_float),
        ("min_brightness", c_float),
        ("max_brightness", c_float),
        ("max_clipped", c_float),
        ("min_contrast", c_float),
        ("max_outside", c_float),
    ]


class fs_quality(Structure):
    _fields_ = [
        ("reasons", c_uint32),
        ("score", c_float),
        ("eye_distance", c_float),
        ("sharpness", c_float),
        ("yaw", c_float),
        ("pitch", c_float),
        ("roll", c_float),
        ("brightness", c_float),
        ("contrast", c_float),
        ("clipped_dark", c_float),
        ("clipped_bright", c_float),
        ("outside", c_float),
    ]


class fs_tracker_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("min_overlap", c_float),
        ("max_distance", c_float),
        ("max_missed", c_uint32),
        ("min_seen", c_uint32),
        ("identify_every", c_double),
        ("identify_better", c_float),
        ("identify_gap", c_uint32),
        ("max_tracks", c_uint32),
    ]


class fs_tracked(Structure):
    _fields_ = [("track", c_uint64), ("events", c_uint32), ("begun", c_int32)]


class fs_track(Structure):
    _fields_ = [
        ("track", c_uint64),
        ("seen", c_uint32),
        ("missed", c_uint32),
        ("first_time", c_double),
        ("last_time", c_double),
        ("face", fs_face),
        ("best_quality", c_float),
        ("best_frame", c_uint64),
        ("best_time", c_double),
        ("best_face", fs_face),
        ("begun", c_int32),
    ]


class fs_identify_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("rule", fs_rule),
        ("kind", fs_distance_kind),
        ("head", POINTER(c_float)),
        ("threshold", c_float),
        ("margin", c_float),
        ("neighbours", c_uint32),
    ]


class fs_identity(Structure):
    _fields_ = [
        ("known", c_int32),
        ("ambiguous", c_int32),
        ("label", c_int32),
        ("nearest", c_int32),
        ("runner_up", c_int32),
        ("distance", c_float),
        ("runner_up_distance", c_float),
        ("margin", c_float),
        ("threshold", c_float),
        ("photo", c_uint64),
        ("votes", c_uint32),
    ]


class fs_gallery_identity(Structure):
    _fields_ = [
        ("known", c_int32),
        ("ambiguous", c_int32),
        ("distance", c_float),
        ("runner_up_distance", c_float),
        ("margin", c_float),
        ("threshold", c_float),
        ("photo", c_uint64),
        ("votes", c_uint32),
        ("name", c_char * FS_NAME_CAPACITY),
        ("nearest", c_char * FS_NAME_CAPACITY),
        ("runner_up", c_char * FS_NAME_CAPACITY),
    ]


class fs_calibration_options(Structure):
    _fields_ = [("size", c_size_t), ("false_accept_rate", c_double), ("confidence", c_double), ("people", c_uint64)]


class fs_calibration(Structure):
    _fields_ = [
        ("threshold", c_double),
        ("comparison_rate", c_double),
        ("false_accepts", c_double),
        ("max_false_accepts", c_double),
        ("max_false_accepts_of_search", c_double),
        ("false_rejects", c_double),
        ("min_false_rejects", c_double),
        ("max_false_rejects", c_double),
        ("genuine", c_uint64),
        ("impostors", c_uint64),
        ("genuine_rejected", c_uint64),
        ("impostors_accepted", c_uint64),
        ("impostors_needed", c_uint64),
    ]


class fs_growth(Structure):
    _fields_ = [
        ("people", c_uint64),
        ("false_accepts", c_double),
        ("max_false_accepts", c_double),
        ("threshold", c_double),
        ("false_rejects", c_double),
        ("min_false_rejects", c_double),
        ("max_false_rejects", c_double),
        ("impostors_needed", c_uint64),
    ]


class fs_gallery_options(Structure):
    _fields_ = [("size", c_size_t), ("key", POINTER(c_uint8)), ("read_only", c_int32), ("create", c_int32)]


class fs_gallery_info(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("model", c_uint64),
        ("people", c_uint64),
        ("photos", c_uint64),
        ("dimension", c_uint32),
        ("threshold", c_float),
        ("is_stored", c_int32),
        ("is_encrypted", c_int32),
        ("is_read_only", c_int32),
    ]


class fs_enrolment_options(Structure):
    _fields_ = [("size", c_size_t), ("note", c_char_p), ("threshold", c_float), ("refuse", c_int32)]


class fs_enrolment(Structure):
    _fields_ = [
        ("photo", c_uint64),
        ("added", c_int32),
        ("conflict", c_int32),
        ("distance", c_float),
        ("other", c_char * FS_NAME_CAPACITY),
    ]


class fs_gallery_report(Structure):
    _fields_ = [("added", c_uint64), ("present", c_uint64), ("conflicts", c_uint64)]


class fs_gallery_person(Structure):
    _fields_ = [("photos", c_uint64), ("created", c_int64), ("name", c_char * FS_NAME_CAPACITY)]


class fs_gallery_photo(Structure):
    _fields_ = [
        ("photo", c_uint64),
        ("created", c_int64),
        ("name", c_char * FS_NAME_CAPACITY),
        ("note", c_char * FS_NOTE_CAPACITY),
    ]


class fs_loss_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("kind", fs_loss_kind),
        ("reduction", fs_reduction),
        ("margin", c_float),
        ("epsilon", c_float),
        ("scale", c_float),
        ("centre_weight", c_float),
        ("centre_rate", c_float),
        ("cosine_weight", c_float),
        ("similarity_weight", c_float),
    ]


class fs_mining_statistics(Structure):
    _fields_ = [
        ("triplets", c_uint64),
        ("active", c_uint64),
        ("hardest_positive", c_double),
        ("hardest_negative", c_double),
    ]


class fs_gradient_options(Structure):
    _fields_ = [("size", c_size_t), ("step", c_double), ("absolute", c_double), ("relative", c_double)]


class fs_gradient_report(Structure):
    _fields_ = [
        ("index", c_size_t),
        ("analytic", c_double),
        ("numeric", c_double),
        ("ratio", c_double),
        ("passed", c_int32),
    ]


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
        ("variation", c_double),
        ("width", c_uint32),
        ("height", c_uint32),
        ("ending", fs_style_ending),
        ("temporal", c_double),
    ]


class fs_style_region(Structure):
    _fields_ = [("place", POINTER(fs_image)), ("part", POINTER(fs_image))]


class fs_style_layer(Structure):
    _fields_ = [("name", c_char_p), ("weight", c_float)]


fs_log_callback = CFUNCTYPE(None, fs_log_level, c_char_p, c_void_p)
fs_function_callback = CFUNCTYPE(fs_status, POINTER(c_double), c_size_t, POINTER(c_double), c_void_p)
fs_gradient_callback = CFUNCTYPE(fs_status, POINTER(c_double), c_size_t, POINTER(c_double), c_void_p)
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
        ("preset", fs_style_preset),
        ("optimiser", fs_style_optimiser),
        ("history", c_uint32),
        ("coarsest", c_uint32),
        ("averaging", c_float),
        ("clamp", c_int32),
        ("deadline", c_double),
        ("start", fs_style_start),
        ("style_scale", c_float),
        ("colours", fs_style_colours),
        ("variation", fs_total_variation),
        ("variation_weight", c_float),
        ("content_layers", POINTER(fs_style_layer)),
        ("content_layer_count", c_size_t),
        ("style_loss", fs_style_loss),
        ("edges", fs_style_edges),
        ("regions", POINTER(fs_style_region)),
        ("region_count", c_size_t),
        ("mask_kind", fs_mask_kind),
        ("start_image", POINTER(fs_image)),
        ("content_map", POINTER(fs_image)),
        ("content_map_weight", c_float),
        ("temporal_weight", c_float),
        ("before", POINTER(fs_image)),
        ("before_mask", POINTER(fs_image)),
        ("tile", c_uint32),
        ("depth", c_uint32),
    ]


class fs_universal_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("method", fs_universal_method),
        ("strength", c_float),
        ("levels", c_uint32),
        ("weights", POINTER(c_float)),
        ("weight_count", c_size_t),
    ]


class fs_fast_trainer_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("filters", c_uint32),
        ("blocks", c_uint32),
        ("side", c_uint32),
        ("scales", c_uint32),
        ("content_weight", c_float),
        ("style_weight", c_float),
        ("smoothness", c_float),
        ("rate", c_float),
        ("seed", c_uint64),
    ]


class fs_fast_training_step(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("step", c_uint32),
        ("content", c_double),
        ("style", c_double),
        ("smoothness", c_double),
        ("total", c_double),
    ]


class fs_layer(Structure):
    _fields_ = [("units", c_uint32), ("field", c_uint32), ("stride", c_uint32), ("start", c_int32)]


class fs_unit_search_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("patches", c_uint32),
        ("per_picture", c_uint32),
        ("longest_side", c_uint32),
        ("inside", c_int32),
        ("pooling", fs_pooling),
        ("units", POINTER(c_uint32)),
        ("unit_count", c_size_t),
    ]


class fs_unit_patch(Structure):
    _fields_ = [
        ("activation", c_float),
        ("picture", c_uint32),
        ("row", c_uint32),
        ("column", c_uint32),
        ("x", c_int32),
        ("y", c_int32),
        ("width", c_uint32),
        ("height", c_uint32),
        ("region", fs_region),
    ]


class fs_trainer_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("architecture", c_char_p),
        ("loss", POINTER(fs_loss_options)),
        ("classes", c_uint32),
        ("optimiser", fs_optimiser),
        ("schedule", fs_schedule),
        ("steps", c_uint32),
        ("warm_up", c_uint32),
        ("rate", c_float),
        ("momentum", c_float),
        ("weight_decay", c_float),
        ("longest_gradient", c_float),
        ("seed", c_uint64),
    ]


class fs_trainer_info(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("height", c_uint32),
        ("width", c_uint32),
        ("dimension", c_uint32),
        ("parameters", c_uint64),
        ("step", c_uint32),
        ("steps", c_uint32),
    ]


class fs_training_step(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("loss", c_double),
        ("rate", c_double),
        ("gradient_norm", c_double),
        ("mining", fs_mining_statistics),
    ]


class fs_training_progress(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("step", c_uint32),
        ("steps", c_uint32),
        ("epoch", c_uint32),
        ("photos", c_uint32),
        ("loss", c_double),
        ("rate", c_double),
        ("gradient_norm", c_double),
        ("photos_per_second", c_double),
        ("mining", fs_mining_statistics),
    ]


fs_training_callback = CFUNCTYPE(fs_action, POINTER(fs_training_progress), c_void_p)
fs_all_reduce = CFUNCTYPE(fs_status, POINTER(c_float), c_size_t, c_void_p)


class fs_training_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("batch", c_uint32),
        ("photos_of_person", c_uint32),
        ("augmentation", POINTER(fs_augmentation)),
        ("teacher", POINTER(fs_model)),
        ("pairs", c_char_p),
        ("triplets", c_char_p),
        ("checkpoint", c_char_p),
        ("checkpoint_every", c_uint32),
        ("memory_limit", c_uint64),
        ("seed", c_uint64),
        ("on_step", fs_training_callback),
        ("user", c_void_p),
    ]


class fs_pair(Structure):
    _fields_ = [
        ("first", c_uint64),
        ("second", c_uint64),
        ("same", c_uint8),
        ("fold", c_uint32),
    ]


class fs_evaluation_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("folds", c_uint32),
        ("least_false_accepts", c_double),
    ]


class fs_operating_point(Structure):
    _fields_ = [
        ("limit", c_double),
        ("tar", c_double),
        ("tar_low", c_double),
        ("tar_high", c_double),
        ("far", c_double),
        ("far_low", c_double),
        ("far_high", c_double),
        ("threshold", c_double),
        ("impostors_needed", c_uint64),
    ]


class fs_evaluation(Structure):
    _fields_ = [
        ("genuine", c_uint64),
        ("impostors", c_uint64),
        ("folds", c_uint32),
        ("accuracy", c_double),
        ("accuracy_deviation", c_double),
        ("threshold", c_double),
        ("auc", c_double),
        ("equal_error_rate", c_double),
        ("points", fs_operating_point * FS_OPERATING_POINTS),
    ]


class fs_roc_point(Structure):
    _fields_ = [("threshold", c_double), ("far", c_double), ("tar", c_double)]


class fs_tsne_progress(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("step", c_uint32),
        ("steps", c_uint32),
        ("divergence", c_double),
        ("seconds", c_double),
    ]


fs_tsne_callback = CFUNCTYPE(fs_action, POINTER(fs_tsne_progress), c_void_p)


class fs_tsne_options(Structure):
    _fields_ = [
        ("size", c_size_t),
        ("perplexity", c_float),
        ("steps", c_uint32),
        ("learning_rate", c_float),
        ("exaggeration", c_float),
        ("exaggerated_steps", c_uint32),
        ("seed", c_uint64),
        ("on_step", fs_tsne_callback),
        ("user", c_void_p),
    ]


# ---- Functions: name -> (result, arguments), in the header's order. ----

_image, _model, _detector = POINTER(fs_image), POINTER(fs_model), POINTER(fs_detector)
_embedder, _gallery, _styler = POINTER(fs_embedder), POINTER(fs_gallery), POINTER(fs_styler)
_job = POINTER(fs_style_job)
_fast_styler, _universal_styler = POINTER(fs_fast_styler), POINTER(fs_universal_styler)
_fast_trainer = POINTER(fs_fast_trainer)
_unit_search = POINTER(fs_unit_search)
_photos, _trainer = POINTER(fs_photos), POINTER(fs_trainer)
_pairs, _landmarks = POINTER(fs_pairs), POINTER(fs_landmarks)
_tracker = POINTER(fs_tracker)
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
    "fs_memory_limit": (c_uint64, []),
    "fs_host_describe": (fs_status, [POINTER(fs_host), c_size_t]),
    "fs_algebra_library": (fs_status, [c_char_p, c_size_t]),
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
    "fs_image_data16": (POINTER(c_uint16), [_image]),
    "fs_image_alpha": (POINTER(c_uint8), [_image]),
    "fs_image_unblended": (fs_status, [POINTER(_image), _image]),
    "fs_image_with_alpha": (fs_status, [POINTER(_image), _image, _image]),
    "fs_image_resize": (fs_status, [POINTER(_image), _image, c_uint32, c_uint32, fs_filter]),
    "fs_image_crop": (fs_status, [POINTER(_image), _image, c_uint32, c_uint32, c_uint32, c_uint32]),
    "fs_image_warp": (fs_status, [POINTER(_image), _image, _floats, c_uint32, c_uint32]),
    "fs_image_encode": (fs_status, [_image, fs_file_format, c_uint32, c_void_p, c_size_t, _sizes]),
    "fs_image_write": (fs_status, [_image, c_char_p]),
    "fs_image_destroy": (None, [_image]),
    # Frames
    "fs_frame_init": (fs_status, [POINTER(fs_frame), c_size_t]),
    "fs_image_from_frame": (fs_status, [POINTER(_image), POINTER(fs_frame), POINTER(fs_region)]),
    # Augmentation
    "fs_augmentation_init": (fs_status, [POINTER(fs_augmentation), c_size_t, fs_strength]),
    "fs_image_augment": (fs_status, [POINTER(_image), _image, POINTER(fs_augmentation), c_uint64]),
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
    "fs_detector_find_frame": (
        fs_status,
        [_detector, POINTER(fs_frame), POINTER(fs_region), POINTER(fs_face), c_size_t, _sizes],
    ),
    "fs_detector_finds_points": (c_uint32, [_detector]),
    "fs_detector_destroy": (None, [_detector]),
    # Embedder
    "fs_embedder_create": (fs_status, [POINTER(_embedder), _model]),
    "fs_embedder_dimension": (c_size_t, [_embedder]),
    "fs_embedder_threshold": (c_float, [_embedder]),
    "fs_embedder_chip_width": (c_uint32, [_embedder]),
    "fs_embedder_chip_height": (c_uint32, [_embedder]),
    "fs_embedder_chip_side": (c_uint32, [_embedder]),
    "fs_embedder_aligns": (c_uint32, [_embedder]),
    "fs_embedder_align": (fs_status, [_embedder, POINTER(_image), _image, POINTER(fs_face)]),
    "fs_embedder_align_frame": (fs_status, [_embedder, POINTER(_image), POINTER(fs_frame), POINTER(fs_face)]),
    "fs_embedder_template": (fs_status, [_embedder, POINTER(fs_point)]),
    "fs_architecture_template": (fs_status, [c_char_p, POINTER(fs_point)]),
    "fs_embedder_embed": (fs_status, [_embedder, _image, POINTER(fs_face), c_size_t, _floats, c_size_t]),
    "fs_embedder_embed_frame": (
        fs_status,
        [_embedder, POINTER(fs_frame), POINTER(fs_face), c_size_t, _floats, c_size_t],
    ),
    "fs_embedder_embed_chips": (fs_status, [_embedder, POINTER(_image), c_size_t, _floats, c_size_t]),
    "fs_embedder_embed_photo": (
        fs_status,
        [_embedder, _detector, _image, POINTER(fs_face), _floats, c_size_t],
    ),
    "fs_embedder_memory_needed": (fs_status, [_embedder, c_size_t, POINTER(c_uint64)]),
    "fs_embedder_destroy": (None, [_embedder]),
    # Quality
    "fs_quality_options_init": (fs_status, [POINTER(fs_quality_options), c_size_t]),
    "fs_face_quality": (
        fs_status,
        [_image, POINTER(fs_face), POINTER(fs_quality_options), POINTER(fs_quality)],
    ),
    "fs_face_quality_frame": (
        fs_status,
        [POINTER(fs_frame), POINTER(fs_face), POINTER(fs_quality_options), POINTER(fs_quality)],
    ),
    "fs_quality_reason_text": (c_char_p, [fs_quality_reason]),
    # Tracker
    "fs_tracker_options_init": (fs_status, [POINTER(fs_tracker_options), c_size_t]),
    "fs_tracker_create": (fs_status, [POINTER(_tracker), POINTER(fs_tracker_options)]),
    "fs_tracker_update": (
        fs_status,
        [_tracker, POINTER(fs_face), _floats, c_size_t, c_double, POINTER(fs_tracked), c_size_t],
    ),
    "fs_tracker_identify_again": (fs_status, [_tracker, c_uint64]),
    "fs_tracker_replace": (fs_status, [_tracker, c_uint64, POINTER(c_uint64)]),
    "fs_tracker_ended": (fs_status, [_tracker, POINTER(fs_track), c_size_t, _sizes]),
    "fs_tracker_tracks": (fs_status, [_tracker, POINTER(fs_track), c_size_t, _sizes]),
    "fs_tracker_finish": (fs_status, [_tracker]),
    "fs_tracker_destroy": (None, [_tracker]),
    # Verification
    "fs_distance": (fs_status, [_floats, _floats, c_size_t, _floats]),
    "fs_compare_photos": (fs_status, [_embedder, _detector, _image, _image, c_float, POINTER(fs_verdict)]),
    # Distances
    "fs_distances": (
        fs_status,
        [fs_distance_kind, _floats, c_size_t, _floats, c_size_t, c_size_t, _floats, _floats, c_size_t],
    ),
    # Identification
    "fs_identify_options_init": (fs_status, [POINTER(fs_identify_options), c_size_t]),
    "fs_identify": (
        fs_status,
        [_floats, POINTER(c_int32), c_size_t, c_size_t, _floats, POINTER(fs_identify_options), POINTER(fs_identity)],
    ),
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
    "fs_gallery_identify_by": (
        fs_status,
        [_gallery, _floats, c_size_t, POINTER(fs_identify_options), POINTER(fs_gallery_identity)],
    ),
    "fs_gallery_identify_photo_by": (
        fs_status,
        [_gallery, _embedder, _detector, _image, POINTER(fs_identify_options), POINTER(fs_gallery_identity)],
    ),
    "fs_gallery_search": (
        fs_status,
        [_gallery, _floats, c_size_t, c_size_t, c_size_t, POINTER(fs_neighbour), c_size_t, _sizes],
    ),
    "fs_gallery_within": (
        fs_status,
        [_gallery, _floats, c_size_t, c_float, POINTER(fs_neighbour), c_size_t, _sizes],
    ),
    "fs_gallery_options_init": (fs_status, [POINTER(fs_gallery_options), c_size_t]),
    "fs_gallery_open": (fs_status, [POINTER(_gallery), c_char_p, _embedder, POINTER(fs_gallery_options)]),
    "fs_gallery_info_get": (fs_status, [_gallery, POINTER(fs_gallery_info)]),
    "fs_gallery_reload": (fs_status, [_gallery, POINTER(c_int32)]),
    "fs_enrolment_options_init": (fs_status, [POINTER(fs_enrolment_options), c_size_t]),
    "fs_gallery_enrol": (
        fs_status,
        [_gallery, c_char_p, _floats, c_size_t, POINTER(fs_enrolment_options), POINTER(fs_enrolment)],
    ),
    "fs_gallery_add_many": (
        fs_status,
        [_gallery, POINTER(POINTER(c_char)), _floats, c_size_t, c_size_t, POINTER(fs_gallery_report)],
    ),
    "fs_gallery_remove_photo": (fs_status, [_gallery, c_uint64]),
    "fs_gallery_replace_photo": (fs_status, [_gallery, c_uint64, _floats, c_size_t]),
    "fs_gallery_replace_person": (fs_status, [_gallery, c_char_p, _floats, c_size_t, c_size_t]),
    "fs_gallery_list_people": (fs_status, [_gallery, POINTER(fs_gallery_person), c_size_t, _sizes]),
    "fs_gallery_list_photos": (fs_status, [_gallery, c_char_p, POINTER(fs_gallery_photo), c_size_t, _sizes]),
    "fs_gallery_embeddings": (fs_status, [_gallery, POINTER(c_uint64), c_size_t, _floats, c_size_t]),
    "fs_gallery_export": (fs_status, [_gallery, c_char_p]),
    "fs_gallery_import": (fs_status, [_gallery, c_char_p, POINTER(fs_gallery_report)]),
    "fs_gallery_merge": (fs_status, [_gallery, _gallery, POINTER(fs_gallery_report)]),
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
    # Losses
    "fs_loss_options_init": (fs_status, [POINTER(fs_loss_options), c_size_t, fs_loss_kind]),
    "fs_loss_head_size": (fs_status, [POINTER(fs_loss_options), c_size_t, c_size_t, _sizes]),
    "fs_loss_head_init": (
        fs_status,
        [POINTER(fs_loss_options), c_size_t, c_size_t, c_uint64, _floats, c_size_t],
    ),
    "fs_loss_evaluate": (
        fs_status,
        [
            POINTER(fs_loss_options), _floats, c_size_t, c_size_t, POINTER(c_int32), _floats, _floats, c_size_t,
            _double, _floats, _floats, POINTER(fs_mining_statistics),
        ],
    ),
    "fs_loss_update_centres": (
        fs_status,
        [POINTER(fs_loss_options), _floats, c_size_t, c_size_t, POINTER(c_int32), _floats, c_size_t],
    ),
    # Differentiation
    "fs_differentiate": (fs_status, [fs_function, fs_differentiation, _double, c_size_t, _double, _double]),
    "fs_gradient_options_init": (fs_status, [POINTER(fs_gradient_options), c_size_t]),
    "fs_gradient_numeric": (
        fs_status,
        [fs_function_callback, c_void_p, _double, c_size_t, POINTER(fs_gradient_options), _double],
    ),
    "fs_gradient_check": (
        fs_status,
        [fs_function_callback, fs_gradient_callback, c_void_p, _double, c_size_t, POINTER(fs_gradient_options),
         POINTER(fs_gradient_report)],
    ),
    "fs_convolve": (
        fs_status,
        [c_size_t, _floats, _sizes, _floats, _sizes, _floats, c_size_t, c_size_t, _floats, c_size_t, _sizes],
    ),
    # Style transfer
    "fs_style_match_colours": (fs_status, [POINTER(_image), _image, _image, fs_style_colours]),
    "fs_face_map": (fs_status, [POINTER(_image), c_uint32, c_uint32, POINTER(fs_face), c_size_t]),
    "fs_flow_warp": (fs_status, [POINTER(_image), POINTER(_image), _image, _floats, _floats, c_size_t]),
    "fs_style_options_init": (fs_status, [POINTER(fs_style_options), c_size_t]),
    "fs_style_options_preset": (fs_status, [POINTER(fs_style_options), c_size_t, fs_style_preset]),
    "fs_style_preset_name": (c_char_p, [fs_style_preset]),
    "fs_style_preset_summary": (c_char_p, [fs_style_preset]),
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
    "fs_style_job_create": (
        fs_status,
        [POINTER(_job), _styler, _image, POINTER(_image), _floats, c_size_t, POINTER(fs_style_options)],
    ),
    "fs_style_job_step": (fs_status, [_job, c_uint32, POINTER(fs_style_progress)]),
    "fs_style_job_preview": (fs_status, [_job, POINTER(_image)]),
    "fs_style_job_result": (fs_status, [_job, POINTER(_image)]),
    "fs_style_job_save": (fs_status, [_job, c_char_p]),
    "fs_style_job_load": (fs_status, [_job, c_char_p]),
    "fs_style_job_destroy": (None, [_job]),
    # Fast styles
    "fs_fast_styler_create": (fs_status, [POINTER(_fast_styler), _model]),
    "fs_fast_styler_run": (fs_status, [_fast_styler, POINTER(_image), _image]),
    "fs_fast_styler_memory_needed": (fs_status, [_fast_styler, c_uint32, c_uint32, POINTER(c_uint64)]),
    "fs_fast_styler_destroy": (None, [_fast_styler]),
    "fs_universal_options_init": (fs_status, [POINTER(fs_universal_options), c_size_t]),
    "fs_universal_styler_create": (fs_status, [POINTER(_universal_styler), _model, POINTER(_image), c_size_t]),
    "fs_universal_styler_run": (
        fs_status,
        [_universal_styler, POINTER(_image), _image, POINTER(fs_universal_options)],
    ),
    "fs_universal_styler_memory_needed": (fs_status, [_universal_styler, c_uint32, c_uint32, POINTER(c_uint64)]),
    "fs_universal_styler_destroy": (None, [_universal_styler]),
    "fs_fast_trainer_options_init": (fs_status, [POINTER(fs_fast_trainer_options), c_size_t]),
    "fs_fast_trainer_create": (
        fs_status,
        [POINTER(_fast_trainer), _model, _image, POINTER(fs_fast_trainer_options)],
    ),
    "fs_fast_trainer_step": (
        fs_status,
        [_fast_trainer, POINTER(_image), c_size_t, POINTER(fs_fast_training_step)],
    ),
    "fs_fast_trainer_save_model": (fs_status, [_fast_trainer, c_char_p, c_char_p]),
    "fs_fast_trainer_destroy": (None, [_fast_trainer]),
    # Seeing what layers learn
    "fs_model_layer_count": (c_size_t, [_model]),
    "fs_model_layer_name": (c_char_p, [_model, c_size_t]),
    "fs_model_layer_describe": (fs_status, [_model, c_char_p, POINTER(fs_layer)]),
    "fs_unit_search_options_init": (fs_status, [POINTER(fs_unit_search_options), c_size_t]),
    "fs_unit_search_create": (
        fs_status,
        [POINTER(_unit_search), _model, c_char_p, POINTER(fs_unit_search_options)],
    ),
    "fs_unit_search_add": (fs_status, [_unit_search, _image]),
    "fs_unit_search_patches": (fs_status, [_unit_search, c_uint32, POINTER(fs_unit_patch), c_size_t, _sizes]),
    "fs_unit_search_destroy": (None, [_unit_search]),
    "fs_unit_patch_cut": (fs_status, [POINTER(_image), _image, POINTER(fs_unit_patch)]),
    "fs_image_from_map": (
        fs_status,
        [POINTER(_image), _floats, c_size_t, c_uint32, c_uint32, c_size_t, c_float, c_float, fs_palette],
    ),
    # Photos to learn from
    "fs_photos_create": (fs_status, [POINTER(_photos)]),
    "fs_photos_add_people": (fs_status, [_photos, c_char_p, c_char_p, _floats]),
    "fs_photos_add_folder": (fs_status, [_photos, c_char_p, c_char_p, _floats]),
    "fs_photos_keep_people": (fs_status, [_photos, c_size_t, c_size_t]),
    "fs_photos_count": (fs_status, [_photos, _sizes, _sizes]),
    "fs_photos_left_out_count": (fs_status, [_photos, _sizes]),
    "fs_photos_left_out": (fs_status, [_photos, c_size_t, c_char_p, c_size_t, c_char_p, c_size_t]),
    "fs_photos_destroy": (None, [_photos]),
    # Trainer
    "fs_trainer_options_init": (fs_status, [POINTER(fs_trainer_options), c_size_t]),
    "fs_trainer_create": (fs_status, [POINTER(_trainer), POINTER(fs_trainer_options), _model]),
    "fs_trainer_destroy": (None, [_trainer]),
    "fs_trainer_info_get": (fs_status, [_trainer, POINTER(fs_trainer_info)]),
    "fs_trainer_step": (
        fs_status,
        [_trainer, POINTER(c_uint8), c_size_t, POINTER(c_int32), _floats, POINTER(fs_training_step)],
    ),
    "fs_trainer_embed": (fs_status, [_trainer, POINTER(c_uint8), c_size_t, _floats, c_size_t]),
    "fs_training_options_init": (fs_status, [POINTER(fs_training_options), c_size_t]),
    "fs_trainer_run": (fs_status, [_trainer, _photos, POINTER(fs_training_options)]),
    "fs_trainer_all_reduce_set": (fs_status, [_trainer, fs_all_reduce, c_void_p]),
    "fs_trainer_save": (fs_status, [_trainer, c_char_p]),
    "fs_trainer_resume": (fs_status, [_trainer, c_char_p]),
    "fs_trainer_save_model": (fs_status, [_trainer, c_char_p, fs_precision, c_float, c_char_p]),
    # Evaluation
    "fs_pairs_open": (fs_status, [POINTER(_pairs), c_char_p]),
    "fs_pairs_load": (fs_status, [POINTER(_pairs), c_void_p, c_size_t]),
    "fs_pairs_count": (c_size_t, [_pairs]),
    "fs_pairs_folds": (c_size_t, [_pairs]),
    "fs_pairs_photos": (c_size_t, [_pairs]),
    "fs_pairs_get": (fs_status, [_pairs, c_size_t, POINTER(fs_pair)]),
    "fs_pairs_photo": (c_char_p, [_pairs, c_size_t]),
    "fs_pairs_destroy": (None, [_pairs]),
    "fs_landmarks_open": (fs_status, [POINTER(_landmarks), c_char_p]),
    "fs_landmarks_load": (fs_status, [POINTER(_landmarks), c_void_p, c_size_t]),
    "fs_landmarks_count": (c_size_t, [_landmarks]),
    "fs_landmarks_find": (fs_status, [_landmarks, c_char_p, POINTER(fs_face)]),
    "fs_landmarks_destroy": (None, [_landmarks]),
    "fs_evaluation_options_init": (fs_status, [POINTER(fs_evaluation_options), c_size_t]),
    "fs_evaluate_pairs": (
        fs_status,
        [_double, POINTER(c_uint8), POINTER(c_int32), c_size_t, POINTER(fs_evaluation_options), POINTER(fs_evaluation)],
    ),
    "fs_evaluate_roc": (fs_status, [_double, POINTER(c_uint8), c_size_t, POINTER(fs_roc_point), c_size_t, _sizes]),
    # Calibration
    "fs_calibration_options_init": (fs_status, [POINTER(fs_calibration_options), c_size_t]),
    "fs_calibrate": (
        fs_status,
        [_double, POINTER(c_uint8), c_size_t, POINTER(fs_calibration_options), POINTER(fs_calibration)],
    ),
    "fs_calibrate_embeddings": (
        fs_status,
        [_floats, POINTER(c_int32), c_size_t, c_size_t, _floats, c_size_t, POINTER(fs_calibration_options),
         POINTER(fs_calibration)],
    ),
    "fs_calibrate_growth": (
        fs_status,
        [_double, POINTER(c_uint8), c_size_t, POINTER(fs_calibration_options), POINTER(c_uint64), c_size_t,
         POINTER(fs_growth), c_size_t],
    ),
    # Maps
    "fs_tsne_options_init": (fs_status, [POINTER(fs_tsne_options), c_size_t]),
    "fs_tsne": (fs_status, [_floats, c_size_t, c_size_t, POINTER(fs_tsne_options), _floats, c_size_t, _double]),
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
