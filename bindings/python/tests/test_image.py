"""Pictures go in and come out unharmed, and mistakes are named."""

import numpy as np
import pytest

import facestyle as fs
import tolerances
from conftest import gradient_array


def test_pixels_come_back_as_they_went_in():
    array = gradient_array(7, 5)
    with fs.Image.from_array(array) as image:
        assert (image.width, image.height) == (7, 5)
        assert np.array_equal(image.to_array(), array)


def test_to_array_is_a_copy(picture):
    first = picture.to_array()
    first[:] = 0
    assert picture.to_array().any()


def test_numpy_sees_the_array(picture):
    array = picture.to_array()
    for seen in (np.asarray(picture), np.array(picture), np.asarray(picture, copy=True), np.asarray(picture, np.uint8)):
        assert seen.dtype == np.uint8 and np.array_equal(seen, array)
    assert (picture.shape, picture.ndim, picture.dtype) == (array.shape, array.ndim, array.dtype)
    assert not hasattr(picture, "size")
    assert np.shape(picture) == array.shape and np.mean(picture) == array.mean()
    assert np.array_equal(np.stack([picture, picture]), np.stack([array, array]))
    for view in (np.asarray(picture), np.asarray(picture, copy=False)):
        assert np.shares_memory(view, np.asarray(picture)) and not np.shares_memory(view, np.array(picture))
        with pytest.raises(ValueError, match="read-only"):  # the picture never changes
            view[:] = 0
    with pytest.raises(ValueError, match="as float32 is a copy; expected copy=None"):
        np.asarray(picture, np.float32, copy=False)
    with fs.Image.from_array(picture) as same:  # an image where an array is wanted
        assert np.array_equal(same.to_array(), array)


def test_a_dtype_keeps_the_levels():
    deep = np.random.default_rng(3).integers(0, 65536, (5, 7, 4), np.uint16)
    with fs.Image.from_array(deep) as image:
        for kind in (np.uint16, np.int32, np.float32, np.float64):
            seen = np.asarray(image, kind)
            assert seen.dtype == kind and np.array_equal(seen, image.to_array().astype(kind))
        assert image.shape == (5, 7, 3) and image.dtype == np.uint8 and image.bits == 16


def test_grey_and_alpha_and_bgr_are_read():
    array = gradient_array(4, 3)
    grey, alpha = array[..., 0], np.dstack([array, np.full((3, 4), 7, np.uint8)])
    with fs.Image.from_array(grey) as image:
        assert np.array_equal(image.to_array(), np.dstack([grey] * 3))
    with fs.Image.from_array(alpha) as image:
        assert np.array_equal(image.to_array("rgba"), alpha)
    with fs.Image.from_array(array[..., ::-1], "bgr") as image:
        assert np.array_equal(image.to_array(), array)


def test_a_view_with_gaps_is_read():
    array = gradient_array(9, 8)
    with fs.Image.from_array(array[::2, 1::3]) as image:
        assert np.array_equal(image.to_array(), array[::2, 1::3])


@pytest.mark.parametrize("rotation, turns", [(90, -1), (180, 2), (270, 1)])
def test_rotation_turns_clockwise(rotation, turns):
    array = gradient_array(5, 3)
    with fs.Image.from_array(array, rotation=rotation) as image:
        assert np.array_equal(image.to_array(), np.rot90(array, turns))


def test_pixels_of_a_wrong_shape_or_type_are_refused_by_name():
    with pytest.raises(ValueError, match=r"\[2, 3, 2\]"):
        fs.Image.from_array(np.zeros((2, 3, 2), np.uint8))
    with pytest.raises(ValueError, match=r"\[5\]"):
        fs.Image.from_array(np.zeros(5, np.uint8))
    with pytest.raises(TypeError, match="float64"):
        fs.Image.from_array(np.zeros((2, 3, 3)))
    with pytest.raises(ValueError, match="expected 4"):
        fs.Image.from_array(np.zeros((2, 3, 3), np.uint8), "rgba")
    with pytest.raises(fs.FaceStyleError, match="45"):
        fs.Image.from_array(np.zeros((2, 3, 3), np.uint8), rotation=45)
    with pytest.raises(fs.FaceStyleError):
        fs.Image.from_array(np.zeros((0, 3, 3), np.uint8))


@pytest.mark.parametrize("kind, apart", [("png", tolerances.PNG), ("jpeg", tolerances.JPEG)])
def test_a_file_in_memory_comes_back(picture, kind, apart):
    with fs.Image.decode(picture.encode(kind)) as again:
        assert np.abs(again.to_array().astype(int) - picture.to_array()).max() <= apart


