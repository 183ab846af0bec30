"""include/facestyle.h through ctypes, one to one.

Written by Tools/bindings (`make bindings`): change the header, not this file."""

from ctypes import CFUNCTYPE, POINTER, Structure, c_char, c_char_p, c_double, c_float, c_int, c_int32, c_int64
from ctypes import c_size_t, c_uint8, c_uint16, c_uint32, c_uint64, c_void_p

from ._binding import Sized, load


fs_status = c_int
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


class fs_image(Structure):
    pass


FS_IMAGE_MAX_SIDE = 65500
FS_IMAGE_MAX_PIXELS = 268435456

fs_pixel_format = c_int
FS_RGB = 0
FS_BGR = 1
FS_RGBA = 2
FS_BGRA = 3
FS_GREY = 4
FS_NV12 = 5
FS_NV21 = 6
FS_I420 = 7
FS_YUYV = 8
FS_RGB16 = 9
FS_RGBA16 = 10


class fs_pixels(Sized):
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


fs_filter = c_int
FS_BILINEAR = 0
FS_BICUBIC = 1
FS_AREA = 2


fs_file_format = c_int
FS_PNG = 0
FS_JPEG = 1
FS_WEBP = 2
FS_HEIC = 3
FS_AVIF = 4
FS_TIFF = 5
FS_JPEG_XL = 6
FS_BMP = 7


class fs_model(Structure):
    pass


fs_model_use = c_int
FS_MODEL_OTHER = 0
FS_MODEL_EMBEDDER = 1
FS_MODEL_DETECTOR = 2
FS_MODEL_STYLER = 3
FS_MODEL_FAST_STYLE = 4
FS_MODEL_UNIVERSAL_STYLE = 5
FS_MODEL_LIVENESS = 6
FS_MODEL_LANDMARKS = 7
FS_MODEL_ENLARGER = 8


class fs_model_info(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("name", c_char_p),
        ("path", c_char_p),
        ("role", c_char_p),
        ("architecture", c_char_p),
        ("licence", c_char_p),
        ("accuracy", c_char_p),
        ("note", c_char_p),
        ("fault", c_char_p),
        ("byte_count", c_uint64),
        ("parameters", c_uint64),
        ("use", fs_model_use),
        ("hidden", c_int32),
        ("styles", c_uint32),
        ("mirrored", c_int32),
    ]


class fs_model_texts(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("licence", c_char_p),
        ("accuracy", c_char_p),
        ("note", c_char_p),
        ("source", c_char_p),
        ("threshold", c_float),
        ("mirrored", c_int32),
    ]


class fs_models(Structure):
    pass


fs_precision = c_int
FS_FLOAT32 = 0
FS_FLOAT16 = 1
FS_INT8 = 2


class fs_architecture_info(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("height", c_uint32),
        ("width", c_uint32),
        ("channels", c_uint32),
        ("dimension", c_uint32),
        ("parameters", c_uint64),
        ("multiply_adds", c_uint64),
    ]


class fs_point(Structure):
    _fields_ = [
        ("x", c_float),
        ("y", c_float),
    ]


class fs_face(Structure):
    _fields_ = [
        ("x", c_float),
        ("y", c_float),
        ("width", c_float),
        ("height", c_float),
        ("score", c_float),
        ("landmarks", fs_point * 5),
    ]


FS_DEFAULT_THRESHOLD = (-1.0)


class fs_verdict(Structure):
    _fields_ = [
        ("distance", c_float),
        ("threshold", c_float),
        ("same", c_int32),
        ("reasons", c_uint32 * 2),
    ]


class fs_face_analysis_options(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("detector", c_char_p),
        ("embedder", c_char_p),
        ("min_face", c_float),
        ("max_faces", c_uint32),
    ]


class fs_face_analysis(Structure):
    pass


class fs_faces(Structure):
    pass


class fs_analysed_face(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("embedding", POINTER(c_float)),
        ("dimension", c_size_t),
        ("face", fs_face),
        ("quality", c_float),
        ("reasons", c_uint32),
        ("is_main", c_int32),
    ]


class fs_region(Structure):
    _fields_ = [
        ("x", c_uint32),
        ("y", c_uint32),
        ("width", c_uint32),
        ("height", c_uint32),
    ]


fs_face_order = c_int
FS_LARGEST_FIRST = 0
FS_SUREST_FIRST = 1


class fs_detector_options(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("min_face", c_float),
        ("thresholds", c_float * 3),
        ("scale_step", c_float),
        ("max_faces", c_uint32),
        ("order", fs_face_order),
        ("region", fs_region),
        ("close_ups", c_int32),
    ]


class fs_detector(Structure):
    pass


class fs_embedder(Structure):
    pass


fs_distance_kind = c_int
FS_DISTANCE_EUCLIDEAN = 0
FS_DISTANCE_SQUARED = 1
FS_DISTANCE_COSINE = 2
FS_DISTANCE_CHI_SQUARE = 3
FS_DISTANCE_DIFFERENCE_HEAD = 4
FS_DISTANCE_CHI_SQUARE_HEAD = 5

FS_NAME_CAPACITY = 256


class fs_gallery(Structure):
    pass


fs_rule = c_int
FS_RULE_NEAREST = 0
FS_RULE_MEAN = 1
FS_RULE_TEMPLATE = 2
FS_RULE_VOTE = 3


class fs_identify_options(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("rule", fs_rule),
        ("kind", fs_distance_kind),
        ("head", POINTER(c_float)),
        ("threshold", c_float),
        ("margin", c_float),
        ("neighbours", c_uint32),
    ]


class fs_gallery_identity(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("known", c_int32),
        ("ambiguous", c_int32),
        ("distance", c_float),
        ("runner_up_distance", c_float),
        ("margin", c_float),
        ("threshold", c_float),
        ("photo", c_uint64),
        ("votes", c_uint32),
        ("reasons", c_uint32),
        ("name", c_char * FS_NAME_CAPACITY),
        ("nearest", c_char * FS_NAME_CAPACITY),
        ("runner_up", c_char * FS_NAME_CAPACITY),
    ]


class fs_neighbour(Structure):
    _fields_ = [
        ("photo", c_uint64),
        ("distance", c_float),
        ("name", c_char * FS_NAME_CAPACITY),
    ]


FS_GALLERY_KEY_LENGTH = 32


class fs_gallery_options(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("key", POINTER(c_uint8)),
        ("read_only", c_int32),
        ("create", c_int32),
    ]


class fs_gallery_info(Sized):
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


class fs_enrolment_options(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("note", c_char_p),
        ("threshold", c_float),
        ("refuse", c_int32),
    ]


class fs_enrolment(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("photo", c_uint64),
        ("added", c_int32),
        ("conflict", c_int32),
        ("distance", c_float),
        ("other", c_char * FS_NAME_CAPACITY),
    ]


class fs_gallery_report(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("added", c_uint64),
        ("present", c_uint64),
        ("conflicts", c_uint64),
    ]


class fs_gallery_person(Structure):
    _fields_ = [
        ("photos", c_uint64),
        ("created", c_int64),
        ("name", c_char * FS_NAME_CAPACITY),
    ]


FS_NOTE_CAPACITY = 256


class fs_gallery_photo(Structure):
    _fields_ = [
        ("photo", c_uint64),
        ("created", c_int64),
        ("name", c_char * FS_NAME_CAPACITY),
        ("note", c_char * FS_NOTE_CAPACITY),
    ]


class fs_mark_options(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("labels", POINTER(c_char_p)),
        ("people", POINTER(c_int32)),
        ("letter_height", c_float),
        ("line_width", c_float),
        ("points", c_int32),
    ]


fs_action = c_int
FS_CONTINUE = 0
FS_FINISH = 1
FS_CANCEL = 2


fs_style_ending = c_int
FS_ENDING_NONE = 0
FS_ENDING_STEPS = 1
FS_ENDING_CONVERGED = 2
FS_ENDING_STALLED = 3
FS_ENDING_NOT_FINITE = 4
FS_ENDING_DEADLINE = 5


class fs_style_job(Structure):
    pass


class fs_style_progress(Sized):
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


fs_style_callback = CFUNCTYPE(fs_action, POINTER(fs_style_progress), c_void_p)


class fs_style_layer(Structure):
    _fields_ = [
        ("name", c_char_p),
        ("weight", c_float),
    ]


