"""The guides show what works: docs/faces.md runs, and commands have the options with which documents show them."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.md"))]
# What a block of code names that a reader has to bring.
BROUGHT = ("user@host", "photo.jpg", ".onnx", "make ")
# Commands of docs/faces.md that say no, of two people and of pairs that are too few.
REFUSING = [
    "facestyle compare build/photos/obama.jpg build/photos/biden.jpg",
    "facestyle calibrate --people people --far 0.005",
    "facestyle calibrate --gallery people.gallery --far 0.005",
    "facestyle calibrate --pairs pairs.txt --images build/photos --far 0.005 --among 100",
]
# What the guide says that commands print.
PRINTED = [
    "same person, distance 0.38", "different people, distance 0.83",
    "quality 0.50: cut off by the edge", "obama, distance 0.33",
]  # fmt: skip


@pytest.fixture(scope="module")
def options():
    """("gallery", "add") -> its options."""
    if not (BUILD / "facestyle").exists():
        pytest.skip("the program is not built: run `make`")
    run = subprocess.run([BUILD / "facestyle", "--experimental-dump-help"], capture_output=True, text=True, check=True)
    found, waiting = {}, [((), json.loads(run.stdout)["command"])]
    while waiting:
        path, command = waiting.pop()
        arguments = command.get("arguments", [])
        names = [name for argument in arguments for name in argument.get("names", [])]
        found[path] = {("-" if name["kind"] == "short" else "--") + name["name"] for name in names}
        waiting += [((*path, sub["commandName"]), sub) for sub in command.get("subcommands", [])]
    return found


def blocks(text, *languages):
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [(language, code) for language, code in found if language in languages]


def commands(text):
    """The program's commands in blocks of code and in single pieces of code, as words."""
    lines = "\n".join(code for _, code in blocks(text, "sh", "")).replace("\\\n", " ").splitlines()
    lines += re.findall(r"`(facestyle [^`\n]+)`", text)
    for line in lines:
        for part in re.split(r"&&|\|", line):
            if re.match(r"\s*(build/)?facestyle ", part):
                yield shlex.split(part.replace("...", ""), comments=True)[1:]


def unknown_options(text, options):
    found = []
    for words in commands(text):
        path = next(tuple(words[:count]) for count in (2, 1, 0) if tuple(words[:count]) in options)
        given = [word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)]
        found += [" ".join(["facestyle", *path, word]) for word in given if word not in options[path]]
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_have_the_options_that_are_shown(document, options):
    assert unknown_options(document.read_text(), options) == []


def test_an_option_that_a_command_does_not_have_is_found(options):
    text = "```sh\nfacestyle detect a.jpg --min-size 40 --nose  # --chin\nfacestyle gallery add g \\\n    ann a.jpg --ear=1\n```\n"
    text += "`facestyle live a.jpg --eye` and `facestyle --mouth`"
    expected = ["detect --nose", "gallery add --ear", "live --eye", "--mouth"]
    assert unknown_options(text, options) == ["facestyle " + words for words in expected]


def test_the_guide_to_faces_runs(tmp_path, monkeypatch):
    for needed in ("models/dlib-resnet.safetensors", "models/centerface.safetensors", "photos/obama.jpg"):
        if not (BUILD / needed).exists():
            pytest.skip(f"build/{needed} is absent: run `make models`")
    (tmp_path / "build").symlink_to(BUILD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FACESTYLE_MODELS", str(BUILD / "models"))
    guide = (ROOT / "docs/faces.md").read_text()
    names, printed, count = {}, "", 0
    for language, code in blocks(guide, "sh", "python"):
        if any(word in code for word in BROUGHT):
            continue
        count += 1
        if language == "python":
            exec(compile(code, "docs/faces.md", "exec"), names)
            continue
        tracing = """trap 'echo "$BASH_COMMAND" >> refused' ERR\n"""
        paths = os.pathsep.join([str(BUILD), os.environ["PATH"]])
        run = subprocess.run(
            ["bash", "-c", tracing + code], capture_output=True, text=True, env={**os.environ, "PATH": paths}, timeout=300
        )
        printed += run.stdout
    refused = (tmp_path / "refused").read_text().splitlines()
    assert count >= 12 and refused == REFUSING
    assert [text for text in PRINTED if text not in guide or text not in printed] == []
