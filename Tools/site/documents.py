"""The repository's own pages as pages of the site: the same tree, so that their links lead where they led.

What is linked to and is no page - a program, a script, a folder - gets one: its text, or the list of what is
in it."""

import os
import re
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
# Pages that lie elsewhere on the site than in the repository.
MOVED = {"README.md": "index.md", "include/facestyle.h": "include/index.md"}
LANGUAGES = {".c": "c", ".h": "c", ".hpp": "cpp", ".py": "python", ".sh": "sh", ".swift": "swift"}
PICTURES = {".png", ".jpg", ".svg"}
_FENCED = re.compile(r"^(```|~~~).*?^\1$", re.MULTILINE | re.DOTALL)
# A page's list of its own chapters, which the site has beside the page.
_CONTENTS = re.compile(r"(?:^- \[[^\]]+\]\(#[^\n]*\n)+", re.MULTILINE)
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")


class Documents:
    """path of a page on the site -> its Markdown, of `written` documents and of all that they link to."""

    def __init__(self, paths, root=ROOT, names=None):
        """`names`: a name of an interface as code has it, "fs_image_open" -> the address of its page."""
        self.root, self.names = root, names or {}
        self.pages, self.pictures, self._titles = {}, set(), {}
        self._waiting = []
        for path in paths:
            self._want(path)
        self.finish()

    def finish(self):
        """Makes the pages that are linked to and not yet there."""
        while self._waiting:
            path = self._waiting.pop()
            self.pages[page_of(self.root, path)] = self._page(path)
        return self.pages

    def title(self, path):
        """A document's first heading."""
        if path not in self._titles:
            text = (self.root / path).read_text()
            self._titles[path] = re.search(r"^# (.+)$", text, re.MULTILINE)[1]
        return self._titles[path]

    def text(self, markdown, path):
        """A document's text, with links for the site. `path`: where it lies in the repository."""
        parts, place = [], 0
        for fence in _FENCED.finditer(markdown):
            parts += [self._prose(markdown[place : fence.start()], path), fence[0]]
            place = fence.end()
        return "".join(parts) + self._prose(markdown[place:], path)

    def _want(self, path):
        page = page_of(self.root, path)
        if page not in self.pages and path not in MOVED:
            self.pages[page] = None
            self._waiting.append(path)
        return page

    def _page(self, path):
        file = self.root / path
        if file.is_dir():
            return self._folder(path)
        if path.endswith(".md"):
            return self.text(file.read_text(), path)
        language = LANGUAGES.get(file.suffix, "text")
        front = "---\nsearch:\n  exclude: true\n---\n"
        return f"{front}\n# {file.name}\n\n`{path}`\n\n~~~~{language}\n{file.read_text()}~~~~\n"

    def _folder(self, path):
        """Its files, each with the sentence that begins it."""
        rows = []
        for file in sorted((self.root / path).iterdir()):
            if file.is_file() and file.suffix in LANGUAGES and not file.name.startswith("__"):
                inside = f"{path}/{file.name}"
                self._want(inside)
                rows.append(f"| [{file.name}]({file.name}.md) | {first_sentence(file.read_text())} |")
        return "\n".join([f"# {path}", "", "| | |", "|---|---|", *rows, ""])

    def _prose(self, text, path):
        text = lists_apart(_CONTENTS.sub("", text))
        text = _LINK.sub(lambda link: self._link(*link.groups(), path), text)
        return "\n".join(
            line if line.startswith("#") else self._named(line, path) for line in text.split("\n")
        )

    def _link(self, mark, text, target, path):
        if re.match(r"[a-z]+:", target):
            return f"{mark}[{text}]({target})"
        target, hash_, anchor = target.partition("#")
        if not target:
            return f"[{text}](#{anchor})"
        seen = os.path.normpath(str(PurePosixPath(path).parent / target))
        if not (self.root / seen).exists():
            raise ValueError(f"{path} links to {target}; expected a file or a folder of the repository")
        if PurePosixPath(seen).suffix in PICTURES:
            self.pictures.add(seen)
            page = seen
        else:
            page = self._want(seen)
        if text == target and seen.endswith(".md"):
            text = self.title(seen)  # in the repository one looks for a file's name
        return f"{mark}[{text}]({relative(page, page_of(self.root, path))}{hash_}{anchor})"

    def _named(self, line, path):
        """Code that begins with a name of an interface leads to what is said of it; in a link it stays."""

        def linked(found):
            code = found["code"] or ""
            words = code.split()  # of the program up to three, `facestyle gallery add`, with more behind them
            known = [code, *(" ".join(words[:count]) for count in (3, 2)), re.match(r"(?:fs\.)?\w*", code)[0]]
            place = next((self.names[name] for name in known if name in self.names), None)
            return f"[`{code}`]({relative(place, page_of(self.root, path))})" if place else found[0]

        return re.sub(r"\[[^\]]*\](?:\([^)]*\))|`(?P<code>[^`]+)`", linked, line)


def page_of(root, path):
    """Where a file or folder of the repository is on the site."""
    if path in MOVED:
        return MOVED[path]
    if (root / path).is_dir():
        return f"{path}/README.md" if (root / path / "README.md").is_file() else f"{path}/index.md"
    return path if path.endswith(".md") else f"{path}.md"


def relative(page, start):
    page, hash_, anchor = page.partition("#")
    return os.path.relpath(page, str(PurePosixPath(start).parent)) + hash_ + anchor


def chapters(markdown):
    """[(heading, text)] of a document's second level; the first has no heading: what stands before."""
    parts = re.split(r"^## (.+)\n", markdown, flags=re.MULTILINE)
    return [("", parts[0])] + list(zip(parts[1::2], parts[2::2]))


def lists_apart(text):
    """An empty line before each list: GitHub's Markdown does not ask for one, this site's does."""
    lines = text.split("\n")
    for number in range(len(lines) - 1, 0, -1):
        above = lines[number - 1]
        if is_item(lines[number]) and above.strip() and not is_item(above) and not above.startswith(" "):
            lines.insert(number, "")
    return "\n".join(lines)


def is_item(line):
    return bool(re.match(r"(?:[-*]|\d+\.) ", line))


def first_sentence(text):
    """Of the comment at the top of a program; "" where it has none."""
    found = re.search(
        r'\A(?:#![^\n]*\n)?(?:"""|/\* ?|// |# )(.*?)(?:"""|\*/|\n\s*\n|\n#\n|$)', text, re.DOTALL
    )
    if not found:
        return ""
    words = " ".join(re.sub(r"^(?:#|//| \*) ?", "", line) for line in found[1].splitlines())
    return re.split(r"(?<=[.?])\s+(?=[A-Z])", words.strip())[0].replace("|", "\\|")
