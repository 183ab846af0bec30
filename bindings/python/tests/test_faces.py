"""Faces on the portrait photos: found, aligned, compared, known."""

import re
import sys

import numpy as np
import pytest

import facestyle as fs
from conftest import MODELS, PHOTOS, REPOSITORY, memory_of, photo_file
from facestyle import _c

sys.path.append(str(REPOSITORY / "Tests/Fixtures/reference"))

import pixel_detector  # noqa: E402


@pytest.fixture(scope="module")
def portraits(detector, embedder):
    """file's stem -> embedding, of all photos of Obama and Biden that show a whole face."""
    photo_file("obama.jpg")
    found = {}
    for path in sorted(PHOTOS.glob("*.jpg")):
        if re.fullmatch(r"(obama|biden)\d*", path.stem):
            with fs.Image.open(path) as photo:
                found[path.stem] = embedder.embed_photo(photo, detector)[0]
    return found


@pytest.fixture(scope="module")
def obama():
    with fs.Image.open(photo_file("obama.jpg")) as photo:
        yield photo


@pytest.fixture(scope="module")
def biden():
    with fs.Image.open(photo_file("biden.jpg")) as photo:
        yield photo


def is_obama(stem):
    return stem.startswith("obama")


def test_faces_come_largest_first_with_points_inside(detector, obama):
    faces = detector.find(obama)
    areas = [face.box[2] * face.box[3] for face in faces]
    assert faces and areas == sorted(areas, reverse=True)
    x, y, width, height = faces[0].box
    assert ((faces[0].landmarks > (x, y)) & (faces[0].landmarks < (x + width, y + height))).all()
    assert 0.7 <= faces[0].score <= 1
    left, right, nose, left_mouth, right_mouth = faces[0].landmarks
    assert left[0] < nose[0] < right[0] and left[1] < nose[1] < left_mouth[1] and left_mouth[0] < right_mouth[0]


def test_a_picture_without_a_face_has_none(detector, embedder, picture):
    assert detector.find(picture) == []
    with pytest.raises(fs.NoFace):
        embedder.embed_photo(picture, detector)
    with fs.Image.from_array(np.zeros((1, 1, 3), np.uint8)) as pixel:
        assert detector.find(pixel) == []


def test_two_photos_of_one_person_lie_near_and_of_two_people_far(portraits, embedder):
    for a, first in portraits.items():
        for b, second in portraits.items():
            same = fs.distance(first, second) <= embedder.threshold
            assert same == (is_obama(a) == is_obama(b)), (a, b, fs.distance(first, second))


def test_compare_is_the_distance_of_the_main_faces(portraits, embedder, detector, obama, biden):
    verdict = fs.compare(obama, biden, embedder, detector)
    assert not verdict.same
    assert verdict.distance == fs.distance(portraits["obama"], portraits["biden"])
    assert verdict.threshold == embedder.threshold
    assert fs.compare(obama, biden, embedder, detector, threshold=9).same
    assert fs.compare(obama, obama, embedder, detector, threshold=0).same


def test_aligning_and_embedding_a_chip_is_embedding_the_face(embedder, detector, obama):
    face = detector.find(obama)[0]
    with embedder.align(obama, face) as chip:
        assert chip.width == chip.height == embedder.chip_side
        (of_chip,) = embedder.embed_chips([chip])
    (of_face,) = embedder.embed(obama, [face])
    assert of_face.shape == (embedder.dimension,)
    assert np.array_equal(of_chip, of_face)


def test_many_faces_are_embedded_as_each_alone(embedder, detector, obama):
    face = detector.find(obama)[0]
    turned = fs.Face(face.landmarks + (3, 1))
    both = embedder.embed(obama, [face, turned])
    assert np.array_equal(both[1], embedder.embed(obama, [turned])[0])
    assert embedder.embed(obama, []).shape == (0, embedder.dimension)
    assert np.array_equal(embedder.embed(obama, face), both[0])  # of one face [dimension]
    with obama.crop(*face.box) as part:
        assert abs(part.width - face.box[2]) <= 1 and abs(part.height - face.box[3]) <= 1


EMBED = """
model = fs.Model.open(sys.argv[1])  # open: otherwise the file's bytes are let go while weights are packed
embedder = fs.Embedder(model)
chips = [noise(embedder.chip_side, embedder.chip_side) for _ in range(int(sys.argv[2]))]
needed = lambda: embedder.memory_needed(len(chips))
work = lambda: embedder.embed_chips(chips)
"""


