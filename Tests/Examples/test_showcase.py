"""The showcase of paintings: its page, its program and `make showcase` name the same pictures."""

import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import showcase

REPOSITORY = Path(__file__).resolve().parents[2]


def test_every_picture_is_described_on_the_page_and_no_other():
    given = SimpleNamespace(universal="universal.safetensors", fast="fast.safetensors", photos=Path("photos"))
    made = [name for name, _, _ in showcase.works(given, Path("out"))]
    rows = re.findall(r"^\| ([\w, .-]+) \| .* \| .* \|$", (REPOSITORY / "docs" / "showcase.md").read_text(), re.M)
    named = [name for row in rows if row != "picture" for name in row.split(", ")]
    first, last = next(name for name in named if "..." in name).split(" ... ")
    named[named.index(f"{first} ... {last}")] = first
    layers = [name for name in made if name.startswith("top-")]
    assert (layers[0], layers[-1]) == (first, last)
    assert sorted(named) == sorted(name for name in made if name not in layers[1:])


def test_make_showcase_runs_it():
    # Only what would be run.
    words = subprocess.run(["make", "-n", "-o", "all", "-o", "models", "showcase"], cwd=REPOSITORY, capture_output=True, text=True)
    assert words.returncode == 0, words.stderr
    assert "examples/showcase.py" in words.stdout


def test_pages_link_to_it_and_the_word_gallery_is_left_to_people():
    pages = [REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("**/*.md")]
    assert any("showcase.md)" in page.read_text() for page in pages)
    assert not list(REPOSITORY.glob("docs/gallery*")) and not list(REPOSITORY.glob("examples/gallery*"))
