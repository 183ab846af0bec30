"""`facestyle doctor`: what it finds on a sound machine, and what it says of one that is not."""

import os
import re
import shutil
import struct
import subprocess

import pytest
from test_cli import PROGRAM, REPOSITORY, good, parsed, run

BOX = REPOSITORY / "models"  # what ships with the library
GOLDEN = (REPOSITORY / "Sources" / "SelfTest" / "GoldenNumbers.swift").read_text()


def report(*, status=0, **environment):
    """The doctor's line of JSON, with the box's models unless told otherwise."""
    return parsed(good("doctor", "--json", status=status, environment={"FACESTYLE_MODELS": str(BOX), **environment}))


def without_models(tmp_path):
    """The program where no folder has models: beside a copy of its library."""
    folder = tmp_path / "elsewhere" / "bin"
    folder.mkdir(parents=True)
    for file in (PROGRAM, (PROGRAM.parent / "libfacestyle.so.0").resolve()):
        shutil.copy(file, folder)
    (folder / "libfacestyle.so.0").symlink_to(next(folder.glob("libfacestyle.so.0.*")).name)
    return folder / "facestyle"


def ask(program, *arguments, **environment):
    environment = {**os.environ, "FACESTYLE_MODELS": "", "HOME": "/nonexistent", "XDG_DATA_HOME": "", **environment}
    return subprocess.run([program, "doctor", *arguments], capture_output=True, text=True, timeout=60, env=environment)


def test_a_sound_machine_has_no_faults_and_its_checks_pass():
    found = report()
    assert found["faults"] == [] and len(found["checks"]) >= 15
    assert all(check["passed"] and check["deviation"] <= check["tolerance"] for check in found["checks"])
    assert found["instruction_set"] in ("avx512", "avx2", "baseline") and found["memory_limit"] > 0
    assert re.fullmatch(r"\d+\.\d+\.\d+", found["version"])
    assert {model["role"] for model in found["models"]} >= {"faces", "faces-points"}


@pytest.mark.parametrize("name", ["baseline", "avx2", "avx512"])
def test_the_instruction_set_and_why_is_said(name):
    found = report(FACESTYLE_ISA=name)
    reason = "as FACESTYLE_ISA asks" if found["instruction_set"] == name else f"FACESTYLE_ISA is {name}, which this processor does not run"
    assert found["instruction_set_reason"] == reason and found["faults"] == []
    assert name != "baseline" or found["instruction_set"] == name


def test_the_best_instruction_set_is_in_use_unless_asked():
    assert report(FACESTYLE_ISA="")["instruction_set_reason"] == "the best that this processor runs"


def test_libraries_are_found_with_their_version_or_missing_with_their_package():
    for library in report()["libraries"]:
        assert library["needed_by"] and (library["version"] is None) == (library["fault"] is not None)
        if library["version"] is not None:
            assert re.match(r"\d+\.\d+", library["version"]), library
        else:
            assert "install " in library["fault"]


def test_people_read_it_in_eighty_columns_section_by_section():
    lines = good("doctor", environment={"FACESTYLE_MODELS": str(BOX)}).splitlines()
    titles = [line for line in lines if line and not line.startswith(" ")]
    assert titles[1:] == [
        "Processor and memory", "Models", "Libraries, each loaded when something needs it", "Self-test", "All is well."]  # fmt: skip
    # A path may be longer than a line; it then has one of its own.
    assert all(len(line) <= 80 or line.split()[0].startswith("/") for line in lines), lines
    assert any(re.fullmatch(r"  passed +(\d+) of \1 checks, in \d+\.\d\d s", line) for line in lines)


def test_a_machine_without_models_has_a_fault_for_each_use(tmp_path):
    result = ask(without_models(tmp_path), "--json")
    assert result.returncode == 1
    faults = parsed(result.stdout)["faults"]
    assert [fault.split(":")[0] for fault in faults] == ['no model "faces"', 'no model "faces-points"']
    shown = ask(tmp_path / "elsewhere" / "bin" / "facestyle")
    assert shown.returncode == 1 and "\n2 faults:\n- no model" in shown.stdout and "make models" in shown.stdout


def test_a_damaged_model_is_a_fault(tmp_path):
    (tmp_path / "mine.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{")
    found = report(FACESTYLE_MODELS=f"{tmp_path}:{BOX}", status=1)
    (fault,) = found["faults"]
    assert fault.startswith(f"{tmp_path}/mine.safetensors: ")


def test_a_library_that_computes_something_else_than_is_stored_fails_its_self_test(tmp_path):
    program = without_models(tmp_path)
    library = program.parent / "libfacestyle.so.0"
    number = float(re.search(r"expected: \[\s*(-?[\d.]+)", GOLDEN).group(1))
    contents, stored = library.read_bytes(), struct.pack("<d", number)
    assert contents.count(stored) == 1
    library.write_bytes(contents.replace(stored, struct.pack("<d", number + 1)))
    result = ask(program, "--json", FACESTYLE_MODELS=str(BOX))
    assert result.returncode == 1, result.stderr
    found = parsed(result.stdout)
    assert [check["name"] for check in found["checks"] if not check["passed"]] == ["a detector's cells"]
    (fault,) = found["faults"]
    assert re.match(r"self-test, 1 of \d+ checks failed: a detector's cells deviates by \d", fault)
    shown = ask(program, FACESTYLE_MODELS=str(BOX))
    assert shown.returncode == 1 and re.search(r"\n  failed +a detector's cells: off by \d", shown.stdout)


def test_it_takes_no_arguments():
    assert run("doctor", "more").returncode == 64
