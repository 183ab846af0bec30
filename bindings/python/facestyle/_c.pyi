"""Written by Tools/bindings (`make bindings`) from include/facestyle.h."""

from ctypes import Structure, c_int
from typing import Any, Callable

from ._binding import Sized

fs_status = c_int
FS_OK: int
FS_INVALID_ARGUMENT: int
FS_BAD_DATA: int
FS_IO: int
FS_NO_MEMORY: int
FS_NO_FACE: int
FS_CANCELLED: int
FS_NOT_FOUND: int
FS_WRONG_MODEL: int
FS_INTERNAL: int
class fs_image(Structure):
    pass
FS_IMAGE_MAX_SIDE: int
FS_IMAGE_MAX_PIXELS: int
fs_pixel_format = c_int
FS_RGB: int
FS_BGR: int
FS_RGBA: int
FS_BGRA: int
FS_GREY: int
FS_NV12: int
FS_NV21: int
FS_I420: int
FS_YUYV: int
FS_RGB16: int
FS_RGBA16: int
class fs_pixels(Sized):
    size: int
    data: Any
    byte_count: int
    stride: int
    width: int
    height: int
    format: int
    rotation: int
fs_filter = c_int
FS_BILINEAR: int
FS_BICUBIC: int
FS_AREA: int
fs_file_format = c_int
FS_PNG: int
FS_JPEG: int
FS_WEBP: int
FS_HEIC: int
FS_AVIF: int
FS_TIFF: int
FS_JPEG_XL: int
FS_BMP: int
class fs_model(Structure):
    pass
fs_model_use = c_int
FS_MODEL_OTHER: int
FS_MODEL_EMBEDDER: int
FS_MODEL_DETECTOR: int
FS_MODEL_STYLER: int
FS_MODEL_FAST_STYLE: int
FS_MODEL_UNIVERSAL_STYLE: int
FS_MODEL_LIVENESS: int
FS_MODEL_LANDMARKS: int
FS_MODEL_ENLARGER: int
class fs_model_info(Sized):
    size: int
    name: bytes | Any
    path: bytes | Any
    role: bytes | Any
    architecture: bytes | Any
    licence: bytes | Any
    accuracy: bytes | Any
    note: bytes | Any
    fault: bytes | Any
    byte_count: int
    parameters: int
    use: int
    hidden: int
    styles: int
    mirrored: int
class fs_model_texts(Sized):
    size: int
    licence: bytes | Any
    accuracy: bytes | Any
    note: bytes | Any
    source: bytes | Any
    threshold: float
    mirrored: int
class fs_models(Structure):
    pass
fs_precision = c_int
FS_FLOAT32: int
FS_FLOAT16: int
FS_INT8: int
class fs_architecture_info(Sized):
    size: int
    height: int
    width: int
    channels: int
    dimension: int
    parameters: int
    multiply_adds: int
class fs_point(Structure):
    x: float
    y: float
class fs_face(Structure):
    x: float
    y: float
    width: float
    height: float
    score: float
    landmarks: Any
FS_DEFAULT_THRESHOLD: float
class fs_verdict(Structure):
    distance: float
    threshold: float
    same: int
    reasons: Any
class fs_face_analysis_options(Sized):
    size: int
    detector: bytes | Any
    embedder: bytes | Any
    min_face: float
    max_faces: int
class fs_face_analysis(Structure):
    pass
class fs_faces(Structure):
    pass
class fs_analysed_face(Sized):
    size: int
    embedding: Any
    dimension: int
    face: fs_face
    quality: float
    reasons: int
    is_main: int
class fs_region(Structure):
    x: int
    y: int
    width: int
    height: int
fs_face_order = c_int
FS_LARGEST_FIRST: int
FS_SUREST_FIRST: int
class fs_detector_options(Sized):
    size: int
    min_face: float
    thresholds: Any
    scale_step: float
    max_faces: int
    order: int
    region: fs_region
    close_ups: int
class fs_detector(Structure):
    pass
class fs_embedder(Structure):
    pass
fs_distance_kind = c_int
FS_DISTANCE_EUCLIDEAN: int
FS_DISTANCE_SQUARED: int
FS_DISTANCE_COSINE: int
FS_DISTANCE_CHI_SQUARE: int
FS_DISTANCE_DIFFERENCE_HEAD: int
FS_DISTANCE_CHI_SQUARE_HEAD: int
FS_NAME_CAPACITY: int
class fs_gallery(Structure):
    pass
fs_rule = c_int
FS_RULE_NEAREST: int
FS_RULE_MEAN: int
FS_RULE_TEMPLATE: int
FS_RULE_VOTE: int
class fs_identify_options(Sized):
    size: int
    rule: int
    kind: int
    head: Any
    threshold: float
    margin: float
    neighbours: int
class fs_gallery_identity(Sized):
    size: int
    known: int
    ambiguous: int
    distance: float
    runner_up_distance: float
    margin: float
    threshold: float
    photo: int
    votes: int
    reasons: int
    name: bytes | Any
    nearest: bytes | Any
    runner_up: bytes | Any
class fs_neighbour(Structure):
    photo: int
    distance: float
    name: bytes | Any
FS_GALLERY_KEY_LENGTH: int
class fs_gallery_options(Sized):
    size: int
    key: Any
    read_only: int
    create: int
class fs_gallery_info(Sized):
    size: int
    model: int
    people: int
    photos: int
    dimension: int
    threshold: float
    is_stored: int
    is_encrypted: int
    is_read_only: int
class fs_enrolment_options(Sized):
    size: int
    note: bytes | Any
    threshold: float
    refuse: int
