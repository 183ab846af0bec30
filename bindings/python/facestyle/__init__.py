"""Face embeddings and neural style transfer.

    import facestyle as fs

    fs.faces("photo.jpg")                      # boxes, points, embeddings
    fs.same("a.jpg", "b.jpg")                  # true for the same person
    fs.paint("cat.jpg", "multistyle26:19")     # an Image

Names are looked up when they are first used, so that the parts in plain Python (`facestyle.models`) work
where the native library is not installed.
"""

import importlib

_HOMES = {
    "errors": ("FaceStyleError", "NoFace", "Cancelled", "SystemRefusal"),
    "image": ("Image",),
    "frame": ("Frame",),
    "augmentation": ("augment", "augmentation_settings"),
    "model": ("Model", "ModelInfo", "installed_models", "Architecture", "architectures"),
    "files": ("DetectedPhoto", "picture_endings"),
    "simple": ("faces", "same", "paint"),
    "analysis": ("FaceAnalysis", "AnalysedFace"),
    "recognition": (
        "Face", "Detector", "Embedder", "Gallery", "GalleryPhoto", "GalleryReport", "Enrolment", "Match", "Neighbour",
        "Person", "Verdict", "compare", "distance", "template"),
    "costs": ("triplet_loss", "content_cost", "gram_matrix", "style_cost", "total_cost"),
    "losses": ("Loss", "LossValue", "MiningStatistics"),
    "evaluation": ("Evaluation", "TrueAccepts", "Roc", "Pairs", "Landmarks", "evaluate", "roc", "evaluate_lfw"),
    "verification_sets": ("VerificationSet",),
    "calibration": ("Calibration", "Growth", "calibrate", "calibrate_embeddings", "calibration_growth"),
    "groups": ("GroupRate", "false_accepts_by_group"),
    "identification": ("Identity", "distances", "identify"),
    "quality": ("Quality", "face_quality"),
    "liveness": ("Liveness", "LivenessVerdict"),
    "dense_landmarks": ("DenseLandmarks", "FaceOpenness", "face_openness"),
    "tracker": ("Tracker", "Track", "Tracked"),
    "maps": ("tsne",),
    "training": ("Photos", "Trainer", "TrainingStep", "TrainingProgress"),
    "left_out": ("LeftOut",),
    "detection": ("Scenes", "SceneFace", "DetectionLoss", "DetectionParts", "DetectionValue", "box_overlap", "cell_count"),
    "differentiation": ("differentiate", "numeric_gradient", "check_gradient", "GradientReport", "convolve"),
    "style": ("Styler", "StyleJob", "Progress", "Costs", "match_colours", "face_map", "flow_warp"),
    "fast_style": ("FastStyler", "FastStyleTrainer", "FastTrainingStep", "UniversalStyler"),
    "seeing": ("Layer", "layers", "UnitPatch", "UnitSearch", "activation_maps", "map_image"),
    "library": (
        "version", "threads", "set_threads", "memory_limit", "Host", "host", "algebra_library", "instruction_set",
        "OptionalLibrary", "optional_libraries", "SelfCheck", "self_test",
        "choose_instruction_set", "live_handles", "set_log"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'facestyle' has no attribute '{name}'")
    value = getattr(importlib.import_module("." + _HOME[name], __name__), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted({*globals(), *__all__})
