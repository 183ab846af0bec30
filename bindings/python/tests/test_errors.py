"""Refusals become exceptions with the library's words."""

import ctypes

import numpy as np
import pytest

import facestyle as fs
from facestyle import _c


def test_an_absent_file_is_an_io_error_that_names_it(tmp_path):
    with pytest.raises(fs.FaceStyleError) as caught:
        fs.Image.open(tmp_path / "nothing.jpg")
    error = caught.value
    assert (error.status, error.name) == (_c.FS_IO, "FS_IO")
    assert "nothing.jpg" in error.message and "\n" not in error.message
    assert error.message == _c.fs_last_error().decode()
    assert str(error) == f"{error.message} (FS_IO)"


@pytest.mark.parametrize(
    "data", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\x00\x10JFIF"], ids=repr
)
def test_corrupt_pictures_are_refused(data):
    with pytest.raises(fs.FaceStyleError) as caught:
        fs.Image.decode(data)
    assert caught.value.status in (_c.FS_BAD_DATA, _c.FS_INVALID_ARGUMENT)
    assert caught.value.message


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_a_truncated_picture_is_bad_data(picture, kind):
    data = picture.encode(kind)
    for length in (20, len(data) // 2, len(data) - 20):
        with pytest.raises(fs.FaceStyleError) as caught:
            fs.Image.decode(data[:length])
        assert caught.value.status == _c.FS_BAD_DATA


@pytest.mark.parametrize("data", [b"not a model", bytes(8), b"\xff" * 64, b"\x02" + bytes(7) + b"{}"], ids=range(4))
def test_corrupt_models_are_bad_data(data):
    with pytest.raises(fs.FaceStyleError) as caught:
        fs.Model.load(data)
    assert caught.value.status == _c.FS_BAD_DATA


def test_a_path_with_a_nul_is_not_cut(tmp_path):
    with pytest.raises(ValueError, match="NUL"):
        fs.Image.open("a.jpg\0b")


def test_a_picture_is_not_written_where_it_cannot_be(picture, tmp_path):
    with pytest.raises(fs.FaceStyleError) as caught:
        picture.save(tmp_path / "no such folder" / "a.png")
    assert caught.value.status == _c.FS_IO
    with pytest.raises(fs.FaceStyleError) as caught:
        picture.save(tmp_path / "a.gif")
    assert caught.value.status == _c.FS_INVALID_ARGUMENT
    assert not list(tmp_path.iterdir())


def test_a_model_of_another_architecture_is_the_wrong_one(vgg):
    for make in (fs.Detector, fs.Embedder):
        with pytest.raises(fs.FaceStyleError) as caught:
            make(vgg)
        assert caught.value.status == _c.FS_WRONG_MODEL


def test_a_handle_of_another_kind_never_reaches_the_library(picture):
    with pytest.raises(TypeError, match="model is an Image; expected a Model"):
        fs.Detector(picture)


def test_a_good_call_clears_the_last_error(picture):
    with pytest.raises(fs.FaceStyleError):
        picture.resize(0, 0)
    assert _c.fs_last_error()
    picture.resize(2, 2).close()
    assert _c.fs_last_error() == b""


def test_each_thread_has_its_own_last_error(picture):
    from threading import Thread

    seen = []
    with pytest.raises(fs.FaceStyleError):
        picture.resize(0, 0)
    thread = Thread(target=lambda: seen.append(_c.fs_last_error()))
    thread.start()
    thread.join()
    assert seen == [b""] and _c.fs_last_error()


def test_a_handle_that_was_closed_is_never_anothers():
    first = fs.Image.from_array(np.zeros((2, 3, 3), np.uint8))
    stale = first.handle
    first.close()
    with pytest.raises(ValueError, match="closed"):
        first.handle
    for _ in range(4):
        with fs.Image.from_array(np.ones((5, 7, 3), np.uint8)) as second:
            numbers = [ctypes.cast(pointer, ctypes.c_void_p).value for pointer in (stale, second.handle)]
            assert numbers[0] != numbers[1] and all(numbers)
            assert (_c.fs_image_width(stale), _c.fs_image_width(second.handle)) == (0, 7)
            _c.fs_image_destroy(stale)  # nobody's
            assert second.width == 7