class fs_enrolment(Sized):
    size: int
    photo: int
    added: int
    conflict: int
    distance: float
    other: bytes | Any
class fs_gallery_report(Sized):
    size: int
    added: int
    present: int
    conflicts: int
class fs_gallery_person(Structure):
    photos: int
    created: int
    name: bytes | Any
FS_NOTE_CAPACITY: int
class fs_gallery_photo(Structure):
    photo: int
    created: int
    name: bytes | Any
    note: bytes | Any
class fs_mark_options(Sized):
    size: int
    labels: Any
    people: Any
    letter_height: float
    line_width: float
    points: int
fs_action = c_int
FS_CONTINUE: int
FS_FINISH: int
FS_CANCEL: int
fs_style_ending = c_int
FS_ENDING_NONE: int
FS_ENDING_STEPS: int
FS_ENDING_CONVERGED: int
FS_ENDING_STALLED: int
FS_ENDING_NOT_FINITE: int
FS_ENDING_DEADLINE: int
class fs_style_job(Structure):
    pass
class fs_style_progress(Sized):
    size: int
    step: int
    steps: int
    content: float
    style: float
    total: float
    seconds: float
    job: Any
    variation: float
    width: int
    height: int
    ending: int
    temporal: float
def fs_style_callback(function: Callable[..., object] = ..., /) -> Any: ...
class fs_style_layer(Structure):
    name: bytes | Any
    weight: float
fs_style_preset = c_int
FS_PRESET_PYRAMID: int
FS_PRESET_COURSE: int
FS_PRESET_GATYS: int
FS_PRESET_NEURAL_STYLE: int
FS_PRESET_NEURAL_STYLE_PT: int
FS_PRESET_NEURAL_STYLE_TF: int
FS_PRESET_CROWSONKB: int
fs_style_optimiser = c_int
FS_STYLE_ADAM: int
FS_STYLE_LBFGS: int
fs_style_start = c_int
FS_START_CONTENT: int
FS_START_NOISE: int
FS_START_STYLE: int
FS_START_IMAGE: int
fs_pooling = c_int
FS_POOLING_AVERAGE: int
FS_POOLING_MAX: int
FS_POOLING_L2: int
fs_cost_variant = c_int
FS_COST_NORMALISED: int
FS_COST_LECTURE: int
FS_COST_MEANS: int
FS_COST_ROOTS: int
fs_style_loss = c_int
FS_STYLE_LOSS_GRAM: int
FS_STYLE_LOSS_MOMENTS: int
FS_STYLE_LOSS_WASSERSTEIN: int
fs_style_edges = c_int
FS_EDGES_ZEROS: int
FS_EDGES_REPEATED: int
fs_mask_kind = c_int
FS_MASK_INSIDE: int
FS_MASK_SOFT: int
class fs_style_region(Structure):
    place: Any
    part: Any
fs_total_variation = c_int
FS_VARIATION_ABSOLUTE: int
FS_VARIATION_SQUARED: int
FS_VARIATION_NINE_POINTS: int
fs_style_colours = c_int
FS_COLOURS_STYLE: int
FS_COLOURS_LUMINANCE: int
FS_COLOURS_CHOLESKY: int
FS_COLOURS_PRINCIPAL: int
FS_COLOURS_HISTOGRAM: int
class fs_style_options(Sized):
    size: int
    width: int
    height: int
    steps: int
    content_weight: float
    style_weight: float
    learning_rate: float
    noise_ratio: float
    seed: int
    pooling: int
    cost: int
    content_layer: bytes | Any
    style_layers: Any
    style_layer_count: int
    on_step: Any
    user: Any
    preset: int
    optimiser: int
    history: int
    coarsest: int
    averaging: float
    clamp: int
    deadline: float
    start: int
    style_scale: float
    colours: int
    variation: int
    variation_weight: float
    content_layers: Any
    content_layer_count: int
    style_loss: int
    edges: int
    regions: Any
    region_count: int
    mask_kind: int
    start_image: Any
    content_map: Any
    content_map_weight: float
    temporal_weight: float
    before: Any
    before_mask: Any
    tile: int
    depth: int
    preconditioning: float
class fs_styler(Structure):
    pass
class fs_fast_styler(Structure):
    pass
fs_universal_method = c_int
FS_UNIVERSAL_COVARIANCE: int
FS_UNIVERSAL_VARIANCE: int
FS_UNIVERSAL_MAX_STYLES: int
class fs_universal_options(Sized):
    size: int
    method: int
    strength: float
    levels: int
    weights: Any
    weight_count: int
class fs_universal_styler(Structure):
    pass
class fs_fast_trainer_options(Sized):
    size: int
    filters: int
    blocks: int
    side: int
    scales: int
    content_weight: float
    style_weight: float
    smoothness: float
    rate: float
    steps: int
    seed: int
    start: Any
class fs_fast_training_step(Sized):
    size: int
    step: int
    content: float
    style: float
    smoothness: float
    total: float
class fs_fast_trainer(Structure):
    pass
class fs_enlarger(Structure):
    pass
class fs_enlarger_trainer_options(Sized):
    size: int
    factor: int
    filters: int
    blocks: int
    side: int
    pixel_weight: float
    feature_weight: float
    rate: float
    steps: int
    seed: int
    start: Any
class fs_enlarger_training_step(Sized):
    size: int
    step: int
    pixels: float
    features: float
    total: float
class fs_enlarger_trainer(Structure):
    pass
