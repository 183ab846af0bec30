"""include/facestyle.h as data: its declarations in their order, for the scripts and tests that follow from it.

This is no C parser. It reads the C that the header is written in: macros that are numbers, enums, structs, functions and
types of functions. Anything else is an error, so that nothing is left out silently."""

import re
from pathlib import Path
from typing import NamedTuple, Optional

HEADER = Path(__file__).resolve().parents[1] / "include" / "facestyle.h"


class Macro(NamedTuple):
    name: str
    value: str  # C's expression


class Enum(NamedTuple):
    name: str
    values: list  # [(name, number)]


class Variable(NamedTuple):
    """A member, a parameter or, without a name, a result."""

    name: str
    base: str  # without const and stars
    stars: int
    count: Optional[str]  # of an array: "5", "FS_NAME_CAPACITY"
    text: str  # C's type with its const, as in "const char *"


class Struct(NamedTuple):
    name: str
    members: list  # of Variable; None: opaque

    @property
    def is_sized(self):
        return bool(self.members) and self.members[0].name == "size"


class Function(NamedTuple):
    name: str
    result: Variable
    parameters: list


class Callback(NamedTuple):
    name: str
    result: Variable
    parameters: list


def declarations(text=None):
    """What the header declares, in its order."""
    text = HEADER.read_text() if text is None else text
    found = []
    for line_or_statement in _statements(_code(text)):
        found.append(_declaration(line_or_statement))
    return found


def of_kind(kind, text=None):
    """name -> declaration, of one of the classes above."""
    return {d.name: d for d in declarations(text) if isinstance(d, kind)}


def sized_fills(text=None):
    """(function, struct) of the functions that fill a caller's struct of `size` bytes."""
    pairs = []
    for function in of_kind(Function, text).values():
        parameters = function.parameters
        if len(parameters) > 1 and parameters[1].name == "size" and parameters[0].stars == 1:
            pairs.append((function.name, parameters[0].base))
    return pairs


def first_program(text=None):
    """The program in the header's opening comment: the indented lines from `#include` to the closing brace."""
    text = HEADER.read_text() if text is None else text
    opening = text[: text.index("#ifndef")]
    lines = [re.sub(r"^ \* ? ?", "", line) for line in opening.splitlines()]
    start = next(i for i, line in enumerate(lines) if line.strip().startswith("#include"))
    end = next(i for i in range(start, len(lines)) if lines[i].strip() == "}" and _indent(lines[i]) == _indent(lines[start]))
    return "\n".join(line[_indent(lines[start]) :] for line in lines[start : end + 1]) + "\n"


def _indent(line):
    return len(line) - len(line.lstrip())


def _code(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return re.sub(r"^#ifdef __cplusplus.*?^#endif", "", text, flags=re.S | re.M)


def _statements(code):
    """Macros as "#define NAME value"; everything else up to its semicolon."""
    statement, depth = "", 0
    for line in code.splitlines():
        if line.startswith("#"):
            if re.match(r"#define \w+\s+\S", line):
                yield " ".join(line.split())
            continue
        for character in line + " ":
            if character == ";" and depth == 0:
                yield " ".join(statement.split())
                statement = ""
                continue
            depth += {"{": 1, "}": -1}.get(character, 0)
            statement += character
    if statement.strip():
        raise ValueError(f"the header ends within: {statement.strip()}")


def _declaration(statement):
    if match := re.fullmatch(r"#define (\w+) (.+)", statement):
        return Macro(*match.groups())
    if match := re.fullmatch(r"typedef enum (\w+) \{(.*)\} \1", statement):
        values = [re.fullmatch(r"(FS_\w+) = (\d+)", value.strip()) for value in match[2].split(",")]
        return Enum(match[1], [(value[1], int(value[2])) for value in values])
    if match := re.fullmatch(r"typedef struct (\w+) \1", statement):
        return Struct(match[1], None)
    if match := re.fullmatch(r"typedef struct (\w+) \{(.*)\} \1", statement):
        members = []
        for member in filter(None, map(str.strip, match[2].split(";"))):
            members += _variables(member)
        return Struct(match[1], members)
    if match := re.fullmatch(r"typedef (.+?) ?\(\*(\w+)\)\((.*)\)", statement):
        return Callback(match[2], _result(match[1]), _parameters(match[3]))
    if match := re.fullmatch(r"(.+?)\b(fs_\w+)\((.*)\)", statement):
        return Function(match[2], _result(match[1]), _parameters(match[3]))
    raise ValueError(f"the header declares what Tools/c_header.py does not read: {statement}")


def _parameters(text):
    if text.strip() == "void":
        return []
    return [_variables(parameter)[0] for parameter in text.split(",")]


def _result(text):
    base, stars = _type(text)
    return Variable("", base, stars, None, _tidy(text))


def _variables(declaration):
    """`uint32_t width, height`, `const char *pairs, *triplets`, `fs_point landmarks[5]`."""
    first, *others = [part.strip() for part in declaration.split(",")]
    match = re.fullmatch(r"(.*?)(\w+)(?:\[(\w+)\])?", first)
    common = re.sub(r"[\s*]*$", "", match[1])
    variables = [_variable(match[1], match[2], match[3])]
    for other in others:
        match = re.fullmatch(r"(\**)\s*(\w+)(?:\[(\w+)\])?", other)
        variables.append(_variable(f"{common} {match[1]}", match[2], match[3]))
    return variables


def _variable(text, name, count):
    base, stars = _type(text)
    return Variable(name, base, stars, count, _tidy(text))


def _type(text):
    words = re.findall(r"\w+", re.sub(r"\bconst\b", "", text))
    if len(words) != 1:
        raise ValueError(f"the header has a type that Tools/c_header.py does not read: {text}")
    return words[0], text.count("*")


def _tidy(text):
    return re.sub(r"\s+", " ", re.sub(r"\*\s+", "*", text)).strip()
