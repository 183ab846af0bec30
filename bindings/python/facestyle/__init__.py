"""Face embeddings and neural style transfer.

    import facestyle as fs

    fs.faces("photo.jpg")                      # boxes, points, embeddings
    fs.same("a.jpg", "b.jpg")                  # true for the same person
    fs.paint("cat.jpg", "multistyle26:19")     # an Image

Names are looked up when they are first used, so that the parts in plain Python (`facestyle.models`) work
where the native library is not installed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for checkers of types, what _HOMES says
    from . import plots as plots
    from .errors import (
        FaceStyleError as FaceStyleError, NoFace as NoFace, Cancelled as Cancelled,
        SystemRefusal as SystemRefusal,
    )  # fmt: skip
    from .image import Image as Image
    from .frame import Frame as Frame
    from .augmentation import augment as augment, augmentation_settings as augmentation_settings
    from .model import (
        Model as Model, ModelInfo as ModelInfo, installed_models as installed_models,
        Architecture as Architecture, architectures as architectures,
    )  # fmt: skip
    from .files import DetectedPhoto as DetectedPhoto, picture_endings as picture_endings
    from .simple import faces as faces, same as same, paint as paint
    from .analysis import FaceAnalysis as FaceAnalysis, AnalysedFace as AnalysedFace
    from .face import Face as Face, Verdict as Verdict
    from .recognition import (
        Detector as Detector, Embedder as Embedder, compare as compare, distance as distance,
        template as template,
    )  # fmt: skip
    from .gallery import Gallery as Gallery
    from .gallery_records import (
        Enrolment as Enrolment, GalleryPhoto as GalleryPhoto, GalleryReport as GalleryReport, Match as Match,
        Neighbour as Neighbour, Person as Person,
    )  # fmt: skip
    from .costs import (
        triplet_loss as triplet_loss, content_cost as content_cost, gram_matrix as gram_matrix,
        style_cost as style_cost, total_cost as total_cost,
    )  # fmt: skip
    from .losses import Loss as Loss, LossValue as LossValue, MiningStatistics as MiningStatistics
    from .evaluation import (
        Evaluation as Evaluation, TrueAccepts as TrueAccepts, Roc as Roc, Pairs as Pairs,
        Landmarks as Landmarks, evaluate as evaluate, roc as roc, evaluate_lfw as evaluate_lfw,
    )  # fmt: skip
    from .verification_sets import VerificationSet as VerificationSet
    from .calibration import (
        Calibration as Calibration, Growth as Growth, calibrate as calibrate,
        calibrate_embeddings as calibrate_embeddings, calibration_growth as calibration_growth,
    )  # fmt: skip
    from .groups import GroupRate as GroupRate, false_accepts_by_group as false_accepts_by_group
    from .identification import Identity as Identity, distances as distances, identify as identify
    from .quality import Quality as Quality, face_quality as face_quality
    from .liveness import Liveness as Liveness, LivenessVerdict as LivenessVerdict
    from .dense_landmarks import (
        DenseLandmarks as DenseLandmarks, FaceOpenness as FaceOpenness, face_openness as face_openness,
    )  # fmt: skip
    from .tracker import Tracker as Tracker, Track as Track, Tracked as Tracked
    from .maps import tsne as tsne
    from .photos import Photos as Photos
    from .training import Trainer as Trainer
    from .training_steps import TrainingProgress as TrainingProgress, TrainingStep as TrainingStep
    from .left_out import LeftOut as LeftOut
    from .detection import (
        Scenes as Scenes, SceneFace as SceneFace, DetectionLoss as DetectionLoss,
        DetectionParts as DetectionParts, DetectionValue as DetectionValue, box_overlap as box_overlap,
        cell_count as cell_count,
    )  # fmt: skip
    from .differentiation import (
        differentiate as differentiate, numeric_gradient as numeric_gradient,
        check_gradient as check_gradient, GradientReport as GradientReport, convolve as convolve,
    )  # fmt: skip
    from .expression import Expression as Expression, ExpressionSize as ExpressionSize
    from .style_options import StyleOptions as StyleOptions
    from .style import (
        Styler as Styler, StyleJob as StyleJob, Progress as Progress, Costs as Costs,
        match_colours as match_colours, face_map as face_map, flow_warp as flow_warp,
    )  # fmt: skip
    from .fast_style import (
        FastStyler as FastStyler, FastStyleTrainer as FastStyleTrainer,
        FastTrainingStep as FastTrainingStep, UniversalStyler as UniversalStyler,
    )  # fmt: skip
    from .enlarging import (
        Enlarger as Enlarger, EnlargerTrainer as EnlargerTrainer, EnlargingStep as EnlargingStep,
    )  # fmt: skip
    from .seeing import (
        Layer as Layer, layers as layers, UnitPatch as UnitPatch, UnitPixels as UnitPixels, UnitSearch as UnitSearch,
        activation_maps as activation_maps, gradient_image as gradient_image, heat_image as heat_image,
        map_image as map_image, pixel_heat as pixel_heat, unit_pixels as unit_pixels,
    )  # fmt: skip
    from .library import (
        version as version, threads as threads, set_threads as set_threads,
        memory_limit as memory_limit, set_memory_limit as set_memory_limit, memory_used as memory_used,
        memory_peak as memory_peak, trim_memory as trim_memory, Host as Host, host as host, algebra_library as algebra_library,
        instruction_set as instruction_set, choose_instruction_set as choose_instruction_set,
        OptionalLibrary as OptionalLibrary, optional_libraries as optional_libraries, SelfCheck as SelfCheck,
        self_test as self_test, live_handles as live_handles, set_log as set_log,
    )  # fmt: skip
    from .embed import embed_folder as embed_folder, EmbeddedFolder as EmbeddedFolder

_MODULES = ("plots",)
_HOMES = {
    "errors": ("FaceStyleError", "NoFace", "Cancelled", "SystemRefusal"),
    "image": ("Image",),
    "frame": ("Frame",),
    "augmentation": ("augment", "augmentation_settings"),
    "model": ("Model", "ModelInfo", "installed_models", "Architecture", "architectures"),
    "files": ("DetectedPhoto", "picture_endings"),
    "embed": ("embed_folder", "EmbeddedFolder"),
    "simple": ("faces", "same", "paint"),
    "analysis": ("FaceAnalysis", "AnalysedFace"),
    "face": ("Face", "Verdict"),
    "recognition": ("Detector", "Embedder", "compare", "distance", "template"),
    "gallery": ("Gallery",),
    "gallery_records": ("GalleryPhoto", "GalleryReport", "Enrolment", "Match", "Neighbour", "Person"),
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
    "photos": ("Photos",),
    "training": ("Trainer",),
    "training_steps": ("TrainingStep", "TrainingProgress"),
    "left_out": ("LeftOut",),
    "detection": ("Scenes", "SceneFace", "DetectionLoss", "DetectionParts", "DetectionValue", "box_overlap", "cell_count"),
    "differentiation": ("differentiate", "numeric_gradient", "check_gradient", "GradientReport", "convolve"),
    "expression": ("Expression", "ExpressionSize"),
    "style_options": ("StyleOptions",),
    "style": ("Styler", "StyleJob", "Progress", "Costs", "match_colours", "face_map", "flow_warp"),
    "fast_style": ("FastStyler", "FastStyleTrainer", "FastTrainingStep", "UniversalStyler"),
    "enlarging": ("Enlarger", "EnlargerTrainer", "EnlargingStep"),
    "seeing": (
        "Layer", "layers", "UnitPatch", "UnitPixels", "UnitSearch", "activation_maps", "gradient_image", "heat_image",
        "map_image", "pixel_heat", "unit_pixels",
    ),
    "library": (
        "version", "threads", "set_threads", "memory_limit", "set_memory_limit", "memory_used", "memory_peak", "trim_memory",
        "Host", "host", "algebra_library", "instruction_set", "OptionalLibrary", "optional_libraries", "SelfCheck", "self_test",
        "choose_instruction_set", "live_handles", "set_log"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted([*_HOME, *_MODULES])  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module("." + name, __name__)
    if name not in _HOME:
        raise AttributeError(f"module 'facestyle' has no attribute '{name}'")
    value = getattr(importlib.import_module("." + _HOME[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