fs_colour_matrix = c_int
FS_BT601: int
FS_BT709: int
fs_colour_range = c_int
FS_LIMITED_RANGE: int
FS_FULL_RANGE: int
class fs_frame(Sized):
    size: int
    planes: Any
    byte_counts: Any
    strides: Any
    width: int
    height: int
    format: int
    rotation: int
    mirrored: int
    matrix: int
    range: int
fs_quality_reason = c_int
FS_QUALITY_SMALL: int
FS_QUALITY_BLURRED: int
FS_QUALITY_TURNED: int
FS_QUALITY_TILTED: int
FS_QUALITY_DARK: int
FS_QUALITY_BRIGHT: int
FS_QUALITY_FLAT: int
FS_QUALITY_CUT_OFF: int
class fs_quality_options(Sized):
    size: int
    min_eye_distance: float
    min_sharpness: float
    max_yaw: float
    max_pitch: float
    max_roll: float
    min_brightness: float
    max_brightness: float
    max_clipped: float
    min_contrast: float
    max_outside: float
class fs_quality(Sized):
    size: int
    reasons: int
    score: float
    eye_distance: float
    sharpness: float
    yaw: float
    pitch: float
    roll: float
    brightness: float
    contrast: float
    clipped_dark: float
    clipped_bright: float
    outside: float
class fs_liveness(Structure):
    pass
class fs_liveness_verdict(Sized):
    size: int
    score: float
    is_live: int
class fs_dense_landmarks(Structure):
    pass
class fs_face_openness(Structure):
    left_eye: float
    right_eye: float
    mouth: float
fs_track_event = c_int
FS_TRACK_BEGUN: int
FS_TRACK_BEST: int
FS_TRACK_IDENTIFY: int
FS_TRACK_RETURNED: int
class fs_tracker_options(Sized):
    size: int
    min_overlap: float
    max_distance: float
    max_missed: int
    min_seen: int
    identify_every: float
    identify_better: float
    identify_gap: int
    max_tracks: int
class fs_tracked(Structure):
    track: int
    events: int
    begun: int
class fs_track(Structure):
    track: int
    seen: int
    missed: int
    first_time: float
    last_time: float
    face: fs_face
    best_quality: float
    best_frame: int
    best_time: float
    best_face: fs_face
    begun: int
class fs_tracker(Structure):
    pass
class fs_identity(Sized):
    size: int
    known: int
    ambiguous: int
    label: int
    nearest: int
    runner_up: int
    distance: float
    runner_up_distance: float
    margin: float
    threshold: float
    photo: int
    votes: int
class fs_layer_info(Sized):
    size: int
    units: int
    field: int
    stride: int
    start: int
FS_UNIT_MAX_PATCHES: int
class fs_unit_search_options(Sized):
    size: int
    patches: int
    per_picture: int
    longest_side: int
    inside: int
    pooling: int
    units: Any
    unit_count: int
class fs_unit_patch(Structure):
    activation: float
    picture: int
    row: int
    column: int
    x: int
    y: int
    width: int
    height: int
    region: fs_region
class fs_unit_search(Structure):
    pass
fs_palette = c_int
FS_PALETTE_GREY: int
FS_PALETTE_VIRIDIS: int
fs_way_back = c_int
FS_WAY_BACK_DECONVOLUTION: int
FS_WAY_BACK_GUIDED: int
FS_WAY_BACK_GRADIENT: int
fs_strength = c_int
FS_AUGMENT_NONE: int
FS_AUGMENT_STANDARD: int
FS_AUGMENT_STRONG: int
class fs_augmentation(Sized):
    size: int
    flip: float
    shift: float
    turn: float
    scale: float
    brightness: float
    contrast: float
    grey: float
    blur: float
    blur_size: float
    coarse: float
    coarsest: int
    compression: float
    worst_quality: int
    noise: float
    noise_levels: float
    occlusion: float
    occlusion_size: float
    blend: float
    blend_share: float
class fs_photos(Structure):
    pass
fs_reduction = c_int
FS_SUM: int
FS_MEAN: int
FS_MEAN_OF_ACTIVE: int
fs_loss_kind = c_int
FS_LOSS_TRIPLET: int
FS_LOSS_BATCH_HARD: int
FS_LOSS_SEMI_HARD: int
FS_LOSS_ALL_TRIPLETS: int
FS_LOSS_CONTRASTIVE: int
FS_LOSS_PAIR_DIFFERENCE: int
FS_LOSS_PAIR_CHI_SQUARE: int
FS_LOSS_SOFTMAX: int
FS_LOSS_CENTRE: int
FS_LOSS_COSFACE: int
FS_LOSS_ARCFACE: int
FS_LOSS_DISTILLATION: int
FS_LOSS_TEACHER_DISTANCE: int
FS_LOSS_CROSS_ENTROPY: int
class fs_loss_options(Sized):
    size: int
    kind: int
    reduction: int
    margin: float
    epsilon: float
    scale: float
    centre_weight: float
    centre_rate: float
    cosine_weight: float
    similarity_weight: float
    stranger_weight: float
    stranger_limit: float
    memory: int
class fs_mining_statistics(Structure):
    triplets: int
    active: int
    hardest_positive: float
    hardest_negative: float
fs_overlap = c_int
FS_OVERLAP_IOU: int
FS_OVERLAP_GIOU: int
FS_OVERLAP_DIOU: int
FS_OVERLAP_CIOU: int
FS_OVERLAP_EIOU: int
class fs_scene_face(Structure):
    left: float
    top: float
    right: float
    bottom: float
    points: Any
    has_points: int
    ignored: int
