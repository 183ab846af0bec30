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
    from .analysis import AnalysedFace as AnalysedFace
    from .analysis import FaceAnalysis as FaceAnalysis
    from .augmentation import augment as augment
    from .augmentation import augmentation_settings as augmentation_settings
    from .calibration import (
        Calibration as Calibration,
    )  # fmt: skip
    from .calibration import (
        Growth as Growth,
    )
    from .calibration import (
        calibrate as calibrate,
    )
    from .calibration import (
        calibrate_embeddings as calibrate_embeddings,
    )
    from .calibration import (
        calibration_growth as calibration_growth,
    )
    from .costs import (
        content_cost as content_cost,
    )
    from .costs import (
        gram_matrix as gram_matrix,
    )
    from .costs import (
        style_cost as style_cost,
    )
    from .costs import (
        total_cost as total_cost,
    )
    from .costs import (
        triplet_loss as triplet_loss,
    )  # fmt: skip
    from .dense_landmarks import (
        DenseLandmarks as DenseLandmarks,
    )  # fmt: skip
    from .dense_landmarks import (
        FaceOpenness as FaceOpenness,
    )
    from .dense_landmarks import (
        face_openness as face_openness,
    )
    from .detection import (
        DetectionLoss as DetectionLoss,
    )
    from .detection import (
        DetectionParts as DetectionParts,
    )
    from .detection import (
        DetectionValue as DetectionValue,
    )
    from .detection import (
        SceneFace as SceneFace,
    )
    from .detection import (
        Scenes as Scenes,
    )  # fmt: skip
    from .detection import (
        box_overlap as box_overlap,
    )
    from .detection import (
        cell_count as cell_count,
    )
    from .differentiation import (
        GradientReport as GradientReport,
    )
    from .differentiation import (
        check_gradient as check_gradient,
    )
    from .differentiation import (
        convolve as convolve,
    )
    from .differentiation import (
        differentiate as differentiate,
    )  # fmt: skip
    from .differentiation import (
        numeric_gradient as numeric_gradient,
    )
    from .errors import (
        Cancelled as Cancelled,
    )
    from .errors import (
        FaceStyleError as FaceStyleError,
    )  # fmt: skip
    from .errors import (
        NoFace as NoFace,
    )
    from .errors import (
        SystemRefusal as SystemRefusal,
    )
    from .evaluation import (
        Evaluation as Evaluation,
    )  # fmt: skip
    from .evaluation import (
        Landmarks as Landmarks,
    )
    from .evaluation import (
        Pairs as Pairs,
    )
    from .evaluation import (
        Roc as Roc,
    )
    from .evaluation import (
        TrueAccepts as TrueAccepts,
    )
    from .evaluation import (
        evaluate as evaluate,
    )
    from .evaluation import (
        evaluate_lfw as evaluate_lfw,
    )
    from .evaluation import (
        roc as roc,
    )
    from .face import Face as Face
    from .face import Verdict as Verdict
    from .fast_style import (
        FastStyler as FastStyler,
    )  # fmt: skip
    from .fast_style import (
        FastStyleTrainer as FastStyleTrainer,
    )
    from .fast_style import (
        FastTrainingStep as FastTrainingStep,
    )
    from .fast_style import (
        UniversalStyler as UniversalStyler,
    )
    from .files import DetectedPhoto as DetectedPhoto
    from .files import picture_endings as picture_endings
    from .frame import Frame as Frame
    from .gallery import (
        Enrolment as Enrolment,
    )
    from .gallery import (
        Gallery as Gallery,
    )  # fmt: skip
    from .gallery import (
        GalleryPhoto as GalleryPhoto,
    )
    from .gallery import (
        GalleryReport as GalleryReport,
    )
    from .gallery import (
        Match as Match,
    )
    from .gallery import (
        Neighbour as Neighbour,
    )
    from .gallery import (
        Person as Person,
    )
    from .groups import GroupRate as GroupRate
    from .groups import false_accepts_by_group as false_accepts_by_group
    from .identification import Identity as Identity
    from .identification import distances as distances
    from .identification import identify as identify
    from .image import Image as Image
    from .left_out import LeftOut as LeftOut
    from .library import (
        Host as Host,
    )
    from .library import (
        algebra_library as algebra_library,
    )
    from .library import (
        choose_instruction_set as choose_instruction_set,
    )
    from .library import (
        host as host,
    )
    from .library import (
        instruction_set as instruction_set,
    )
    from .library import (
        live_handles as live_handles,
    )
    from .library import (
        memory_limit as memory_limit,
    )
    from .library import (
        set_log as set_log,
    )
    from .library import (
        set_threads as set_threads,
    )
    from .library import (
        threads as threads,
    )
    from .library import (
        version as version,
    )  # fmt: skip
    from .liveness import Liveness as Liveness
    from .liveness import LivenessVerdict as LivenessVerdict
    from .losses import Loss as Loss
    from .losses import LossValue as LossValue
    from .losses import MiningStatistics as MiningStatistics
    from .maps import tsne as tsne
    from .model import (
        Architecture as Architecture,
    )
    from .model import (
        Model as Model,
    )  # fmt: skip
    from .model import (
        ModelInfo as ModelInfo,
    )
    from .model import (
        architectures as architectures,
    )
    from .model import (
        installed_models as installed_models,
    )
    from .photos import Photos as Photos
    from .quality import Quality as Quality
    from .quality import face_quality as face_quality
    from .recognition import (
        Detector as Detector,
    )  # fmt: skip
    from .recognition import (
        Embedder as Embedder,
    )
    from .recognition import (
        compare as compare,
    )
    from .recognition import (
        distance as distance,
    )
    from .recognition import (
        template as template,
    )
    from .seeing import (
        Layer as Layer,
    )  # fmt: skip
    from .seeing import (
        UnitPatch as UnitPatch,
    )
    from .seeing import (
        UnitSearch as UnitSearch,
    )
    from .seeing import (
        activation_maps as activation_maps,
    )
    from .seeing import (
        layers as layers,
    )
    from .seeing import (
        map_image as map_image,
    )
    from .simple import faces as faces
    from .simple import paint as paint
    from .simple import same as same
    from .style import (
        Costs as Costs,
    )
    from .style import (
        Progress as Progress,
    )
    from .style import (
        StyleJob as StyleJob,
    )
    from .style import (
        Styler as Styler,
    )  # fmt: skip
    from .style import (
        face_map as face_map,
    )
    from .style import (
        flow_warp as flow_warp,
    )
    from .style import (
        match_colours as match_colours,
    )
    from .style_options import StyleOptions as StyleOptions
    from .tracker import Track as Track
    from .tracker import Tracked as Tracked
    from .tracker import Tracker as Tracker
    from .training import (
        Trainer as Trainer,
    )  # fmt: skip
    from .training import (
        TrainingProgress as TrainingProgress,
    )
    from .training import (
        TrainingStep as TrainingStep,
    )
    from .verification_sets import VerificationSet as VerificationSet

