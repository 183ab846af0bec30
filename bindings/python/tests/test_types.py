"""Checkers of types find nothing in the package, and know what it takes and answers."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path


import facestyle
from conftest import REPOSITORY

PACKAGE = REPOSITORY / "bindings" / "python"

USER = '''
import numpy as np
import facestyle as fs

with fs.Model.open("vgg19") as vgg, fs.Styler(vgg) as styler:
    cat = fs.Image.open("cat.png")
    painted = styler.run(cat, [cat, np.zeros((4, 4, 3), np.uint8)], steps=50, optimizer="adam", on_step=lambda p: print(p.total))
    reveal_type(painted)
    for face in fs.faces("cat.png"):
        reveal_type(cat.crop(*face.face.box))
        reveal_type(face.embedding)
    loss = fs.Loss("semi-hard", margin=0.2)
    trainer = fs.Trainer(loss=loss, start=vgg, steps=5)
    reveal_type(fs.plots.losses("log.jsonl"))
'''
WRONG = {
    "run": 'styler.run(cat, cat, stepz=50)', "job": 'styler.job(cat, cat, steps="many")', "crop": 'cat.crop(1, 2, 3)',
    "Loss": 'fs.Loss("semi-hard", margin="wide")', "Trainer": 'fs.Trainer(speed=3)', "augment": 'fs.augment(cat, 1, tilt=0.5)',
    "attribute": 'fs.nonsense_of_mine(cat).width.height',
}  # fmt: skip


# The insides of conversion, and what hands out tables: pyarrow and Ray have no types.
UNTYPED = re.compile(r"facestyle\.(convert|models|ray|embed_parts|face_table)\b")


def checked(command, **environment):
    done = subprocess.run(command, cwd=PACKAGE, env={**os.environ, **environment}, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_mypy_finds_nothing_in_the_package(tmp_path):
    status, said = checked([sys.executable, "-m", "mypy", "--cache-dir", tmp_path])
    assert status == 0 and said.startswith("Success: no issues found in"), said


def test_pyright_finds_nothing_in_the_package():
    status, said = checked([sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable])
    assert status == 0 and "0 errors, 0 warnings" in said, said


def test_a_users_program_is_checked(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(USER)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", "--config-file", os.devnull]
    ignoring = ["--follow-imports", "silent", "--ignore-missing-imports", program]
    status, said = checked([*command, *ignoring], MYPYPATH=str(PACKAGE))
    assert status == 0, said
    told = [line.partition("Revealed type is ")[2].strip('"') for line in said.splitlines() if "Revealed" in line]
    assert told[0] == told[1] == "facestyle.image.Image" and told[3] == "facestyle.plots.Plot"
    assert "float" in told[2] and "ndarray" in told[2]
    lines = USER.splitlines()
    program.write_text("\n".join([*lines[:5], *lines[5:6], *(f"    {line}" for line in WRONG.values())]) + "\n")
    status, said = checked([*command, *ignoring], MYPYPATH=str(PACKAGE))
    assert status == 1
    numbers = {int(line.split(":")[1]) for line in said.splitlines() if ": error:" in line}
    known = range(7, 7 + len(WRONG) - 1)  # what the package lacks may be there at run time, says its __getattr__
    assert numbers == set(known), said


def test_what_checkers_see_is_what_there_is():
    tree = ast.parse(Path(facestyle.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.asname: node.module for node in block.body for alias in node.names}
    assert all(alias.asname == alias.name for node in block.body for alias in node.names)
    assert seen == {**facestyle._HOME, "plots": None}


def test_every_public_type_is_known():
    """pyright's measure of a package with types: what it cannot tell is listed."""
    status, said = checked(
        [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "--ignoreexternal", "--outputjson", "--verifytypes", "facestyle"],
        PYTHONPATH=str(PACKAGE))
    found = json.loads(said)["typeCompleteness"]
    seen = [s for s in found["symbols"] if s["isExported"] and not UNTYPED.match(s["name"])]
    lacking = [symbol["name"] for symbol in seen if not symbol["isTypeKnown"]]
    assert len(seen) > 500 and not lacking, lacking[:20]