fs_point_loss = c_int
FS_POINTS_SMOOTH_L1: int
FS_POINTS_WING: int
fs_score_loss = c_int
FS_SCORES_CROSS_ENTROPY: int
FS_SCORES_QUALITY_FOCAL: int
class fs_detection_options(Sized):
    size: int
    overlap: int
    points: int
    score: int
    box_weight: float
    point_weight: float
    score_weight: float
    point_range: float
    point_bend: float
    focus: float
    quality: float
    centre_radius: float
    candidates: int
    overlap_cost: float
class fs_detection_parts(Structure):
    box: float
    points: float
    score: float
    faces: int
    cells: int
    overlap: float
class fs_scenes(Structure):
    pass
class fs_scene_options(Sized):
    size: int
    side: int
    min_face: float
    max_face: float
    paste: float
    mosaic: float
    max_pasted: int
    dark: float
    augmentation: Any
class fs_trainer(Structure):
    pass
fs_optimiser = c_int
FS_SGD: int
FS_ADAM: int
FS_ADAMW: int
FS_RMSPROP: int
fs_schedule = c_int
FS_SCHEDULE_CONSTANT: int
FS_SCHEDULE_STEP: int
FS_SCHEDULE_COSINE: int
FS_SCHEDULE_ONE_CYCLE: int
FS_SCHEDULE_CYCLICAL: int
class fs_trainer_options(Sized):
    size: int
    architecture: bytes | Any
    loss: Any
    detection: Any
    classes: int
    optimiser: int
    schedule: int
    steps: int
    warm_up: int
    rate: float
    momentum: float
    weight_decay: float
    longest_gradient: float
    average: float
    seed: int
class fs_trainer_info(Sized):
    size: int
    height: int
    width: int
    dimension: int
    parameters: int
    step: int
    steps: int
class fs_training_step(Sized):
    size: int
    loss: float
    rate: float
    gradient_norm: float
    mining: fs_mining_statistics
    detection: fs_detection_parts
class fs_training_progress(Sized):
    size: int
    step: int
    steps: int
    epoch: int
    photos: int
    loss: float
    rate: float
    gradient_norm: float
    photos_per_second: float
    mining: fs_mining_statistics
    detection: fs_detection_parts
    faces_per_second: float
def fs_training_callback(function: Callable[..., object] = ..., /) -> Any: ...
class fs_training_options(Sized):
    size: int
    batch: int
    photos_of_person: int
    augmentation: Any
    teacher: Any
    pairs: bytes | Any
    triplets: bytes | Any
    checkpoint: bytes | Any
    checkpoint_every: int
    memory_limit: int
    seed: int
    on_step: Any
    user: Any
class fs_detector_training_options(Sized):
    size: int
    batch: int
    scenes: Any
    checkpoint: bytes | Any
    checkpoint_every: int
    memory_limit: int
    seed: int
    on_step: Any
    user: Any
def fs_all_reduce(function: Callable[..., object] = ..., /) -> Any: ...
class fs_pairs(Structure):
    pass
class fs_pair(Structure):
    first: int
    second: int
    same: int
    fold: int
class fs_landmarks(Structure):
    pass
class fs_evaluation_options(Sized):
    size: int
    folds: int
    min_false_accepts: float
class fs_operating_point(Structure):
    limit: float
    tar: float
    tar_low: float
    tar_high: float
    far: float
    far_low: float
    far_high: float
    threshold: float
    impostors_needed: int
FS_OPERATING_POINTS: int
class fs_evaluation(Sized):
    size: int
    genuine: int
    impostors: int
    folds: int
    accuracy: float
    accuracy_deviation: float
    threshold: float
    auc: float
    equal_error_rate: float
    points: Any
class fs_roc_point(Structure):
    threshold: float
    far: float
    tar: float
class fs_calibration_options(Sized):
    size: int
    false_accept_rate: float
    confidence: float
    people: int
class fs_calibration(Sized):
    size: int
    threshold: float
    comparison_rate: float
    false_accepts: float
    max_false_accepts: float
    max_false_accepts_of_search: float
    false_rejects: float
    min_false_rejects: float
    max_false_rejects: float
    genuine: int
    impostors: int
    genuine_rejected: int
    impostors_accepted: int
    impostors_needed: int
class fs_growth(Structure):
    people: int
    false_accepts: float
    max_false_accepts: float
    threshold: float
    false_rejects: float
    min_false_rejects: float
    max_false_rejects: float
    impostors_needed: int
class fs_tsne_progress(Sized):
    size: int
    step: int
    steps: int
    divergence: float
    seconds: float
def fs_tsne_callback(function: Callable[..., object] = ..., /) -> Any: ...
class fs_tsne_options(Sized):
    size: int
    perplexity: float
    steps: int
    learning_rate: float
    exaggeration: float
    exaggerated_steps: int
    seed: int
    on_step: Any
    user: Any
fs_function = c_int
FS_FUNCTION_EXP: int
FS_FUNCTION_LOG: int
FS_FUNCTION_SQRT: int
FS_FUNCTION_SIN: int
FS_FUNCTION_COS: int
FS_FUNCTION_TANH: int
FS_FUNCTION_SIGMOID: int
FS_FUNCTION_SOFTPLUS: int
FS_FUNCTION_ABSOLUTE: int
FS_FUNCTION_RECIPROCAL: int
FS_FUNCTION_SQUARE: int
FS_FUNCTION_SIGN: int
fs_differentiation = c_int
FS_FORWARD: int
FS_REVERSE: int
FS_NUMERIC: int
FS_SYMBOLIC: int
class fs_expression(Structure):
    pass
