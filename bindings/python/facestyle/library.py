"""The library itself: its version, its threads, its log."""

import ctypes
from dataclasses import dataclass
from typing import Optional

from . import _c
from ._convert import choice, function, integer, text
from .errors import FaceStyleError, check

_LEVELS = {"debug": _c.FS_LOG_DEBUG, "info": _c.FS_LOG_INFO, "warning": _c.FS_LOG_WARNING, "error": _c.FS_LOG_ERROR}
_NAMES = {number: name for name, number in _LEVELS.items()}
_log = None  # the callback in use must outlive every call


def version():
    """`(major, minor, patch)` of the loaded library."""
    number = _c.fs_version()
    return number // 10000, number // 100 % 100, number % 100


def threads():
    """How many threads a call may keep busy."""
    return _c.fs_threads()


def set_threads(count):
    """1 to 256, or 0 for one a processor that this process may use. Results are the same bits for any number."""
    check(_c.fs_threads_set(integer(count, "count")))


def memory_limit():
    """Bytes that the library may hold: of the machine, the container and the process's own limits the least."""
    return _c.fs_memory_limit()


@dataclass(frozen=True)
class Host:
    """What the library finds where it runs."""

    processors: int  # of the machine
    allowed: int  # of them, that this thread may run on
    quota: float  # processors' worth of time that the container grants; 0 without a limit
    threads: int  # what set_threads(0) makes of these
    memory_limit: int  # bytes
    instruction_set: str
    memory_source: str  # whose limit memory_limit is: "this machine's", "the control group's", ...


def host():
    """The `Host` that the library runs on."""
    found = _c.fs_host_info()
    check(_c.fs_host_info_get(ctypes.byref(found)))
    return Host(
        found.processors, found.allowed, found.quota, found.threads, found.memory_limit, found.instruction_set.decode(),
        found.memory_source.decode(),
    )  # fmt: skip


def algebra_library():
    """OpenBLAS's version and the processor that it takes this one for, as it says."""
    line = ctypes.create_string_buffer(512)
    check(_c.fs_algebra_library(line, len(line)))
    return line.value.decode(errors="replace")


@dataclass(frozen=True)
class OptionalLibrary:
    """A library that is loaded when something needs it."""

    name: str  # "libwebp"
    needed_by: str  # "WebP"
    package: str  # what to install on Debian
    version: Optional[str]  # None if it was not found; "" if it does not say
    fault: Optional[str]  # why it was not found


def optional_libraries():
    """Each `OptionalLibrary`, loaded now."""
    libraries, line = [], ctypes.create_string_buffer(512)
    for index in range(_c.fs_optional_library_count()):
        found = _c.fs_optional_library()
        check(_c.fs_optional_library_get(index, ctypes.byref(found), line, len(line)))
        text = line.value.decode(errors="replace")
        version, fault = (text, None) if found.found else (None, text)
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


def self_test():
    """Whether this processor, this build and this memory compute right: each `SelfCheck`, in less than a second.

    A `FaceStyleError` (FS_INTERNAL) names the first that does not pass; it has all as `checks`.
    """
    checks = []

    def bridge(told, _):
        one = told.contents
        checks.append(SelfCheck(one.name.decode(), one.deviation, one.tolerance, bool(one.passed), one.seconds))

    callback = _c.fs_self_check_callback(bridge)  # this name holds it until the call is over
    try:
        check(_c.fs_self_test(callback, None))
    except FaceStyleError as error:
        error.checks = checks
        raise
    return checks


def instruction_set():
    """The build of the kernels in use: "avx512", "avx2" or "baseline"."""
    return _c.fs_instruction_set().decode()


def choose_instruction_set(name=None):
    """Another build of the kernels than the best, or the best; before the first model is put to use."""
    check(_c.fs_instruction_set_choose(None if name is None else text(name, "name")))


def live_handles():
    """Objects of the library that exist and are not closed."""
    return _c.fs_debug_live_handles()


def set_log(callback, level="info"):
    """Sends messages of `level` and above to `callback(level, message)`; None silences the log."""
    global _log
    number, callback = choice(level, _LEVELS, "level"), function(callback, "callback")
    if callback is None:
        bridge = _c.fs_log_callback()
    else:
        bridge = _c.fs_log_callback(
            lambda level, message, _: callback(_NAMES.get(level, "error"), message.decode(errors="replace"))
        )
    _c.fs_log_set(number, bridge, None)
    _log = bridge
