"""The documentation's site, before MkDocs: its pages and their navigation. `make docs` checks the rest."""

import html
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "fs_"
sys.path[:0] = [str(ROOT / "Tools/site"), str(ROOT / "Tools")]

import c_header  # noqa: E402
import check_links  # noqa: E402
import header_text  # noqa: E402
import python_pages  # noqa: E402
from command_pages import Commands  # noqa: E402
from documents import Documents, chapters, first_sentence  # noqa: E402
from gather import ASSETS, MARK, WAY_IN, Site  # noqa: E402
from header_pages import blocks  # noqa: E402


@pytest.fixture(scope="module")
def site():
    return Site()


def paths_of(navigation):
    for entry in navigation:
        for target in entry.values():
            yield from [target] if isinstance(target, str) else paths_of(target)


def words(text):
    """Without marks: what a reader reads, whatever lists, links and code look like."""
    return " ".join(re.sub(r"(?m)^ ?- ", "", text).replace("`", "").split())


def shown(page):
    """The text of a page of the C interface, whose comments are HTML."""
    page = re.sub(r"</?(?:code|a)\b[^>]*>", "", page)
    return words(html.unescape(re.sub(r"<[^>]*>", " ", page)))


# ---- Navigation ----


def test_the_navigation_has_every_page_of_docs_once(site):
    listed = list(paths_of(site.navigation()))
    assert len(listed) == len(set(listed))
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")} <= set(listed)


def test_the_navigation_has_only_pages(site):
    assert set(paths_of(site.navigation())) <= set(site.pages)


def test_each_chapter_of_the_readme_is_on_one_page(site):
    lines = {
        path: {line.strip() for line in site.pages[path].splitlines()} for path in ("index.md", "install.md")
    }
    for heading, text in chapters((ROOT / "README.md").read_text())[1:]:
        chapter = {line.strip() for line in site.documents.text(text, "README.md").splitlines()}
        assert sum(chapter <= there for there in lines.values()) == (heading != "More"), heading


def test_the_start_page_has_a_picture_of_each_half_and_three_ways_in(site):
    start = site.pages["index.md"]
    assert re.findall(r"\]\(docs/(\w+)\.png\)", start) == ["portraits", "demo"]
    assert re.findall(r'^=== "(\w+)"', start, re.MULTILINE) == ["C", "Python", "Shell"]
    assert WAY_IN.match("Name a face, in the shell")["way"] == "shell"


def test_what_is_written_is_what_the_pages_need(site, tmp_path):
    pages = tmp_path / "pages"
    site.write(pages)
    site.write(pages)  # again, as `make docs` does
    there = {str(path.relative_to(pages)) for path in pages.rglob("*") if path.is_file()}
    assert there == {*site.pages, *site.documents.pictures, *ASSETS, MARK}


def test_a_folder_of_other_things_is_left_alone(site, tmp_path):
    (tmp_path / "mine.md").write_text("mine")
    with pytest.raises(FileExistsError, match="has other things than pages of the site; expected a folder"):
        site.write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.md"]


# ---- The header ----


def test_every_name_of_the_header_has_one_place(site):
    expected = set()
    for declaration in c_header.declarations():
        expected.add(declaration.name)
        if isinstance(declaration, c_header.Enum):
            expected |= {name for name, _ in declaration.values}
        if isinstance(declaration, c_header.Struct):
            expected |= {f"{declaration.name}.{member.name}" for member in declaration.members or []}
    text = "\n".join(page for path, page in site.pages.items() if path.startswith("include/"))
    found = re.findall(r"(?: \{#| id=\")([fF][sS]_[\w.]+)[\" ]", text)
    assert sorted(found) == sorted(expected)
    assert expected == set(site.header.places)


def test_every_comment_of_the_header_is_on_a_page(site):
    text = (ROOT / "include/facestyle.h").read_text()
    pages = {path: shown(page) for path, page in site.pages.items() if path.startswith("include/")}
    start = text.index("#ifndef")
    comments = [header_text.plain(comment) for comment in re.findall(r"/\*.*?\*/", text[start:], re.DOTALL)]
    comments = [re.sub(r"\A---- .*? ----\s*", "", comment, flags=re.DOTALL) for comment in comments]
    assert len(comments) > 500  # all 30 sections have some
    everywhere = "\n".join(pages.values())
    assert [comment for comment in comments if words(comment) not in everywhere] == []


def test_the_conventions_are_on_the_first_page(site):
    conventions = header_text.opening().partition("Conventions. ")[2]
    page = site.pages["include/index.md"]
    assert words(conventions) in shown(page) and c_header.first_program() in page