FS_EXPRESSION_MAX_BYTES: int
FS_EXPRESSION_MAX_NODES: int
FS_EXPRESSION_MAX_DEPTH: int
FS_EXPRESSION_MAX_VARIABLES: int
FS_EXPRESSION_MAX_NAME: int
class fs_expression_size(Sized):
    size: int
    nodes: int
    shared_nodes: int
    operations: int
    depth: int
    reverse_operations: int
def fs_function_callback(function: Callable[..., object] = ..., /) -> Any: ...
def fs_gradient_callback(function: Callable[..., object] = ..., /) -> Any: ...
class fs_gradient_options(Sized):
    size: int
    step: float
    absolute: float
    relative: float
class fs_gradient_report(Sized):
    size: int
    index: int
    analytic: float
    numeric: float
    ratio: float
    passed: int
FS_VERSION_MAJOR: int
FS_VERSION_MINOR: int
FS_VERSION_PATCH: int
FS_VERSION: int
FS_ABI_VERSION: int
fs_log_level = c_int
FS_LOG_DEBUG: int
FS_LOG_INFO: int
FS_LOG_WARNING: int
FS_LOG_ERROR: int
def fs_log_callback(function: Callable[..., object] = ..., /) -> Any: ...
class fs_host_info(Sized):
    size: int
    processors: int
    allowed: int
    quota: float
    threads: int
    memory_limit: int
    instruction_set: bytes | Any
    memory_source: bytes | Any
class fs_optional_library(Sized):
    size: int
    name: bytes | Any
    needed_by: bytes | Any
    package: bytes | Any
    found: int
class fs_self_check(Sized):
    size: int
    name: bytes | Any
    deviation: float
    tolerance: float
    passed: int
    seconds: float
