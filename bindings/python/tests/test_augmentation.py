"""Augmentation: what a seed fixes, what each setting does, what is refused."""

import facestyle as fs
import numpy as np
import pytest


@pytest.fixture(scope="module")
def picture():
    y, x = np.mgrid[0:60, 0:80]
    waves = [127 + 60 * np.sin(0.11 * x + c) + 60 * np.cos(0.07 * y + c) for c in range(3)]
    with fs.Image.from_array(np.stack(waves, 2).astype(np.uint8)) as image:
        yield image


def varied(picture, seed, strength="none", **settings):
    with fs.augment(picture, seed, strength, **settings) as image:
        return image.to_array()


def test_none_changes_nothing(picture):
    assert (varied(picture, 7) == picture.to_array()).all()


def test_a_seed_fixes_the_picture_and_another_gives_another(picture):
    first = varied(picture, 7, "strong")
    assert (first == varied(picture, 7, "strong")).all()
    assert (first != varied(picture, 8, "strong")).any()
    assert first.shape == (60, 80, 3)


def test_a_flip_is_exact(picture):
    assert (varied(picture, 1, flip=1) == picture.to_array()[:, ::-1]).all()


def test_grey_has_no_colour(picture):
    grey = varied(picture, 1, grey=1)
    assert (grey[..., 0] == grey[..., 1]).all() and (grey[..., 0] == grey[..., 2]).all()


@pytest.mark.parametrize(
    "settings", [{"blur": 1, "blur_size": 0.1}, {"coarse": 1}, {"compression": 1}, {"noise": 1}, {"occlusion": 1},
                 {"turn": 0.2}, {"scale": 0.2}, {"shift": 0.1}, {"brightness": 30}, {"contrast": 0.5}])
def test_each_setting_changes_the_picture(picture, settings):
    plain = picture.to_array()
    assert any((varied(picture, seed, **settings) != plain).any() for seed in range(3))


@pytest.mark.parametrize(
    "settings, words", [({"flip": 1.5}, "flip 1.5"), ({"turn": float("nan")}, "turn nan"), ({"coarsest": 0}, "coarsest 0"),
                        ({"worst_quality": 101}, "worst quality 101"), ({"noise_levels": -1}, "noise levels -1")])
def test_numbers_out_of_range_are_named(picture, settings, words):
    with pytest.raises(fs.FaceStyleError, match=words):
        fs.augment(picture, 1, "none", **settings)


def test_unknown_words_are_refused(picture):
    with pytest.raises(ValueError, match="strength is 'wild'"):
        fs.augment(picture, 1, "wild")
    with pytest.raises(TypeError, match="has no option 'colour'"):
        fs.augment(picture, 1, colour=1)
    with pytest.raises(ValueError, match="seed"):
        fs.augment(picture, -1)
