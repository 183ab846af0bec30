"""What _c.py, which is generated, cannot have from the header: the search for the library, and structs that know their size."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any


class Sized(ctypes.Structure):
    """A struct whose first member says how large its user takes it to be. A new one says it, unless told otherwise."""

    def __init__(self, *values: Any, **members: Any) -> None:
        if not values:
            members.setdefault("size", ctypes.sizeof(self))
        super().__init__(*values, **members)


def load(functions: dict[str, Any], abi: int, names: dict[str, Any]) -> ctypes.CDLL:
    """The library; its functions with their types are put into `names`."""
    reasons = []
    for path in _candidates():
        try:
            library = ctypes.CDLL(path)
        except OSError as error:
            reasons.append(str(error))
            continue
        library.fs_abi_version.restype = ctypes.c_uint32
        if (found := library.fs_abi_version()) != abi:
            raise ImportError(f"{path} has ABI version {found}; this package is for {abi}")
        for name, (result, arguments) in functions.items():
            try:
                function = getattr(library, name)
            except AttributeError:
                raise ImportError(f"{path} has no function {name}: it is another version of libfacestyle") from None
            function.restype, function.argtypes = result, arguments
            names[name] = function
        return library
    raise ImportError(
        "libfacestyle is not to be found: build it with `make`, or set FACESTYLE_LIBRARY to the file ("
        + "; ".join(reasons) + ")"
    )


def _candidates() -> list[str]:
    """Where the library may be: the environment's word is final, otherwise the first that exists."""
    if named := os.environ.get("FACESTYLE_LIBRARY"):
        return [named]
    package = Path(__file__).resolve().parent
    folders = [package / "native"]  # a wheel
    if len(package.parents) > 2 and (package.parents[2] / "include" / "facestyle.h").exists():
        folders.append(package.parents[2] / "build")  # a source checkout
    files = [folder / name for folder in folders for name in ("libfacestyle.so.0", "libfacestyle.so")]
    return [str(file) for file in files if file.exists()] + ["libfacestyle.so.0"]
