"""From a photo to its faces and to an answer, and models by their names."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import facestyle as fs
from conftest import MODELS, REPOSITORY, model_file, photo_file


@pytest.fixture(scope="module")
def analysis():
    with fs.FaceAnalysis(model_file("mtcnn"), model_file("dlib-resnet")) as analysis:
        yield analysis


@pytest.fixture(scope="module")
def obama():
    with fs.Image.open(photo_file("obama.jpg")) as image:
        yield image


@pytest.fixture
def half(analysis, obama):
    """A photo that lacks a quarter of the face."""
    x, _, width, _ = analysis.faces(obama)[0].face.box
    left = int(x + width / 4)
    with obama.crop(left, 0, obama.width - left, obama.height) as image:
        yield image


def test_faces_have_the_embedding_of_the_embedder_and_the_quality_of_the_photo(analysis, obama):
    (found,) = analysis.faces(obama)
    embedding, face = analysis.embedder.embed_photo(obama, analysis.detector)
    assert np.array_equal(found.embedding, embedding) and found.embedding.dtype == np.float32
    assert found.face.box == face.box and np.array_equal(found.face.landmarks, face.landmarks)
    quality = fs.face_quality(obama, face)
    assert (found.quality, found.reasons, found.is_main) == (quality.score, (), True)


def test_a_photo_may_be_given_by_its_path(analysis, obama):
    verdict = analysis.compare(photo_file("obama.jpg"), str(photo_file("obama2.jpg")))
    assert verdict and verdict.reasons == ((), ()) and verdict.threshold == pytest.approx(0.6)
    with fs.Image.open(photo_file("obama2.jpg")) as again:
        assert verdict == fs.compare(obama, again, analysis.embedder, analysis.detector)
    assert len(analysis.faces(photo_file("obama.jpg"))) == 1


def test_a_face_that_is_cut_off_is_answered_and_flagged(analysis, obama, half):
    assert analysis.compare(obama, half).reasons == ((), ("cut off by the edge",))
    with analysis.gallery() as people:
        people.add("Obama", analysis.faces(obama)[0].embedding)
        assert people.identify(half).reasons == ("cut off by the edge",)
        assert people.verify(half, "Obama").reasons == (("cut off by the edge",), ())
        assert people.identify(obama).reasons == () and people.identify(obama).name == "Obama"
        assert people.verify(analysis.faces(half)[0].embedding, "Obama").reasons == ((), ())


def test_a_photo_without_a_face_has_none(analysis):
    assert analysis.faces(photo_file("chelsea.png")) == []
    with pytest.raises(fs.NoFace):
        analysis.compare(photo_file("chelsea.png"), photo_file("obama.jpg"))


def test_options_are_those_of_the_library(obama):
    with fs.FaceAnalysis("mtcnn", "dlib-resnet", min_face=1000) as analysis:
        assert analysis.faces(obama) == []  # more than the photo's width
    with pytest.raises(fs.FaceStyleError, match="min face 3"):
        fs.FaceAnalysis("mtcnn", "dlib-resnet", min_face=3)
    with pytest.raises(fs.FaceStyleError, match="no model \"no-such\""):
        fs.FaceAnalysis("no-such")
    with pytest.raises(TypeError, match="detector is an int"):
        fs.FaceAnalysis(3)


def test_parts_of_a_closed_analysis_are_closed(obama):
    analysis = fs.FaceAnalysis("mtcnn", "dlib-resnet")
    embedder = analysis.embedder
    assert embedder.dimension == 128
    embedder.close()  # a borrowed part: only the analysis destroys it
    assert analysis.embedder.dimension == 128
    embedder = analysis.embedder
    analysis.close()
    assert embedder.dimension == 0
    with pytest.raises(ValueError, match="closed"):
        analysis.faces(obama)


def test_every_part_says_which_model_it_is(analysis):
    model = analysis.embedder.model
    assert (model.name, model.use, model.architecture) == ("dlib-resnet", "embedder", "dlib-resnet")
    assert model.path == str(model_file("dlib-resnet")) and model.role is None and "CC0" in model.licence
    assert analysis.detector.model.use == "detector"
    with fs.Model.open("faces") as faces:
        assert faces.info.role == "faces" and faces.name == faces.info.name
    with fs.Model.load(model_file("mtcnn").read_bytes()) as loaded:
        assert loaded.info.path is None and loaded.name == "mtcnn"


def test_models_are_found_beside_the_library_from_any_folder(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name != "FACESTYLE_MODELS"}
    environment |= {"PYTHONPATH": str(Path(fs.__file__).parents[1]), "XDG_DATA_HOME": str(tmp_path)}
    code = "import facestyle as fs\nwith fs.Model.open('faces-nn4') as model: print(model.info.path)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert done.stdout.strip() == str(REPOSITORY / "models" / "faces-nn4.safetensors"), done.stderr


def test_a_list_says_what_is_installed(tmp_path, monkeypatch):
    (tmp_path / "mine.safetensors").write_bytes(model_file("mtcnn").read_bytes())
    (tmp_path / "broken.safetensors").write_bytes(b"no model")
    monkeypatch.setenv("FACESTYLE_MODELS", f"{tmp_path}:{MODELS}")
    models = fs.installed_models()
    broken, mine = models[:2]
    assert (broken.name, broken.use, broken.architecture) == ("broken", "other", None) and "safetensors" in broken.fault
    size = (tmp_path / "mine.safetensors").stat().st_size
    assert (mine.name, mine.use, mine.bytes, mine.fault, mine.hidden) == ("mine", "detector", size, None, False)
    assert mine.path == str(tmp_path / "mine.safetensors")
    by_role = {model.role: model for model in models if model.role}
    with fs.FaceAnalysis() as analysis:
        assert analysis.embedder.model == by_role["faces"] and analysis.detector.model == by_role["faces-points"]