def test_the_kinds_of_file_are_the_library_s(picture):
    assert set(fs.image._FILES) == {"png", "jpeg"}
    with pytest.raises(ValueError, match="'gif'.*png.*jpeg"):
        picture.encode("gif")


def test_a_file_on_disk_comes_back(picture, tmp_path):
    path = tmp_path / "ünïcode.png"
    picture.save(path)
    with fs.Image.open(path) as again:
        assert np.array_equal(again.to_array(), picture.to_array())
    assert [entry.name for entry in tmp_path.iterdir()] == ["ünïcode.png"]


def test_resizing_keeps_constants_and_sizes(picture):
    flat = np.full((6, 9, 3), 77, np.uint8)
    for filter in ("bilinear", "bicubic", "area"):
        with fs.Image.from_array(flat) as image, image.resize(5, 11, filter) as small:
            assert np.array_equal(small.to_array(), np.full((11, 5, 3), 77))
        with picture.resize(20, 15, filter) as half:
            assert (half.width, half.height) == (20, 15)
    with pytest.raises(ValueError, match="'lanczos'"):
        picture.resize(5, 5, "lanczos")
    with pytest.raises(ValueError, match="-5"):
        picture.resize(-5, 5)
    with pytest.raises(fs.FaceStyleError):
        picture.resize(0, 5)


def test_area_is_the_mean_of_what_it_touches():
    array = gradient_array(8, 6)
    with fs.Image.from_array(array) as image, image.resize(4, 3, "area") as half:
        mean = array.reshape(3, 2, 4, 2, 3).mean((1, 3))
        assert np.abs(half.to_array() - mean).max() <= 0.5 + 1e-6


def test_a_crop_is_the_slice(picture):
    with picture.crop(3, 4, 10, 6) as part:
        assert np.array_equal(part.to_array(), picture.to_array()[4:10, 3:13])
    with pytest.raises(fs.FaceStyleError):
        picture.crop(35, 0, 10, 10)


def test_a_warp_maps_to_the_new_picture(picture):
    with picture.warp([[1, 0, 5], [0, 1, 2]], 40, 30) as moved:
        assert np.array_equal(moved.to_array()[2:, 5:], picture.to_array()[:-2, :-5])
        assert not moved.to_array()[:2].any() and not moved.to_array()[:, :5].any()
    with pytest.raises(ValueError, match=r"matrix has shape \[3, 3\]; expected \[2, 3\]"):
        picture.warp(np.eye(3), 40, 30)
    with pytest.raises(fs.FaceStyleError):
        picture.warp(np.zeros((2, 3)), 40, 30)
    with pytest.raises(fs.FaceStyleError):
        picture.warp(np.full((2, 3), np.nan), 40, 30)


def test_a_closed_image_says_so(picture):
    image = picture.resize(4, 4)
    image.close()
    image.close()
    uses = lambda: image.width, lambda: image.shape, image.to_array, lambda: np.asarray(image), lambda: image.resize(2, 2)
    for use in (*uses, image.__enter__):
        with pytest.raises(ValueError, match="this Image is closed"):
            use()
    assert repr(image) == "<Image closed>"


def test_closing_gives_the_handle_back(picture):
    before = fs.live_handles()
    with picture.resize(4, 4), picture.resize(5, 5):
        assert fs.live_handles() == before + 2
    assert fs.live_handles() == before
    picture.resize(4, 4)  # forgotten at once
    assert fs.live_handles() == before


def test_fractions_crop_what_lies_inside(picture):
    array = picture.to_array()
    face = fs.Face(None, (-3.2, 4.6, 20.1, 60.0))  # beyond the left and the lower edge
    with picture.crop(*face.box) as part:
        assert np.array_equal(part.to_array(), array[5:30, 0:17])
    with picture.crop(2.5, 0, 3, np.float32(30)) as part:  # half goes to the even pixel, as Python rounds
        assert np.array_equal(part.to_array(), array[0:30, 2:6])
    with pytest.raises(ValueError, match="x is -9.0 and width is 4; expected a part of the picture's 40 pixels"):
        picture.crop(-9.0, 0, 4, 4)
    with pytest.raises(ValueError, match="y is nan and height is 4; expected finite numbers"):
        picture.crop(0, float("nan"), 4, 4)
    with pytest.raises(fs.FaceStyleError):  # whole numbers are taken at their word
        picture.crop(-0, 28, 4, 4)


def test_a_notebook_shows_the_picture(picture):
    with fs.Image.decode(picture._repr_png_()) as same:
        assert np.array_equal(same.to_array(), picture.to_array())
