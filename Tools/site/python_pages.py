"""The Python package as pages of the site: which module is on which page. mkdocstrings fills them."""

import ast

from documents import ROOT

FOLDER = "python"
PACKAGE = ROOT / "bindings/python/facestyle"
# Page: its modules, in the order in which a program meets them: all of which `import facestyle` has names.
PAGES = {
    "In one call": ["simple"],
    "Pictures": ["image", "frame", "augmentation"],
    "Models": ["model"],
    "Faces": [
        "analysis",
        "recognition",
        "files",
        "quality",
        "liveness",
        "dense_landmarks",
        "tracker",
        "identification",
    ],
    "Style": ["style", "fast_style"],
    "Layers": ["seeing"],
    "Training": ["training", "losses", "detection", "left_out"],
    "Evaluation": ["evaluation", "verification_sets", "calibration", "groups", "maps"],
    "Plots": ["plots"],
    "Mathematics": ["differentiation", "costs"],
    "Library and errors": ["library", "errors"],
}


def homes(package=PACKAGE):
    """module -> the names that `import facestyle` has of it."""
    for node in ast.parse((package / "__init__.py").read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "_HOMES":
            return {module: list(names) for module, names in ast.literal_eval(node.value).items()}
    raise ValueError(f"{package} has no _HOMES; expected the modules of its names")


def page_name(title):
    return title.lower().replace(" ", "-") + ".md"


def pages():
    names, shown = homes(), [module for listed in PAGES.values() for module in listed]
    if missing := sorted(set(names) - set(shown)):
        raise ValueError(
            f"{', '.join(missing)} on no page; expected a place in PAGES of Tools/site/python_pages.py"
        )
    if gone := [module for module in shown if not (PACKAGE / f"{module}.py").is_file()]:
        raise ValueError(f"{', '.join(gone)} on a page; expected a module of {PACKAGE.relative_to(ROOT)}")
    return {f"{FOLDER}/{page_name(title)}": _page(title, listed, names) for title, listed in PAGES.items()}


def _page(title, listed, names):
    lines = [f"# {title}", ""]
    for module in listed:
        lines += [f"::: facestyle.{module}"]
        if module in names:
            lines += ["    options:", f"      members: [{', '.join(names[module])}]"]
        lines += [""]
    return "\n".join(lines)


def navigation():
    return [{title: f"{FOLDER}/{page_name(title)}"} for title in PAGES]


def places():
    """The code of a name, as the guides write it, -> its address."""
    names, found = homes(), {}
    for title, listed in PAGES.items():
        for module in listed:
            for name in names.get(module, []):
                found[f"fs.{name}"] = f"{FOLDER}/{page_name(title)}#facestyle.{module}.{name}"
    return found