_MODULES = ("plots",)
_HOMES = {
    "errors": ("FaceStyleError", "NoFace", "Cancelled", "SystemRefusal"),
    "image": ("Image",),
    "frame": ("Frame",),
    "augmentation": ("augment", "augmentation_settings"),
    "model": ("Model", "ModelInfo", "installed_models", "Architecture", "architectures"),
    "files": ("DetectedPhoto", "picture_endings"),
    "simple": ("faces", "same", "paint"),
    "analysis": ("FaceAnalysis", "AnalysedFace"),
    "face": ("Face", "Verdict"),
    "recognition": ("Detector", "Embedder", "compare", "distance", "template"),
    "gallery": ("Gallery", "GalleryPhoto", "GalleryReport", "Enrolment", "Match", "Neighbour", "Person"),
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
    "training": ("Trainer", "TrainingStep", "TrainingProgress"),
    "left_out": ("LeftOut",),
    "detection": ("Scenes", "SceneFace", "DetectionLoss", "DetectionParts", "DetectionValue", "box_overlap", "cell_count"),
    "differentiation": ("differentiate", "numeric_gradient", "check_gradient", "GradientReport", "convolve"),
    "style_options": ("StyleOptions",),
    "style": ("Styler", "StyleJob", "Progress", "Costs", "match_colours", "face_map", "flow_warp"),
    "fast_style": ("FastStyler", "FastStyleTrainer", "FastTrainingStep", "UniversalStyler"),
    "seeing": ("Layer", "layers", "UnitPatch", "UnitSearch", "activation_maps", "map_image"),
    "library": (
        "version", "threads", "set_threads", "memory_limit", "Host", "host", "algebra_library", "instruction_set",
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
