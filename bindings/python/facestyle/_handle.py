"""What all objects of the library share: they are closed once, and say so when used afterwards."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, ClassVar, NoReturn, TypeVar

Self = TypeVar("Self", bound="Handle")


class Handle:
    """Owns one handle. `close()`, the end of a `with` block or the garbage
    collector gives it back.

    There is no copy of it: two owners would give it back twice. Hand the
    object itself on, within the process; what pickle would carry into
    another process is an address in this one."""

    _pointer: Any = None
    _destroy: ClassVar[Any] = None  # the C function, set by each class

    def __init__(self, pointer: Any) -> None:
        self._pointer = pointer

    @property
    def handle(self) -> Any:
        """The C pointer, for calls of `facestyle._c`."""
        pointer = self._pointer
        if pointer is None:
            raise ValueError(f"this {type(self).__name__} is closed")
        return pointer

    @property
    def closed(self) -> bool:
        """Whether it was given back."""
        return self._pointer is None

    def close(self) -> None:
        """Gives back what the object holds; once more does nothing."""
        # One step, so that of two threads that close it one alone has the pointer.
        pointer = vars(self).pop("_pointer", None)
        if pointer is not None:
            self._give_back(pointer)

    @classmethod
    def _of_another(cls: type[Self], value: object, what: str) -> Self | None:
        """An object of this class for a value that stands for one; None if it
        does not."""
        return None

    def _give_back(self, pointer: Any) -> None:
        type(self)._destroy(pointer)

    def __enter__(self: Self) -> Self:
        self.handle
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """For pickle and `copy`."""
        name = type(self).__name__.lstrip("_")
        raise TypeError(
            f"a {name} cannot be copied or pickled: it is an address in this process, given back once; "
            f"share the object itself, or make another {name} from the same file")


class Worker(Handle):
    """An object that the library lets one thread use at a time. Others
    wait; a callback of its own gets an error."""

    def __init__(self, pointer: Any) -> None:
        super().__init__(pointer)
        self._lock = threading.Lock()
        self._user: tuple[int, int] | None = None  # process and thread

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """The object for this thread only."""
        process, thread = os.getpid(), threading.get_ident()
        user = self._user
        if user == (process, thread):
            raise ValueError(f"this {type(self).__name__} is at work: a callback must not use or close it")
        if user is not None and user[0] != process:
            raise ValueError(f"this {type(self).__name__} was at work when the process was forked; expected a new one")
        with self._lock:
            self._user = process, thread
            try:
                yield
            finally:
                self._user = None

    def __del__(self, is_ending: Callable[[], bool] = sys.is_finalizing) -> None:
        if not is_ending():
            self.close()
        elif self._lock.acquire(blocking=False):  # contextlib may be gone; what is still in use goes with the process
            super().close()

    def close(self) -> None:
        """The same, as soon as no other thread uses it."""
        if not self.closed:
            with self._alone():
                super().close()