fs_style_preset = c_int
FS_PRESET_PYRAMID = 0
FS_PRESET_COURSE = 1
FS_PRESET_GATYS = 2
FS_PRESET_NEURAL_STYLE = 3
FS_PRESET_NEURAL_STYLE_PT = 4
FS_PRESET_NEURAL_STYLE_TF = 5
FS_PRESET_CROWSONKB = 6


fs_style_optimiser = c_int
FS_STYLE_ADAM = 0
FS_STYLE_LBFGS = 1


fs_style_start = c_int
FS_START_CONTENT = 0
FS_START_NOISE = 1
FS_START_STYLE = 2
FS_START_IMAGE = 3


fs_pooling = c_int
FS_POOLING_AVERAGE = 0
FS_POOLING_MAX = 1
FS_POOLING_L2 = 2


fs_cost_variant = c_int
FS_COST_NORMALISED = 0
FS_COST_LECTURE = 1
FS_COST_MEANS = 2
FS_COST_ROOTS = 3


fs_style_loss = c_int
FS_STYLE_LOSS_GRAM = 0
FS_STYLE_LOSS_MOMENTS = 1
FS_STYLE_LOSS_WASSERSTEIN = 2


fs_style_edges = c_int
FS_EDGES_ZEROS = 0
FS_EDGES_REPEATED = 1


fs_mask_kind = c_int
FS_MASK_INSIDE = 0
FS_MASK_SOFT = 1


class fs_style_region(Structure):
    _fields_ = [
        ("place", POINTER(fs_image)),
        ("part", POINTER(fs_image)),
    ]


fs_total_variation = c_int
FS_VARIATION_ABSOLUTE = 0
FS_VARIATION_SQUARED = 1
FS_VARIATION_NINE_POINTS = 2


fs_style_colours = c_int
FS_COLOURS_STYLE = 0
FS_COLOURS_LUMINANCE = 1
FS_COLOURS_CHOLESKY = 2
FS_COLOURS_PRINCIPAL = 3
FS_COLOURS_HISTOGRAM = 4


class fs_style_options(Sized):
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
        ("preconditioning", c_float),
    ]


class fs_styler(Structure):
    pass


class fs_fast_styler(Structure):
    pass


fs_universal_method = c_int
FS_UNIVERSAL_COVARIANCE = 0
FS_UNIVERSAL_VARIANCE = 1

FS_UNIVERSAL_MAX_STYLES = 16


class fs_universal_options(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("method", fs_universal_method),
        ("strength", c_float),
        ("levels", c_uint32),
        ("weights", POINTER(c_float)),
        ("weight_count", c_size_t),
    ]


class fs_universal_styler(Structure):
    pass


class fs_fast_trainer_options(Sized):
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
        ("steps", c_uint32),
        ("seed", c_uint64),
        ("start", POINTER(fs_model)),
    ]


class fs_fast_training_step(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("step", c_uint32),
        ("content", c_double),
        ("style", c_double),
        ("smoothness", c_double),
        ("total", c_double),
    ]


class fs_fast_trainer(Structure):
    pass


class fs_enlarger(Structure):
    pass


class fs_enlarger_trainer_options(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("factor", c_uint32),
        ("filters", c_uint32),
        ("blocks", c_uint32),
        ("side", c_uint32),
        ("pixel_weight", c_float),
        ("feature_weight", c_float),
        ("rate", c_float),
        ("steps", c_uint32),
        ("seed", c_uint64),
        ("start", POINTER(fs_model)),
    ]


class fs_enlarger_training_step(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("step", c_uint32),
        ("pixels", c_double),
        ("features", c_double),
        ("total", c_double),
    ]


class fs_enlarger_trainer(Structure):
    pass


fs_colour_matrix = c_int
FS_BT601 = 0
FS_BT709 = 1


fs_colour_range = c_int
FS_LIMITED_RANGE = 0
FS_FULL_RANGE = 1


class fs_frame(Sized):
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


fs_quality_reason = c_int
FS_QUALITY_SMALL = 1
FS_QUALITY_BLURRED = 2
FS_QUALITY_TURNED = 4
FS_QUALITY_TILTED = 8
FS_QUALITY_DARK = 16
FS_QUALITY_BRIGHT = 32
FS_QUALITY_FLAT = 64
FS_QUALITY_CUT_OFF = 128


class fs_quality_options(Sized):
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


class fs_quality(Sized):
    _fields_ = [
        ("size", c_size_t),
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


class fs_liveness(Structure):
    pass


class fs_liveness_verdict(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("score", c_float),
        ("is_live", c_int32),
    ]


class fs_dense_landmarks(Structure):
    pass


class fs_face_openness(Structure):
    _fields_ = [
        ("left_eye", c_float),
        ("right_eye", c_float),
        ("mouth", c_float),
    ]


fs_track_event = c_int
FS_TRACK_BEGUN = 1
FS_TRACK_BEST = 2
FS_TRACK_IDENTIFY = 4
FS_TRACK_RETURNED = 8


class fs_tracker_options(Sized):
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
    _fields_ = [
        ("track", c_uint64),
        ("events", c_uint32),
        ("begun", c_int32),
    ]


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


class fs_tracker(Structure):
    pass


class fs_identity(Sized):
    _fields_ = [
        ("size", c_size_t),
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


class fs_layer_info(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("units", c_uint32),
        ("field", c_uint32),
        ("stride", c_uint32),
        ("start", c_int32),
    ]


FS_UNIT_MAX_PATCHES = 64


class fs_unit_search_options(Sized):
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


class fs_unit_search(Structure):
    pass


fs_palette = c_int
FS_PALETTE_GREY = 0
FS_PALETTE_VIRIDIS = 1


fs_way_back = c_int
FS_WAY_BACK_DECONVOLUTION = 0
FS_WAY_BACK_GUIDED = 1
FS_WAY_BACK_GRADIENT = 2


fs_strength = c_int
FS_AUGMENT_NONE = 0
FS_AUGMENT_STANDARD = 1
FS_AUGMENT_STRONG = 2


class fs_augmentation(Sized):
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


class fs_photos(Structure):
    pass


fs_reduction = c_int
FS_SUM = 0
FS_MEAN = 1
FS_MEAN_OF_ACTIVE = 2


fs_loss_kind = c_int
FS_LOSS_TRIPLET = 0
FS_LOSS_BATCH_HARD = 1
FS_LOSS_SEMI_HARD = 2
FS_LOSS_ALL_TRIPLETS = 3
FS_LOSS_CONTRASTIVE = 4
FS_LOSS_PAIR_DIFFERENCE = 5
FS_LOSS_PAIR_CHI_SQUARE = 6
FS_LOSS_SOFTMAX = 7
FS_LOSS_CENTRE = 8
FS_LOSS_COSFACE = 9
FS_LOSS_ARCFACE = 10
FS_LOSS_DISTILLATION = 11
FS_LOSS_TEACHER_DISTANCE = 12
FS_LOSS_CROSS_ENTROPY = 13


class fs_loss_options(Sized):
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
        ("stranger_weight", c_float),
        ("stranger_limit", c_float),
        ("memory", c_uint32),
    ]


class fs_mining_statistics(Structure):
    _fields_ = [
        ("triplets", c_uint64),
        ("active", c_uint64),
        ("hardest_positive", c_double),
        ("hardest_negative", c_double),
    ]


fs_overlap = c_int
FS_OVERLAP_IOU = 0
FS_OVERLAP_GIOU = 1
FS_OVERLAP_DIOU = 2
FS_OVERLAP_CIOU = 3
FS_OVERLAP_EIOU = 4


class fs_scene_face(Structure):
    _fields_ = [
        ("left", c_float),
        ("top", c_float),
        ("right", c_float),
        ("bottom", c_float),
        ("points", c_float * 10),
        ("has_points", c_int32),
        ("ignored", c_int32),
    ]


fs_point_loss = c_int
FS_POINTS_SMOOTH_L1 = 0
FS_POINTS_WING = 1


fs_score_loss = c_int
FS_SCORES_CROSS_ENTROPY = 0
FS_SCORES_QUALITY_FOCAL = 1


class fs_detection_options(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("overlap", fs_overlap),
        ("points", fs_point_loss),
        ("score", fs_score_loss),
        ("box_weight", c_float),
        ("point_weight", c_float),
        ("score_weight", c_float),
        ("point_range", c_float),
        ("point_bend", c_float),
        ("focus", c_float),
        ("quality", c_float),
        ("centre_radius", c_float),
        ("candidates", c_uint32),
        ("overlap_cost", c_float),
    ]


class fs_detection_parts(Structure):
    _fields_ = [
        ("box", c_double),
        ("points", c_double),
        ("score", c_double),
        ("faces", c_uint64),
        ("cells", c_uint64),
        ("overlap", c_double),
    ]


class fs_scenes(Structure):
    pass


class fs_scene_options(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("side", c_uint32),
        ("min_face", c_float),
        ("max_face", c_float),
        ("paste", c_float),
        ("mosaic", c_float),
        ("max_pasted", c_uint32),
        ("dark", c_float),
        ("augmentation", POINTER(fs_augmentation)),
    ]


class fs_trainer(Structure):
    pass


fs_optimiser = c_int
FS_SGD = 0
FS_ADAM = 1
FS_ADAMW = 2
FS_RMSPROP = 3


fs_schedule = c_int
FS_SCHEDULE_CONSTANT = 0
FS_SCHEDULE_STEP = 1
FS_SCHEDULE_COSINE = 2
FS_SCHEDULE_ONE_CYCLE = 3
FS_SCHEDULE_CYCLICAL = 4


class fs_trainer_options(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("architecture", c_char_p),
        ("loss", POINTER(fs_loss_options)),
        ("detection", POINTER(fs_detection_options)),
        ("classes", c_uint32),
        ("optimiser", fs_optimiser),
        ("schedule", fs_schedule),
        ("steps", c_uint32),
        ("warm_up", c_uint32),
        ("rate", c_float),
        ("momentum", c_float),
        ("weight_decay", c_float),
        ("longest_gradient", c_float),
        ("average", c_float),
        ("seed", c_uint64),
    ]


class fs_trainer_info(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("height", c_uint32),
        ("width", c_uint32),
        ("dimension", c_uint32),
        ("parameters", c_uint64),
        ("step", c_uint32),
        ("steps", c_uint32),
    ]


class fs_training_step(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("loss", c_double),
        ("rate", c_double),
        ("gradient_norm", c_double),
        ("mining", fs_mining_statistics),
        ("detection", fs_detection_parts),
    ]


class fs_training_progress(Sized):
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
        ("detection", fs_detection_parts),
        ("faces_per_second", c_double),
    ]


