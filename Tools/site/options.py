"""An extension of griffe, which reads the Python package for the site: where a text has {options}, it and the
signature have the options that functions share, as `help` shows them (facestyle/_options.py)."""

import inspect

import griffe


class Options(griffe.Extension):
    def on_package(self, *, pkg, loader, **_):
        for function in functions(pkg):
            if not function.docstring or "{options}" not in function.docstring.value:
                continue
            for parameter in list(function.parameters):
                annotation = parameter.annotation
                if str(annotation).startswith("Unpack["):
                    show(function, parameter.name, loader.modules_collection[annotation.slice.canonical_path])


def functions(parent):
    for member in parent.members.values():
        if member.is_alias:
            continue
        if member.is_function:
            yield member
        elif member.is_class or member.is_module:
            yield from functions(member)


def show(function, name, declared):
    """In place of the parameter `name`, with the options that a TypedDict has."""
    del function.parameters[name]
    for option in declared.attributes.values():
        keyword = griffe.ParameterKind.keyword_only
        function.parameters.add(
            griffe.Parameter(option.name, annotation=option.annotation, kind=keyword, default="None")
        )
    texts = inspect.cleandoc(declared.docstring.value).partition("\n\n")[2]
    function.docstring.value = inspect.cleandoc(function.docstring.value).replace("{options}", texts)
