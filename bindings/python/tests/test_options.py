"""Options of the library are keyword parameters of Python: all of them, with their texts."""

import inspect
import re

import pytest

import facestyle as fs
from facestyle import _c

# What takes each struct of options; members that have other names there; members that are no options: sizes of lists, and
# what Python's callbacks go through.
OURS = {"size", "user", "on_step"}
TAKEN = {
    "fs_face_analysis_options": (fs.FaceAnalysis, {}, set()),
    "fs_detector_options": (fs.Detector, {}, set()),
    "fs_identify_options": (fs.identify, {}, set()),
    "fs_gallery_options": (fs.Gallery, {}, set()),
    "fs_enrolment_options": (fs.Gallery.enrol, {}, set()),
    "fs_mark_options": (fs.Image.mark_faces, {}, set()),
    "fs_style_options": (
        fs.Styler.run, {"optimiser": "optimizer"}, {"content_layer_count", "style_layer_count", "region_count"}),
    "fs_universal_options": (fs.UniversalStyler.run, {}, {"weight_count"}),
    "fs_fast_trainer_options": (fs.FastStyleTrainer, {}, set()),
    "fs_enlarger_trainer_options": (fs.EnlargerTrainer, {}, set()),
    "fs_quality_options": (fs.face_quality, {}, set()),
    "fs_tracker_options": (fs.Tracker, {}, set()),
    "fs_unit_search_options": (fs.UnitSearch, {}, {"unit_count"}),
    "fs_augmentation": (fs.augment, {}, set()),
    "fs_loss_options": (fs.Loss, {}, set()),
    "fs_detection_options": (fs.DetectionLoss, {"score": "scores"}, set()),
    "fs_scene_options": (fs.Scenes.compose, {}, set()),
    "fs_trainer_options": (fs.Trainer, {"optimiser": "optimizer"}, {"detection"}),  # which `loss` may be
    "fs_training_options": (fs.Trainer.run, {}, set()),
    "fs_detector_training_options": (fs.Trainer.run_scenes, {}, set()),
    "fs_evaluation_options": (fs.evaluate, {"folds": "fold_count"}, set()),
    "fs_calibration_options": (fs.calibrate, {"false_accept_rate": "far"}, set()),
    "fs_tsne_options": (fs.tsne, {}, set()),
    "fs_gradient_options": (fs.check_gradient, {}, set()),
}  # fmt: skip
STYLE = {name for name, parameter in inspect.signature(fs.Styler.evaluate).parameters.items() if parameter.kind is parameter.KEYWORD_ONLY}


def text_of(target):
    return inspect.getdoc(target) or ""


def test_every_struct_of_options_is_taken_by_something():
    structs = {name for name in vars(_c) if re.fullmatch(r"fs_\w+_options|fs_augmentation", name)}
    assert structs == set(TAKEN)


@pytest.mark.parametrize("struct", TAKEN)
def test_every_member_is_a_keyword_with_its_text(struct):
    target, renamed, ours = TAKEN[struct]
    members = {name for name, *_ in getattr(_c, struct)._fields_} - OURS - ours
    parameters = inspect.signature(target).parameters
    assert {renamed.get(name, name) for name in members} <= set(parameters)
    owner = fs.augmentation_settings if struct == "fs_augmentation" else fs.Trainer.run_scenes if struct == "fs_scene_options" else target
    for name in members:
        assert f"`{renamed.get(name, name)}`" in text_of(owner), name


def test_nothing_public_takes_options_without_names():
    for name in fs.__all__:
        thing = getattr(fs, name)
        members = [thing, *(vars(thing).values() if inspect.isclass(thing) else ())]
        for member in filter(callable, members):
            try:
                parameters = inspect.signature(member).parameters.values()
            except (TypeError, ValueError):  # classes and methods in C
                continue
            if getattr(member, "__module__", "").startswith("facestyle") and not issubclass(type(member), type):
                # An expression's variables have the names that its text gives them.
                assert not [p for p in parameters if p.kind is p.VAR_KEYWORD and p.name != "values"], f"{name}: {member}"


def test_methods_that_share_options_show_the_same():
    assert len(STYLE) == 38
    for method in (fs.Styler.run, fs.Styler.job, fs.Styler.evaluate, fs.Styler.memory_needed):
        parameters = inspect.signature(method).parameters
        assert STYLE <= set(parameters) and all(parameters[name].default is None for name in STYLE)
        assert parameters["steps"].annotation == "int | None"
    assert inspect.signature(fs.augment).parameters["flip"] == inspect.signature(fs.augmentation_settings).parameters["flip"]


def test_an_unknown_option_is_a_type_error_that_names_what_there_is(picture):
    with pytest.raises(TypeError, match=r"augment\w*\(\) has no option 'tilt'; there are flip, shift, turn"):
        fs.augment(picture, 1, tilt=0.5)


def test_none_keeps_the_librarys_default():
    assert repr(fs.Loss("semi-hard", margin=None)) == repr(fs.Loss("semi-hard"))
    assert bytes(fs.augmentation_settings("strong", flip=None)) == bytes(fs.augmentation_settings("strong"))


@pytest.mark.parametrize("kind", ["semi-hard", "semi_hard", "semi hard"])
def test_hyphens_underscores_and_blanks_are_one_spelling(kind):
    assert fs.Loss(kind).kind == "semi-hard"


def test_british_and_american_spellings_are_one(picture):
    assert fs.Loss("center").kind == fs.Loss("centre").kind == "centre"
    assert fs.style_cost([[[1.0]]], [[[2.0]]], "normalized") == fs.style_cost([[[1.0]]], [[[2.0]]], "normalised")
    with fs.map_image([[1.0]], palette="gray") as grey:
        assert grey.to_array().tolist() == [[[255, 255, 255]]]
    with pytest.raises(ValueError, match="optimizer is 'adagrad'; possible are 'sgd', 'adam', 'adamw', 'rmsprop'"):
        fs.Trainer("nn4.small2", optimiser="adagrad")
    with pytest.raises(TypeError, match="optimizer is given twice"):
        fs.Trainer("nn4.small2", optimiser="adam", optimizer="adam")
    with fs.Trainer("nn4.small2", optimiser="adam") as british, fs.Trainer("nn4.small2", optimizer="adam") as american:
        assert british.parameters == american.parameters
    assert "optimiser" not in inspect.signature(fs.Trainer).parameters
