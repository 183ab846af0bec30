"""What the documents name exists: links, anchors, paths, commands of make, names of the C interface."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True, check=True,
    ).stdout.split()
    if (ROOT / name).is_file() and not (ROOT / name).is_symlink()
)
DOCUMENTS = [path for path in FILES if path.suffix == ".md"]
# Documents that describe the tree: every path in them must be there.
DESCRIBING = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/design.md")]
# Where names of the C interface stand, in comments, strings and programs of any language.
NAMING = [path for path in FILES if path.suffix in (".md", ".c", ".h", ".swift", ".py", ".sh", ".ini", "")]
# A header of its own, with names of its own.
NAMING.remove(ROOT / "Tests/ABI/abi_check_test.sh")
INTERFACE = set(re.findall(r"\b(?:fs|FS)_\w+", (ROOT / "include/facestyle.h").read_text()))
PLACES = ("Sources/", "Tests/", "Tools/", "bindings/", "docs/", "examples/", "benchmarks/", "include/", "findings", "models/")


def name(document):
    return str(document.relative_to(ROOT))


def prose(text):
    """The text without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(document):
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)$", prose(document.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def make_targets():
    text = (ROOT / "Makefile").read_text()
    targets = set()
    for line in re.findall(r"^([a-z][\w -]*):(?!=)", text, re.MULTILINE):
        targets |= set(line.split())
    for line in re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE):
        targets |= set(line.split())
    return targets


def missing_paths(text):
    """Paths in backticks that begin with a folder of the tree and are not there; `*` stands for anything."""
    found = set()
    for words in re.findall(r"`([^`\n]+)`", text):
        for word in words.split():
            if word.startswith(PLACES) and not list(ROOT.glob(word.rstrip("/"))):
                found.add(word)
    return found


def missing_targets(text):
    blocks = "\n".join(re.findall(r"^```.*?^```$", text, re.DOTALL | re.MULTILINE))
    found = re.findall(r"(?:^|&& )make ([a-z][\w-]*)(?!\S)", blocks, re.MULTILINE)
    found += re.findall(r"`make ([a-z][\w-]*)(?=[` ])", prose(text))
    return set(found) - make_targets()


def current(path):
    """A file's text without the table of names that were changed."""
    text = path.read_text(errors="replace")
    return re.sub(r"^### Names of the C interface that changed$.*?^New: ", "", text, flags=re.DOTALL | re.MULTILINE)


def missing_names(text):
    """Names of the C interface that the header does not have; `fs_pairs_*` and "fs_photos_add_..." stand for all that begin so."""
    found = set()
    for word in re.finditer(r"(?<!\w)(?:fs_[a-z0-9_]+|FS_[A-Z0-9_]+)\b", text):
        is_part = word[0].endswith("_") or text[word.end() : word.end() + 1] == "*"
        if word[0] not in INTERFACE and not (is_part and any(known.startswith(word[0]) for known in INTERFACE)):
            found.add(word[0])
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_links_lead_somewhere(document):
    missing = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(document.read_text())):
        if link.startswith(("http:", "https:")):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            missing.append(link)
    assert missing == []


@pytest.mark.parametrize("document", DESCRIBING, ids=name)
def test_paths_exist(document):
    assert missing_paths(document.read_text()) == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_targets_of_make_exist(document):
    assert missing_targets(document.read_text()) == set()


def test_scripts_in_commands_exist():
    text = "\n".join(document.read_text() for document in DESCRIBING)
    scripts = set(re.findall(r"(?:^|[` ])((?:Tools|Tests|bindings|examples|benchmarks)/[\w./-]+)", text, re.MULTILINE))
    scripts = {script.rstrip(".") for script in scripts}
    assert scripts  # there are some
    assert {script for script in scripts if not (ROOT / script).exists()} == set()


def test_suites_and_c_tests_that_are_named_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    suites = re.findall(r"--filter (\w+)", text)
    sources = "\n".join(path.read_text() for path in (ROOT / "Tests").glob("*Tests/**/*.swift"))
    assert suites and all(f"struct {suite}" in sources for suite in suites)
    programs = set(re.findall(r"run\.sh build(?: --valgrind)? (\w+)", text))
    assert programs and all((ROOT / f"Tests/CTests/{program}_test.c").exists() for program in programs)


def test_a_document_that_names_what_is_not_there_is_found():
    assert missing_paths("`Sources/Attic`, `Sources/Tensors`, `Tools/lint --root x`") == {"Sources/Attic"}
    assert missing_targets("```\nmake lint\nmake tea\n```\n`make bench BENCH_OPTIONS=x`") == {"tea"}
    assert "keep-people-in-a-gallery" in anchors(ROOT / "docs/faces.md")


def test_names_of_the_c_interface_are_the_header_s():
    missing = {name(path): missing_names(current(path)) for path in NAMING}
    assert {path: names for path, names in missing.items() if names} == {}


def test_a_name_that_the_header_does_not_have_is_found():
    text = "`@image_opens`, @image_open(), `@pairs_*`, @photos_add_..., @pears_*, @imag*, lib@none, Tests/@nowhere_ and FS_LOSS_*"
    assert missing_names(text.replace("@", "fs_")) == {"fs_" + name for name in ("image_opens", "pears_", "nowhere_")}
    assert missing_names("FS_" + "WOE, FS_IO") == {"FS_" + "WOE"}


def test_the_readme_stays_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150