@pytest.mark.parametrize("count", [1, 20])
def test_the_forecast_of_memory_is_true(embedder, count):
    needed, grown, again = memory_of(EMBED, MODELS / "dlib-resnet.safetensors", count)
    assert needed == pytest.approx(grown, rel=0.1, abs=2e6)
    assert again == 0  # all that it takes is kept
    assert embedder.memory_needed(0) == 0
    assert embedder.memory_needed(16) == embedder.memory_needed(2**64 - 1)  # sixteen at a time


def test_impossible_faces_are_refused(embedder, obama):
    with pytest.raises(ValueError, match=r"landmarks has shape \[4, 2\]"):
        embedder.align(obama, fs.Face(np.zeros((4, 2))))
    for points in (np.zeros((5, 2)), np.full((5, 2), np.nan), np.full((5, 2), np.inf)):
        with pytest.raises(fs.FaceStyleError) as caught:
            embedder.align(obama, fs.Face(points))
        assert caught.value.status == _c.FS_INVALID_ARGUMENT


def test_a_gallery_knows_its_people_and_no_strangers(portraits, embedder, detector, obama, biden):
    with fs.Gallery(embedder, detector) as gallery:
        empty = gallery.identify(obama)
        assert (empty.known, empty.name, empty.nearest, empty.distance) == (False, None, None, float("inf"))
        for stem, embedding in portraits.items():
            if is_obama(stem) and stem != "obama":
                gallery.add("obama", embedding)
        assert (gallery.people, gallery.photos) == (1, sum(map(is_obama, portraits)) - 1)
        match = gallery.identify(obama)
        assert match.known and match.name == "obama" and match.distance <= embedder.threshold
        stranger = gallery.identify(biden)
        assert not stranger.known and stranger.name is None and stranger.nearest == "obama" and stranger.distance > embedder.threshold

        gallery.add_photo("biden", biden)
        match = gallery.identify(biden)
        assert (match.known, match.name, match.distance, match.threshold) == (True, "biden", 0.0, embedder.threshold)
        assert gallery.verify(biden, "biden").same and not gallery.verify(biden, "obama").same
        assert gallery.verify(portraits["obama"], "obama", 0.0).same is False
        gallery.remove("biden")
        assert gallery.people == 1
        for use in (lambda: gallery.remove("biden"), lambda: gallery.verify(biden, "biden")):
            with pytest.raises(fs.FaceStyleError, match="biden") as caught:
                use()
            assert caught.value.status == _c.FS_NOT_FOUND


def test_a_gallery_checks_what_it_is_given(embedder, picture, detector):
    with fs.Gallery(embedder) as gallery:
        ok = np.ones(embedder.dimension)
        with pytest.raises(ValueError, match="no detector"):
            gallery.add_photo("a", picture)
        with pytest.raises(ValueError, match=r"embedding has shape \[2, 2\]"):
            gallery.add("a", np.ones((2, 2)))
        for name, vector in (("", ok), ("n" * 256, ok), ("a", ok[:-1]), ("a", ok * np.nan)):
            with pytest.raises(fs.FaceStyleError):
                gallery.add(name, vector)
        gallery.add("n" * 255, ok)
        assert gallery.identify(ok).name == "n" * 255
        with pytest.raises(ValueError, match="threshold is -1"):
            gallery.identify(ok, -1)
        with pytest.raises(ValueError, match="threshold is nan"):
            gallery.identify(ok, float("nan"))
    with fs.Gallery(embedder, detector) as gallery, pytest.raises(fs.NoFace):
        gallery.add_photo("a", picture)


@pytest.fixture
def crowd(embedder):
    """A gallery of 700 made-up photos of 100 people, and their embeddings."""
    embeddings = np.random.default_rng(1).standard_normal((700, embedder.dimension)).astype(np.float32)
    with fs.Gallery(embedder) as gallery:
        for number, embedding in enumerate(embeddings):
            gallery.add(f"person {number % 100}", embedding)
        yield gallery, embeddings


@pytest.mark.parametrize("count", [1, 3, 4, 70])
def test_a_search_finds_what_sorting_all_distances_finds(crowd, count):
    gallery, embeddings = crowd
    queries = np.random.default_rng(2).standard_normal((count, embeddings.shape[1])).astype(np.float32)
    photos, distances = gallery.search_arrays(queries, 9)
    exact = np.linalg.norm(queries[:, None].astype(np.float64) - embeddings, axis=2)
    assert photos.dtype == np.uint64 and distances.dtype == np.float32
    assert np.array_equal(photos, np.argsort(exact, axis=1)[:, :9])
    assert np.allclose(distances, np.sort(exact, axis=1)[:, :9], rtol=1e-6)
    for i, near in enumerate(gallery.search(queries, 9)):
        assert [n.photo for n in near] == photos[i].tolist()
        assert [n.name for n in near] == [f"person {photo % 100}" for photo in photos[i]]
        assert [n.distance for n in near] == [fs.distance(queries[i], embeddings[photo]) for photo in photos[i]]


