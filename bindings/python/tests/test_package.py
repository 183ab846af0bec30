"""The package: what is found where, and what happens without the native library."""

import os
import re
import subprocess
import sys
from pathlib import Path

import facestyle
import numpy as np
import pytest
from facestyle import _c

PACKAGE = Path(facestyle.__file__).resolve().parents[1]


def python(code, **environment):
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE), **environment}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)


def test_every_public_name_exists():
    for name in facestyle.__all__:
        assert getattr(facestyle, name).__name__.rpartition(".")[2] == name
    assert set(facestyle.__all__) <= set(dir(facestyle))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nonsense"):
        facestyle.nonsense


def test_importing_the_package_does_not_load_the_library():
    result = python("import facestyle, sys; assert 'facestyle._c' not in sys.modules")
    assert result.returncode == 0, result.stderr


def test_an_absent_library_is_an_import_error_that_names_it(tmp_path):
    missing = str(tmp_path / "libnothing.so")
    result = python("import facestyle; facestyle.Image", FACESTYLE_LIBRARY=missing)
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith("ImportError: libfacestyle is not to be found") and missing in last


def test_the_environment_names_the_library():
    from facestyle import _c

    result = python("import facestyle; print(facestyle.version())", FACESTYLE_LIBRARY=_c.library._name)
    assert result.stdout.strip() == "(0, 1, 0)", result.stderr


