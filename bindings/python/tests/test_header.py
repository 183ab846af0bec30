"""The ctypes layer repeats the header exactly, and the header keeps its own rules."""

import ctypes
import math
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import facestyle as fs
import header
from conftest import MODELS, REPOSITORY, model_file, photo_file
from facestyle import _c

BASES = {
    "void": None, "char": ctypes.c_char, "float": ctypes.c_float, "double": ctypes.c_double,
    "size_t": ctypes.c_size_t, "uint8_t": ctypes.c_uint8, "uint16_t": ctypes.c_uint16, "int32_t": ctypes.c_int32, "int64_t": ctypes.c_int64,
    "uint32_t": ctypes.c_uint32, "uint64_t": ctypes.c_uint64,
}  # fmt: skip


def as_ctypes(declared):
    base = declared.rstrip("*")
    stars = len(declared) - len(base)
    if base in ("char", "void") and stars:
        kind, stars = {"char": ctypes.c_char_p, "void": ctypes.c_void_p}[base], stars - 1
    else:
        kind = BASES[base] if base in BASES else getattr(_c, base)
    for _ in range(stars):
        kind = ctypes.POINTER(kind)
    return kind


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """What the C compiler says: sizes, offsets, enum values and macros."""
    lines = []
    for name, members in header.structs().items():
        if members:
            lines.append(f'printf("{name} %zu\\n", sizeof({name}));')
        lines += [f'printf("{name}.{m} %zu\\n", offsetof({name}, {m}));' for m in members]
        lines += [f'printf("{name}.{m}.size %zu\\n", sizeof((({name} *)0)->{m}));' for m in members]
    lines += [f'printf("{n} %.17g\\n", (double){n});' for n in header.enumerators() + header.macros()]
    folder = tmp_path_factory.mktemp("layout")
    (folder / "layout.c").write_text(
        '#include <stdio.h>\n#include "facestyle.h"\nint main(void) {\n' + "\n".join(lines) + "\nreturn 0;\n}\n"
    )
    subprocess.run(["cc", "-I", str(REPOSITORY / "include"), "-o", folder / "layout", folder / "layout.c"], check=True)
    output = subprocess.run([folder / "layout"], check=True, capture_output=True, text=True).stdout
    return {name: float(value) for name, value in (line.split() for line in output.splitlines())}