def fs_self_check_callback(function: Callable[..., object] = ..., /) -> Any: ...
def fs_status_name(*arguments: Any) -> bytes | Any: ...
def fs_last_error(*arguments: Any) -> bytes | Any: ...
def fs_image_decode(*arguments: Any) -> int: ...
def fs_image_open(*arguments: Any) -> int: ...
def fs_image_open_reduced(*arguments: Any) -> int: ...
def fs_image_decode_reduced(*arguments: Any) -> int: ...
def fs_image_from_pixels(*arguments: Any) -> int: ...
def fs_image_width(*arguments: Any) -> int: ...
def fs_image_height(*arguments: Any) -> int: ...
def fs_image_data(*arguments: Any) -> Any: ...
def fs_image_data16(*arguments: Any) -> Any: ...
def fs_image_alpha(*arguments: Any) -> Any: ...
def fs_image_unblended(*arguments: Any) -> int: ...
def fs_image_with_alpha(*arguments: Any) -> int: ...
def fs_image_resize(*arguments: Any) -> int: ...
def fs_image_crop(*arguments: Any) -> int: ...
def fs_image_warp(*arguments: Any) -> int: ...
def fs_file_format_name(*arguments: Any) -> bytes | Any: ...
def fs_file_format_ending(*arguments: Any) -> bytes | Any: ...
def fs_file_format_is_written(*arguments: Any) -> int: ...
def fs_image_encode(*arguments: Any) -> int: ...
def fs_image_write(*arguments: Any) -> int: ...
def fs_image_destroy(*arguments: Any) -> None: ...
def fs_model_open(*arguments: Any) -> int: ...
def fs_model_load(*arguments: Any) -> int: ...
def fs_model_architecture(*arguments: Any) -> bytes | Any: ...
def fs_model_metadata(*arguments: Any) -> bytes | Any: ...
def fs_model_parameter_count(*arguments: Any) -> int: ...
def fs_model_fingerprint(*arguments: Any) -> int: ...
def fs_model_destroy(*arguments: Any) -> None: ...
def fs_model_info_get(*arguments: Any) -> int: ...
def fs_models_list(*arguments: Any) -> int: ...
def fs_models_count(*arguments: Any) -> int: ...
def fs_models_get(*arguments: Any) -> int: ...
def fs_models_destroy(*arguments: Any) -> None: ...
def fs_model_save(*arguments: Any) -> int: ...
def fs_architecture_count(*arguments: Any) -> int: ...
def fs_architecture_name(*arguments: Any) -> bytes | Any: ...
def fs_architecture_info_get(*arguments: Any) -> int: ...
def fs_face_analysis_options_init(*arguments: Any) -> int: ...
def fs_face_analysis_create(*arguments: Any) -> int: ...
def fs_face_analysis_run(*arguments: Any) -> int: ...
def fs_faces_count(*arguments: Any) -> int: ...
def fs_faces_get(*arguments: Any) -> int: ...
def fs_faces_destroy(*arguments: Any) -> None: ...
def fs_face_analysis_compare(*arguments: Any) -> int: ...
def fs_face_analysis_destroy(*arguments: Any) -> None: ...
def fs_detector_options_init(*arguments: Any) -> int: ...
def fs_detector_create(*arguments: Any) -> int: ...
def fs_detector_find(*arguments: Any) -> int: ...
def fs_detector_finds_points(*arguments: Any) -> int: ...
def fs_detector_model_info(*arguments: Any) -> int: ...
def fs_face_analysis_detector(*arguments: Any) -> Any: ...
def fs_detector_destroy(*arguments: Any) -> None: ...
def fs_embedder_create(*arguments: Any) -> int: ...
def fs_embedder_dimension(*arguments: Any) -> int: ...
def fs_embedder_threshold(*arguments: Any) -> float: ...
def fs_embedder_chip_width(*arguments: Any) -> int: ...
def fs_embedder_chip_height(*arguments: Any) -> int: ...
def fs_embedder_aligns(*arguments: Any) -> int: ...
def fs_embedder_embed_photo(*arguments: Any) -> int: ...
def fs_embedder_embed(*arguments: Any) -> int: ...
def fs_embedder_align(*arguments: Any) -> int: ...
def fs_embedder_embed_chips(*arguments: Any) -> int: ...
def fs_embedder_distance_gradient(*arguments: Any) -> int: ...
def fs_embedder_heat(*arguments: Any) -> int: ...
def fs_embedder_template(*arguments: Any) -> int: ...
def fs_architecture_template(*arguments: Any) -> int: ...
def fs_embedder_memory_needed(*arguments: Any) -> int: ...
def fs_embedder_model_info(*arguments: Any) -> int: ...
def fs_face_analysis_embedder(*arguments: Any) -> Any: ...
def fs_embedder_destroy(*arguments: Any) -> None: ...
def fs_distance(*arguments: Any) -> int: ...
def fs_compare_photos(*arguments: Any) -> int: ...
def fs_distances(*arguments: Any) -> int: ...
def fs_gallery_create(*arguments: Any) -> int: ...
def fs_gallery_add(*arguments: Any) -> int: ...
def fs_gallery_add_photo(*arguments: Any) -> int: ...
def fs_gallery_remove(*arguments: Any) -> int: ...
def fs_gallery_person_count(*arguments: Any) -> int: ...
def fs_gallery_photo_count(*arguments: Any) -> int: ...
def fs_gallery_verify(*arguments: Any) -> int: ...
def fs_gallery_verify_photo(*arguments: Any) -> int: ...
def fs_identify_options_init(*arguments: Any) -> int: ...
def fs_gallery_identify(*arguments: Any) -> int: ...
def fs_gallery_identify_photo(*arguments: Any) -> int: ...
def fs_gallery_search(*arguments: Any) -> int: ...
def fs_gallery_within(*arguments: Any) -> int: ...
def fs_gallery_options_init(*arguments: Any) -> int: ...
def fs_gallery_open(*arguments: Any) -> int: ...
def fs_gallery_info_get(*arguments: Any) -> int: ...
def fs_gallery_threshold_set(*arguments: Any) -> int: ...
def fs_gallery_reload(*arguments: Any) -> int: ...
def fs_enrolment_options_init(*arguments: Any) -> int: ...
def fs_gallery_enrol(*arguments: Any) -> int: ...
def fs_gallery_add_many(*arguments: Any) -> int: ...
def fs_gallery_remove_photo(*arguments: Any) -> int: ...
def fs_gallery_replace_photo(*arguments: Any) -> int: ...
def fs_gallery_replace_person(*arguments: Any) -> int: ...
def fs_gallery_list_people(*arguments: Any) -> int: ...
def fs_gallery_list_photos(*arguments: Any) -> int: ...
def fs_gallery_embeddings(*arguments: Any) -> int: ...
def fs_gallery_export(*arguments: Any) -> int: ...
def fs_gallery_import(*arguments: Any) -> int: ...
def fs_gallery_merge(*arguments: Any) -> int: ...
def fs_gallery_destroy(*arguments: Any) -> None: ...
def fs_mark_options_init(*arguments: Any) -> int: ...
def fs_image_mark_faces(*arguments: Any) -> int: ...
def fs_image_mark_points(*arguments: Any) -> int: ...
def fs_style_options_init(*arguments: Any) -> int: ...
def fs_style_options_preset(*arguments: Any) -> int: ...
def fs_style_preset_count(*arguments: Any) -> int: ...
def fs_style_preset_name(*arguments: Any) -> bytes | Any: ...
def fs_style_preset_summary(*arguments: Any) -> bytes | Any: ...
def fs_styler_create(*arguments: Any) -> int: ...
def fs_styler_run(*arguments: Any) -> int: ...
def fs_styler_memory_needed(*arguments: Any) -> int: ...
def fs_style_preview(*arguments: Any) -> int: ...
def fs_styler_evaluate(*arguments: Any) -> int: ...
def fs_styler_destroy(*arguments: Any) -> None: ...
def fs_style_match_colours(*arguments: Any) -> int: ...
def fs_face_map(*arguments: Any) -> int: ...
def fs_flow_warp(*arguments: Any) -> int: ...
def fs_style_job_create(*arguments: Any) -> int: ...
def fs_style_job_step(*arguments: Any) -> int: ...
def fs_style_job_preview(*arguments: Any) -> int: ...
def fs_style_job_result(*arguments: Any) -> int: ...
def fs_style_job_save(*arguments: Any) -> int: ...
def fs_style_job_load(*arguments: Any) -> int: ...
def fs_style_job_destroy(*arguments: Any) -> None: ...
def fs_fast_styler_create(*arguments: Any) -> int: ...
def fs_fast_styler_create_mixed(*arguments: Any) -> int: ...
def fs_fast_styler_run(*arguments: Any) -> int: ...
def fs_fast_styler_memory_needed(*arguments: Any) -> int: ...
def fs_fast_styler_destroy(*arguments: Any) -> None: ...
def fs_universal_options_init(*arguments: Any) -> int: ...
def fs_universal_styler_create(*arguments: Any) -> int: ...
def fs_universal_styler_run(*arguments: Any) -> int: ...
def fs_universal_styler_memory_needed(*arguments: Any) -> int: ...
def fs_universal_styler_destroy(*arguments: Any) -> None: ...
def fs_fast_trainer_options_init(*arguments: Any) -> int: ...
def fs_fast_trainer_create(*arguments: Any) -> int: ...
def fs_fast_trainer_step(*arguments: Any) -> int: ...
def fs_fast_trainer_save(*arguments: Any) -> int: ...
def fs_fast_trainer_resume(*arguments: Any) -> int: ...
def fs_fast_trainer_save_model(*arguments: Any) -> int: ...
def fs_fast_trainer_destroy(*arguments: Any) -> None: ...
def fs_enlarger_create(*arguments: Any) -> int: ...
def fs_enlarger_factor(*arguments: Any) -> int: ...
def fs_enlarger_run(*arguments: Any) -> int: ...
def fs_enlarger_memory_needed(*arguments: Any) -> int: ...
def fs_enlarger_destroy(*arguments: Any) -> None: ...
def fs_enlarger_trainer_options_init(*arguments: Any) -> int: ...
def fs_enlarger_trainer_create(*arguments: Any) -> int: ...
def fs_enlarger_trainer_step(*arguments: Any) -> int: ...
def fs_enlarger_trainer_save(*arguments: Any) -> int: ...
def fs_enlarger_trainer_resume(*arguments: Any) -> int: ...
def fs_enlarger_trainer_save_model(*arguments: Any) -> int: ...
def fs_enlarger_trainer_destroy(*arguments: Any) -> None: ...
def fs_frame_init(*arguments: Any) -> int: ...
def fs_image_from_frame(*arguments: Any) -> int: ...
def fs_detector_find_frame(*arguments: Any) -> int: ...
def fs_embedder_align_frame(*arguments: Any) -> int: ...
def fs_embedder_embed_frame(*arguments: Any) -> int: ...
def fs_quality_options_init(*arguments: Any) -> int: ...
def fs_face_quality(*arguments: Any) -> int: ...
def fs_face_quality_frame(*arguments: Any) -> int: ...
def fs_quality_reason_text(*arguments: Any) -> bytes | Any: ...
def fs_liveness_create(*arguments: Any) -> int: ...
def fs_liveness_check(*arguments: Any) -> int: ...
def fs_liveness_check_frame(*arguments: Any) -> int: ...
def fs_liveness_destroy(*arguments: Any) -> None: ...
def fs_dense_landmarks_create(*arguments: Any) -> int: ...
def fs_dense_landmarks_count(*arguments: Any) -> int: ...
def fs_dense_landmarks_find(*arguments: Any) -> int: ...
def fs_dense_landmarks_find_frame(*arguments: Any) -> int: ...
def fs_dense_landmarks_destroy(*arguments: Any) -> None: ...
def fs_face_openness_get(*arguments: Any) -> int: ...
def fs_tracker_options_init(*arguments: Any) -> int: ...
def fs_tracker_create(*arguments: Any) -> int: ...
def fs_tracker_update(*arguments: Any) -> int: ...
def fs_tracker_identify_again(*arguments: Any) -> int: ...
def fs_tracker_replace(*arguments: Any) -> int: ...
def fs_tracker_ended(*arguments: Any) -> int: ...
def fs_tracker_tracks(*arguments: Any) -> int: ...
def fs_tracker_finish(*arguments: Any) -> int: ...
def fs_tracker_destroy(*arguments: Any) -> None: ...
def fs_identify(*arguments: Any) -> int: ...
def fs_model_layer_count(*arguments: Any) -> int: ...
def fs_model_layer_name(*arguments: Any) -> bytes | Any: ...
def fs_model_layer_info_get(*arguments: Any) -> int: ...
def fs_model_features(*arguments: Any) -> int: ...
def fs_unit_search_options_init(*arguments: Any) -> int: ...
def fs_unit_search_create(*arguments: Any) -> int: ...
def fs_unit_search_add(*arguments: Any) -> int: ...
def fs_unit_search_patches(*arguments: Any) -> int: ...
def fs_unit_search_destroy(*arguments: Any) -> None: ...
def fs_unit_patch_cut(*arguments: Any) -> int: ...
def fs_image_from_map(*arguments: Any) -> int: ...
def fs_model_unit_pixels(*arguments: Any) -> int: ...
def fs_image_from_gradient(*arguments: Any) -> int: ...
def fs_gradient_heat(*arguments: Any) -> int: ...
def fs_image_from_heat(*arguments: Any) -> int: ...
def fs_augmentation_init(*arguments: Any) -> int: ...
def fs_image_augment(*arguments: Any) -> int: ...
def fs_photos_create(*arguments: Any) -> int: ...
def fs_photos_add_people(*arguments: Any) -> int: ...
def fs_photos_add_folder(*arguments: Any) -> int: ...
def fs_photos_add_strangers(*arguments: Any) -> int: ...
def fs_photos_keep_people(*arguments: Any) -> int: ...
def fs_photos_count(*arguments: Any) -> int: ...
def fs_photos_person_count(*arguments: Any) -> int: ...
def fs_photos_left_out_count(*arguments: Any) -> int: ...
def fs_photos_left_out(*arguments: Any) -> int: ...
def fs_photos_destroy(*arguments: Any) -> None: ...
def fs_triplet_loss(*arguments: Any) -> int: ...
def fs_loss_options_init(*arguments: Any) -> int: ...
def fs_loss_head_size(*arguments: Any) -> int: ...
def fs_loss_head_init(*arguments: Any) -> int: ...
def fs_loss_evaluate(*arguments: Any) -> int: ...
def fs_loss_update_centres(*arguments: Any) -> int: ...
def fs_box_overlap(*arguments: Any) -> int: ...
def fs_detection_options_init(*arguments: Any) -> int: ...
def fs_detection_assign(*arguments: Any) -> int: ...
def fs_detection_loss(*arguments: Any) -> int: ...
def fs_scenes_create(*arguments: Any) -> int: ...
def fs_scenes_add(*arguments: Any) -> int: ...
def fs_scenes_add_backgrounds(*arguments: Any) -> int: ...
def fs_scenes_keep(*arguments: Any) -> int: ...
def fs_scenes_count(*arguments: Any) -> int: ...
def fs_scenes_background_count(*arguments: Any) -> int: ...
def fs_scenes_left_out_count(*arguments: Any) -> int: ...
def fs_scenes_left_out(*arguments: Any) -> int: ...
def fs_scenes_destroy(*arguments: Any) -> None: ...
def fs_scene_options_init(*arguments: Any) -> int: ...
def fs_scenes_compose(*arguments: Any) -> int: ...
def fs_trainer_options_init(*arguments: Any) -> int: ...
def fs_trainer_create(*arguments: Any) -> int: ...
def fs_trainer_info_get(*arguments: Any) -> int: ...
def fs_trainer_step(*arguments: Any) -> int: ...
def fs_trainer_step_faces(*arguments: Any) -> int: ...
def fs_trainer_embed(*arguments: Any) -> int: ...
def fs_training_options_init(*arguments: Any) -> int: ...
def fs_trainer_run(*arguments: Any) -> int: ...
def fs_detector_training_options_init(*arguments: Any) -> int: ...
def fs_trainer_run_scenes(*arguments: Any) -> int: ...
def fs_trainer_all_reduce_set(*arguments: Any) -> int: ...
def fs_trainer_save(*arguments: Any) -> int: ...
def fs_trainer_resume(*arguments: Any) -> int: ...
def fs_trainer_save_model(*arguments: Any) -> int: ...
def fs_trainer_destroy(*arguments: Any) -> None: ...
def fs_pairs_open(*arguments: Any) -> int: ...
def fs_pairs_load(*arguments: Any) -> int: ...
def fs_pairs_count(*arguments: Any) -> int: ...
def fs_pairs_fold_count(*arguments: Any) -> int: ...
def fs_pairs_photo_count(*arguments: Any) -> int: ...
def fs_pairs_get(*arguments: Any) -> int: ...
def fs_pairs_photo(*arguments: Any) -> bytes | Any: ...
def fs_pairs_destroy(*arguments: Any) -> None: ...
def fs_landmarks_open(*arguments: Any) -> int: ...
def fs_landmarks_load(*arguments: Any) -> int: ...
def fs_landmarks_count(*arguments: Any) -> int: ...
def fs_landmarks_find(*arguments: Any) -> int: ...
def fs_landmarks_destroy(*arguments: Any) -> None: ...
def fs_evaluation_options_init(*arguments: Any) -> int: ...
def fs_evaluate_pairs(*arguments: Any) -> int: ...
def fs_evaluate_roc(*arguments: Any) -> int: ...
def fs_calibration_options_init(*arguments: Any) -> int: ...
def fs_calibrate(*arguments: Any) -> int: ...
def fs_calibrate_embeddings(*arguments: Any) -> int: ...
def fs_calibrate_growth(*arguments: Any) -> int: ...
def fs_tsne_options_init(*arguments: Any) -> int: ...
def fs_tsne(*arguments: Any) -> int: ...
def fs_differentiate(*arguments: Any) -> int: ...
def fs_expression_parse(*arguments: Any) -> int: ...
def fs_expression_derivative(*arguments: Any) -> int: ...
def fs_expression_simplify(*arguments: Any) -> int: ...
def fs_expression_destroy(*arguments: Any) -> None: ...
def fs_expression_text(*arguments: Any) -> int: ...
def fs_expression_variable_count(*arguments: Any) -> int: ...
def fs_expression_variable(*arguments: Any) -> bytes | Any: ...
def fs_expression_evaluate(*arguments: Any) -> int: ...
def fs_expression_gradient(*arguments: Any) -> int: ...
def fs_expression_measure(*arguments: Any) -> int: ...
def fs_gradient_options_init(*arguments: Any) -> int: ...
def fs_gradient_numeric(*arguments: Any) -> int: ...
def fs_gradient_check(*arguments: Any) -> int: ...
def fs_convolve(*arguments: Any) -> int: ...
def fs_gram_matrix(*arguments: Any) -> int: ...
def fs_content_cost(*arguments: Any) -> int: ...
def fs_style_cost(*arguments: Any) -> int: ...
def fs_total_cost(*arguments: Any) -> int: ...
def fs_version(*arguments: Any) -> int: ...
def fs_abi_version(*arguments: Any) -> int: ...
def fs_log_set(*arguments: Any) -> None: ...
def fs_threads_set(*arguments: Any) -> int: ...
def fs_threads(*arguments: Any) -> int: ...
def fs_memory_limit(*arguments: Any) -> int: ...
def fs_memory_limit_set(*arguments: Any) -> int: ...
def fs_memory_used(*arguments: Any) -> int: ...
def fs_memory_peak(*arguments: Any) -> int: ...
def fs_memory_peak_reset(*arguments: Any) -> None: ...
def fs_memory_trim(*arguments: Any) -> None: ...
def fs_host_info_get(*arguments: Any) -> int: ...
def fs_instruction_set(*arguments: Any) -> bytes | Any: ...
def fs_instruction_set_choose(*arguments: Any) -> int: ...
def fs_algebra_library(*arguments: Any) -> int: ...
def fs_optional_library_count(*arguments: Any) -> int: ...
def fs_optional_library_get(*arguments: Any) -> int: ...
def fs_self_test(*arguments: Any) -> int: ...
def fs_debug_live_handles(*arguments: Any) -> int: ...

FUNCTIONS: dict[str, Any]
library: Any
