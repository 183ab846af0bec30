"""Files that a training does not learn from."""

import ctypes
import os
from dataclasses import dataclass

from .errors import check


@dataclass(frozen=True)
class LeftOut:
    """Something that is not learned from, and why."""

    path: str
    reason: str

    @classmethod
    def _list(cls, handle, count, read):
        """What `read` gives for each number below `count`."""
        path, reason, found = ctypes.create_string_buffer(8192), ctypes.create_string_buffer(8192), []
        for i in range(count(handle)):
            check(read(handle, i, path, len(path), reason, len(reason)))
            found.append(cls(os.fsdecode(path.value), reason.value.decode(errors="replace")))
        return found
