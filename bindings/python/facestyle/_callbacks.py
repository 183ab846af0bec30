"""Python's functions as callbacks of the library, for the time of one call."""

from __future__ import annotations

import atexit
import os
import threading
from typing import Any, Callable

from . import _c
from .errors import check

# What the result of a function that is told of steps means.
ACTIONS: dict[str | None, int] = {None: _c.FS_CONTINUE, "finish": _c.FS_FINISH, "cancel": _c.FS_CANCEL}
PATIENCE = 30.0  # seconds that the end of Python waits for steps that are on their way in other threads


class Callback:
    """A function as a C callback (`c`) within a `with` block that makes one call of the library.

    Nothing may pass through C: what the function raises makes the callback answer `refusal`, and comes out of `check`."""

    def __init__(self, kind: Callable[..., Any], function: Callable[..., object], refusal: int) -> None:
        self._function, self._refusal = function, refusal
        self._raised: list[BaseException] = []
        self.c = kind(self._answer)  # kept as long as C may call it

    def __enter__(self) -> Callback:
        _running.enter(self)
        return self

    def __exit__(self, *_: object) -> None:
        _running.leave(self)

    def check(self, status: int) -> None:
        """Raises what the function raised, else what C says."""
        if status == _c.FS_CANCELLED and _running.is_ending:
            raise SystemExit  # ends a thread in silence
        if self._raised:
            error = self._raised[0]
            self._raised.clear()
            raise error
        check(status)

    def _answer(self, *arguments: Any) -> object:
        if _running.is_ending:
            return self._refusal
        try:
            return self._function(*arguments)
        except BaseException as error:
            self._raised.append(error)
            return self._refusal


class _Running:
    """Calls that may call back. A Python that has ended cannot be called: when it ends, each is cancelled at its next step, and
    waited for."""

    def __init__(self) -> None:
        self.is_ending = False
        self._calls: set[Callback] = set()
        self._change = threading.Condition()

    def enter(self, call: Callback) -> None:
        with self._change:
            if self.is_ending:
                raise RuntimeError("Python is ending; expected no more calls with callbacks")
            self._calls.add(call)

    def leave(self, call: Callback) -> None:
        with self._change:
            self._calls.discard(call)
            self._change.notify_all()

    def end(self) -> None:
        with self._change:
            self.is_ending = True
            self._change.wait_for(lambda: not self._calls, PATIENCE)

    def forked(self) -> None:
        """The other threads, and their calls, stayed with the parent."""
        self._calls, self._change = set(), threading.Condition()


_running = _Running()
atexit.register(_running.end)
os.register_at_fork(after_in_child=_running.forked)
