"""Boxes, points and names on copies of photos."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import facestyle as fs
from conftest import model_file, photo_file

GOLD, BLUE, GREY, WHITE = [255, 209, 51], [64, 169, 255], [216, 216, 216], [255, 255, 255]


@pytest.fixture
def white():
    with fs.Image.from_array(np.full((60, 80), 255, np.uint8)) as image:
        yield image


def face(x=20, y=20, side=20, landmarks=None):
    return fs.Face(landmarks, (x, y, side, side))


def pixels(image):
    with image:
        return image.to_array()


def test_a_copy_has_the_box_and_the_points(white):
    points = [(25, 27), (35, 27), (30, 30), (26, 35), (34, 35)]
    marked = pixels(white.mark_faces([face(landmarks=points)], line_width=1))
    assert marked[19, 30].tolist() == marked[27, 25].tolist() == GOLD and marked[45, 60].tolist() == WHITE
    assert pixels(white.mark_faces([face(landmarks=points)], points=False))[27, 25].tolist() == WHITE
    assert (white.to_array() == 255).all() and (pixels(white.mark_faces([])) == 255).all()


def test_colours_are_by_person_and_labels_are_drawn(white):
    faces = [face(), face(50)]

    def colours(*arguments, **options):
        marked = pixels(white.mark_faces(faces, *arguments, line_width=1, **options))
        return [marked[40, x].tolist() for x in (30, 60)]

    assert colours() == [GOLD, GOLD] and colours(["Zoë", "Zoë"]) == [GOLD, GOLD]
    assert colours(["Zoë", "Ben"]) == [GOLD, BLUE] and colours([None, "Ben"]) == [GOLD, GOLD]
    assert colours(people=[1, -7]) == [BLUE, GREY] and colours(people=np.array([1, 0])) == [BLUE, GOLD]
    plain, labelled = (pixels(white.mark_faces(faces, labels)) for labels in (["", None], ["Zoë", None]))
    assert (plain == pixels(white.mark_faces(faces))).all() and (plain != labelled).any()
    large = pixels(white.mark_faces([face()], ["i"], letter_height=20))
    small = pixels(white.mark_faces([face()], ["i"], letter_height=9))
    assert (large != 255).sum() > (small != 255).sum()


def test_16_bits_and_alpha_are_kept():
    array = np.full((60, 80, 4), 30000, np.uint16)
    array[:, 40:, 3] = 0
    with fs.Image.from_array(array) as image, image.mark_faces([face(30)], line_width=1) as marked:
        assert marked.bits == 16
        covered = marked.alpha
        assert covered[19, 35] == covered[19, 45] == 255  # a mark is opaque, over nothing too
        assert (covered[:, 55:] == 0).all()
        colours = marked.to_array("rgba", np.uint16)
        assert colours[19, 45, :3].tolist() == [255 * 257, 209 * 257, 51 * 257] and colours[5, 5, 0] == 30000


def test_mistakes_are_named(white):
    with pytest.raises(ValueError, match="2 labels; expected 1"):
        white.mark_faces([face()], ["a", "b"])
    with pytest.raises(ValueError, match="0 people; expected 1"):
        white.mark_faces([face()], people=[])
    with pytest.raises(TypeError, match=r"labels\[0\] is an int"):
        white.mark_faces([face()], [3])
    with pytest.raises(TypeError, match=r"people\[0\] is a float"):
        white.mark_faces([face()], people=[1.5])
    with pytest.raises(TypeError, match=r"faces\[0\] is a str"):
        white.mark_faces(["face"])
    for options in ({"letter_height": 4}, {"line_width": 201}, {"letter_height": float("nan")}):
        with pytest.raises(fs.FaceStyleError, match="expected"):
            white.mark_faces([face()], **options)
    with pytest.raises(fs.FaceStyleError, match="face 0 has a box"):
        white.mark_faces([face(x=1e9)])
    with pytest.raises(fs.FaceStyleError, match="UTF-8"):
        white.mark_faces([face()], [b"Zo\xeb"])


# ---- Files ----


@pytest.fixture(scope="module")
def analysis():
    with fs.FaceAnalysis(model_file("mtcnn"), model_file("dlib-resnet")) as analysis:
        yield analysis


@pytest.fixture
def album(tmp_path):
    folder = tmp_path / "album"
    (folder / "trip").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    shutil.copy(photo_file("obama.jpg"), folder / "a.jpg")
    shutil.copy(photo_file("chelsea.png"), folder / "trip" / "cat.png")
    shutil.copy(photo_file("obama.jpg"), folder / ".hidden" / "b.jpg")
    (folder / "broken.jpg").write_bytes(b"not a picture")
    (folder / "notes.txt").write_text("not looked at")
    (folder / "trip" / "back").symlink_to(folder)
    return folder


def test_files_and_folders_are_looked_at_in_order_and_the_broken_ones_too(analysis, album):
    found = list(analysis.detector.detect_files([photo_file("biden.jpg"), album, album / "gone.jpg"]))
    assert [photo.path for photo in found] == [
        photo_file("biden.jpg"), *(album / name for name in ("a.jpg", "broken.jpg", "trip/cat.png", "gone.jpg"))]
    assert [bool(photo) for photo in found] == [True, True, False, True, False]
    assert [len(photo.faces) for photo in found if photo] == [1, 1, 0]
    assert isinstance(found[2].error, fs.FaceStyleError) and isinstance(found[4].error, FileNotFoundError)
    assert found[2].faces is None and found[1].matches is None and found[1].marked is None
    with fs.Image.open(album / "a.jpg") as photo:
        assert found[1].faces[0].box == analysis.detector.find(photo)[0].box
        assert (found[1].width, found[1].height) == (photo.width, photo.height)
    (one,) = analysis.detector.detect_files(album / "a.jpg")
    assert len(one.faces) == 1


def test_copies_are_marked_as_the_program_marks_them(analysis, album, tmp_path):
    out = tmp_path / "out"
    found = {photo.path.name: photo for photo in analysis.detector.detect_files(album, output=out)}
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*.*")) == ["a.jpg", "trip/cat.png"]
    assert found["a.jpg"].marked == out / "a.jpg" and found["broken.jpg"].marked is None
    with fs.Image.open(album / "a.jpg") as photo, photo.mark_faces(found["a.jpg"].faces) as wanted:
        assert (out / "a.jpg").read_bytes() == wanted.encode("jpeg")
    # Photos and earlier copies are never replaced by others'.
    (inside,) = (photo for photo in analysis.detector.detect_files(album / "a.jpg", output=album))
    assert isinstance(inside.error, FileExistsError) and len(inside.faces) == 1
    twice = list(analysis.detector.detect_files([album / "a.jpg", photo_file("obama.jpg"), album / "a.jpg"], output=out))
    assert [photo.marked.name for photo in twice] == ["a.jpg", "obama.jpg", "a-2.jpg"]
    again = [photo.path for photo in analysis.detector.detect_files(tmp_path, output=out)]
    assert again and all(out not in path.parents for path in again)


def test_faces_are_named_by_a_gallery(analysis, album, tmp_path):
    with analysis.gallery() as people, fs.Image.open(photo_file("obama2.jpg")) as photo:
        people.add_photo("Obama", photo)
        photos = [album / "a.jpg", photo_file("biden.jpg"), album / "trip" / "cat.png"]
        found = list(analysis.detector.detect_files(photos, output=tmp_path / "out", gallery=people))
    assert [[match.name for match in photo.matches] for photo in found] == [["Obama"], [None], []]
    with fs.Image.open(photos[0]) as photo, photo.mark_faces(found[0].faces, ["Obama"], [0]) as wanted:
        assert found[0].marked.read_bytes() == wanted.encode("jpeg")
    with fs.Image.open(photos[1]) as photo, photo.mark_faces(found[1].faces, ["?"], [-1]) as wanted:
        assert found[1].marked.read_bytes() == wanted.encode("jpeg")


def test_folders_without_pictures_and_wrong_arguments_are_named(analysis, tmp_path):
    (tmp_path / "empty").mkdir()
    (empty,) = analysis.detector.detect_files(tmp_path / "empty")
    assert isinstance(empty.error, FileNotFoundError) and "no .png, .jpg, .jpeg, .webp, " in str(empty.error)
    with pytest.raises(TypeError, match="gallery is a str"):
        analysis.detector.detect_files([], gallery="people.gallery")
    with pytest.raises(TypeError, match="paths is a list"):
        analysis.detector.detect_files([3])
