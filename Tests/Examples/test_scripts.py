"""The Python scripts of examples and benchmarks: none is forgotten, and what they call of the package is there."""

import ast
import importlib
import importlib.util
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(path for folder in ("examples", "benchmarks") for path in (REPOSITORY / folder).rglob("*.py"))
PROGRAMS = [path for path in SCRIPTS if 'if __name__ == "__main__"' in path.read_text()]


def told(path):
    return str(path.relative_to(REPOSITORY))


def imported(tree):
    """What a module imports: {its own name: (module, the name in it or None)}."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name] = (alias.name, None)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                names[alias.asname or alias.name] = (node.module, alias.name)
    return names


def found(module, name):
    """The object of an import; it must be there."""
    home = importlib.import_module(module)
    if name is None:
        return home
    if not hasattr(home, name) and importlib.util.find_spec(f"{module}.{name}"):
        return importlib.import_module(f"{module}.{name}")
    return getattr(home, name)


def lacking(tree):
    """The attributes of the package and of its modules that a script asks for and that are not there."""
    known = {}
    for own, (module, name) in imported(tree).items():
        if module.partition(".")[0] == "facestyle":
            try:
                known[own] = found(module, name)
            except AttributeError:
                yield f"{module}.{name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and isinstance(known.get(node.value.id), types.ModuleType):
            if not hasattr(known[node.value.id], node.attr):
                yield f"{known[node.value.id].__name__}.{node.attr}"


@pytest.mark.parametrize("path", SCRIPTS, ids=told)
def test_what_a_script_calls_of_the_package_is_there(path):
    try:
        assert list(lacking(ast.parse(path.read_text()))) == []
    except ImportError as error:  # of a package that this part of ours needs
        pytest.skip(str(error))


def test_a_call_that_is_gone_is_seen():
    gone = "import facestyle as fs\nfrom facestyle import plots, nothing\nfs.Image.open, fs.Picture\nplots.roc, plots.figure(6.4, 4.8)\n"
    assert list(lacking(ast.parse(gone))) == ["facestyle.nothing", "facestyle.Picture", "facestyle.plots.figure"]


def test_every_module_is_a_program_or_imported_by_one():
    everything = "\n".join(path.read_text() for path in SCRIPTS)
    modules = [path for path in SCRIPTS if path not in PROGRAMS and path.name != "__init__.py"]
    assert len(modules) > 5
    # Also in a program that is passed to another interpreter, as a text.
    assert [told(path) for path in modules if not re.search(rf"import .*\b{path.stem}\b|from .*\b{path.stem} import", everything)] == []


@pytest.mark.parametrize("path", [path for path in PROGRAMS if "argparse" in path.read_text()], ids=told)
def test_a_program_says_how_it_is_called(path):
    result = subprocess.run([sys.executable, path, "--help"], capture_output=True, text=True, timeout=100)
    last = result.stderr.strip().rpartition("\n")[2]
    if last.startswith(("ModuleNotFoundError: ", "ImportError: ")):
        pytest.skip(last)
    assert result.returncode == 0 and result.stdout.startswith("usage: "), result.stderr
