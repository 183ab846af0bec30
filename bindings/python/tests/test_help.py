"""`help()` of all that is public, as a terminal of 80 columns shows it."""

import contextlib
import inspect
import io
import pydoc
import re

import pytest

import facestyle as fs

PUBLIC = [name for name in fs.__all__ if name != "plots"]


def shown(thing):
    with contextlib.redirect_stdout(io.StringIO()) as text:
        pydoc.Helper(output=text)(thing)
    return re.sub(".\b", "", text.getvalue())


def own_texts(thing):
    """The texts of a class and of what it adds to its bases, or of a function."""
    yield thing.__name__, inspect.getdoc(thing), 4
    for name, member in vars(thing).items() if inspect.isclass(thing) else ():
        if (name[0] != "_" or name == "__call__") and (callable(member) or isinstance(member, (property, classmethod, staticmethod))):
            yield f"{thing.__name__}.{name}", inspect.getdoc(member), 8


@pytest.mark.parametrize("name", PUBLIC)
def test_everything_has_a_text_that_fits_into_80_columns(name):
    for what, text, indent in own_texts(getattr(fs, name)):
        assert text, f"{what} has no text"
        for line in text.splitlines():
            assert len(line) + indent <= 80, f"{what}: {line}"


@pytest.mark.parametrize("name", [name for name in PUBLIC if not inspect.isclass(getattr(fs, name))])
def test_a_function_that_answers_an_array_tells_its_shape(name):
    function = getattr(fs, name)
    answer = inspect.signature(function).return_annotation
    if re.search(r"\b(Floats|Doubles|Integers|Pixels)\b", str(answer)):
        assert re.search(r"\[\w.*\]|of x's shape|of its shape", inspect.getdoc(function).replace("\n", " ")), name


def test_methods_that_answer_an_array_tell_its_shape():
    count = 0
    for name in PUBLIC:
        thing = getattr(fs, name)
        for method, member in vars(thing).items() if inspect.isclass(thing) else ():
            function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
            if method[0] == "_" or not inspect.isfunction(function):
                continue
            if re.search(r"\b(Floats|Doubles|Integers|Pixels|NDArray)\b", str(inspect.signature(function).return_annotation)):
                count += 1
                text = inspect.getdoc(member)
                assert re.search(r"\[\w+.*\]|The same", text.replace("\n", " ")), f"{name}.{method}: {text}"
    assert count > 15


def test_help_shows_options_with_types_and_texts():
    text = shown(fs.Styler.run)
    assert "steps: 'int | None' = None" in text.replace("int | None = None", "'int | None' = None")
    assert "- `steps`: evaluations of the costs and their gradient" in text
    assert "**options" not in text
    text = shown(fs.Trainer)
    assert "optimizer: 'str | None' = None" in text and '"sgd", "adam", "adamw" or "rmsprop" ("adam")' in text
