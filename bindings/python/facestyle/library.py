"""The library itself: its version, its threads, its log."""

from __future__ import annotations

import atexit
import ctypes
from dataclasses import dataclass
from typing import Any, Callable

from . import _c
from ._convert import choice, flag, function, integer, text
from .errors import FaceStyleError, check

_LEVELS = {"debug": _c.FS_LOG_DEBUG, "info": _c.FS_LOG_INFO, "warning": _c.FS_LOG_WARNING, "error": _c.FS_LOG_ERROR}
_NAMES = {number: name for name, number in _LEVELS.items()}
_log: Any = None  # the callback in use must outlive every call


def version() -> tuple[int, int, int]:
    """`(major, minor, patch)` of the loaded library."""
    number = _c.fs_version()
    return number // 10000, number // 100 % 100, number % 100


def threads() -> int:
    """How many threads a call may keep busy."""
    return _c.fs_threads()


def set_threads(count: int) -> None:
    """1 to 256, or 0 for one a processor that this process may use. Results
    are the same bits for any number."""
    check(_c.fs_threads_set(integer(count, "count")))


def memory_limit() -> int:
    """Bytes that the library may hold: of the machine, the container, the
    process's own limits and `set_memory_limit` the least."""
    return _c.fs_memory_limit()


def set_memory_limit(size: int) -> None:
    """The most bytes that `memory_used` may come to: a call that needs more
    is refused (FS_NO_MEMORY), and so is a limit below what is used already.
    0 is no limit of your own."""
    check(_c.fs_memory_limit_set(integer(size, "size")))


def memory_used() -> int:
    """Bytes that the library holds: pictures, models, workspaces, rows."""
    return _c.fs_memory_used()


def memory_peak(reset: bool = False) -> int:
    """The most bytes that it held at one moment; `reset` begins anew."""
    most: int = _c.fs_memory_peak()
    if flag(reset, "reset"):
        _c.fs_memory_peak_reset()
    return most


def trim_memory() -> None:
    """Frees what is only kept for the next call: networks' workspaces."""
    _c.fs_memory_trim()


@dataclass(frozen=True)
class Host:
    """What the library finds where it runs."""

    processors: int  # of the machine
    allowed: int  # of them, that this thread may run on
    quota: float  # processors' worth of time that the container grants; 0 without a limit
    threads: int  # what set_threads(0) makes of these
    memory_limit: int  # bytes
    instruction_set: str
    memory_source: str  # whose limit memory_limit is: "this machine's", "the control group's", "the program's", ...


def host() -> Host:
    """The `Host` that the library runs on."""
    found = _c.fs_host_info()
    check(_c.fs_host_info_get(ctypes.byref(found)))
    return Host(
        found.processors, found.allowed, found.quota, found.threads, found.memory_limit, found.instruction_set.decode(),
        found.memory_source.decode(),
    )  # fmt: skip


def algebra_library() -> str:
    """OpenBLAS's version and the processor that it takes this one for, as
    it says."""
    line = ctypes.create_string_buffer(512)
    check(_c.fs_algebra_library(line, len(line)))
    return line.value.decode(errors="replace")


@dataclass(frozen=True)
class OptionalLibrary:
    """A library that is loaded when something needs it."""

    name: str  # "libwebp"
    needed_by: str  # "WebP"
    package: str  # what to install on Debian
    version: str | None  # None if it was not found; "" if it does not say
    fault: str | None  # why it was not found


def optional_libraries() -> list[OptionalLibrary]:
    """Each `OptionalLibrary`, loaded now."""
    libraries: list[OptionalLibrary] = []
    line = ctypes.create_string_buffer(512)
    for index in range(_c.fs_optional_library_count()):
        found = _c.fs_optional_library()
        check(_c.fs_optional_library_get(index, ctypes.byref(found), line, len(line)))
        said = line.value.decode(errors="replace")
        version, fault = (said, None) if found.found else (None, said)
        names = (found.name.decode(), found.needed_by.decode(), found.package.decode())
        libraries.append(OptionalLibrary(*names, version, fault))
    return libraries


@dataclass(frozen=True)
class SelfCheck:
    """A computation of `self_test`, whose answer is known."""

    name: str
    deviation: float  # the largest, in parts of the answer's largest number
    tolerance: float
    passed: bool  # whether it deviates by no more
    seconds: float


def self_test() -> list[SelfCheck]:
    """Whether this processor, this build and this memory compute right:
    each `SelfCheck`, in less than a second.

    A `FaceStyleError` (FS_INTERNAL) names the first that does not pass; it
    has all as `checks`.
    """
    checks: list[SelfCheck] = []

    def bridge(told: Any, _: Any) -> None:
        one = told.contents
        checks.append(SelfCheck(one.name.decode(), one.deviation, one.tolerance, bool(one.passed), one.seconds))

    callback = _c.fs_self_check_callback(bridge)  # this name holds it until the call is over
    try:
        check(_c.fs_self_test(callback, None))
    except FaceStyleError as error:
        error.checks = checks  # type: ignore[attr-defined]
        raise
    return checks


def instruction_set() -> str:
    """The build of the kernels in use: "avx512", "avx2" or "baseline"."""
    return str(_c.fs_instruction_set(), "ascii")


def choose_instruction_set(name: str | None = None) -> None:
    """Another build of the kernels than the best, or the best; before the
    first model is put to use."""
    check(_c.fs_instruction_set_choose(None if name is None else text(name, "name")))


def live_handles() -> int:
    """Objects of the library that exist and are not closed."""
    return _c.fs_debug_live_handles()


def set_log(callback: Callable[[str, str], object] | None, level: str = "info") -> None:
    """Sends messages of `level` and above to `callback(level, message)`;
    None silences the log.

    Levels are "debug", "info", "warning" and "error". When Python ends the
    log is silenced."""
    global _log
    number, callback = choice(level, _LEVELS, "level"), function(callback, "callback")
    if callback is None:
        bridge = _c.fs_log_callback()
    else:
        told = callback

        def tell(level: int, message: bytes, _: object) -> None:
            told(_NAMES.get(level, "error"), message.decode(errors="replace"))

        bridge = _c.fs_log_callback(tell)
    _c.fs_log_set(number, bridge, None)
    _log = bridge


atexit.register(set_log, None)  # a thread of the library must not call into a Python that has ended
