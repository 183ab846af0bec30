"""The Python package as pages of the site: which module is on which page. mkdocstrings fills them."""

import ast

from documents import ROOT

FOLDER = "python"
PACKAGE = ROOT / "bindings/python/facestyle"
# Page: its modules, in the order in which a program meets them. A module of `import facestyle` that is not
# named here stands behind the one before it in the package's own list.
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
    "Many photos": ["embed", "ray.photos", "ray.galleries", "ray.shards", "ray.training"],
    "Style": ["style", "fast_style"],
    "Enlarging": ["enlarging"],
    "Layers": ["seeing"],
    "Training": ["training", "losses", "detection", "left_out"],
    "Evaluation": ["evaluation", "verification_sets", "calibration", "groups", "maps"],
    "Plots": ["plots"],
    "Mathematics": ["differentiation", "expression", "costs"],
    "Library and errors": ["library", "errors"],
}


def homes(package=PACKAGE):
    """module -> the names that `import facestyle` has of it."""
    for node in ast.parse((package / "__init__.py").read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_HOMES":
            return {module: list(names) for module, names in ast.literal_eval(node.value).items()}
    raise ValueError(f"{package} has no _HOMES; expected the modules of its names")


def page_name(title):
    return title.lower().replace(" ", "-") + ".md"


def listed(names):
    """PAGES with all modules of `names`."""
    pages = {title: list(modules) for title, modules in PAGES.items()}
    before = None
    for module in names:
        if not any(module in modules for modules in pages.values()):
            modules = next(modules for modules in pages.values() if before in modules)
            modules.insert(modules.index(before) + 1, module)
        before = module
    return pages


def pages():
    names = homes()
    found = listed(names)
    for module in (module for modules in found.values() for module in modules):
        if not (PACKAGE / f"{module.replace('.', '/')}.py").is_file() and not (PACKAGE / module).is_dir():
            raise ValueError(f"{module} on a page; expected a module of {PACKAGE.relative_to(ROOT)}")
    return {f"{FOLDER}/{page_name(title)}": _page(title, modules, names) for title, modules in found.items()}


def _page(title, modules, names):
    lines = [f"# {title}", ""]
    for module in modules:
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
    for title, modules in listed(names).items():
        for module in modules:
            for name in names.get(module, []):
                found[f"fs.{name}"] = f"{FOLDER}/{page_name(title)}#facestyle.{module}.{name}"
    return found
