"""In a notebook: pictures show themselves, a painting is seen while it is made, options come with Tab."""

import base64
import os
import sys

import pytest

import facestyle as fs
from conftest import MODELS, REPOSITORY, model_file

PNG = b"\x89PNG\r\n\x1a\n"

SET_UP = """
import warnings
warnings.simplefilter("ignore")
import numpy as np
import facestyle as fs
vgg = fs.Model.open("vgg19")
styler = fs.Styler(vgg)
cat = fs.Image.from_array(np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8))
"""
CELLS = {
    "picture": "cat",
    "painting": 'painted = styler.run(cat, cat, preset="course", steps=6, progress=True, preview=2)',
    "job": 'job = styler.job(cat, cat, preset="course", steps=2); job.step(); job',
    "plot": 'fs.plots.activation_maps(np.ones((2, 3, 4)))',
    "wrong": 'styler.run(cat, cat, preview=0)',
}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A notebook's kernel, in which `SET_UP` has run."""
    model_file("vgg19")
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in (SET_UP, *CELLS.values())])
    folder = tmp_path_factory.mktemp("kernels") / "kernels" / "python3"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(
        '{"argv": ["%s", "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "Python", "language": "python"}' % sys.executable)
    patch = pytest.MonkeyPatch()
    patch.setenv("JUPYTER_PATH", str(folder.parents[1]))
    patch.setenv("PYTHONPATH", os.pathsep.join([str(REPOSITORY / "bindings" / "python")]))
    patch.setenv("FACESTYLE_MODELS", str(MODELS))
    client = nbclient.NotebookClient(notebook, kernel_name="python3", timeout=300, allow_errors=True)
    with client.setup_kernel():
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
        yield client
    patch.undo()


@pytest.fixture
def cells(client):
    """Outputs of the cells by their names."""
    assert not client.nb.cells[0].outputs, client.nb.cells[0].outputs
    return {name: cell.outputs for name, cell in zip(CELLS, client.nb.cells[1:])}


def png(output):
    return base64.b64decode(output["data"]["image/png"])


@pytest.mark.parametrize("name", ["picture", "job", "plot"])
def test_pictures_show_themselves(cells, name):
    (output,) = cells[name]
    assert png(output).startswith(PNG)


def test_a_shown_picture_is_the_picture(cells):
    with fs.Image.decode(png(cells["picture"][0])) as image:
        assert image.shape == (48, 64, 3)


def test_a_painting_is_seen_in_one_place_and_has_a_bar(cells):
    shown = [output for output in cells["painting"] if "image/png" in output.get("data", {})]
    assert len(shown) == 1  # each preview took the place of the one before
    with fs.Image.decode(png(shown[0])) as image:
        assert image.shape == (48, 64, 3)
    told = "".join(output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in cells["painting"])
    assert "6/6" in told


def test_a_preview_of_no_steps_is_refused(cells):
    (output,) = cells["wrong"]
    assert (output["ename"], output["evalue"]) == ("ValueError", "preview is 0; expected steps, 1 or more")


def test_outside_of_a_notebook_a_preview_is_refused(picture):
    with open_styler() as styler, pytest.raises(RuntimeError, match="preview outside of a notebook; expected on_step"):
        styler.run(picture, picture, preview=1)


def open_styler():
    with fs.Model.open(model_file("vgg19")) as vgg:
        return fs.Styler(vgg)


@pytest.mark.parametrize("start, option", [("styler.run(cat, cat, sty", "style_scale="), ("styler.job(cat, cat, hist", "history="),
                                           ("fs.Trainer(optim", "optimizer="), ("fs.augment(cat, 1, com", "compression=")])  # fmt: skip
def test_tab_offers_options(client, start, option):
    from jupyter_client.utils import run_sync

    kernel = client.kc
    request = kernel.complete(start, len(start))
    while True:
        message = run_sync(kernel.get_shell_msg)(timeout=60)
        if message["parent_header"].get("msg_id") == request:
            break
    assert option in message["content"]["matches"]