def test_a_photo_keeps_its_number_when_others_are_removed(crowd):
    gallery, embeddings = crowd
    gallery.remove("person 0")
    gallery.add("person 0", embeddings[0])
    found = gallery.search(embeddings[[0, 699]], 1)
    assert found == [[fs.Neighbour("person 0", 0.0, 700)], [fs.Neighbour("person 99", 0.0, 699)]]


def test_a_search_for_more_photos_than_there_are_finds_all(crowd, embedder):
    gallery, embeddings = crowd
    photos, _ = gallery.search_arrays(embeddings[:2], 2**63)
    assert photos.shape == (2, 700) and (np.sort(photos) == np.arange(700)).all()
    with fs.Gallery(embedder) as empty:
        assert empty.search(embeddings[:2]) == [[], []]
        assert [array.shape for array in empty.search_arrays(embeddings[:2])] == [(2, 0), (2, 0)]


def test_a_search_checks_what_it_is_given(crowd):
    gallery, embeddings = crowd
    assert gallery.search(embeddings[:0]) == []
    with pytest.raises(ValueError, match=r"embeddings has shape \[128\]"):
        gallery.search(embeddings[0])
    with pytest.raises(fs.FaceStyleError, match="k is 0"):
        gallery.search(embeddings[:1], 0)
    with pytest.raises(ValueError, match="k is -1"):
        gallery.search(embeddings[:1], -1)
    with pytest.raises(fs.FaceStyleError, match="127 numbers, the gallery's have 128"):
        gallery.search(embeddings[:1, 1:])
    with pytest.raises(fs.FaceStyleError, match="nan"):
        gallery.search(embeddings[:5] * np.nan)


def test_a_name_is_any_utf8(embedder):
    with fs.Gallery(embedder) as gallery:
        gallery.add("王小明", np.ones(embedder.dimension))
        assert gallery.identify(np.ones(embedder.dimension)).name == "王小明"


def test_closed_things_say_so(embedder, detector, picture):
    from conftest import open_model

    with open_model("mtcnn") as model:
        closed = fs.Detector(model, min_face=20)
    assert closed.find(picture) == []  # a detector outlives its model
    with pytest.raises(ValueError, match="this Model is closed"):
        fs.Detector(model)
    closed.close()
    gallery = fs.Gallery(embedder, closed)
    with pytest.raises(ValueError, match="this Detector is closed"):
        gallery.add_photo("a", picture)
    gallery.close()
    with pytest.raises(ValueError, match="this Gallery is closed"):
        gallery.identify(np.ones(128))


@pytest.fixture
def cascade():
    from conftest import REPOSITORY

    path = REPOSITORY / "models" / "faces-cascade.safetensors"
    with fs.Model.open(path) as model, fs.Detector(model, min_face=60, order="surest") as detector:
        yield detector


def test_a_cascade_finds_faces_without_points(cascade, detector, obama):
    face, expected = cascade.find(obama)[0], detector.find(obama)[0]
    assert face.landmarks is None and not cascade.finds_points and detector.finds_points
    x, y, width, height = face.box
    assert all(x < px < x + width and y < py < y + height for px, py in expected.landmarks)
    assert 0 < face.score <= 1


