"""Each rule of Tools/lint, on trees made up for it: one that keeps the rule, and one that breaks it."""

import subprocess
from pathlib import Path

import pytest

LINT = Path(__file__).resolve().parents[2] / "Tools" / "lint"
DECLARATION = "let one = 1\n"


@pytest.fixture
def lint(tmp_path):
    """Writes a tree and checks it by the rules named: the exit status and the lines printed."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)

    def run(files, *options):
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        result = subprocess.run([LINT, "--root", tmp_path, *options], capture_output=True, text=True)
        assert "Traceback" not in result.stderr, result.stderr
        return result.returncode, result.stdout.splitlines()

    run.root = tmp_path
    return run


def the_only_fault(answer):
    status, lines = answer
    assert status == 1 and len(lines) == 1, lines
    return lines[0]


def test_a_tree_that_keeps_all_rules_has_no_fault(lint):
    configuration = (LINT.parent.parent / ".swift-format").read_text()
    manifest = (LINT.parent.parent / "Package.swift").read_text()
    files = {
        ".swift-format": configuration, "Package.swift": manifest, "Sources/Tensors/One.swift": DECLARATION,
        "include/one.h": "int one(void);\n",
    }
    assert lint(files) == (0, [])


def test_swift_files_are_held_against_the_format_in_the_tree(lint):
    files = {".swift-format": '{"version": 1, "indentation": {"spaces": 2}}', "One.swift": "let one  =  1\n"}
    status, lines = lint(files, "--only", "format")
    assert status == 1
    assert lines and all(line.startswith("One.swift:1: format: [Spacing]") for line in lines)
    assert lint({"One.swift": DECLARATION}, "--only", "format") == (0, [])


@pytest.mark.parametrize("path, most", [("Sources/Tensors/One.swift", 110), ("include/one.h", 100)])
def test_a_line_is_only_so_long(lint, path, most):
    line = "// " + "x" * (most - 3)
    assert lint({path: line + "\n"}, "--only", "line-length") == (0, [])
    fault = the_only_fault(lint({path: DECLARATION + line + "x\n"}, "--only", "line-length"))
    assert fault.startswith(f"{path}:2: line-length: {most + 1} columns; expected at most {most}")


def test_a_line_that_is_one_string_may_be_longer(lint):
    string = '      "' + "x" * 120 + '\\(one ? "a" : "b")",\n'
    assert lint({"One.swift": string}, "--only", "line-length") == (0, [])
    fault = the_only_fault(lint({"One.swift": "let one = f() + " + string}, "--only", "line-length"))
    assert fault.startswith("One.swift:1: line-length:")


def test_a_file_of_the_sources_has_at_most_400_lines(lint):
    path = "Sources/Tensors/One.swift"
    assert lint({path: DECLARATION * 400, "Tests/Long.swift": DECLARATION * 500}, "--only", "file-length") == (0, [])
    fault = the_only_fault(lint({path: DECLARATION * 401}, "--only", "file-length"))
    assert fault == f"{path}:401: file-length: 401 lines; expected at most 400"


def test_the_files_of_a_folder_have_at_most_4000_lines(lint):
    files = {f"Sources/Tensors/File{i}.swift": DECLARATION * 400 for i in range(10)}
    assert lint(files, "--only", "file-length") == (0, [])
    fault = the_only_fault(lint({"Sources/Tensors/Last.swift": DECLARATION}, "--only", "file-length"))
    assert fault.startswith("Sources/Tensors:0: file-length: 4001 lines")


@pytest.mark.parametrize("line", ["import Styles", "@testable import Styles", "import struct Styles.Style"])
def test_a_room_does_not_import_one_above_it(lint, line):
    fault = the_only_fault(lint({"Sources/Images/One.swift": line + "\n"}, "--only", "imports"))
    assert fault.startswith("Sources/Images/One.swift:1: imports: Images imports Styles; expected one of CCodecs,")
    assert lint({"Sources/Images/One.swift": "import Tensors\nimport CCodecs\n"}, "--only", "imports") == (0, [])


def test_only_the_program_and_the_benchmarks_import_the_systems_modules(lint):
    assert lint({"Sources/Program/One.swift": "import Glibc\n"}, "--only", "imports") == (0, [])
    fault = the_only_fault(lint({"Sources/Faces/One.swift": "import Foundation\n"}, "--only", "imports"))
    assert "Faces imports Foundation" in fault


def test_a_folder_of_the_sources_is_a_room_that_is_listed(lint):
    fault = the_only_fault(lint({"Sources/Attic/One.swift": "import Tensors\n"}, "--only", "imports"))
    assert "Attic imports Tensors; expected one of a room that is listed" in fault


def test_the_rooms_of_the_script_are_those_of_the_package(lint):
    manifest = (LINT.parent.parent / "Package.swift").read_text()
    assert lint({"Package.swift": manifest}, "--only", "imports") == (0, [])
    seen = '.target(name: "Statistics", dependencies: ["Tensors", "CSystem"]'
    assert seen in manifest
    changed = manifest.replace(seen, '.target(name: "Statistics", dependencies: ["Tensors", "CSystem", "Images"]')
    fault = the_only_fault(lint({"Package.swift": changed}, "--only", "imports"))
    assert "Statistics depends on CSystem, Images, Tensors; expected CSystem, Tensors" in fault
    renamed = manifest.replace(seen, seen.replace("Statistics", "Numbers"))
    status, lines = lint({"Package.swift": renamed}, "--only", "imports")
    assert status == 1
    assert any("no target Statistics" in line for line in lines)
    assert any("a target Numbers" in line for line in lines)


def test_no_two_paths_differ_by_case(lint):
    files = {"Sources/Tensors/One.swift": DECLARATION, "Sources/tensors/Two.swift": DECLARATION}
    fault = the_only_fault(lint(files, "--only", "case"))
    assert "Sources/tensors beside Sources/Tensors" in fault


@pytest.mark.parametrize("text", ["let one = 1 \n", "\t\n", "let one = 1"])
def test_lines_end_without_blanks_and_files_with_a_line(lint, text):
    fault = the_only_fault(lint({"One.swift": text}, "--only", "blanks"))
    assert fault.startswith("One.swift:1: blanks: ")
    assert lint({"One.swift": DECLARATION, "picture.png": "x \n"}, "--only", "blanks") == (0, [])


@pytest.mark.parametrize("home, room", [("Sources/Kernels", "Sources/Faces"), ("Sources/Images/Warp.swift", "Sources/Images")])
def test_pointers_stay_in_their_homes(lint, home, room):
    line = "let p: UnsafeMutablePointer<Float>\n"
    inside = home if home.endswith(".swift") else f"{home}/One.swift"
    assert lint({inside: line, f"{room}/One.swift": f"// {line}"}, "--only", "pointers") == (0, [])
    fault = the_only_fault(lint({f"{room}/One.swift": line}, "--only", "pointers"))
    assert fault.startswith(f"{room}/One.swift:1: pointers: UnsafeMutablePointer; expected a span")


def test_a_home_without_pointers_is_one_no_more(lint):
    fault = the_only_fault(lint({"Sources/Images/Warp.swift": DECLARATION}, "--only", "pointers"))
    assert fault.startswith("Sources/Images/Warp.swift:0: pointers: a home of pointers without one")


def test_lifetimes_are_extended_in_tensors_only(lint):
    line = "withExtendedLifetime(x) {}\n"
    assert lint({"Sources/Tensors/One.swift": line, "Sources/Faces/One.swift": f"// {line}"}, "--only", "lifetimes") == (0, [])
    fault = the_only_fault(lint({"Sources/Faces/One.swift": line}, "--only", "lifetimes"))
    assert fault.startswith("Sources/Faces/One.swift:1: lifetimes: withExtendedLifetime above Tensors")
