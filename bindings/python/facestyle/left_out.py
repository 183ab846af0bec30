"""Files that a training does not learn from."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from typing import Any, Callable

from .errors import check


@dataclass(frozen=True)
class LeftOut:
    """Something that is not learned from, and why."""

    path: str
    reason: str

    @classmethod
    def _list(cls, handle: Any, count: Callable[[Any], int], read: Callable[..., int]) -> list[LeftOut]:
        """What `read` gives for each number below `count`."""
        path, reason, found = ctypes.create_string_buffer(8192), ctypes.create_string_buffer(8192), list[LeftOut]()
        for i in range(count(handle)):
            check(read(handle, i, path, len(path), reason, len(reason)))
            found.append(cls(os.fsdecode(path.value), reason.value.decode(errors="replace")))
        return found