def test_a_comment_belongs_to_what_it_stands_at():
    text = """/* Opening. */
/* ---- Fruit: what grows ----
 *
 * On trees. */

/* Stands alone. */

/* Of the enum. */
typedef enum @fruit {
  @APPLE = 0, /* keeps,
                 * dried */
  /* Of those below. */
  @PEAR = 1 /* does not */
} @fruit;

typedef struct @bowl { uint32_t apples, pears; } @bowl;
uint32_t @count(const @bowl *bowl); /* 0 for NULL */
#define @MOST 3u /* in a bowl */
#ifdef __cplusplus
"""
    # `@` stands for what a name of the C interface begins with: these are none of the header's.
    (section,) = header_text.sections(re.sub("@(?=[A-Z])", PREFIX.upper(), text).replace("@", PREFIX))
    assert section[:3] == ("Fruit", "what grows", "On trees.")
    alone, fruit, bowl, count, most = section.entries
    assert alone == (None, "Stands alone.", [])
    assert fruit.text == "Of the enum."
    assert fruit.rows == [
        ([PREFIX.upper() + "APPLE"], "keeps,\ndried"),
        ([], "Of those below."),
        ([PREFIX.upper() + "PEAR"], "does not"),
    ]
    assert bowl.rows == [(["apples", "pears"], "")]
    assert (count.declaration.name, count.text) == (PREFIX + "count", "0 for NULL")
    assert (most.declaration.value, most.text) == ("3u", "in a bowl")


def test_a_comment_s_form_is_kept():
    text = "One\ntwo.\n\nLabels     Behind them\n           so.\nMore       Text.\n\nThen:\n - a\n   b\n - c"
    assert blocks(text) == [
        ("text", "One two."),
        ("labels", [["Labels", "Behind them so."], ["More", "Text."]]),
        ("text", "Then:"),
        ("list", ["a b", "c"]),
    ]


# ---- Documents ----


def test_links_lead_where_the_site_has_what_they_named(site):
    documents = Documents([])
    assert (
        documents.text("[a](faces.md#answers), [b](../graph.md)", "docs/reference/faces.md")
        == "[a](faces.md#answers), [b](../graph.md)"
    )
    assert (
        documents.text("[c](include/facestyle.h) [d](findings) [e](examples)", "README.md")
        == "[c](include/index.md) [d](findings/index.md) [e](examples/README.md)"
    )
    assert documents.text("[f](decode.c)", "examples/README.md") == "[f](decode.c.md)"
    assert "```c\n[g](h)\n```" in documents.text("```c\n[g](h)\n```", "README.md")


def test_a_link_says_the_title_where_it_said_the_file():
    assert Documents([]).text("[graph.md](graph.md)", "docs/README.md") == "[Networks as text](graph.md)"


def test_a_link_to_nothing_is_an_error():
    with pytest.raises(ValueError, match=r"docs/faces\.md links to nowhere\.md; expected a file or a folder"):
        Documents([]).text("[a](nowhere.md)", "docs/faces.md")


def test_names_in_code_lead_to_what_is_said_of_them(site):
    text = site.documents.text(
        "`fs_image_open(a)`, `fs_verdict.same`, `fs_tracker_*`, `fs.Image()`, `ls`", "docs/faces.md"
    )
    assert re.findall(r"`[^`]+`\]\(([^)]+)\)", text) == [
        "../include/images.md#fs_image_open",
        "../include/face-analysis.md#fs_verdict.same",
        "../include/tracker.md#fs_tracker_options",
        "../python/pictures.md#facestyle.image.Image",
    ]
    linked = "[`fs_image`](../examples/README.md)"
    assert site.documents.text(linked, "docs/faces.md") == linked


def test_lists_stand_apart_from_the_text_before_them():
    assert Documents([]).text("Two:\n- a\n  b\n- c", "README.md") == "Two:\n\n- a\n  b\n- c"


def test_a_page_s_list_of_its_chapters_is_left_out():
    assert (
        Documents([]).text("A.\n\n- [B](#b), [C](#c)\n- [D](#d)\n\n## B\n", "README.md") == "A.\n\n\n## B\n"
    )


def test_a_program_is_introduced_by_its_first_sentence():
    assert (
        first_sentence("#!/bin/sh\n# Two\n# lines, of 1.5. And more.\nset -e\n# not this")
        == "Two lines, of 1.5."
    )
    assert first_sentence('"""What it is: so."""\n') == "What it is: so."
    assert first_sentence("int x;\n") == ""


