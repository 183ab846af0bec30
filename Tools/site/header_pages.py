"""include/facestyle.h as pages of the site: the conventions, and a page for each of its sections.

Comments become HTML here, not Markdown: they are plain text, in which `*`, `_` and `[count, dimension]` mean
themselves."""

import html
import re

from header_text import Callback, Enum, Function, Macro, Struct, first_program, opening, sections

FOLDER = "include"
# As wide as a phone's screen takes without scrolling, nearly; longer ones have a line for each parameter.
SIGNATURE = 52
_NAME = re.compile(r"\b((?:fs|FS)_\w+(?:\.\w+)?)(\(\))?")
# A label in the first column, its text from the twelfth on.
_LABELLED = re.compile(r"^(\S.{0,8}?) {2,}(?<=^.{11})(\S.*)$")


class Header:
    def __init__(self, text=None):
        self.opening = opening(text)
        self.program = first_program(text)
        self.sections = sections(text)
        self.places = {}  # name -> "images.md#fs_image_open"
        for section in self.sections:
            page = page_name(section)
            for entry in section.entries:
                for name in names_of(entry):
                    self.places[name] = f"{page}#{name}"

    def pages(self):
        """path -> Markdown."""
        pages = {f"{FOLDER}/index.md": self._first_page()}
        for section in self.sections:
            pages[f"{FOLDER}/{page_name(section)}"] = self._page(section)
        return pages

    def code(self):
        """What documents call a name, or all that begin with it, -> its address."""
        found = {"facestyle.h": f"{FOLDER}/index.md", "include/facestyle.h": f"{FOLDER}/index.md"}
        for name, place in self.places.items():
            found[name] = address = f"{FOLDER}/{place}"
            words = name.split("_")
            for count in range(2, len(words)):
                found.setdefault("_".join(words[:count]) + "_*", address)
        return found

    def navigation(self):
        return [{section.name: f"{FOLDER}/{page_name(section)}"} for section in self.sections]

    def _first_page(self):
        """Of the opening comment: the list of sections, a first program, and the conventions."""
        contents, _, rest = self.opening.partition("\n\nA first program: ")
        program, _, conventions = rest.partition("\nConventions. ")
        task, _, command = program.strip("\n").split("\n\n")
        said = dict(re.findall(r"^  (\S.*?) {2,}(\S.*)$", contents, re.MULTILINE))
        names = [section.name for section in self.sections]
        if list(said) != names:
            raise ValueError(
                f"the header begins with the sections {', '.join(said)}; expected {', '.join(names)}"
            )
        rows = [
            f"| [{section.name}]({page_name(section)}) | {said[section.name]} |" for section in self.sections
        ]
        return "\n".join([
            "# C interface", "",
            "`include/facestyle.h` is the whole public interface, in the order in which a program needs it.",
            "These pages are made of it: what is said here, it says.", "",
            "| | |", "|---|---|", *rows, "",
            "## A first program", "", task.strip().capitalize(), "",
            "```c", self.program + "```", "", "```sh", command.strip(), "```", "",
            "## Conventions", "", self._prose(conventions.strip("\n")), "",
        ])  # fmt: skip

    def _page(self, section):
        lines = [f"# {section.name}", ""]
        if section.summary:
            lines += [self._prose(section.summary[0].upper() + section.summary[1:]), ""]
        if section.text:
            lines += [self._prose(section.text), ""]
        for entry in section.entries:
            lines += self._entry(entry)
        return "\n".join(lines) + "\n"

    def _entry(self, entry):
        declaration = entry.declaration
        if declaration is None:
            return ["", self._prose(entry.text), ""]
        lines = [f"## `{declaration.name}` {{#{declaration.name} .{kind_of(declaration)}}}", ""]
        if isinstance(declaration, (Callback, Function, Macro)):
            lines += [self._signature(declaration), ""]
        if entry.text:
            lines += [self._prose(entry.text), ""]
        if entry.rows:
            lines += [self._table(declaration, entry.rows), ""]
        return lines

    # ---- Code ----

    def _signature(self, declaration):
        is_macro = isinstance(declaration, Macro)
        text = f"#define {declaration.name} {declaration.value}" if is_macro else self._call(declaration)
        return f'<div class="highlight"><pre><code>{self._linked(text, declaration.name)}</code></pre></div>'

    def _call(self, function):
        result = function.result.text + ("" if function.result.text.endswith("*") else " ")
        is_type = isinstance(function, Callback)
        name = f"typedef {result}(*{function.name})" if is_type else f"{result}{function.name}"
        parameters = [written(parameter) for parameter in function.parameters] or ["void"]
        line = f"{name}({', '.join(parameters)});"
        if len(line) <= SIGNATURE:
            return line
        return f"{name}(\n    " + ",\n    ".join(parameters) + ");"

    def _table(self, declaration, rows):
        is_enum = isinstance(declaration, Enum)
        known = (
            dict(declaration.values) if is_enum else {member.name: member for member in declaration.members}
        )
        lines = ['<table class="members"><tbody>']
        for row in rows:
            if not row.names:
                lines.append(f'<tr><td colspan="2">{self._inline(row.text)}</td></tr>')
                continue
            cells = []
            for name in row.names:
                place = name if is_enum else f"{declaration.name}.{name}"
                text = f"{name} = {known[name]}" if is_enum else written(known[name])
                cells.append(f'<code id="{place}">{self._linked(text, name)}</code>')
            lines.append(f"<tr><td>{'<br>'.join(cells)}</td><td>{self._inline(row.text)}</td></tr>")
        return "\n".join([*lines, "</tbody></table>"])

    # ---- Text ----

    def _prose(self, text):
        """Paragraphs, lists and labelled texts, as the header sets them."""
        return "\n".join(self._block(kind, parts) for kind, parts in blocks(text))

    def _block(self, kind, parts):
        if kind == "list":
            return "<ul>" + "".join(f"<li>{self._inline(item)}</li>" for item in parts) + "</ul>"
        if kind == "labels":
            rows = (f"<dt>{html.escape(label)}</dt><dd>{self._inline(item)}</dd>" for label, item in parts)
            return '<dl class="labels">' + "".join(rows) + "</dl>"
        return f"<p>{self._inline(parts)}</p>"

    def _inline(self, text):
        text = html.escape(" ".join(text.split()), quote=False)
        text = re.sub(r"`([^`]+)`", lambda code: f"<code>{code[1]}</code>", text)
        text = re.sub(r"\bdocs/([\w/]+)\.md\b", r'<a href="../docs/\1.html">docs/\1.md</a>', text)
        return _NAME.sub(lambda name: self._link(name[1], f"<code>{name[0]}</code>"), text)

    def _linked(self, code, itself):
        code = html.escape(code, quote=False)
        return _NAME.sub(lambda name: name[0] if name[1] == itself else self._link(name[1], name[0]), code)

    def _link(self, name, text):
        """A name that is the header's; the member of a struct, else the struct; else no link."""
        place = self.places.get(name) or self.places.get(name.partition(".")[0])
        return f'<a href="{place.replace(".md#", ".html#")}">{text}</a>' if place else text