def test_a_cascade_reads_a_frames_luma_alone(cascade, obama):
    """The chroma is noise; the luma is that of a grey picture in full range."""
    grey = np.rint(obama.to_array() @ [0.299, 0.587, 0.114]).astype(np.uint8)
    height, width = grey.shape
    noise = np.random.default_rng(3).integers(0, 256, ((height + 1) // 2, 2 * ((width + 1) // 2))).astype(np.uint8)
    frame = fs.Frame([grey, noise], "nv12", colour_range="full")
    found, wanted = cascade.find_frame(frame), cascade.find(fs.Image.from_array(grey))
    assert len(wanted) >= 1 and [face.box for face in found] == [face.box for face in wanted]


def test_a_face_without_points_is_not_embedded(cascade, embedder, obama):
    face = cascade.find(obama)[0]
    for refused in (lambda: embedder.align(obama, face), lambda: embedder.embed(obama, [face])):
        with pytest.raises(fs.FaceStyleError, match="the face has no points"):
            refused()


def test_stages_have_thresholds_of_their_own_unless_told(obama):
    from conftest import REPOSITORY

    with fs.Model.open(REPOSITORY / "models" / "faces-cascade.safetensors") as model:
        own = model.metadata("thresholds").split()
        assert len(own) == 3
        with fs.Detector(model, min_face=60) as a, fs.Detector(model, min_face=60, thresholds=(-1, -1, -1)) as b:
            assert [f.box for f in a.find(obama)] == [f.box for f in b.find(obama)]
        with fs.Detector(model, min_face=60, thresholds=(-1, -1, 1)) as strict:
            assert len(strict.find(obama)) <= len(a_faces(model, obama))


def a_faces(model, photo):
    with fs.Detector(model, min_face=60, thresholds=(-1, -1, 0)) as generous:
        return generous.find(photo)


def test_detector_options_are_checked():
    from conftest import open_model

    with open_model("mtcnn") as model:
        nan = float("nan")
        for options in ({"min_face": 5}, {"scale_step": 1.0}, {"scale_step": nan}, {"thresholds": (0.5, 2, -1)}):
            with pytest.raises(fs.FaceStyleError) as caught:
                fs.Detector(model, **options)
            assert caught.value.status == _c.FS_INVALID_ARGUMENT
        with pytest.raises(ValueError, match=r"thresholds has shape \[2\]"):
            fs.Detector(model, thresholds=(0.5, 0.5))


def test_threads_share_a_detector_and_an_embedder(detector, embedder, obama):
    from concurrent.futures import ThreadPoolExecutor

    alone = embedder.embed_photo(obama, detector)[0]
    with ThreadPoolExecutor(4) as pool:
        for embedding in pool.map(lambda _: embedder.embed_photo(obama, detector)[0], range(12)):
            assert np.array_equal(embedding, alone)


def test_any_number_of_threads_finds_the_same_face(detector, embedder, obama):
    found = []
    for count in (1, 2, 5, 0):
        fs.set_threads(count)
        found.append(embedder.embed_photo(obama, detector)[0])
    assert all(np.array_equal(found[0], other) for other in found[1:])


@pytest.fixture
def pixel_model():
    from facestyle.models import tensor_file

    with fs.Model.load(tensor_file.encode(pixel_detector.tensors(), pixel_detector.METADATA)) as model:
        yield model


def test_a_one_pass_detector_finds_faces_and_points(pixel_model):
    picture = pixel_detector.picture(96, 64, (40, 16), (64, 40))
    with fs.Detector(pixel_model, min_face=12) as detector, fs.Image.from_array(picture) as image:
        assert detector.finds_points
        faces = sorted(detector.find(image), key=lambda face: face.box[0])
        np.testing.assert_allclose([face.box for face in faces], [(40, 16, 8, 8), (64, 40, 8, 8)], atol=0.01)
        np.testing.assert_allclose(faces[0].landmarks, [(43.5, 19.5)] * 5, atol=0.01)
        assert all(face.score > 0.99 for face in faces)
        frame = fs.Frame([picture[..., 0]], "grey")
        assert [face.box for face in detector.find_frame(frame)] == [face.box for face in detector.find(image)]
        (near,) = detector.find_frame(frame, region=(56, 32, 40, 32))
        np.testing.assert_allclose(near.box, (64, 40, 8, 8), atol=0.01)


def test_a_one_pass_detector_has_one_threshold(pixel_model):
    with fs.Image.from_array(pixel_detector.picture(40, 24, (8, 8)) // 5 * 4) as image:  # level 204: a logit of 2
        def count(*thresholds):
            with fs.Detector(pixel_model, min_face=12, scale_step=0.5, thresholds=thresholds) as detector:
                return len(detector.find(image))

        assert count(-1, -1, -1) == count(1, 1, 0.88) == 1 and count(0, 0, 0.89) == 0


def test_a_one_pass_detector_makes_pictures_smaller_for_large_faces(pixel_model):
    with fs.Image.from_array(pixel_detector.picture(96, 64, (32, 16), side=16)) as image:
        with fs.Detector(pixel_model, min_face=24) as detector:
            np.testing.assert_allclose([face.box for face in detector.find(image)], [(32, 16, 16, 16)], atol=0.02)
        with fs.Detector(pixel_model, min_face=12) as detector:
            assert len(detector.find(image)) == 4