fs_training_callback = CFUNCTYPE(fs_action, POINTER(fs_training_progress), c_void_p)


class fs_training_options(Sized):
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


class fs_detector_training_options(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("batch", c_uint32),
        ("scenes", POINTER(fs_scene_options)),
        ("checkpoint", c_char_p),
        ("checkpoint_every", c_uint32),
        ("memory_limit", c_uint64),
        ("seed", c_uint64),
        ("on_step", fs_training_callback),
        ("user", c_void_p),
    ]


fs_all_reduce = CFUNCTYPE(fs_status, POINTER(c_float), c_size_t, c_void_p)


class fs_pairs(Structure):
    pass


class fs_pair(Structure):
    _fields_ = [
        ("first", c_uint64),
        ("second", c_uint64),
        ("same", c_int32),
        ("fold", c_uint32),
    ]


class fs_landmarks(Structure):
    pass


class fs_evaluation_options(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("folds", c_uint32),
        ("min_false_accepts", c_double),
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


FS_OPERATING_POINTS = 3


class fs_evaluation(Sized):
    _fields_ = [
        ("size", c_size_t),
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
    _fields_ = [
        ("threshold", c_double),
        ("far", c_double),
        ("tar", c_double),
    ]


class fs_calibration_options(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("false_accept_rate", c_double),
        ("confidence", c_double),
        ("people", c_uint64),
    ]


class fs_calibration(Sized):
    _fields_ = [
        ("size", c_size_t),
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


class fs_tsne_progress(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("step", c_uint32),
        ("steps", c_uint32),
        ("divergence", c_double),
        ("seconds", c_double),
    ]


fs_tsne_callback = CFUNCTYPE(fs_action, POINTER(fs_tsne_progress), c_void_p)


class fs_tsne_options(Sized):
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


fs_function = c_int
FS_FUNCTION_EXP = 0
FS_FUNCTION_LOG = 1
FS_FUNCTION_SQRT = 2
FS_FUNCTION_SIN = 3
FS_FUNCTION_COS = 4
FS_FUNCTION_TANH = 5
FS_FUNCTION_SIGMOID = 6
FS_FUNCTION_SOFTPLUS = 7
FS_FUNCTION_ABSOLUTE = 8
FS_FUNCTION_RECIPROCAL = 9
FS_FUNCTION_SQUARE = 10
FS_FUNCTION_SIGN = 11


fs_differentiation = c_int
FS_FORWARD = 0
FS_REVERSE = 1
FS_NUMERIC = 2
FS_SYMBOLIC = 3


class fs_expression(Structure):
    pass


FS_EXPRESSION_MAX_BYTES = 1048576
FS_EXPRESSION_MAX_NODES = 131072
FS_EXPRESSION_MAX_DEPTH = 10000
FS_EXPRESSION_MAX_VARIABLES = 1024
FS_EXPRESSION_MAX_NAME = 64


class fs_expression_size(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("nodes", c_uint64),
        ("shared_nodes", c_uint64),
        ("operations", c_uint64),
        ("depth", c_uint64),
        ("reverse_operations", c_uint64),
    ]


fs_function_callback = CFUNCTYPE(fs_status, POINTER(c_double), c_size_t, POINTER(c_double), c_void_p)


fs_gradient_callback = CFUNCTYPE(fs_status, POINTER(c_double), c_size_t, POINTER(c_double), c_void_p)


class fs_gradient_options(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("step", c_double),
        ("absolute", c_double),
        ("relative", c_double),
    ]


class fs_gradient_report(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("index", c_size_t),
        ("analytic", c_double),
        ("numeric", c_double),
        ("ratio", c_double),
        ("passed", c_int32),
    ]


FS_VERSION_MAJOR = 0
FS_VERSION_MINOR = 1
FS_VERSION_PATCH = 0
FS_VERSION = (FS_VERSION_MAJOR * 10000 + FS_VERSION_MINOR * 100 + FS_VERSION_PATCH)
FS_ABI_VERSION = 0

fs_log_level = c_int
FS_LOG_DEBUG = 0
FS_LOG_INFO = 1
FS_LOG_WARNING = 2
FS_LOG_ERROR = 3


fs_log_callback = CFUNCTYPE(None, fs_log_level, c_char_p, c_void_p)


class fs_host_info(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("processors", c_uint32),
        ("allowed", c_uint32),
        ("quota", c_double),
        ("threads", c_uint32),
        ("memory_limit", c_uint64),
        ("instruction_set", c_char_p),
        ("memory_source", c_char_p),
    ]


class fs_optional_library(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("name", c_char_p),
        ("needed_by", c_char_p),
        ("package", c_char_p),
        ("found", c_int32),
    ]


class fs_self_check(Sized):
    _fields_ = [
        ("size", c_size_t),
        ("name", c_char_p),
        ("deviation", c_double),
        ("tolerance", c_double),
        ("passed", c_int32),
        ("seconds", c_double),
    ]


fs_self_check_callback = CFUNCTYPE(None, POINTER(fs_self_check), c_void_p)


FUNCTIONS = {
    "fs_status_name": (c_char_p, [fs_status]),
    "fs_last_error": (c_char_p, []),
    "fs_image_decode": (fs_status, [POINTER(POINTER(fs_image)), c_void_p, c_size_t]),
    "fs_image_open": (fs_status, [POINTER(POINTER(fs_image)), c_char_p]),
    "fs_image_open_reduced": (fs_status, [POINTER(POINTER(fs_image)), c_char_p, c_uint64, POINTER(c_uint32)]),
    "fs_image_decode_reduced": (
        fs_status,
        [
            POINTER(POINTER(fs_image)), c_void_p, c_size_t, c_uint64, POINTER(c_uint32)
        ],
    ),
    "fs_image_from_pixels": (fs_status, [POINTER(POINTER(fs_image)), POINTER(fs_pixels)]),
    "fs_image_width": (c_uint32, [POINTER(fs_image)]),
    "fs_image_height": (c_uint32, [POINTER(fs_image)]),
    "fs_image_data": (POINTER(c_uint8), [POINTER(fs_image)]),
    "fs_image_data16": (POINTER(c_uint16), [POINTER(fs_image)]),
    "fs_image_alpha": (POINTER(c_uint8), [POINTER(fs_image)]),
    "fs_image_unblended": (fs_status, [POINTER(POINTER(fs_image)), POINTER(fs_image)]),
    "fs_image_with_alpha": (fs_status, [POINTER(POINTER(fs_image)), POINTER(fs_image), POINTER(fs_image)]),
    "fs_image_resize": (
        fs_status,
        [
            POINTER(POINTER(fs_image)), POINTER(fs_image), c_uint32, c_uint32, fs_filter
        ],
    ),
    "fs_image_crop": (
        fs_status,
        [
            POINTER(POINTER(fs_image)), POINTER(fs_image), c_uint32, c_uint32, c_uint32, c_uint32
        ],
    ),
    "fs_image_warp": (
        fs_status,
        [
            POINTER(POINTER(fs_image)), POINTER(fs_image), POINTER(c_float), c_uint32, c_uint32
        ],
    ),
    "fs_file_format_name": (c_char_p, [fs_file_format]),
    "fs_file_format_ending": (c_char_p, [fs_file_format, c_size_t]),
    "fs_file_format_is_written": (c_int32, [fs_file_format]),
    "fs_image_encode": (
        fs_status,
        [
            POINTER(fs_image), fs_file_format, c_uint32, c_void_p, c_size_t, POINTER(c_size_t)
        ],
    ),
    "fs_image_write": (fs_status, [POINTER(fs_image), c_char_p]),
    "fs_image_destroy": (None, [POINTER(fs_image)]),
    "fs_model_open": (fs_status, [POINTER(POINTER(fs_model)), c_char_p]),
    "fs_model_load": (fs_status, [POINTER(POINTER(fs_model)), c_void_p, c_size_t]),
    "fs_model_architecture": (c_char_p, [POINTER(fs_model)]),
    "fs_model_metadata": (c_char_p, [POINTER(fs_model), c_char_p]),
    "fs_model_parameter_count": (c_size_t, [POINTER(fs_model)]),
    "fs_model_fingerprint": (c_uint64, [POINTER(fs_model)]),
    "fs_model_destroy": (None, [POINTER(fs_model)]),
    "fs_model_info_get": (fs_status, [POINTER(fs_model), POINTER(fs_model_info)]),
    "fs_models_list": (fs_status, [POINTER(POINTER(fs_models))]),
    "fs_models_count": (c_size_t, [POINTER(fs_models)]),
    "fs_models_get": (fs_status, [POINTER(fs_models), c_size_t, POINTER(fs_model_info)]),
    "fs_models_destroy": (None, [POINTER(fs_models)]),
    "fs_model_save": (fs_status, [POINTER(fs_model), c_char_p, fs_precision, POINTER(fs_model_texts)]),
    "fs_architecture_count": (c_size_t, []),
    "fs_architecture_name": (c_char_p, [c_size_t]),
    "fs_architecture_info_get": (fs_status, [c_char_p, POINTER(fs_architecture_info)]),
    "fs_face_analysis_options_init": (fs_status, [POINTER(fs_face_analysis_options), c_size_t]),
    "fs_face_analysis_create": (
        fs_status,
        [
            POINTER(POINTER(fs_face_analysis)), POINTER(fs_face_analysis_options)
        ],
    ),
    "fs_face_analysis_run": (
        fs_status,
        [
            POINTER(fs_face_analysis), POINTER(POINTER(fs_faces)), POINTER(fs_image)
        ],
    ),
    "fs_faces_count": (c_size_t, [POINTER(fs_faces)]),
    "fs_faces_get": (fs_status, [POINTER(fs_faces), c_size_t, POINTER(fs_analysed_face)]),
    "fs_faces_destroy": (None, [POINTER(fs_faces)]),
    "fs_face_analysis_compare": (
        fs_status,
        [
            POINTER(fs_face_analysis), POINTER(fs_image), POINTER(fs_image), c_float, POINTER(fs_verdict)
        ],
    ),
    "fs_face_analysis_destroy": (None, [POINTER(fs_face_analysis)]),
    "fs_detector_options_init": (fs_status, [POINTER(fs_detector_options), c_size_t]),
    "fs_detector_create": (
        fs_status,
        [
            POINTER(POINTER(fs_detector)), POINTER(fs_model), POINTER(fs_detector_options)
        ],
    ),
    "fs_detector_find": (
        fs_status,
        [
            POINTER(fs_detector), POINTER(fs_image), POINTER(fs_face), c_size_t, POINTER(c_size_t)
        ],
    ),
    "fs_detector_finds_points": (c_int32, [POINTER(fs_detector)]),
    "fs_detector_model_info": (fs_status, [POINTER(fs_detector), POINTER(fs_model_info)]),
    "fs_face_analysis_detector": (POINTER(fs_detector), [POINTER(fs_face_analysis)]),
    "fs_detector_destroy": (None, [POINTER(fs_detector)]),
    "fs_embedder_create": (fs_status, [POINTER(POINTER(fs_embedder)), POINTER(fs_model)]),
    "fs_embedder_dimension": (c_size_t, [POINTER(fs_embedder)]),
    "fs_embedder_threshold": (c_float, [POINTER(fs_embedder)]),
    "fs_embedder_chip_width": (c_uint32, [POINTER(fs_embedder)]),
    "fs_embedder_chip_height": (c_uint32, [POINTER(fs_embedder)]),
    "fs_embedder_aligns": (c_int32, [POINTER(fs_embedder)]),
    "fs_embedder_embed_photo": (
        fs_status,
        [
            POINTER(fs_embedder), POINTER(fs_detector), POINTER(fs_image), POINTER(fs_face), POINTER(c_float),
            c_size_t
        ],
    ),
    "fs_embedder_embed": (
        fs_status,
        [
            POINTER(fs_embedder), POINTER(fs_image), POINTER(fs_face), c_size_t, POINTER(c_float), c_size_t
        ],
    ),
    "fs_embedder_align": (
        fs_status,
        [
            POINTER(fs_embedder), POINTER(POINTER(fs_image)), POINTER(fs_image), POINTER(fs_face)
        ],
    ),
    "fs_embedder_embed_chips": (
        fs_status,
        [
            POINTER(fs_embedder), POINTER(POINTER(fs_image)), c_size_t, POINTER(c_float), c_size_t
        ],
    ),
    "fs_embedder_distance_gradient": (
        fs_status,
        [
            POINTER(fs_embedder), POINTER(fs_image), POINTER(fs_image), POINTER(c_float), POINTER(c_float),
            POINTER(c_float), c_size_t
        ],
    ),
    "fs_embedder_heat": (
        fs_status,
        [
            POINTER(fs_embedder), POINTER(fs_image), POINTER(fs_image), POINTER(POINTER(fs_image)),
            POINTER(POINTER(fs_image)), POINTER(c_float)
        ],
    ),
    "fs_embedder_template": (fs_status, [POINTER(fs_embedder), POINTER(fs_point)]),
    "fs_architecture_template": (fs_status, [c_char_p, POINTER(fs_point)]),
    "fs_embedder_memory_needed": (fs_status, [POINTER(fs_embedder), c_size_t, POINTER(c_uint64)]),
    "fs_embedder_model_info": (fs_status, [POINTER(fs_embedder), POINTER(fs_model_info)]),
    "fs_face_analysis_embedder": (POINTER(fs_embedder), [POINTER(fs_face_analysis)]),
    "fs_embedder_destroy": (None, [POINTER(fs_embedder)]),
    "fs_distance": (fs_status, [POINTER(c_float), POINTER(c_float), c_size_t, POINTER(c_float)]),
    "fs_compare_photos": (
        fs_status,
        [
            POINTER(fs_embedder), POINTER(fs_detector), POINTER(fs_image), POINTER(fs_image), c_float,
            POINTER(fs_verdict)
        ],
    ),
    "fs_distances": (
        fs_status,
        [
            fs_distance_kind, POINTER(c_float), c_size_t, POINTER(c_float), c_size_t, c_size_t,
            POINTER(c_float), POINTER(c_float), c_size_t
        ],
    ),
    "fs_gallery_create": (fs_status, [POINTER(POINTER(fs_gallery)), POINTER(fs_embedder)]),
    "fs_gallery_add": (fs_status, [POINTER(fs_gallery), c_char_p, POINTER(c_float), c_size_t]),
    "fs_gallery_add_photo": (
        fs_status,
        [
            POINTER(fs_gallery), POINTER(fs_embedder), POINTER(fs_detector), c_char_p, POINTER(fs_image)
        ],
    ),
    "fs_gallery_remove": (fs_status, [POINTER(fs_gallery), c_char_p]),
    "fs_gallery_person_count": (c_size_t, [POINTER(fs_gallery)]),
    "fs_gallery_photo_count": (c_size_t, [POINTER(fs_gallery)]),
    "fs_gallery_verify": (
        fs_status,
        [
            POINTER(fs_gallery), c_char_p, POINTER(c_float), c_size_t, c_float, POINTER(fs_verdict)
        ],
    ),
    "fs_gallery_verify_photo": (
        fs_status,
        [
            POINTER(fs_gallery), POINTER(fs_embedder), POINTER(fs_detector), c_char_p, POINTER(fs_image),
            c_float, POINTER(fs_verdict)
        ],
    ),
    "fs_identify_options_init": (fs_status, [POINTER(fs_identify_options), c_size_t]),
    "fs_gallery_identify": (
        fs_status,
        [
            POINTER(fs_gallery), POINTER(c_float), c_size_t, POINTER(fs_identify_options),
            POINTER(fs_gallery_identity)
        ],
    ),
    "fs_gallery_identify_photo": (
        fs_status,
        [
            POINTER(fs_gallery), POINTER(fs_embedder), POINTER(fs_detector), POINTER(fs_image),
            POINTER(fs_identify_options), POINTER(fs_gallery_identity)
        ],
    ),
    "fs_gallery_search": (
        fs_status,
        [
            POINTER(fs_gallery), POINTER(c_float), c_size_t, c_size_t, c_size_t, POINTER(fs_neighbour),
            c_size_t, POINTER(c_size_t)
        ],
    ),
    "fs_gallery_within": (
        fs_status,
        [
            POINTER(fs_gallery), POINTER(c_float), c_size_t, c_float, POINTER(fs_neighbour), c_size_t,
            POINTER(c_size_t)
        ],
    ),
    "fs_gallery_options_init": (fs_status, [POINTER(fs_gallery_options), c_size_t]),
    "fs_gallery_open": (
        fs_status,
        [
            POINTER(POINTER(fs_gallery)), c_char_p, POINTER(fs_embedder), POINTER(fs_gallery_options)
        ],
    ),
    "fs_gallery_info_get": (fs_status, [POINTER(fs_gallery), POINTER(fs_gallery_info)]),
    "fs_gallery_threshold_set": (fs_status, [POINTER(fs_gallery), c_float]),
    "fs_gallery_reload": (fs_status, [POINTER(fs_gallery), POINTER(c_int32)]),
    "fs_enrolment_options_init": (fs_status, [POINTER(fs_enrolment_options), c_size_t]),
    "fs_gallery_enrol": (
        fs_status,
        [
            POINTER(fs_gallery), c_char_p, POINTER(c_float), c_size_t, POINTER(fs_enrolment_options),
            POINTER(fs_enrolment)
        ],
    ),
    "fs_gallery_add_many": (
        fs_status,
        [
            POINTER(fs_gallery), POINTER(c_char_p), POINTER(c_float), c_size_t, c_size_t,
            POINTER(fs_gallery_report)
        ],
    ),
    "fs_gallery_remove_photo": (fs_status, [POINTER(fs_gallery), c_uint64]),
    "fs_gallery_replace_photo": (fs_status, [POINTER(fs_gallery), c_uint64, POINTER(c_float), c_size_t]),
    "fs_gallery_replace_person": (
        fs_status,
        [
            POINTER(fs_gallery), c_char_p, POINTER(c_float), c_size_t, c_size_t
        ],
    ),
    "fs_gallery_list_people": (
        fs_status,
        [
            POINTER(fs_gallery), POINTER(fs_gallery_person), c_size_t, POINTER(c_size_t)
        ],
    ),
    "fs_gallery_list_photos": (
        fs_status,
        [
            POINTER(fs_gallery), c_char_p, POINTER(fs_gallery_photo), c_size_t, POINTER(c_size_t)
        ],
    ),
    "fs_gallery_embeddings": (
        fs_status,
        [
            POINTER(fs_gallery), POINTER(c_uint64), c_size_t, POINTER(c_float), c_size_t
        ],
    ),
    "fs_gallery_export": (fs_status, [POINTER(fs_gallery), c_char_p]),
    "fs_gallery_import": (fs_status, [POINTER(fs_gallery), c_char_p, POINTER(fs_gallery_report)]),
    "fs_gallery_merge": (fs_status, [POINTER(fs_gallery), POINTER(fs_gallery), POINTER(fs_gallery_report)]),
    "fs_gallery_destroy": (None, [POINTER(fs_gallery)]),
    "fs_mark_options_init": (fs_status, [POINTER(fs_mark_options), c_size_t]),
    "fs_image_mark_faces": (
        fs_status,
        [
            POINTER(POINTER(fs_image)), POINTER(fs_image), POINTER(fs_face), c_size_t,
            POINTER(fs_mark_options)
        ],
    ),
    "fs_image_mark_points": (
        fs_status,
        [
            POINTER(POINTER(fs_image)), POINTER(fs_image), POINTER(fs_point), c_size_t, c_float
        ],
    ),
    "fs_style_options_init": (fs_status, [POINTER(fs_style_options), c_size_t]),
    "fs_style_options_preset": (fs_status, [POINTER(fs_style_options), c_size_t, fs_style_preset]),
    "fs_style_preset_count": (c_size_t, []),
    "fs_style_preset_name": (c_char_p, [fs_style_preset]),
    "fs_style_preset_summary": (c_char_p, [fs_style_preset]),
    "fs_styler_create": (fs_status, [POINTER(POINTER(fs_styler)), POINTER(fs_model)]),
    "fs_styler_run": (
        fs_status,
        [
            POINTER(fs_styler), POINTER(POINTER(fs_image)), POINTER(fs_image), POINTER(fs_image),
            POINTER(fs_style_options)
        ],
    ),
    "fs_styler_memory_needed": (
        fs_status,
        [
            POINTER(fs_styler), c_uint32, c_uint32, POINTER(fs_style_options), POINTER(c_uint64)
        ],
    ),
    "fs_style_preview": (fs_status, [POINTER(fs_style_progress), POINTER(POINTER(fs_image))]),
    "fs_styler_evaluate": (
        fs_status,
        [
            POINTER(fs_styler), POINTER(fs_image), POINTER(fs_image), POINTER(fs_image),
            POINTER(fs_style_options), POINTER(c_double), POINTER(c_double), POINTER(c_double),
            POINTER(c_float), c_size_t
        ],
    ),
    "fs_styler_destroy": (None, [POINTER(fs_styler)]),
    "fs_style_match_colours": (
        fs_status,
        [
            POINTER(POINTER(fs_image)), POINTER(fs_image), POINTER(fs_image), fs_style_colours
        ],
    ),
    "fs_face_map": (fs_status, [POINTER(POINTER(fs_image)), c_uint32, c_uint32, POINTER(fs_face), c_size_t]),
    "fs_flow_warp": (
        fs_status,
        [
            POINTER(POINTER(fs_image)), POINTER(POINTER(fs_image)), POINTER(fs_image), POINTER(c_float),
            POINTER(c_float), c_size_t
        ],
    ),
    "fs_style_job_create": (
        fs_status,
        [
            POINTER(POINTER(fs_style_job)), POINTER(fs_styler), POINTER(fs_image), POINTER(POINTER(fs_image)),
            POINTER(c_float), c_size_t, POINTER(fs_style_options)
        ],
    ),
    "fs_style_job_step": (fs_status, [POINTER(fs_style_job), c_uint32, POINTER(fs_style_progress)]),
    "fs_style_job_preview": (fs_status, [POINTER(fs_style_job), POINTER(POINTER(fs_image))]),
    "fs_style_job_result": (fs_status, [POINTER(fs_style_job), POINTER(POINTER(fs_image))]),
    "fs_style_job_save": (fs_status, [POINTER(fs_style_job), c_char_p]),
    "fs_style_job_load": (fs_status, [POINTER(fs_style_job), c_char_p]),
    "fs_style_job_destroy": (None, [POINTER(fs_style_job)]),
    "fs_fast_styler_create": (fs_status, [POINTER(POINTER(fs_fast_styler)), POINTER(fs_model)]),
    "fs_fast_styler_create_mixed": (
        fs_status,
        [
            POINTER(POINTER(fs_fast_styler)), POINTER(fs_model), POINTER(c_float), c_size_t
        ],
    ),
    "fs_fast_styler_run": (
        fs_status,
        [
            POINTER(fs_fast_styler), POINTER(POINTER(fs_image)), POINTER(fs_image)
        ],
    ),
    "fs_fast_styler_memory_needed": (
        fs_status,
        [
            POINTER(fs_fast_styler), c_uint32, c_uint32, POINTER(c_uint64)
        ],
    ),
    "fs_fast_styler_destroy": (None, [POINTER(fs_fast_styler)]),
    "fs_universal_options_init": (fs_status, [POINTER(fs_universal_options), c_size_t]),
    "fs_universal_styler_create": (
        fs_status,
        [
            POINTER(POINTER(fs_universal_styler)), POINTER(fs_model), POINTER(POINTER(fs_image)), c_size_t
        ],
    ),
    "fs_universal_styler_run": (
        fs_status,
        [
            POINTER(fs_universal_styler), POINTER(POINTER(fs_image)), POINTER(fs_image),
            POINTER(fs_universal_options)
        ],
    ),
    "fs_universal_styler_memory_needed": (
        fs_status,
        [
            POINTER(fs_universal_styler), c_uint32, c_uint32, POINTER(c_uint64)
        ],
    ),
    "fs_universal_styler_destroy": (None, [POINTER(fs_universal_styler)]),
    "fs_fast_trainer_options_init": (fs_status, [POINTER(fs_fast_trainer_options), c_size_t]),
    "fs_fast_trainer_create": (
        fs_status,
        [
            POINTER(POINTER(fs_fast_trainer)), POINTER(fs_model), POINTER(fs_image),
            POINTER(fs_fast_trainer_options)
        ],
    ),
    "fs_fast_trainer_step": (
        fs_status,
        [
            POINTER(fs_fast_trainer), POINTER(POINTER(fs_image)), c_size_t, POINTER(fs_fast_training_step)
        ],
    ),
    "fs_fast_trainer_save": (fs_status, [POINTER(fs_fast_trainer), c_char_p]),
    "fs_fast_trainer_resume": (fs_status, [POINTER(fs_fast_trainer), c_char_p]),
    "fs_fast_trainer_save_model": (
        fs_status,
        [
            POINTER(fs_fast_trainer), c_char_p, fs_precision, POINTER(fs_model_texts)
        ],
    ),
    "fs_fast_trainer_destroy": (None, [POINTER(fs_fast_trainer)]),
    "fs_enlarger_create": (fs_status, [POINTER(POINTER(fs_enlarger)), POINTER(fs_model)]),
    "fs_enlarger_factor": (c_uint32, [POINTER(fs_enlarger)]),
    "fs_enlarger_run": (fs_status, [POINTER(fs_enlarger), POINTER(POINTER(fs_image)), POINTER(fs_image)]),
    "fs_enlarger_memory_needed": (fs_status, [POINTER(fs_enlarger), c_uint32, c_uint32, POINTER(c_uint64)]),
    "fs_enlarger_destroy": (None, [POINTER(fs_enlarger)]),
    "fs_enlarger_trainer_options_init": (fs_status, [POINTER(fs_enlarger_trainer_options), c_size_t]),
    "fs_enlarger_trainer_create": (
        fs_status,
        [
            POINTER(POINTER(fs_enlarger_trainer)), POINTER(fs_model), POINTER(fs_enlarger_trainer_options)
        ],
    ),
    "fs_enlarger_trainer_step": (
        fs_status,
        [
            POINTER(fs_enlarger_trainer), POINTER(POINTER(fs_image)), c_size_t,
            POINTER(fs_enlarger_training_step)
        ],
    ),
    "fs_enlarger_trainer_save": (fs_status, [POINTER(fs_enlarger_trainer), c_char_p]),
    "fs_enlarger_trainer_resume": (fs_status, [POINTER(fs_enlarger_trainer), c_char_p]),
    "fs_enlarger_trainer_save_model": (
        fs_status,
        [
            POINTER(fs_enlarger_trainer), c_char_p, fs_precision, POINTER(fs_model_texts)
        ],
    ),
    "fs_enlarger_trainer_destroy": (None, [POINTER(fs_enlarger_trainer)]),
    "fs_frame_init": (fs_status, [POINTER(fs_frame), c_size_t]),
    "fs_image_from_frame": (fs_status, [POINTER(POINTER(fs_image)), POINTER(fs_frame), POINTER(fs_region)]),
    "fs_detector_find_frame": (
        fs_status,
        [
            POINTER(fs_detector), POINTER(fs_frame), POINTER(fs_region), POINTER(fs_face), c_size_t,
            POINTER(c_size_t)
        ],
    ),
    "fs_embedder_align_frame": (
        fs_status,
        [
            POINTER(fs_embedder), POINTER(POINTER(fs_image)), POINTER(fs_frame), POINTER(fs_face)
        ],
    ),
    "fs_embedder_embed_frame": (
        fs_status,
        [
            POINTER(fs_embedder), POINTER(fs_frame), POINTER(fs_face), c_size_t, POINTER(c_float), c_size_t
        ],
    ),
    "fs_quality_options_init": (fs_status, [POINTER(fs_quality_options), c_size_t]),
    "fs_face_quality": (
        fs_status,
        [
            POINTER(fs_image), POINTER(fs_face), POINTER(fs_quality_options), POINTER(fs_quality)
        ],
    ),
    "fs_face_quality_frame": (
        fs_status,
        [
            POINTER(fs_frame), POINTER(fs_face), POINTER(fs_quality_options), POINTER(fs_quality)
        ],
    ),
    "fs_quality_reason_text": (c_char_p, [fs_quality_reason]),
    "fs_liveness_create": (fs_status, [POINTER(POINTER(fs_liveness)), POINTER(POINTER(fs_model)), c_size_t]),
    "fs_liveness_check": (
        fs_status,
        [
            POINTER(fs_liveness), POINTER(fs_image), POINTER(fs_face), POINTER(fs_liveness_verdict)
        ],
    ),
    "fs_liveness_check_frame": (
        fs_status,
        [
            POINTER(fs_liveness), POINTER(fs_frame), POINTER(fs_face), POINTER(fs_liveness_verdict)
        ],
    ),
    "fs_liveness_destroy": (None, [POINTER(fs_liveness)]),
    "fs_dense_landmarks_create": (fs_status, [POINTER(POINTER(fs_dense_landmarks)), POINTER(fs_model)]),
    "fs_dense_landmarks_count": (c_size_t, [POINTER(fs_dense_landmarks)]),
    "fs_dense_landmarks_find": (
        fs_status,
        [
            POINTER(fs_dense_landmarks), POINTER(fs_image), POINTER(fs_face), POINTER(fs_point), c_size_t
        ],
    ),
    "fs_dense_landmarks_find_frame": (
        fs_status,
        [
            POINTER(fs_dense_landmarks), POINTER(fs_frame), POINTER(fs_face), POINTER(fs_point), c_size_t
        ],
    ),
    "fs_dense_landmarks_destroy": (None, [POINTER(fs_dense_landmarks)]),
    "fs_face_openness_get": (fs_status, [POINTER(fs_point), c_size_t, POINTER(fs_face_openness)]),
    "fs_tracker_options_init": (fs_status, [POINTER(fs_tracker_options), c_size_t]),
    "fs_tracker_create": (fs_status, [POINTER(POINTER(fs_tracker)), POINTER(fs_tracker_options)]),
    "fs_tracker_update": (
        fs_status,
        [
            POINTER(fs_tracker), POINTER(fs_face), POINTER(c_float), c_size_t, c_double, POINTER(fs_tracked),
            c_size_t
        ],
    ),
    "fs_tracker_identify_again": (fs_status, [POINTER(fs_tracker), c_uint64]),
    "fs_tracker_replace": (fs_status, [POINTER(fs_tracker), c_uint64, POINTER(c_uint64)]),
    "fs_tracker_ended": (fs_status, [POINTER(fs_tracker), POINTER(fs_track), c_size_t, POINTER(c_size_t)]),
    "fs_tracker_tracks": (fs_status, [POINTER(fs_tracker), POINTER(fs_track), c_size_t, POINTER(c_size_t)]),
    "fs_tracker_finish": (fs_status, [POINTER(fs_tracker)]),
    "fs_tracker_destroy": (None, [POINTER(fs_tracker)]),
    "fs_identify": (
        fs_status,
        [
            POINTER(c_float), POINTER(c_int32), c_size_t, c_size_t, POINTER(c_float),
            POINTER(fs_identify_options), POINTER(fs_identity)
        ],
    ),
    "fs_model_layer_count": (c_size_t, [POINTER(fs_model)]),
    "fs_model_layer_name": (c_char_p, [POINTER(fs_model), c_size_t]),
    "fs_model_layer_info_get": (fs_status, [POINTER(fs_model), c_char_p, POINTER(fs_layer_info)]),
    "fs_model_features": (
        fs_status,
        [
            POINTER(fs_model), POINTER(fs_image), c_char_p, fs_pooling, POINTER(c_float), c_size_t,
            POINTER(c_uint32)
        ],
    ),
    "fs_unit_search_options_init": (fs_status, [POINTER(fs_unit_search_options), c_size_t]),
    "fs_unit_search_create": (
        fs_status,
        [
            POINTER(POINTER(fs_unit_search)), POINTER(fs_model), c_char_p, POINTER(fs_unit_search_options)
        ],
    ),
    "fs_unit_search_add": (fs_status, [POINTER(fs_unit_search), POINTER(fs_image)]),
    "fs_unit_search_patches": (
        fs_status,
        [
            POINTER(fs_unit_search), c_uint32, POINTER(fs_unit_patch), c_size_t, POINTER(c_size_t)
        ],
    ),
    "fs_unit_search_destroy": (None, [POINTER(fs_unit_search)]),
    "fs_unit_patch_cut": (fs_status, [POINTER(POINTER(fs_image)), POINTER(fs_image), POINTER(fs_unit_patch)]),
    "fs_image_from_map": (
        fs_status,
        [
            POINTER(POINTER(fs_image)), POINTER(c_float), c_size_t, c_uint32, c_uint32, c_size_t, c_float,
            c_float, fs_palette
        ],
    ),
    "fs_model_unit_pixels": (
        fs_status,
        [
            POINTER(fs_model), POINTER(fs_image), c_char_p, c_uint32, POINTER(c_uint32), fs_way_back,
            fs_pooling, POINTER(c_float), c_size_t, POINTER(fs_unit_patch)
        ],
    ),
    "fs_image_from_gradient": (
        fs_status,
        [
            POINTER(POINTER(fs_image)), POINTER(c_float), c_size_t, c_uint32, c_uint32, c_float
        ],
    ),
    "fs_gradient_heat": (
        fs_status,
        [
            POINTER(c_float), c_size_t, c_uint32, c_uint32, c_float, POINTER(c_float), c_size_t
        ],
    ),
    "fs_image_from_heat": (
        fs_status,
        [
            POINTER(POINTER(fs_image)), POINTER(fs_image), POINTER(c_float), c_size_t, c_float
        ],
    ),
    "fs_augmentation_init": (fs_status, [POINTER(fs_augmentation), c_size_t, fs_strength]),
    "fs_image_augment": (
        fs_status,
        [
            POINTER(POINTER(fs_image)), POINTER(fs_image), POINTER(fs_augmentation), c_uint64
        ],
    ),
    "fs_photos_create": (fs_status, [POINTER(POINTER(fs_photos))]),
    "fs_photos_add_people": (fs_status, [POINTER(fs_photos), c_char_p, c_char_p, POINTER(c_float)]),
    "fs_photos_add_folder": (fs_status, [POINTER(fs_photos), c_char_p, c_char_p, POINTER(c_float)]),
    "fs_photos_add_strangers": (fs_status, [POINTER(fs_photos), c_char_p, c_char_p, POINTER(c_float)]),
    "fs_photos_keep_people": (fs_status, [POINTER(fs_photos), c_size_t, c_size_t]),
    "fs_photos_count": (c_size_t, [POINTER(fs_photos)]),
    "fs_photos_person_count": (c_size_t, [POINTER(fs_photos)]),
    "fs_photos_left_out_count": (c_size_t, [POINTER(fs_photos)]),
    "fs_photos_left_out": (fs_status, [POINTER(fs_photos), c_size_t, c_char_p, c_size_t, c_char_p, c_size_t]),
    "fs_photos_destroy": (None, [POINTER(fs_photos)]),
    "fs_triplet_loss": (
        fs_status,
        [
            POINTER(c_float), POINTER(c_float), POINTER(c_float), c_size_t, c_size_t, c_float, fs_reduction,
            POINTER(c_double)
        ],
    ),
    "fs_loss_options_init": (fs_status, [POINTER(fs_loss_options), c_size_t, fs_loss_kind]),
    "fs_loss_head_size": (fs_status, [POINTER(fs_loss_options), c_size_t, c_size_t, POINTER(c_size_t)]),
    "fs_loss_head_init": (
        fs_status,
        [
            POINTER(fs_loss_options), c_size_t, c_size_t, c_uint64, POINTER(c_float), c_size_t
        ],
    ),
    "fs_loss_evaluate": (
        fs_status,
        [
            POINTER(fs_loss_options), POINTER(c_float), c_size_t, c_size_t, POINTER(c_int32),
            POINTER(c_float), POINTER(c_float), c_size_t, POINTER(c_double), POINTER(c_float), c_size_t,
            POINTER(c_float), c_size_t, POINTER(fs_mining_statistics)
        ],
    ),
    "fs_loss_update_centres": (
        fs_status,
        [
            POINTER(fs_loss_options), POINTER(c_float), c_size_t, c_size_t, POINTER(c_int32), c_size_t,
            POINTER(c_float), c_size_t
        ],
    ),
    "fs_box_overlap": (
        fs_status,
        [
            fs_overlap, POINTER(c_float), POINTER(c_float), c_size_t, POINTER(c_float), c_size_t,
            POINTER(c_float), c_size_t
        ],
    ),
    "fs_detection_options_init": (fs_status, [POINTER(fs_detection_options), c_size_t]),
    "fs_detection_assign": (
        fs_status,
        [
            POINTER(fs_detection_options), POINTER(c_float), c_uint32, c_uint32, POINTER(fs_scene_face),
            c_size_t, POINTER(c_int32), c_size_t
        ],
    ),
    "fs_detection_loss": (
        fs_status,
        [
            POINTER(fs_detection_options), POINTER(c_float), c_size_t, c_uint32, c_uint32,
            POINTER(fs_scene_face), POINTER(c_size_t), POINTER(fs_detection_parts), POINTER(c_float), c_size_t
        ],
    ),
    "fs_scenes_create": (fs_status, [POINTER(POINTER(fs_scenes))]),
    "fs_scenes_add": (fs_status, [POINTER(fs_scenes), c_char_p, c_char_p]),
    "fs_scenes_add_backgrounds": (fs_status, [POINTER(fs_scenes), c_char_p]),
    "fs_scenes_keep": (fs_status, [POINTER(fs_scenes), c_size_t, c_size_t]),
    "fs_scenes_count": (c_size_t, [POINTER(fs_scenes)]),
    "fs_scenes_background_count": (c_size_t, [POINTER(fs_scenes)]),
    "fs_scenes_left_out_count": (c_size_t, [POINTER(fs_scenes)]),
    "fs_scenes_left_out": (fs_status, [POINTER(fs_scenes), c_size_t, c_char_p, c_size_t, c_char_p, c_size_t]),
    "fs_scenes_destroy": (None, [POINTER(fs_scenes)]),
    "fs_scene_options_init": (fs_status, [POINTER(fs_scene_options), c_size_t]),
    "fs_scenes_compose": (
        fs_status,
        [
            POINTER(fs_scenes), POINTER(fs_scene_options), c_uint64, c_uint32, c_uint32,
            POINTER(POINTER(fs_image)), POINTER(fs_scene_face), c_size_t, POINTER(c_size_t)
        ],
    ),
    "fs_trainer_options_init": (fs_status, [POINTER(fs_trainer_options), c_size_t]),
    "fs_trainer_create": (
        fs_status,
        [
            POINTER(POINTER(fs_trainer)), POINTER(fs_trainer_options), POINTER(fs_model)
        ],
    ),
    "fs_trainer_info_get": (fs_status, [POINTER(fs_trainer), POINTER(fs_trainer_info)]),
    "fs_trainer_step": (
        fs_status,
        [
            POINTER(fs_trainer), POINTER(c_uint8), c_size_t, POINTER(c_int32), POINTER(c_float),
            POINTER(fs_training_step)
        ],
    ),
    "fs_trainer_step_faces": (
        fs_status,
        [
            POINTER(fs_trainer), POINTER(c_uint8), c_size_t, c_uint32, c_uint32, POINTER(fs_scene_face),
            POINTER(c_size_t), POINTER(fs_training_step)
        ],
    ),
    "fs_trainer_embed": (
        fs_status,
        [
            POINTER(fs_trainer), POINTER(c_uint8), c_size_t, POINTER(c_float), c_size_t
        ],
    ),
    "fs_training_options_init": (fs_status, [POINTER(fs_training_options), c_size_t]),
    "fs_trainer_run": (fs_status, [POINTER(fs_trainer), POINTER(fs_photos), POINTER(fs_training_options)]),
    "fs_detector_training_options_init": (fs_status, [POINTER(fs_detector_training_options), c_size_t]),
    "fs_trainer_run_scenes": (
        fs_status,
        [
            POINTER(fs_trainer), POINTER(fs_scenes), POINTER(fs_detector_training_options)
        ],
    ),
    "fs_trainer_all_reduce_set": (fs_status, [POINTER(fs_trainer), fs_all_reduce, c_void_p]),
    "fs_trainer_save": (fs_status, [POINTER(fs_trainer), c_char_p]),
    "fs_trainer_resume": (fs_status, [POINTER(fs_trainer), c_char_p]),
    "fs_trainer_save_model": (
        fs_status,
        [
            POINTER(fs_trainer), c_char_p, fs_precision, c_float, POINTER(fs_model_texts)
        ],
    ),
    "fs_trainer_destroy": (None, [POINTER(fs_trainer)]),
    "fs_pairs_open": (fs_status, [POINTER(POINTER(fs_pairs)), c_char_p]),
    "fs_pairs_load": (fs_status, [POINTER(POINTER(fs_pairs)), c_void_p, c_size_t]),
    "fs_pairs_count": (c_size_t, [POINTER(fs_pairs)]),
    "fs_pairs_fold_count": (c_size_t, [POINTER(fs_pairs)]),
    "fs_pairs_photo_count": (c_size_t, [POINTER(fs_pairs)]),
    "fs_pairs_get": (fs_status, [POINTER(fs_pairs), c_size_t, POINTER(fs_pair)]),
    "fs_pairs_photo": (c_char_p, [POINTER(fs_pairs), c_size_t]),
    "fs_pairs_destroy": (None, [POINTER(fs_pairs)]),
    "fs_landmarks_open": (fs_status, [POINTER(POINTER(fs_landmarks)), c_char_p]),
    "fs_landmarks_load": (fs_status, [POINTER(POINTER(fs_landmarks)), c_void_p, c_size_t]),
    "fs_landmarks_count": (c_size_t, [POINTER(fs_landmarks)]),
    "fs_landmarks_find": (fs_status, [POINTER(fs_landmarks), c_char_p, POINTER(fs_face)]),
    "fs_landmarks_destroy": (None, [POINTER(fs_landmarks)]),
    "fs_evaluation_options_init": (fs_status, [POINTER(fs_evaluation_options), c_size_t]),
    "fs_evaluate_pairs": (
        fs_status,
        [
            POINTER(c_double), POINTER(c_int32), POINTER(c_int32), c_size_t, POINTER(fs_evaluation_options),
            POINTER(fs_evaluation)
        ],
    ),
    "fs_evaluate_roc": (
        fs_status,
        [
            POINTER(c_double), POINTER(c_int32), c_size_t, POINTER(fs_roc_point), c_size_t, POINTER(c_size_t)
        ],
    ),
    "fs_calibration_options_init": (fs_status, [POINTER(fs_calibration_options), c_size_t]),
    "fs_calibrate": (
        fs_status,
        [
            POINTER(c_double), POINTER(c_int32), c_size_t, POINTER(fs_calibration_options),
            POINTER(fs_calibration)
        ],
    ),
    "fs_calibrate_embeddings": (
        fs_status,
        [
            POINTER(c_float), POINTER(c_int32), c_size_t, c_size_t, POINTER(c_float), c_size_t,
            POINTER(fs_calibration_options), POINTER(fs_calibration)
        ],
    ),
    "fs_calibrate_growth": (
        fs_status,
        [
            POINTER(c_double), POINTER(c_int32), c_size_t, POINTER(fs_calibration_options), POINTER(c_uint64),
            c_size_t, POINTER(fs_growth), c_size_t
        ],
    ),
    "fs_tsne_options_init": (fs_status, [POINTER(fs_tsne_options), c_size_t]),
    "fs_tsne": (
        fs_status,
        [
            POINTER(c_float), c_size_t, c_size_t, POINTER(fs_tsne_options), POINTER(c_float), c_size_t,
            POINTER(c_double)
        ],
    ),
    "fs_differentiate": (
        fs_status,
        [
            fs_function, fs_differentiation, POINTER(c_double), c_size_t, POINTER(c_double),
            POINTER(c_double), c_size_t
        ],
    ),
    "fs_expression_parse": (fs_status, [POINTER(POINTER(fs_expression)), c_char_p]),
    "fs_expression_derivative": (
        fs_status,
        [
            POINTER(POINTER(fs_expression)), POINTER(fs_expression), c_char_p
        ],
    ),
    "fs_expression_simplify": (fs_status, [POINTER(POINTER(fs_expression)), POINTER(fs_expression)]),
    "fs_expression_destroy": (None, [POINTER(fs_expression)]),
    "fs_expression_text": (fs_status, [POINTER(fs_expression), c_char_p, c_size_t, POINTER(c_size_t)]),
    "fs_expression_variable_count": (c_size_t, [POINTER(fs_expression)]),
    "fs_expression_variable": (c_char_p, [POINTER(fs_expression), c_size_t]),
    "fs_expression_evaluate": (
        fs_status,
        [
            POINTER(fs_expression), POINTER(c_double), c_size_t, POINTER(c_double), c_size_t
        ],
    ),
    "fs_expression_gradient": (
        fs_status,
        [
            POINTER(fs_expression), fs_differentiation, POINTER(c_double), c_size_t, POINTER(c_double),
            c_size_t
        ],
    ),
    "fs_expression_measure": (fs_status, [POINTER(fs_expression), POINTER(fs_expression_size)]),
    "fs_gradient_options_init": (fs_status, [POINTER(fs_gradient_options), c_size_t]),
    "fs_gradient_numeric": (
        fs_status,
        [
            fs_function_callback, c_void_p, POINTER(c_double), c_size_t, POINTER(fs_gradient_options),
            POINTER(c_double), c_size_t
        ],
    ),
    "fs_gradient_check": (
        fs_status,
        [
            fs_function_callback, fs_gradient_callback, c_void_p, POINTER(c_double), c_size_t,
            POINTER(fs_gradient_options), POINTER(fs_gradient_report)
        ],
    ),
    "fs_convolve": (
        fs_status,
        [
            c_size_t, POINTER(c_float), POINTER(c_size_t), POINTER(c_float), POINTER(c_size_t),
            POINTER(c_float), c_size_t, c_size_t, POINTER(c_float), c_size_t, POINTER(c_size_t)
        ],
    ),
    "fs_gram_matrix": (fs_status, [POINTER(c_float), c_size_t, c_size_t, POINTER(c_float), c_size_t]),
    "fs_content_cost": (
        fs_status,
        [
            POINTER(c_float), POINTER(c_float), c_size_t, c_size_t, c_size_t, fs_cost_variant,
            POINTER(c_double)
        ],
    ),
    "fs_style_cost": (
        fs_status,
        [
            POINTER(c_float), POINTER(c_float), c_size_t, c_size_t, c_size_t, fs_cost_variant,
            POINTER(c_double)
        ],
    ),
    "fs_total_cost": (fs_status, [c_double, c_double, c_double, c_double, POINTER(c_double)]),
    "fs_version": (c_uint32, []),
    "fs_abi_version": (c_uint32, []),
    "fs_log_set": (None, [fs_log_level, fs_log_callback, c_void_p]),
    "fs_threads_set": (fs_status, [c_uint32]),
    "fs_threads": (c_uint32, []),
    "fs_memory_limit": (c_uint64, []),
    "fs_memory_limit_set": (fs_status, [c_uint64]),
    "fs_memory_used": (c_uint64, []),
    "fs_memory_peak": (c_uint64, []),
    "fs_memory_peak_reset": (None, []),
    "fs_memory_trim": (None, []),
    "fs_host_info_get": (fs_status, [POINTER(fs_host_info)]),
    "fs_instruction_set": (c_char_p, []),
    "fs_instruction_set_choose": (fs_status, [c_char_p]),
    "fs_algebra_library": (fs_status, [c_char_p, c_size_t]),
    "fs_optional_library_count": (c_size_t, []),
    "fs_optional_library_get": (fs_status, [c_size_t, POINTER(fs_optional_library), c_char_p, c_size_t]),
    "fs_self_test": (fs_status, [fs_self_check_callback, c_void_p]),
    "fs_debug_live_handles": (c_size_t, []),
}

library = load(FUNCTIONS, FS_ABI_VERSION, globals())
