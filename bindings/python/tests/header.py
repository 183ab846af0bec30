"""include/facestyle.h, taken apart with regular expressions."""

import re

from conftest import REPOSITORY

TEXT = (REPOSITORY / "include" / "facestyle.h").read_text()
CODE = re.sub(r"/\*.*?\*/", " ", TEXT, flags=re.S)


def functions():
    """name -> (result, [arguments]) as C types without names, `const` and spaces: "fs_image**"."""
    found = {}
    # `typedef ... (*name)(...)` is no function: a name stands right before the parenthesis.
    for result, name, arguments in re.findall(r"^([\w][\w \*]*?)\s*\b(fs_\w+)\(([^)]*)\);", CODE, flags=re.M):
        found[name] = (_type(result), [_argument(a) for a in arguments.split(",") if a.strip() != "void"])
    return found


def enumerators():
    names = []
    for body in re.findall(r"typedef enum \w+ \{(.*?)\}", CODE, flags=re.S):
        names += re.findall(r"(FS_\w+)\s*=", body)
    return names


def macros():
    return [name for name in re.findall(r"^#define (FS_\w+)[ \t]+\S", CODE, flags=re.M)]


def structs():
    """name -> [member names]; opaque ones have none."""
    found = {name: [] for name in re.findall(r"typedef struct (\w+) \w+;", CODE)}
    for name, body in re.findall(r"typedef struct (\w+) \{(.*?)\}", CODE, flags=re.S):
        found[name] = []
        for declaration in filter(None, map(str.strip, body.split(";"))):
            for part in declaration.split(","):
                found[name].append(re.search(r"(\w+)\s*(\[\w+\])?$", part).group(1))
    return found


def inits():
    """(function, struct) of those that fill a caller's struct of `size` bytes."""
    return re.findall(r"^fs_status (fs_\w+)\((fs_\w+) \*\w+, size_t size\b", CODE, flags=re.M)


def _argument(declaration):
    match = re.match(r"(.*?)(\w+)\s*(\[\d*\])?$", declaration.strip(), flags=re.S)
    return _type(match.group(1) + ("*" if match.group(3) else ""))


def _type(text):
    return re.sub(r"\s", "", re.sub(r"\bconst\b", "", text))