def test_another_library_is_an_import_error(tmp_path):
    source, library = tmp_path / "other.c", tmp_path / "libother.so"
    source.write_text("unsigned fs_abi_version(void) { return 99; }\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    result = python("import facestyle; facestyle.Image", FACESTYLE_LIBRARY=str(library))
    assert "ABI version 99; this package is for 0" in result.stderr.splitlines()[-1]


def test_threads_are_set_and_refused():
    before = facestyle.threads()
    try:
        facestyle.set_threads(3)
        assert facestyle.threads() == 3
        with pytest.raises(facestyle.FaceStyleError, match="257"):
            facestyle.set_threads(257)
        with pytest.raises(ValueError, match="-1"):
            facestyle.set_threads(-1)
        assert facestyle.threads() == 3
    finally:
        facestyle.set_threads(0 if before == os.cpu_count() else before)


def test_the_host_is_described():
    host = facestyle.host()
    assert 1 <= host.threads <= host.allowed <= max(host.processors, host.allowed) and host.quota >= 0
    assert host.allowed == len(os.sched_getaffinity(0))
    assert host.memory_limit == facestyle.memory_limit() > 0
    assert host.instruction_set == facestyle.instruction_set()
    assert host.memory_source in ("this machine's", "the control group's", "the program's", "RLIMIT_AS's", "RLIMIT_DATA's")
    assert re.match(r"OpenBLAS \d+\..*, core \w+$", facestyle.algebra_library())


def test_a_limit_of_one_s_own_refuses_what_needs_more_memory():
    code = """
import facestyle as fs, numpy as np
before = fs.memory_used()
image = fs.Image.from_array(np.zeros((1000, 1000, 3), np.uint8))
assert 3_000_000 <= fs.memory_used() - before < 3_100_000, fs.memory_used() - before
fs.set_memory_limit(16 << 20)
assert fs.memory_limit() == 16 << 20 and fs.host().memory_source == "the program's", fs.host()
for size in (3000, 4000):
    try:
        image.resize(size, size)
    except fs.FaceStyleError as error:
        assert error.name == "FS_NO_MEMORY" and "may hold 16 MB, by the program's limit" in str(error), error
    else:
        raise AssertionError("27 MB and more were given")
assert fs.memory_peak(reset=True) <= 16 << 20, fs.memory_peak()
image.resize(2000, 1000).close()
assert 9_000_000 <= fs.memory_peak() <= 16 << 20, fs.memory_peak()
try:
    fs.set_memory_limit(1 << 20)
except fs.FaceStyleError as error:
    assert error.name == "FS_NO_MEMORY" and "a limit of 1048576 bytes" in str(error), error
else:
    raise AssertionError("less than is used was taken for a limit")
assert fs.memory_limit() == 16 << 20
fs.set_memory_limit(0)
image.resize(4000, 4000).close()
image.close()
fs.trim_memory()
assert fs.memory_used() - before < 100_000, fs.memory_used() - before
"""
    result = python(code)
    assert result.returncode == 0, result.stderr


def test_the_memory_limit_is_at_most_the_process_own():
    code = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
import facestyle as fs
assert fs.memory_limit() == 1 << 30, fs.memory_limit()
assert fs.host().memory_source == "RLIMIT_AS's", fs.host()
"""
    result = python(code)
    assert result.returncode == 0, result.stderr


def test_the_instruction_set_has_a_name():
    assert facestyle.instruction_set() in ("avx512", "avx2", "baseline")


def test_the_instruction_set_is_chosen_before_it_is_used():
    code = """
import facestyle as fs
best = fs.instruction_set()
fs.choose_instruction_set("baseline")
assert fs.instruction_set() == "baseline"
fs.choose_instruction_set()
assert fs.instruction_set() == best
fs.choose_instruction_set("baseline")
fs.distance([0, 1], [0, 2])
fs.choose_instruction_set("baseline")
if best != "baseline":
    try:
        fs.choose_instruction_set(best)
    except fs.FaceStyleError as error:
        assert best in str(error) and "baseline" in str(error), error
    else:
        raise AssertionError("chosen too late")
assert fs.instruction_set() == "baseline"
"""
    result = python(code, FACESTYLE_ISA="")
    assert result.returncode == 0, result.stderr


def test_an_instruction_set_that_the_processor_does_not_run_is_refused():
    with pytest.raises(facestyle.FaceStyleError, match='"zx81"; expected one that this processor runs: baseline'):
        facestyle.choose_instruction_set("zx81")
    with pytest.raises(ValueError, match="NUL"):
        facestyle.choose_instruction_set("avx2\0")


def test_the_log_is_set_and_silenced(picture):
    lines = []
    facestyle.set_log(lambda level, message: lines.append((level, message)), "debug")
    picture.resize(3, 3).close()
    facestyle.set_log(None)
    count = len(lines)
    picture.resize(3, 3).close()
    assert len(lines) == count
    assert all("\n" not in message for _, message in lines)
    with pytest.raises(ValueError, match="'loud'"):
        facestyle.set_log(None, "loud")


def test_the_self_test_passes_and_says_by_how_much():
    checks = facestyle.self_test()
    assert len(checks) >= 15 and all(check.passed and 0 <= check.deviation <= check.tolerance for check in checks)
    assert {"matrix product", "an embedder's vector", "a painting's gradient"} <= {check.name for check in checks}


@pytest.mark.parametrize("name", ["baseline", "avx2", "avx512"])
def test_the_self_test_passes_with_each_instruction_set(name):
    code = "import facestyle as fs; print(fs.instruction_set(), len(fs.self_test()))"
    result = python(code, FACESTYLE_ISA=name)
    assert result.returncode == 0, result.stderr
    if result.stdout.split()[0] != name:
        pytest.skip(f"this processor does not run {name}")


# A damaged copy of the library stands for a damaged machine: 5.25 is a factor of Winograd's F(6x6, 3x3), in each build of the kernels.
@pytest.mark.parametrize("name", ["baseline", "avx2", "avx512"])
def test_a_library_whose_kernels_compute_wrong_fails_its_self_test(name, tmp_path):
    contents = Path(_c.library._name).read_bytes()
    words = np.frombuffer(contents + bytes(-len(contents) % 4), np.uint32).copy()
    constants = words == np.float32(5.25).view(np.uint32)  # where data lie; code that has the same bytes lies anywhere
    assert constants.any()
    words[constants] = np.float32(5).view(np.uint32)
    words.tofile(tmp_path / "libfacestyle.so")
    code = """
import facestyle as fs
try:
    fs.self_test()
except fs.FaceStyleError as error:
    print(error.name, *(check.name for check in error.checks if not check.passed), error.message, sep="|")
"""
    result = python(code, FACESTYLE_LIBRARY=str(tmp_path / "libfacestyle.so"), FACESTYLE_ISA=name)
    status, *checks, message = result.stdout.strip().split("|")
    assert status == "FS_INTERNAL" and {"Winograd's F(6x6, 3x3)", "a painting's gradient"} <= set(checks), result.stderr
    assert "matrix product" not in checks and "an embedder's vector" not in checks
    assert re.match(r"self-test, \d of \d+ checks failed: Winograd's F\(6x6, 3x3\) deviates by 0\.\d+ of its largest", message)


def test_libraries_that_are_loaded_when_something_needs_them_are_described():
    libraries = facestyle.optional_libraries()
    assert {"OpenBLAS", "libwebp", "libpq", "libsodium"} <= {library.name for library in libraries}
    assert {library.needed_by for library in libraries} >= {"WebP", "HEIC", "AVIF", "TIFF", "JPEG XL"}
    for library in libraries:
        assert (library.version is None) == (library.fault is not None) and library.package
