"""include/facestyle.h with its comments: sections, and in each what is declared and what is said of it.

Tools/c_header.py reads the declarations; this keeps what it leaves out. What it cannot place is an error."""

import re
import sys
from pathlib import Path
from typing import NamedTuple, Union

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from c_header import (  # noqa: E402, F401
    HEADER,
    Callback,
    Enum,
    Function,
    Macro,
    Struct,
    declarations,
    first_program,
)


class Row(NamedTuple):
    """Members that one line declares and their comment; without names a comment about the rows below."""

    names: list
    text: str


class Entry(NamedTuple):
    declaration: Union[Callback, Enum, Function, Macro, Struct, None]  # None: a text by itself
    text: str
    rows: list  # of a struct's members or an enum's values


class Section(NamedTuple):
    name: str  # "Images"
    summary: str  # "8-bit sRGB, optionally also 16 bits a sample, optionally with alpha"
    text: str
    entries: list


class _Token(NamedTuple):
    text: str
    is_comment: bool
    breaks: int  # line breaks before it: 0 for a comment behind what it is about


_TITLE = re.compile(r"/\* ---- (?P<title>.+?) ----\s*(?P<text>.*?)\*/", re.DOTALL)


def opening(text=None):
    """The comment at the top of the header."""
    text = HEADER.read_text() if text is None else text
    return plain(text[: text.index("*/") + 2])


def sections(text=None):
    text = HEADER.read_text() if text is None else text
    text = text[: text.rindex("#ifdef __cplusplus")]
    titles = list(_TITLE.finditer(text))
    ends = [title.start() for title in titles[1:]] + [len(text)]
    found = []
    for title, end in zip(titles, ends):
        name, _, summary = " ".join(plain(title["title"]).split()).partition(": ")
        found.append(Section(name, summary, plain(title["text"]), _entries(text[title.end() : end])))
    return found


def plain(comment):
    """A comment's text, without its marks and with its indentation."""
    lines = comment.strip().removeprefix("/*").removesuffix("*/").splitlines()
    lines = [re.sub(r"^\s*\*(?: |$)", "", line).rstrip() for line in lines]
    return "\n".join(lines).strip("\n").removeprefix(" ")


def _entries(text):
    entries, comment = [], None
    for token in _tokens(text):
        if token.is_comment and token.breaks == 0 and entries:
            entries[-1] = entries[-1]._replace(text=_joined(entries[-1].text, token.text))
            continue
        if comment is not None and (token.is_comment or token.breaks > 1):
            entries.append(Entry(None, comment, []))
            comment = None
        if token.is_comment:
            comment = plain(token.text)
            continue
        (declaration,) = declarations(token.text)
        entries.append(Entry(declaration, comment or "", _rows(declaration, token.text)))
        comment = None
    return entries + ([] if comment is None else [Entry(None, comment, [])])


def _joined(text, comment):
    return f"{text}\n\n{plain(comment)}" if text else plain(comment)


def _rows(declaration, text):
    """The members of a struct or the values of an enum, line by line as the header has them."""
    if not isinstance(declaration, (Enum, Struct)) or "{" not in text:
        return []
    body = text[text.index("{") + 1 : text.rindex("}")]
    is_enum = isinstance(declaration, Enum)
    names = (
        [name for name, _ in declaration.values]
        if is_enum
        else [member.name for member in declaration.members]
    )
    rows = []
    for token in _tokens(body, end="," if is_enum else ";"):
        if not token.is_comment:
            rows.append(Row([word for word in re.findall(r"\w+", token.text) if word in names], ""))
        elif token.breaks == 0 and rows:
            # A value is parted from the next by a comma: its comment may stand behind either.
            rows[-1] = rows[-1]._replace(text=_joined(rows[-1].text, token.text))
        else:
            rows.append(Row([], plain(token.text)))
    seen = [name for row in rows for name in row.names]
    if seen != names:
        raise ValueError(f"{declaration.name} has {', '.join(seen)}; expected {', '.join(names)}")
    return rows


def _tokens(text, end=";"):
    """Comments and what they stand between: lines of the preprocessor, and code up to its `end`."""
    place, breaks = 0, 2
    while True:
        blank = re.compile(r"\s*").match(text, place)
        breaks += blank[0].count("\n")
        place = blank.end()
        if place == len(text):
            return
        stop = _end(text, place, end)
        yield _Token(text[place:stop].strip(), text.startswith("/*", place), breaks)
        place, breaks = stop, 0


def _end(text, place, end):
    if text.startswith("/*", place):
        return text.index("*/", place) + 2
    if text.startswith("#", place):
        return re.compile(r"$|(?=\s*/\*)", re.MULTILINE).search(text, place).start()
    depth = 0
    for mark in re.compile(r"/\*.*?\*/|[{}" + end + "]", re.DOTALL).finditer(text, place):
        if mark[0] == end and depth == 0:
            return mark.end()
        if mark[0].startswith("/*") and depth == 0:
            return mark.start()  # behind the last value of an enum, which has no comma
        depth += {"{": 1, "}": -1}.get(mark[0], 0)
    return len(text)