# ---- The program ----

HELP = {
    "commandName": "facestyle", "abstract": "Finds faces.", "discussion": "One.\n\nNames are <a|b> and *c*.", "subcommands": [
        {"commandName": "gallery", "abstract": "Keeps people.", "subcommands": [
            {"commandName": "add", "abstract": "As `gallery list` says.", "arguments": [
                {"kind": "positional", "valueName": "photos", "isRepeating": True, "isOptional": False, "abstract": "Photos."},
                {"kind": "option", "valueName": "rule", "isRepeating": False, "isOptional": True, "abstract": "A rule.",
                 "names": [{"kind": "short", "name": "r"}, {"kind": "long", "name": "rule"}], "defaultValue": "none",
                 "allValues": ["mean", "vote"], "sectionTitle": "people"},
                {"kind": "flag", "isRepeating": False, "isOptional": True, "abstract": "Hidden.", "shouldDisplay": False,
                 "names": [{"kind": "long", "name": "dump"}]},
            ]},
        ]},
        {"commandName": "help", "abstract": "Shows help."},
    ],
}  # fmt: skip


def test_every_command_and_option_is_on_a_page():
    commands = Commands(json.dumps({"command": HELP}))
    pages = commands.pages()
    assert list(pages) == ["program/index.md", "program/gallery.md"]
    assert "| [gallery](gallery.md) | Keeps people. |" in pages["program/index.md"]
    assert r"Names are &lt;a&#124;b&gt; and \*c\*." in pages["program/index.md"]
    gallery = pages["program/gallery.md"]
    assert "| [add](#facestyle-gallery-add) | As `gallery list` says. |" in gallery
    assert "## facestyle gallery add {#facestyle-gallery-add}" in gallery
    assert "facestyle gallery add <photos> ... [<options>]" in gallery
    assert "<code>-r, --rule &lt;rule&gt;</code> | A rule. (default: none) One of mean, vote. |" in gallery
    assert "Shows help" not in "".join(pages.values()) and "--dump" not in gallery
    assert commands.navigation() == [{"The program": "program/index.md"}, {"gallery": "program/gallery.md"}]


def test_code_that_begins_with_a_command_leads_to_what_is_said_of_it():
    documents = Documents([], names=Commands(json.dumps({"command": HELP})).code())
    text = documents.text("`facestyle gallery add x.jpg`, `facestyle gallery`, `facestyle-convert`", "docs/faces.md")
    assert re.findall(r"\]\(([^)]+)\)", text) == [
        "../program/gallery.md#facestyle-gallery-add", "../program/gallery.md",
    ]  # fmt: skip


def test_without_the_program_there_are_no_pages_of_it(site):
    assert not any(path.startswith("program/") for path in site.pages)
    assert "Program" not in [title for tab in site.navigation() for title in tab]
    assert "program/gallery.md" in Site(json.dumps({"command": HELP})).pages


# ---- Python ----


def test_every_public_name_of_the_package_is_on_a_page():
    text = "\n".join(python_pages.pages().values())
    for module, names in python_pages.homes().items():
        assert (
            text.count(f"::: facestyle.{module}\n    options:\n      members: [{', '.join(names)}]") == 1
        ), module


def test_a_module_that_no_page_names_stands_behind_the_one_before_it():
    names = {"image": ["Image"], "sketch": ["Sketch"], "crayon": ["Crayon"], "model": ["Model"]}
    pages = python_pages.listed(names)
    assert pages["Pictures"][:3] == ["image", "sketch", "crayon"] and pages["Models"] == ["model"]


# ---- What has come of it ----


def test_a_site_that_does_not_stand_by_itself_is_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<a id="x"></a><a href="#x">.</a><a href="a.html#x">.</a><a href="https://example.org">.</a>'
    )
    assert list(check_links.faults(tmp_path)) == []
    (tmp_path / "b.html").write_text(
        '<a href="c.html">.</a><a href="a.html#y">.</a><script src="https://example.org/s.js"></script>'
    )
    (tmp_path / "b.css").write_text("@font-face { src: url(//example.org/f.woff) }")
    assert [what.partition(";")[0] for _, what in check_links.faults(tmp_path)] == [
        "a link to c.html", "a link to a.html#y", "https://example.org/s.js is loaded from elsewhere",
        "//example.org/f.woff is loaded from elsewhere",
    ]  # fmt: skip


def test_an_empty_site_is_an_error(tmp_path):
    command = [sys.executable, ROOT / "Tools/site/check_links.py", tmp_path]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 1 and "has no pages; expected a built site" in run.stderr
