"""`python3 -m facestyle COMMAND ...`: the program `facestyle`, which the package brings, or the system's.

Tables of faces are the package's own: `facestyle embed FOLDER -o faces.parquet` is `python -m facestyle.embed`."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path


def program() -> str | None:
    """Its path; None if there is none."""
    package = Path(__file__).resolve().parent
    places = [package / "native" / "facestyle"]
    if len(package.parents) > 2 and (package.parents[2] / "include" / "facestyle.h").exists():
        places.append(package.parents[2] / "build" / "facestyle")  # a source checkout
    known = next((str(path) for path in places if path.exists()), None)
    return known or _installed()


def _installed() -> str | None:
    """One on the path that is no script of this package, which would only call us again."""
    for folder in os.get_exec_path():
        found = shutil.which("facestyle", path=folder)
        if found is None:
            continue
        with open(found, "rb") as file:
            if file.read(4) == b"\x7fELF":
                return found
    return None


def main() -> None:
    if sys.argv[1:2] == ["embed"] and any(word.endswith(".parquet") for word in sys.argv[2:]):
        from .embed import main as embed

        embed(sys.argv[2:])
    path = program()
    if path is None:
        sys.exit("facestyle: the program is not to be found; expected it in the package, or `make install`")
    if not os.access(path, os.X_OK):  # as some unpack wheels
        os.chmod(path, 0o755)
    os.execv(path, ["facestyle", *sys.argv[1:]])


if __name__ == "__main__":
    main()
