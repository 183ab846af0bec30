"""What the program says where something is missing or misspelt: what was seen, and what to do."""

import os
import subprocess

import pytest
from test_cli import BAD_USAGE, BIDEN, LARGE, MODELS, OBAMA, OBAMA2, PHOTOS, good, models, parsed, png, refused, run
from test_doctor import BOX, without_models


@pytest.mark.parametrize(("words", "told", "see"), [
    (["detct", "a.jpg"], "'detct' is no command of facestyle. Did you mean 'detect'?", "facestyle"),
    (["nonsense"], "'nonsense' is no command of facestyle. Expected one of the list in its help.", "facestyle"),
    (["gallery", "lst", "a.gallery"], "'lst' is no command of facestyle gallery. Did you mean 'list'?", "facestyle gallery"),
    (["help", "gallery", "ad"], "'ad' is no command of facestyle gallery. Did you mean 'add'?", "facestyle gallery"),
])  # fmt: skip
def test_a_word_that_is_no_command_is_told_with_the_nearest_one(words, told, see):
    result = run(*words)
    assert (result.returncode, result.stdout) == (BAD_USAGE, "")
    assert result.stderr == f"Error: {told}\nUsage: {see} <subcommand>\n  See '{see} --help' for more information.\n"


def test_help_of_a_command_is_no_command_that_is_unknown():
    assert good("help", "gallery", "add").startswith("OVERVIEW: Adds photos of people")
    assert good("help") == good("--help") == good()


def without(tmp_path, *arguments):
    """The error of a command where no model is installed."""
    environment = {**os.environ, "FACESTYLE_MODELS": "/nowhere", "HOME": "/nonexistent", "XDG_DATA_HOME": ""}
    result = subprocess.run([without_models(tmp_path), *arguments], capture_output=True, text=True, timeout=60, env=environment)
    assert result.stdout == ""
    return result.returncode, result.stderr


@pytest.mark.parametrize(("arguments", "file", "remedy"), [
    (["live", "a.jpg"], "liveness-2.7", "one that `facestyle-convert` makes of MiniFASNet's file, as docs/reference/liveness.md shows"),
    (["style", "a.jpg", "b.jpg", "-o", "c.png"], "vgg19", "one from `make models` or `python3 -m facestyle.models`"),
    (["detect", "a.jpg", "--detector", "yunet"], "faces-yunet", "the one that comes with the library, in share/facestyle/models"),
    (["enlarge", "a.jpg", "-o", "c.png", "--factor", "4", "--sharp"], "enlarge4-sharp", "the one that comes with the library, in share/facestyle/models"),
    (["restyle", "a.jpg", "--style", "monet", "-o", "c.png"], "monet", "a name that `facestyle models` lists"),
])  # fmt: skip
def test_a_model_that_is_nowhere_is_told_with_the_way_to_get_it(tmp_path, arguments, file, remedy):
    status, told = without(tmp_path, *arguments)
    assert status == (2 if arguments[0] == "live" else 1)
    assert told.startswith(f'facestyle: no model "{file}": no {file}.safetensors in /nowhere, ')
    assert told.endswith(f"; expected {remedy}, or a file's path\n")


def test_a_list_without_models_says_how_to_get_some(tmp_path):
    program = without_models(tmp_path)
    environment = {**os.environ, "FACESTYLE_MODELS": "/nowhere", "HOME": "/nonexistent", "XDG_DATA_HOME": ""}
    result = subprocess.run([program, "models"], capture_output=True, text=True, timeout=60, env=environment)
    assert result.stdout.startswith("no models; `make models` or `python3 -m facestyle.models` gets some")


@models
def test_compare_answers_programs_where_there_is_no_answer(tmp_path):
    cat = str(PHOTOS / "chelsea.png")
    result = run("compare", OBAMA, cat, "--json")
    assert result.returncode == 2 and result.stderr == f"facestyle: {cat}: no face was found in the photo of 451x300\n"
    assert parsed(result.stdout) == {"same": None, "error": f"{cat}: no face was found in the photo of 451x300"}
    result = run("compare", OBAMA, tmp_path / "gone.jpg", "--json")
    assert parsed(result.stdout) == {"same": None, "error": f"{tmp_path}/gone.jpg: No such file or directory"}


@models
def test_a_gallery_of_another_model_is_told_by_the_models_names(tmp_path):
    gallery = tmp_path / "people.gallery"
    good("gallery", "add", gallery, "obama", OBAMA, OBAMA2, *LARGE)
    told = f"facestyle: {gallery}: embeddings of dlib-resnet; faces-nn4 cannot compare with them\n"
    small = ("--model", "faces-nn4")
    assert refused("identify", BIDEN, "--gallery", gallery, *small) == told
    assert refused("detect", BIDEN, "--gallery", gallery, "--embedder", "faces-nn4") == told
    assert refused("gallery", "add", gallery, "biden", BIDEN, *small) == told
    assert refused("calibrate", "--gallery", gallery, *small) == told
    # A threshold of another model would be kept in it.
    people = tmp_path / "people"
    for photo, name in ((OBAMA, "obama"), (OBAMA2, "obama"), (BIDEN, "biden")):
        (people / name).mkdir(parents=True, exist_ok=True)
        (people / name / os.path.basename(photo)).symlink_to(photo)
    assert refused("calibrate", "--people", people, "--far", 0.8, "--gallery", gallery, *small) == told
    environment = {**os.environ, "FACESTYLE_MODELS": str(BOX), "HOME": "/nonexistent", "XDG_DATA_HOME": ""}
    command = [without_models(tmp_path), "identify", BIDEN, "--gallery", gallery]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    told = f"facestyle: {gallery}: embeddings of a model that is not installed; faces-nn4 cannot compare with them\n"
    assert (result.returncode, result.stdout, result.stderr) == (2, "", told)


def test_a_preset_that_there_is_not_is_told_with_those_that_there_are(tmp_path):
    picture = png(tmp_path / "a.png", 40, 32)
    result = run("style", picture, picture, "-o", tmp_path / "b.png", "--preset", "gatis")
    assert result.returncode == BAD_USAGE
    assert "'gatis' is invalid for '--preset <name>': expected one of pyramid, course, gatys, neural-style, " in result.stderr


@models
def test_a_learned_style_in_place_of_a_picture_is_told_with_the_command_for_it(tmp_path):
    picture = png(tmp_path / "a.png", 40, 32)
    told = refused("style", picture, "starry-night", "-o", tmp_path / "b.png")
    assert told == (
        "facestyle: starry-night: a style that a network has learned; expected a picture, or facestyle restyle --style starry-night\n")
    assert refused("style", picture, "monet", "-o", tmp_path / "b.png") == "facestyle: monet: No such file or directory\n"
    told = refused("restyle", picture, "--style", "multistyle26:a", "-o", tmp_path / "b.png")
    assert told == "facestyle: multistyle26:a: no numbers of styles after the colon; expected a style such as NAME:3,12=2\n"
    assert (MODELS / "multistyle26.safetensors").exists()
