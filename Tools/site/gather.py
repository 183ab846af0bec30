#!/usr/bin/python3
"""gather.py FOLDER CONFIGURATION: the pages of the site from what the repository has, and their navigation.

    Tools/site/gather.py build/site-pages build/site.yml

Pages are the repository's documents, in the same folders; the start page and the page of installation are
chapters of README.md; those of the C interface come from include/facestyle.h, those of Python are filled by
mkdocstrings, those of the program come from build/help.json, where it has been built. The navigation is that of docs/README.md. The configuration is Tools/site/mkdocs.yml with it."""

import json
import re
import shutil
import sys
import textwrap
from pathlib import Path

import python_pages
from command_pages import Commands
from documents import ROOT, Documents, chapters, page_of
from header_pages import Header

INDEX = "docs/README.md"
PYTHON = "bindings/python/README.md"
CPP = "include/facestyle.hpp"
# Chapters of README.md: the ways in, which stand in a row on the start page, what else is there, and a list
# of links, as the navigation is one.
WAY_IN = re.compile(r"(?P<task>.+), in (?:the )?(?P<way>\w+)$")
ON_START = ["Which part do I want?"]
NOWHERE = ["More"]
ASSETS = ["site.css", "iframe-worker.js"]
# In a folder of pages, which MkDocs does not look at.
MARK = ".gathered"


class Site:
    def __init__(self, help_text=None):
        """`help_text`: what the program says of itself; without it there are no pages of its commands."""
        self.header, self.commands = Header(), Commands(help_text)
        index = (ROOT / INDEX).read_text()
        self.chapters = [
            (heading.partition(":")[0], links(text)) for heading, text in chapters(index) if links(text)
        ]
        paths = [INDEX, PYTHON, CPP, *(path for _, listed in self.chapters for path in listed)]
        names = {**self.header.code(), **python_pages.places(), **self.commands.code()}
        self.documents = Documents(paths, names=names)
        readme = chapters((ROOT / "README.md").read_text())
        self.pages = {**self.documents.pages, **self.header.pages(), **python_pages.pages(), **self.commands.pages()}
        # These are documents too: what they link to is known when they are written.
        self.pages["index.md"] = self._start(readme)
        self.pages["install.md"] = self._install(readme)
        self.pages.update(self.documents.finish())

    def navigation(self):
        index = [{"Documentation": page_of(ROOT, INDEX)}]
        tabs = [{"Start": "index.md"}, {"Install": "install.md"}]
        for number, (heading, listed) in enumerate(self.chapters):
            entries = [
                {self._short(path): page_of(ROOT, path)}
                for path in listed
                if path not in (PYTHON, "include/facestyle.h")
            ]
            tabs.append({heading: (index if number == 0 else []) + entries})
        c = [{"Conventions": "include/index.md"}, *self.header.navigation(), {"C++": page_of(ROOT, CPP)}]
        python = [{"The package": page_of(ROOT, PYTHON)}, *python_pages.navigation()]
        program = [{"Program": self.commands.navigation()}] if self.commands.navigation() else []
        # Before the last two: what was measured, and what those need who change the library.
        return tabs[:-2] + program + [{"C interface": c}, {"Python": python}] + tabs[-2:]

    def write(self, folder):
        """A folder that is there must be one that was written here: it is emptied first."""
        if folder.exists() and not (folder / MARK).exists():
            raise FileExistsError(
                f"{folder} has other things than pages of the site; expected a folder of their own"
            )
        shutil.rmtree(folder, ignore_errors=True)
        for path, text in self.pages.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        for path in self.documents.pictures:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, folder / path)
        for name in ASSETS:
            shutil.copyfile(ROOT / "Tools/site" / name, folder / name)
        (folder / MARK).touch()

    def _short(self, path):
        """Of "Faces: a guide" what stands before the colon; a folder's name."""
        return (self.documents.title(path) if path.endswith(".md") else path.capitalize()).partition(":")[0]

    def _readme(self, text):
        return self.documents.text(text, "README.md")

    def _start(self, readme):
        """What it is, a picture of each half, three ways in, and what there is for what."""
        beginning = dict(readme)[""]
        title, text, *_ = beginning.split("\n\n")
        page = f"---\nhide: [navigation, toc]\n---\n{title}\n\n{self._readme(text)}\n\n"
        page += '<div class="halves" markdown>\n'
        for picture, caption in re.findall(r"(!\[([^\]]+)\]\(docs/(?:portraits|demo)\.png\))", beginning):
            picture = self._readme(picture)
            page += f"\n<figure markdown>\n{picture}\n<figcaption>{caption}</figcaption>\n</figure>\n"
        page += "\n</div>\n\n"
        for heading, chapter in readme:
            if way := WAY_IN.match(heading):
                tab = f"{way['task']}:\n\n{self._readme(chapter.strip())}"
                page += f'=== "{way["way"].capitalize()}"\n\n{textwrap.indent(tab, "    ")}\n\n'
        return page + "\n".join(
            f"## {heading}\n\n{self._readme(dict(readme)[heading])}" for heading in ON_START
        )

    def _install(self, readme):
        # Before the pictures: how all is set up and shown by one command.
        demo = re.search(r"^[^\n]+:\n\n```\nmake .*?^```\n", dict(readme)[""], re.MULTILINE | re.DOTALL)
        page = f"---\nhide: [navigation]\n---\n# Install\n\n{self._readme(dict(readme)['Install'])}\n"
        for heading, chapter in [("Try it", demo[0]), *readme[1:]]:
            if heading not in ["Install", *ON_START, *NOWHERE] and not WAY_IN.match(heading):
                page += f"## {heading}\n\n{self._readme(chapter)}\n"
        return page


def links(text):
    """The repository's paths of a table of docs/README.md, which stand first in its rows."""
    found = re.findall(r"^\| \[[^\]]+\]\(([^)]+)\)", text, re.MULTILINE)
    return [str((ROOT / "docs" / path).resolve().relative_to(ROOT)) for path in found]


def configuration(site, pages):
    """A configuration that inherits from the one in the tree. JSON is YAML."""
    return json.dumps({
        "INHERIT": str(ROOT / "Tools/site/mkdocs.yml"),
        "docs_dir": str(pages.resolve()),
        "site_dir": str(pages.resolve().with_name("site")),
        "nav": site.navigation(),
    }, indent=1)  # fmt: skip


def main():
    pages, target = Path(sys.argv[1]), Path(sys.argv[2])
    text = pages.with_name("help.json")
    site = Site(text.read_text() if text.exists() else None)
    site.write(pages)
    target.write_text(configuration(site, pages) + "\n")


if __name__ == "__main__":
    main()
