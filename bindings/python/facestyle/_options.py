"""Options of the library: structs whose defaults C knows, and keywords that several functions share."""

from __future__ import annotations

import ctypes
import functools
import inspect
from collections.abc import Mapping
from typing import Any, Callable, TypeVar

from ._convert import choice, flag, integer, number, text
from .errors import check

Function = TypeVar("Function", bound=Callable[..., Any])
Struct = TypeVar("Struct", bound=ctypes.Structure)

# How a member of each type is read.
_READ: dict[Any, Callable[[Any, str], object]] = {
    ctypes.c_uint32: integer, ctypes.c_uint64: lambda value, name: integer(value, name, 64), ctypes.c_int32: flag,
    ctypes.c_float: number, ctypes.c_double: number, ctypes.c_char_p: text,
}  # fmt: skip


def defaults(kind: type[Struct], init: Callable[..., int], *arguments: object) -> Struct:
    """A struct of options with the library's defaults."""
    options = kind()
    check(init(ctypes.byref(options), ctypes.sizeof(options), *arguments))
    return options


def fill(options: ctypes.Structure, choices: Mapping[str, Mapping[Any, int]] | None = None, /, **given: object) -> None:
    """Members of a struct by their names, each read as what it is in C, or as one of the words of its `choices`. None keeps
    the library's default."""
    kinds = {field[0]: field[1] for field in options._fields_}
    for name, value in given.items():
        if value is None:
            continue
        words = (choices or {}).get(name)
        setattr(options, name, _READ[kinds[name]](value, name) if words is None else choice(value, words, name))


def written(options: ctypes.Structure, without: tuple[str, ...]) -> str:
    """Members as a constructor has them: "margin=0.2, scale=64"."""
    names = [field[0] for field in options._fields_ if field[0] not in without]
    return ", ".join(f"{name}={getattr(options, name):.6g}" for name in names)


def shown(declared: type[Any]) -> dict[str, str]:
    """The options that a TypedDict declares, and their types as they are written there."""
    return {name: str(getattr(kind, "__forward_arg__", kind)) for name, kind in declared.__annotations__.items()}


def takes(declared: type[Any]) -> Callable[[Function], Function]:
    """Of a function with `**options: Unpack[Declared]`: `help`, Tab and `inspect.signature` show each option as the keyword
    parameter that it is, and {options} in its text is what the TypedDict says of them."""

    def decorate(function: Function) -> Function:
        signature = inspect.signature(function)
        own = [parameter for parameter in signature.parameters.values() if parameter.kind is not parameter.VAR_KEYWORD]
        keywords = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
            for name, kind in shown(declared).items()
        ]
        function.__signature__ = signature.replace(parameters=[*own, *keywords])  # type: ignore[attr-defined]
        if function.__doc__ and declared.__doc__:
            texts = inspect.cleandoc(declared.__doc__).partition("\n\n")[2]
            function.__doc__ = inspect.cleandoc(function.__doc__).replace("{options}", texts)
        return function

    return decorate


def british(function: Function) -> Function:
    """Of a function with the parameter `optimizer`: `optimiser` is taken for it."""

    @functools.wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        if "optimiser" in options:
            if "optimizer" in options:
                raise TypeError("optimizer is given twice, once as optimiser; expected one of them")
            options["optimizer"] = options.pop("optimiser")
        return function(*arguments, **options)

    return call  # type: ignore[return-value]


def named(options: Mapping[str, object], declared: type[Any], function: str) -> dict[str, Any]:
    """The options that were given, each of which must be declared."""
    known = shown(declared)
    for name in options:
        if name not in known:
            raise TypeError(f"{function}() has no option {name!r}; there are {', '.join(known)}")
    return dict(options)