def page_name(section):
    return re.sub(r"\W+", "-", section.name.lower()) + ".md"


def names_of(entry):
    """What an entry declares: its name, the values of an enum, the members of a struct behind its name."""
    declaration = entry.declaration
    if declaration is None:
        return []
    if isinstance(declaration, Enum):
        return [declaration.name, *(name for name, _ in declaration.values)]
    if isinstance(declaration, Struct) and declaration.members:
        return [declaration.name, *(f"{declaration.name}.{member.name}" for member in declaration.members)]
    return [declaration.name]


def kind_of(declaration):
    """A class of the site's style sheet, which writes it beside the name."""
    if isinstance(declaration, Struct) and declaration.members is None:
        return "handle"
    return type(declaration).__name__.lower()


def written(variable):
    text = variable.text + ("" if variable.text.endswith("*") else " ") + variable.name
    return text + (f"[{variable.count}]" if variable.count else "")


def blocks(text):
    """(kind, parts): "text" a paragraph, "list" items, "labels" (label, text)."""
    found = []
    for line in text.splitlines():
        kind, parts = found[-1] if found else (None, None)
        labelled = _LABELLED.match(line)
        if not line.strip():
            found.append((None, None))
        elif labelled:
            pair = [labelled[1], labelled[2]]
            if kind == "labels":
                parts.append(pair)
            else:
                found.append(("labels", [pair]))
        elif kind == "labels" and line.startswith(" " * 11):
            parts[-1][1] += " " + line.strip()
        elif re.match(r" ?- ", line):
            item = line.strip().removeprefix("- ")
            if kind == "list":
                parts.append(item)
            else:
                found.append(("list", [item]))
        elif kind == "list" and line.startswith("  "):
            parts[-1] += " " + line.strip()
        elif kind == "text":
            found[-1] = ("text", f"{parts} {line.strip()}")
        else:
            found.append(("text", line.strip()))
    return [block for block in found if block[0]]
