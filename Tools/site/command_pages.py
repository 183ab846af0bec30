"""The program's commands as pages of the site, from build/help.json, which `make` has the program write."""

import html
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import program_help as program  # noqa: E402

FOLDER = "program"


class Commands:
    """Pages of what a help says; of none there are none."""

    def __init__(self, text=None):
        self._commands = []
        if text is not None:
            root = json.loads(text)["command"]
            self._commands = list(program.walk([root["commandName"]], root))

    def pages(self):
        """path -> Markdown: one page for the program, one for each command, with the commands below it."""
        pages = {}
        for path, command in self._commands:
            page = _page_of(path)
            pages[page] = pages.get(page, "") + _chapter(path, command)
        return pages

    def code(self):
        """`facestyle gallery add` -> the address of what is said of it."""
        return {
            " ".join(path): _page_of(path) + (f"#{_place(path)}" if len(path) > 2 else "")
            for path, _ in self._commands
            if len(path) > 1
        }

    def navigation(self):
        shown = [path for path, _ in self._commands if len(path) < 3]
        return [{path[-1] if len(path) > 1 else "The program": _page_of(path)} for path in shown]


def _page_of(path):
    return f"{FOLDER}/{path[1] if len(path) > 1 else 'index'}.md"


def _place(path):
    return "-".join(path)


def _chapter(path, command):
    """A command: a page's beginning, or of one below it a chapter."""
    place = f" {{#{_place(path)}}}" if len(path) > 2 else ""
    lines = [f"{'##' if place else '#'} {' '.join(path)}{place}", "", _text(command.get("abstract", "")), ""]
    lines += [f"```\n{_synopsis(path, command)}\n```", "", *_paragraphs(command.get("discussion", ""))]
    below = program.subcommands(command)
    if below:
        lines += _table("commands", [(f"[{sub['commandName']}]({_link(path, sub)})", _text(sub["abstract"])) for sub in below])
    for title, arguments in program.sections(command):
        lines += _table(title, [(_shown(argument), _meaning(argument)) for argument in arguments])
    if len(path) == 1:
        lines += _table("environment", [(f"`{name}`", _text(text)) for name, text in program.ENVIRONMENT])
    return "\n".join(lines) + "\n"


def _link(path, sub):
    below = [*path, sub["commandName"]]
    return f"#{_place(below)}" if len(below) > 2 else _page_of(below).partition("/")[2]


def _synopsis(path, command):
    words = [" ".join(path)]
    if program.subcommands(command):
        return f"{words[0]} <command> ..."
    for argument in program.positional(command):
        words.append(f"[{_value(argument)}]" if argument["isOptional"] else _value(argument))
    return " ".join([*words, "[<options>]"])


def _value(argument):
    """As `facestyle help` writes it: <photos> ..."""
    name, dots = program.value(argument)
    return f"<{name}>{dots}" if name else ""


def _shown(argument):
    """In one piece of code: -o, --output <file>."""
    words = [", ".join(program.names(argument)), _value(argument)]
    return f"<code>{html.escape(' '.join(filter(None, words)))}</code>"


def _meaning(argument):
    lines = [program.text(argument), *argument.get("discussion", "").splitlines()]
    return "<br>".join(_text(line) for line in lines if line.strip())


def _table(title, rows):
    return [f"**{title.capitalize()}**", "", "| | |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows), ""]


def _paragraphs(text):
    for block in re.split(r"\n\s*\n", text.strip()):
        yield from [_text(" ".join(block.split())), ""]


def _text(text):
    """Plain text as Markdown that shows it, but code in its marks; in a table too."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(part if i % 2 else _escaped(part) for i, part in enumerate(parts))


def _escaped(text):
    text = re.sub(r"([\\*_{}\[\]#])", r"\\\1", html.escape(text, quote=False)).replace("|", "&#124;")
    return re.sub(r"^([-+>]|\d+\.)(?= )", r"\\\1", text)