def test_what_is_written_from_the_header_is_current():
    done = subprocess.run([REPOSITORY / "Tools" / "bindings", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_change_of_the_header_is_noticed(tmp_path):
    for path in ("Tools/bindings", "Tools/c_header.py", "include/facestyle.h", "bindings/python/facestyle/_c.py", "bindings/python/facestyle/_c.pyi",
                 "Tests/ABI/layout_table.h", "Tests/ABI/types.txt"):  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / path, tmp_path / path)
    check = [tmp_path / "Tools" / "bindings", "--check"]
    assert subprocess.run(check).returncode == 0
    changed = tmp_path / "include" / "facestyle.h"
    changed.write_text(changed.read_text().replace("uint32_t fs_version(void);", "uint32_t fs_version(int32_t part);"))
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 1
    assert "_c.py" in done.stderr and "types.txt" in done.stderr and "layout_table.h" not in done.stderr


def test_every_function_of_the_header_is_there_in_its_order():
    assert list(_c.FUNCTIONS) == list(header.functions())
    assert len(_c.FUNCTIONS) > 60


@pytest.mark.parametrize("name", list(header.functions()))
def test_a_function_has_the_headers_types(name):
    result, arguments = header.functions()[name]
    assert _c.FUNCTIONS[name] == (as_ctypes(result), [as_ctypes(a) for a in arguments])


def test_every_enum_value_and_macro_is_the_compilers(compiled):
    names = header.enumerators() + header.macros()
    assert len(names) > 40
    assert {name: getattr(_c, name) for name in names} == {name: compiled[name] for name in names}


def test_no_constant_is_invented():
    constants = {name for name in vars(_c) if name.startswith("FS_")}
    assert constants == set(header.enumerators() + header.macros())


@pytest.mark.parametrize("name", [name for name, members in header.structs().items() if members])
def test_a_struct_lies_in_memory_as_the_compiler_lays_it(name, compiled):
    struct = getattr(_c, name)
    assert ctypes.sizeof(struct) == compiled[name]
    assert [field[0] for field in struct._fields_] == header.structs()[name]
    for member in header.structs()[name]:
        assert getattr(struct, member).offset == compiled[f"{name}.{member}"], member
        assert getattr(struct, member).size == compiled[f"{name}.{member}.size"], member


@pytest.mark.parametrize("name, struct", header.inits())
@pytest.mark.parametrize("newer", [0, 8, 9000])
def test_a_struct_is_filled_as_far_as_the_library_knows_it(name, struct, newer):
    kind = getattr(_c, struct)
    size, room = ctypes.sizeof(kind), (ctypes.c_uint8 * 16384)(*[0xA5] * 16384)
    others = [0] * (len(_c.FUNCTIONS[name][1]) - 2)  # a strength, a kind, a preset: the first
    assert getattr(_c, name)(ctypes.cast(room, ctypes.POINTER(kind)), size + newer, *others) == _c.FS_OK
    assert kind.from_buffer(room).size == size
    assert bytes(room[size:]) == b"\xa5" * (16384 - size), "it wrote beyond its own struct"


def test_every_struct_with_a_size_is_filled_is_an_answer_or_says_how():
    filled = {struct for _, struct in header.inits()}
    sized = {name for name, members in header.structs().items() if members[:1] == ["size"]}
    assert len(filled) >= 18
    # Answers, which need their size set; what callbacks are handed; and pixels.
    assert sized - filled == {
        "fs_gallery_info", "fs_trainer_info", "fs_training_step", "fs_fast_training_step", "fs_enlarger_training_step", "fs_style_progress",
        "fs_training_progress", "fs_tsne_progress", "fs_pixels", "fs_architecture_info", "fs_layer_info", "fs_host_info",
        "fs_quality", "fs_identity", "fs_gallery_identity", "fs_enrolment", "fs_gallery_report", "fs_gradient_report",
        "fs_evaluation", "fs_calibration", "fs_model_info", "fs_analysed_face", "fs_model_texts",
        "fs_liveness_verdict", "fs_optional_library", "fs_self_check", "fs_expression_size"}  # fmt: skip


def test_a_struct_without_a_size_says_that_it_is_frozen():
    for name, members in header.structs().items():
        start = header.TEXT.find(f"typedef struct {name} {{")
        if start >= 0 and members[0] != "size":
            comment = header.TEXT[:start].rstrip().rsplit("/*", 1)[1]
            assert "rozen. */" in comment, name


def test_a_count_is_a_size_of_a_handle():
    counts = {name: types for name, types in header.functions().items() if name.endswith("_count")}
    assert len(counts) > 10
    assert {name for name, (result, arguments) in counts.items() if result != "size_t" or len(arguments) > 1} == set()


def test_an_array_that_is_written_comes_with_its_capacity():
    # One number each; and what a callback is for.
    single = {"count", "found", "distance", "bytes", "byte_count", "changed", "next", "value", "loss", "cost", "content_cost",
              "style_cost", "total_cost", "divergence", "values", "reduction", "length"}  # fmt: skip
    for function in header.of_kind(header.Function).values():
        names = [parameter.name for parameter in function.parameters]
        for parameter, following in zip(function.parameters, [*function.parameters[1:], None]):
            is_written = parameter.stars == 1 and "const" not in parameter.text and parameter.base in BASES
            if not is_written or parameter.base in ("void", "char") or parameter.count or parameter.name in single:
                continue
            assert following is not None and (
                "capacity" in following.name or names[-1] == "capacity"), f"{function.name}: {parameter.name}"  # fmt: skip


def test_the_loaded_library_is_the_headers():
    assert _c.fs_version() == _c.FS_VERSION
    assert _c.fs_abi_version() == _c.FS_ABI_VERSION


def test_a_status_of_a_later_library_is_the_exception_of_all_others():
    with pytest.raises(fs.FaceStyleError, match="a reason") as caught:
        raise fs.errors._failure(1000, "a reason")
    assert type(caught.value) is fs.FaceStyleError and caught.value.status == 1000 and caught.value.name


def test_every_status_has_its_name():
    for name in header.enumerators()[:10]:
        assert _c.fs_status_name(getattr(_c, name)).decode() == name
    assert _c.fs_status_name(12345)  # never NULL


def test_the_default_threshold_is_negative():
    assert math.copysign(1, _c.FS_DEFAULT_THRESHOLD) == -1


def chapters():
    """The titles of "/* ---- Title: what it is about ---- */" and of a chapter with a longer introduction."""
    return re.findall(r"^/\* ---- ([\w -]+?)(?::.*)? ----", header.TEXT, flags=re.M)


def test_the_map_on_top_names_the_chapters_in_their_order():
    opening = header.TEXT[: header.TEXT.index("A first program")]
    assert chapters() == re.findall(r"^ \*   ([A-Zt][\w -]*?)  +\S", opening, flags=re.M)
    assert chapters()[:8] == ["Status", "Images", "Models", "Face analysis", "Detector", "Embedder", "Comparison", "Gallery"]


def test_lines_have_100_columns_at_most():
    assert [line for line in header.TEXT.splitlines() if len(line) > 100] == []


def test_the_first_program_compares_two_photos(tmp_path):
    obama, again, biden, cat = (photo_file(name) for name in ("obama.jpg", "obama2.jpg", "biden.jpg", "chelsea.png"))
    model_file("mtcnn"), model_file("dlib-resnet")
    (tmp_path / "same.c").write_text(header.program())
    library = Path(_c.library._name).resolve().parent
    command = ["cc", "-std=c11", "-O2", "-pedantic", "-Wall", "-Wextra", "-Werror", "-I", REPOSITORY / "include",
               tmp_path / "same.c", f"-L{library}", "-lfacestyle", f"-Wl,-rpath,{library}", "-o", tmp_path / "same"]  # fmt: skip
    subprocess.run(command, check=True)

    def run(*arguments):
        environment = {**os.environ, "FACESTYLE_MODELS": str(MODELS)}
        done = subprocess.run([tmp_path / "same", *arguments], capture_output=True, text=True, env=environment)
        return done.returncode, done.stdout, done.stderr

    assert run(obama, obama) == (0, "same, distance 0.00\n", "")
    assert run(obama, again)[1].startswith("same, distance 0.")
    assert run(obama, biden)[1].startswith("different, distance 0.")
    status, output, reason = run(obama, cat)
    assert (status, output, reason.count("\n")) == (1, "", 1) and "face" in reason
    assert run() == (1, "", "path is NULL\n")
