"""The Python package as pages of the site: which module is on which page. mkdocstrings writes what is on them."""

import ast

from documents import ROOT

FOLDER = "python"
PACKAGE = ROOT / "bindings/python/facestyle"
# Page: its modules, in the order in which a program meets them.
PAGES = {
    "In one call": ["simple"],
    "Pictures": ["image", "frame", "augmentation"],
    "Models": ["model"],
    "Faces": ["analysis", "recognition", "files", "quality", "liveness", "dense_landmarks", "tracker", "identification"],
    "Style": ["style", "fast_style"],
    "Layers": ["seeing"],
    "Training": ["training", "losses", "detection", "left_out"],
    "Evaluation": ["evaluation", "verification_sets", "calibration", "groups", "maps"],
    "Plots": ["plots"],
    "Mathematics": ["differentiation", "costs"],
    "Library and errors": ["library", "errors"],
}
# Programs, which say themselves what they do.
PROGRAMS = {"demo"}


def homes(package=PACKAGE):
    """module -> the names that `import facestyle` has of it."""
    for node in ast.parse((package / "__init__.py").read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "_HOMES":
            return {module: list(names) for module, names in ast.literal_eval(node.value).items()}
    raise ValueError(f"{package} has no _HOMES; expected the modules of its names")


def modules(package=PACKAGE):
    """Those that a caller may import."""
    return {path.stem for path in package.glob("*.py") if not path.stem.startswith("_")} - PROGRAMS


def page_name(title):
    return title.lower().replace(" ", "-") + ".md"


def pages():
    known, shown = modules(), [module for names in PAGES.values() for module in names]
    if sorted(shown) != sorted(known):
        odd = ", ".join(sorted(known.symmetric_difference(shown)) or shown)
        raise ValueError(f"{odd}: no page or no module; expected each module once in PAGES of Tools/site/python_pages.py")
    names = homes()
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
