"""include/facestyle.h in the words of these tests, from Tools/c_header.py."""

import conftest  # noqa: F401  puts Tools/ on the path
from c_header import HEADER, Enum, Function, Macro, Struct, first_program, of_kind, sized_fills

TEXT = HEADER.read_text()


def functions():
    """name -> (result, [arguments]) as C types without names, `const` and spaces: "fs_image**"."""
    return {name: (_type(f.result), [_type(p) for p in f.parameters]) for name, f in of_kind(Function).items()}


def enumerators():
    return [name for enum in of_kind(Enum).values() for name, _ in enum.values]


def macros():
    return list(of_kind(Macro))


def structs():
    """name -> [member names]; opaque ones have none."""
    return {name: [member.name for member in struct.members or []] for name, struct in of_kind(Struct).items()}


def inits():
    """(function, struct) of those that fill a caller's struct of `size` bytes."""
    return sized_fills()


def program():
    """The first program, of the opening comment."""
    return first_program()


def _type(variable):
    return variable.base + "*" * (variable.stars + (1 if variable.count else 0))
