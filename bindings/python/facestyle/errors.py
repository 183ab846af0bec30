"""One exception for all that the library refuses, with its own words."""

from __future__ import annotations

import errno
import os
from typing import Any

from . import _c


class FaceStyleError(Exception):
    """The library's refusal: `status` is its number (`_c.FS_IO`), `name`
    its name, `message` the reason."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status = status
        self.name: str = _c.fs_status_name(status).decode()
        self.message = message

    def __str__(self) -> str:
        return f"{self.message} ({self.name})"


class NoFace(FaceStyleError):
    """No face was found in the photo."""


class Cancelled(FaceStyleError):
    """The callback asked to cancel."""


class SystemRefusal(FaceStyleError, OSError):
    """A file, a folder or a server could not be used (FS_IO): an OSError
    too. Where the system gave a reason of its own it is of the class that
    Python has for that, such as FileNotFoundError and PermissionError, and
    `errno` is the reason's number; else `errno` is None."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.errno: int | None = _errno(message)
        self.strerror: str | None = message

    def __reduce__(self) -> tuple[Any, ...]:
        return _failure, (self.status, self.message)


_KINDS = {_c.FS_NO_FACE: NoFace, _c.FS_CANCELLED: Cancelled}
_REASONS = {os.strerror(number): number for number in sorted(errno.errorcode, reverse=True)}
_refusals: dict[type[OSError], type[SystemRefusal]] = {}  # SystemRefusal with each of Python's classes


def _errno(message: str) -> int | None:
    """The library ends its message with the system's words where it has
    them, the same words that Python knows."""
    reason = message.rpartition(": ")[2]
    return _REASONS.get(reason)


def _refusal(number: int | None) -> type[SystemRefusal]:
    """SystemRefusal, as the class that Python raises for an errno."""
    kind = OSError if number is None else type(OSError(number, ""))
    if kind is OSError:
        return SystemRefusal
    if kind not in _refusals:
        name = f"SystemRefusal[{kind.__name__}]"
        _refusals[kind] = type(name, (SystemRefusal, kind), {"__doc__": SystemRefusal.__doc__, "__module__": __name__})
    return _refusals[kind]


def _failure(status: int, message: str) -> FaceStyleError:
    """The exception of a status."""
    if status == _c.FS_IO:
        return _refusal(_errno(message))(status, message)
    return _KINDS.get(status, FaceStyleError)(status, message)


def check(status: int) -> None:
    """Raises what `status` and the thread's last error say; does nothing
    for FS_OK."""
    if status != _c.FS_OK:
        raise _failure(status, _c.fs_last_error().decode(errors="replace"))
